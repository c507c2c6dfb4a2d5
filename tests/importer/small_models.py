"""Keras models that snnc imports, each with a kind of its own."""

from __future__ import annotations

from typing import Any

import numpy as np


def randomize(model: Any, seed: int = 0) -> Any:
    """Give a model weights as training leaves them: none is 0, none is 1."""
    rng = np.random.default_rng(seed)
    values = []
    for weight in model.weights:
        shape = tuple(weight.shape)
        if weight.name in ("mean:0", "variance:0", "count:0"):
            values.append(weight.numpy())  # of a Normalization that has seen data
        elif "variance" in weight.name:
            values.append(rng.uniform(0.5, 2, shape))
        elif "gamma" in weight.name:
            values.append(rng.uniform(0.5, 1.5, shape))
        else:
            fan = max(1, int(np.prod(shape[:-1])))
            values.append(rng.normal(0, 1.5 / np.sqrt(fan), shape))
    model.set_weights(values)
    return model


def plain(keras: Any) -> Any:
    """Conv, batch norm before and after neurons, average pools, dropouts."""
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((12, 12, 2)),
            layers.Conv2D(4, 3, padding="same", use_bias=False),
            layers.BatchNormalization(),
            layers.Activation("relu"),
            layers.AveragePooling2D(),
            layers.SpatialDropout2D(0.1),
            layers.Conv2D(6, 3, activation="relu", kernel_regularizer="l2"),
            layers.BatchNormalization(),
            layers.Dropout(0.2),
            layers.Flatten(),
            layers.Dense(8, use_bias=False, activation="relu"),
            layers.BatchNormalization(scale=False),
            layers.Dense(3, activation="softmax"),
        ],
        name="plain",
    )


def residual(keras: Any, name: str = "my-residual.net") -> Any:
    """Shortcuts: an identity and a projection, an `Add` and a `Concatenate`."""
    layers = keras.layers
    image = keras.Input((8, 8, 3))
    x = layers.Rescaling(1 / 127.5, -1)(image)
    x = layers.ZeroPadding2D(1)(x)
    x = a = layers.Conv2D(4, 3, activation=keras.layers.ReLU())(x)
    x = layers.Conv2D(4, 3, padding="same")(x)
    x = layers.BatchNormalization()(x)
    x = b = layers.ReLU()(layers.Add()([x, a]))
    x = layers.ZeroPadding2D(((1, 1), (1, 1)))(x)
    x = layers.Conv2D(6, 3, strides=2)(x)
    x = layers.BatchNormalization()(x)
    y = layers.BatchNormalization()(layers.Conv2D(6, 1, strides=2)(b))
    x = c = layers.ReLU()(layers.Add()([y, x]))
    d = layers.Conv2D(6, 1, activation="relu")(c)
    x = layers.Concatenate()([layers.Add()([c, d]), c])
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(image, layers.Dense(3)(x), name=name)


def separable(keras: Any) -> Any:
    """Depthwise and separable kernels, a dense layer over pixels, negative values."""
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((9, 9, 2)),
            layers.DepthwiseConv2D(3, depth_multiplier=2, activation="relu"),
            layers.SeparableConv2D(5, 3, depth_multiplier=2, padding="same"),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.Dense(4, activation="relu"),
            layers.Conv2D(3, 1),
            layers.GlobalAveragePooling2D(keepdims=True),
            layers.Flatten(),
            layers.Softmax(),
        ],
        name="separable",
    )


def mobile(keras: Any) -> Any:
    """Depthwise layers, groups and taps apart, with batch norms around them."""
    layers = keras.layers
    image = keras.Input((12, 12, 3))
    x = layers.Conv2D(4, 3, strides=2, padding="same", use_bias=False)(image)
    x = a = layers.ReLU()(layers.BatchNormalization()(x))
    x = layers.DepthwiseConv2D(3, padding="same", use_bias=False)(x)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    x = layers.Conv2D(6, 1, activation="relu")(x)
    x = layers.Conv2D(8, 3, groups=2, activation="relu")(layers.Concatenate()([x, a]))
    x = layers.BatchNormalization()(x)
    x = layers.DepthwiseConv2D(2, depth_multiplier=2, activation="relu")(x)
    x = layers.Conv2D(4, 2, dilation_rate=2, activation="relu")(x)
    return keras.Model(image, layers.Dense(3)(layers.Flatten()(x)), name="mobile")


def clip(keras: Any) -> Any:
    """3-D convolutions that end in neurons."""
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((5, 8, 8, 1)),
            layers.Conv3D(3, 3, activation="relu"),
            keras.Sequential(
                [
                    layers.Conv3D(4, (1, 3, 3), strides=(1, 2, 2), activation="relu"),
                    layers.AveragePooling3D((1, 2, 2), padding="same"),
                ],
                name="block",
            ),
            layers.Flatten(),
            layers.Dense(4, activation="relu"),
        ],
        name="clip",
    )


def sequence(keras: Any) -> Any:
    """Return a sequence, normalized by channel, that one sigmoid unit decides on."""
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((20, 3)),
            layers.Normalization(mean=[0.1, 0.2, 0.3], variance=[0.5, 1.0, 2.0]),
            layers.Conv1D(6, 5, strides=2, activation="relu"),
            layers.SeparableConv1D(4, 3, activation="relu"),
            layers.Flatten(),
            layers.Dense(1, activation="sigmoid"),
        ],
        name="sequence",
    )


def features(keras: Any) -> Any:
    """Dense layers over features of both signs, and a regression."""
    layers = keras.layers
    given = keras.Input((6,))
    norm = layers.Normalization()
    norm.adapt(np.random.default_rng(2).uniform(-1, 2, (50, 6)))
    x = a = layers.Dense(8, activation="relu")(norm(given))
    x = layers.Activation("relu")(layers.Add()([layers.Dense(8)(x), a]))
    x = layers.Concatenate()([x, a])
    return keras.Model(given, layers.Dense(2)(x), name="features")


def projected(keras: Any) -> Any:
    """Two convolutions of values of both signs, summed before the neurons."""
    layers = keras.layers
    image = keras.Input((6, 6, 3))
    x = layers.Conv2D(4, 3, padding="same", use_bias=False)(image)
    x = layers.ReLU()(layers.Add()([x, layers.Conv2D(4, 1)(image)]))
    return keras.Model(image, layers.Dense(2)(layers.Flatten()(x)), name="projected")


def stem(keras: Any) -> Any:
    """Padding unlike `same`, and batch norms after neurons, seen through pools."""
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((16, 17, 3)),
            layers.ZeroPadding2D(3),
            layers.Conv2D(6, 7, strides=2),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.ZeroPadding2D(((0, 2), (1, 1))),
            layers.Conv2D(4, 3, activation="relu"),
            layers.BatchNormalization(),
            layers.AveragePooling2D((1, 2), strides=1),
            layers.BatchNormalization(center=False),
            layers.Conv2D(5, 2, use_bias=False, activation="relu"),
            layers.BatchNormalization(),
            layers.GlobalAveragePooling2D(),
            layers.Dense(3),
        ],
        name="stem",
    )


def pool_model(keras: Any, pool: str) -> Any:
    """Return a model with a pool of a class of Keras."""
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((9, 9, 1)),
            layers.Conv2D(4, 2, activation="relu"),
            getattr(layers, pool)(2, name="pool"),
            layers.Conv2D(5, 2),
            getattr(layers, pool)(3, strides=1, name="other"),
            layers.ReLU(),
            layers.Dropout(0.1),
            layers.Flatten(),
            layers.Dense(3),
        ],
        name="pooled",
    )


def maxima(keras: Any) -> Any:
    """Max pools before and after neurons and batch norms, padded and global."""
    layers = keras.layers
    image = keras.Input((13, 12, 2))
    x = layers.Conv2D(4, 3, use_bias=False)(image)
    x = layers.BatchNormalization()(x)
    x = layers.ReLU()(layers.MaxPooling2D(2)(x))
    x = layers.BatchNormalization()(x)
    x = layers.MaxPooling2D(3, strides=2, padding="same")(x)
    x = a = layers.Conv2D(4, 1, activation="relu")(x)
    x = layers.Concatenate()([x, layers.MaxPooling2D(2, 1, padding="same")(a)])
    x = layers.Conv2D(5, 2, activation="relu", padding="same")(x)
    x = layers.GlobalMaxPooling2D()(x)
    return keras.Model(image, layers.Dense(3)(x), name="maxima")


def lines(keras: Any) -> Any:
    """Return a max pool along one axis, flattened."""
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((20, 3)),
            layers.Conv1D(4, 3, activation="relu"),
            layers.MaxPool1D(3),
            layers.Dropout(0.2),
            layers.Flatten(),
            layers.Dense(3),
        ],
        name="lines",
    )


MODELS = (
    plain,
    residual,
    separable,
    mobile,
    clip,
    sequence,
    features,
    stem,
    projected,
    maxima,
    lines,
)
OPTIONS = {
    "plain": ("--encode", "rate"),
    "projected": ("--input-range", "-1..2"),
    "separable": ("--input-range", "-2..1", "--encode", "rate"),
    "features": ("--input-range", "-1..2"),
}
RANGES = {
    "my-residual.net": (0, 255),
    "rates": (0, 255),
    "separable": (-2, 1),
    "features": (-1, 2),
    "projected": (-1, 2),
}
