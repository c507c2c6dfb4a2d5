"""Small models, one for each rule by which an import keeps the outputs.

Each is a function of ``keras.layers`` that returns an input's shape and the layers
after it. Outputs are compared before ``final``, which is left to the host.
"""

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Chain = Callable[[Any], Sequence[Any]]
Graph = Callable[[Any, Any], Any]


@dataclass(frozen=True)
class Case:
    """A model, how it is imported, and what Keras does after the readout."""

    shape: tuple[int, ...]
    build: Chain | Graph
    options: tuple[str, ...] = ()
    values: tuple[float, float] = (0.0, 1.0)
    final: Callable[[Any], Any] = lambda outputs: outputs
    seed: int = 4


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


def softmax(outputs: Any) -> Any:
    raised = np.exp(outputs - outputs.max(axis=-1, keepdims=True))
    return raised / raised.sum(axis=-1, keepdims=True)


def sigmoid(outputs: Any) -> Any:
    return 1 / (1 + np.exp(-outputs))


def pair(outputs: Any) -> Any:
    return softmax(outputs)[:, 1:]


def _head(la: Any) -> list[Any]:
    return [la.Flatten(), la.Dense(3)]


def _front(la: Any) -> list[Any]:
    return [la.Conv2D(4, 3, activation="relu")]


def _pixels(la: Any) -> list[Any]:
    same = la.Conv2D(3, 3, padding="same", activation="relu")
    return [same, la.Conv2D(3, 3, activation="relu"), *_head(la)]


def _heads(la: Any, image: Any) -> Any:
    """Three outputs: of an image, of a mean, and of hidden units."""
    x = la.Conv2D(4, 3, activation="relu")(image)
    y = la.Conv2D(5, 3, activation="relu")(x)
    hidden = la.Dense(6, activation="relu")(la.Flatten()(y))
    mean = la.GlobalAveragePooling2D()(x)
    return [la.Dense(2)(hidden), la.Dense(3)(mean), la.Conv2D(1, 2)(y)]


def _called_again(la: Any, image: Any) -> Any:
    """Layers, and a model, that are called twice: what they give differs."""
    conv, norm = la.Conv2D(4, 3, padding="same"), la.BatchNormalization()
    relu, dense = la.PReLU(shared_axes=[1, 2]), la.Dense(4, activation="relu")
    keras = importlib.import_module("tensorflow.keras")
    inner = keras.Sequential([la.Conv2D(4, 2, activation="relu"), dense])
    x = relu(norm(conv(la.Conv2D(4, 1, activation="relu")(image))))
    y = relu(norm(conv(x)))
    return la.Dense(3)(la.Flatten()(dense(inner(inner(la.Add()([x, y]))))))


def _flats(la: Any, image: Any) -> Any:
    """Flat images of two sizes side by side."""
    x = la.Conv2D(4, 3, activation="relu")(image)
    y = la.Conv2D(3, 3, strides=2, activation="relu")(x)
    both = la.Concatenate()([la.Flatten()(x), la.Flatten()(y)])
    return la.Dense(3)(la.Dense(5, activation="relu")(la.BatchNormalization()(both)))


def _text(la: Any, words: Any) -> Any:
    """Kim's network for sentences: maxima of kernels of three widths, in a row."""
    found = []
    for width, pool in ((2, la.MaxPooling1D), (3, la.AveragePooling1D)):
        x = la.Conv1D(3, width, activation="relu")(words)
        found.append(pool(9, padding="same")(x))
    x = la.Conv1D(3, 4, padding="same", activation="relu")(words)
    found.append(la.MaxPooling1D(9)(x))
    x = la.Flatten()(la.Dropout(0.2)(la.Concatenate(axis=1)(found)))
    return la.Dense(3)(la.Dense(5, activation="relu")(x))


def _decoder(la: Any) -> list[Any]:
    """Return an autoencoder: a vector becomes an image, enlarged in several ways."""
    return [
        la.Conv2D(4, 3, strides=2, activation="relu"),
        la.Flatten(),
        la.Dense(6, activation="relu"),
        la.Dense(3 * 2 * 5, activation="relu"),
        la.Reshape((3, 2, 5)),
        la.Conv2DTranspose(4, 3, strides=2, padding="same", activation="relu"),
        la.Conv2DTranspose(3, (2, 5), strides=(3, 2), use_bias=False),
        la.BatchNormalization(),
        la.LeakyReLU(0.1),
        la.UpSampling2D((1, 2)),
        la.Conv2D(2, (2, 3), padding="same", activation="relu"),
        la.Conv2D(1, 3, padding="same"),
    ]


def _unet(la: Any, image: Any) -> Any:
    """Join each level of an encoder to the decoder's level of the same size."""
    x = la.Conv2D(4, 3, padding="same", activation="relu")(image)
    y = la.Conv2D(5, 3, padding="same", activation="relu")(la.MaxPooling2D()(x))
    z = la.Conv2DTranspose(4, 2, strides=2, activation="relu")(y)
    both = la.Concatenate()([x, z, la.UpSampling2D()(y)])
    return la.Conv2D(2, 1)(la.Conv2D(4, 3, activation="relu")(both))


def _upsampled(la: Any, image: Any) -> Any:
    """Read an enlarged image by two kernels, after a max pool, and as a shortcut."""
    x = la.Conv2D(4, 3, padding="same", activation="relu")(image)
    y = la.UpSampling2D((2, 3))(la.MaxPooling2D()(x))
    a = la.Conv2D(4, 3, padding="same", strides=(1, 3), activation="relu")(y)
    b = la.DepthwiseConv2D(5, padding="same", activation="relu")(y)
    b = la.Conv2D(4, 1, strides=(1, 3), activation="relu")(b)
    c = la.ReLU()(la.Add()([la.Conv2D(4, 1, strides=(1, 3))(y), la.Conv2D(4, 1)(a)]))
    flat = la.Flatten()(la.Concatenate()([a, b, c]))
    return la.Dense(3)(flat)


def _residual(la: Any, image: Any) -> Any:
    """Shortcuts: an identity and a projection, an `Add` and a `Concatenate`."""
    x = la.ZeroPadding2D(1)(la.Rescaling(1 / 127.5, -1)(image))
    a = la.Conv2D(4, 3, activation=la.ReLU())(x)
    x = la.BatchNormalization()(la.Conv2D(4, 3, padding="same")(a))
    b = la.ReLU()(la.Add()([x, a]))
    x = la.Conv2D(6, 3, strides=2)(la.ZeroPadding2D(((1, 1), (1, 1)))(b))
    y = la.BatchNormalization()(la.Conv2D(6, 1, strides=2)(b))
    c = la.ReLU()(la.Add()([y, la.BatchNormalization()(x)]))
    d = la.Conv2D(6, 1, activation="relu")(c)
    x = la.Concatenate()([la.Add()([c, d]), c])
    return la.Dense(3)(la.GlobalAveragePooling2D()(x))


def _clip(la: Any) -> list[Any]:
    """3-D convolutions, two of them in a model of their own, that end in neurons."""
    keras = importlib.import_module("tensorflow.keras")
    inner = [
        la.Conv3D(4, (1, 3, 3), strides=(1, 2, 2), activation="relu"),
        la.AveragePooling3D((1, 2, 2), padding="same"),
    ]
    block = keras.Sequential(inner, name="block")
    first = la.Conv3D(3, 3, activation="relu")
    return [first, block, la.Flatten(), la.Dense(4, activation="relu")]


def _features(la: Any, values: Any) -> Any:
    """Dense layers over features of both signs, and a regression."""
    norm = la.Normalization()
    norm.adapt(np.random.default_rng(2).uniform(-1, 2, (50, 6)))
    a = la.Dense(8, activation="relu")(norm(values))
    x = la.Activation("relu")(la.Add()([la.Dense(8)(a), a]))
    return la.Dense(2)(la.Concatenate()([x, a]))


def _projected(la: Any, image: Any) -> Any:
    """Two convolutions of values of both signs, summed before the neurons."""
    x = la.Conv2D(4, 3, padding="same", use_bias=False)(image)
    x = la.ReLU()(la.Add()([x, la.Conv2D(4, 1)(image)]))
    return la.Dense(2)(la.Flatten()(x))


CASES: dict[str, Case] = {
    "plain": Case((12, 12, 2), lambda la: [
        la.Conv2D(4, 3, padding="same", use_bias=False), la.BatchNormalization(),
        la.Activation("relu"), la.AveragePooling2D(), la.SpatialDropout2D(0.1),
        la.Conv2D(6, 3, activation="relu", kernel_regularizer="l2"),
        la.BatchNormalization(), la.Dropout(0.2), la.Flatten(),
        la.Dense(8, use_bias=False, activation="relu"),
        la.BatchNormalization(scale=False), la.Dense(3, activation="softmax")],
        ("--encode", "rate"), final=softmax, seed=0),
    "residual": Case((8, 8, 3), _residual, values=(0, 255), seed=3),
    "clip": Case((5, 8, 8, 1), _clip),
    "sequence": Case((20, 3), lambda la: [
        la.Normalization(mean=[0.1, 0.2, 0.3], variance=[0.5, 1.0, 2.0]),
        la.Conv1D(6, 5, strides=2, activation="relu"),
        la.SeparableConv1D(4, 3, activation="relu"), la.Flatten(),
        la.Dense(1, activation="sigmoid")], final=pair, seed=0),
    "features": Case((6,), _features, ("--input-range", "-1..2"), (-1, 2)),
    "projected": Case((6, 6, 3), _projected, ("--input-range", "-1..2"), (-1, 2)),
    "decoder": Case((7, 7, 1), _decoder),
    "unet": Case((6, 6, 2), _unet),
    "transposed": Case((5, 5, 1), lambda la: [
        la.Conv2DTranspose(3, 3, strides=2, padding="same"),
        la.Conv2D(3, 3, padding="same", activation="relu"),
        la.Conv2DTranspose(2, 3, strides=2), la.Cropping2D(1), la.ReLU(),
        la.Conv2DTranspose(2, 3, padding="same", dilation_rate=2),
        la.Conv2DTranspose(2, 3, strides=2, padding="same", output_padding=1),
        la.ReLU(), la.Conv2DTranspose(2, 2, strides=(1, 2)), la.ReLU(), *_head(la)]),
    "generator": Case((5,), lambda la: [
        la.Dense(6, activation="relu", use_bias=False), la.Reshape((1, 2, 3)),
        la.UpSampling2D(2), la.Conv2D(2, (1, 2), activation="relu"), la.Flatten(),
        la.Dense(8, use_bias=False), la.BatchNormalization(), la.LeakyReLU(0.2),
        la.Reshape((2, 2, 2)), la.Conv2DTranspose(2, 3, strides=2),
        la.PReLU(shared_axes=[1, 2]),
        la.Flatten(), la.Dense(4), la.Reshape((2, 2, 1)), la.UpSampling2D(2),
        la.Conv2D(2, 2, activation="relu"), *_head(la)],
        ("--input-range", "-1..1"), (-1, 1)),
    "upsampled": Case((6, 6, 2), _upsampled),
    "upsampled series": Case((10, 2), lambda la: [
        la.Conv1D(4, 3, activation="relu"), la.UpSampling1D(3),
        la.Conv1D(4, 5, padding="same", activation="relu"), la.UpSampling1D(2),
        la.Dropout(0.1), la.Flatten(), la.Dense(3)]),
    "upsampled clip": Case((4, 5, 4, 1), lambda la: [
        la.Conv3D(3, 2, activation="relu"), la.UpSampling3D((1, 2, 3)),
        la.Conv3D(4, 3, strides=(1, 2, 1), padding="same", activation="relu"),
        *_head(la)]),
    "heads": Case((8, 8, 2), _heads),
    "called again": Case((6, 6, 2), _called_again),
    "flats": Case((8, 8, 1), _flats),
    "text": Case((9, 4), _text),
    "shifted first": Case((8, 8, 2), lambda la: [
        la.BatchNormalization(),
        la.Conv2D(4, 3, padding="same", activation="relu"), *_front(la), *_head(la)]),
    "shifted flat": Case((7, 7, 1), lambda la: [
        *_front(la), la.Flatten(), la.BatchNormalization(), la.Dropout(0.2),
        la.Dense(5, activation="relu"), la.BatchNormalization(), la.Dense(3)]),
    "leaky": Case((7, 7, 1), lambda la: [
        *_front(la), la.Conv2D(4, 3), la.LeakyReLU(0.2), la.Conv2D(4, 1),
        la.BatchNormalization(), la.PReLU(shared_axes=[1, 2]), la.Flatten(),
        la.Dense(6), la.PReLU(), la.Dense(3, "hard_sigmoid"), la.Dense(3)]),
    "an image": Case((6, 6, 1), lambda la: [
        *_front(la), la.Conv2D(4, 3, padding="same", activation="relu"),
        la.Conv2D(1, 3, padding="same", activation="sigmoid")], final=sigmoid),
    "a large image": Case((26, 26, 1), lambda la: [
        *_front(la), la.BatchNormalization(), la.UpSampling2D(2),
        la.BatchNormalization(),
        la.Conv2D(1, 3, padding="same", activation="sigmoid")], final=sigmoid),
    "no neurons": Case((5, 5, 1), lambda la: _head(la)),
    "edges": Case((9, 9, 1), lambda la: [
        *_front(la), la.AveragePooling2D(3, 2, padding="same"), *_head(la)]),
    "norms over margins": Case((8, 8, 1), lambda la: [
        *_front(la), la.Conv2D(3, 3, strides=2, padding="same"),
        la.ZeroPadding2D(((0, 1), (0, 1))), la.BatchNormalization(),
        la.LeakyReLU(0.2), la.Conv2D(4, 3, strides=2, padding="same"),
        la.ZeroPadding2D(((0, 0), (0, 1))), la.BatchNormalization(),
        la.ReLU(), *_head(la)]),
    "wide margins": Case((7, 6, 2), lambda la: [
        la.ZeroPadding2D(3), *_front(la), la.BatchNormalization(),
        la.ZeroPadding2D(((2, 1), (0, 4))), la.Conv2D(3, (2, 3), activation="relu"),
        la.ZeroPadding2D(2), la.Conv2D(2, 2, strides=2, activation="relu"),
        *_head(la)]),
    "rows": Case((7, 7, 1), lambda la: [
        *_front(la), la.Flatten(), la.Dense(6), la.Reshape((2, 3)), la.Softmax()],
        final=lambda y: softmax(y.reshape(len(y), 2, 3)).reshape(len(y), -1)),
    "steps": Case((8, 2), lambda la: [
        la.Conv1D(4, 3, activation="relu"),
        la.TimeDistributed(la.Dense(3, activation="relu")), *_head(la)]),
    "reshaped": Case((36,), lambda la: [
        la.Reshape((6, 6, 1)), *_front(la), la.Permute((2, 1, 3)),
        la.Conv2D(3, (2, 3), activation="relu"), la.Reshape((-1, 3)), *_head(la)]),
    "renamed": Case((8, 3), lambda la: [
        la.Conv1D(4, 3, padding="causal", activation="relu"), la.Reshape((8, 1, 4)),
        la.Conv2D(3, (3, 1), activation="relu"), la.Permute((3, 2, 1)), *_head(la)]),
    "causal": Case((17, 2), lambda la: [
        la.Conv1D(4, 1, activation="relu"),
        la.Conv1D(4, 3, padding="causal", dilation_rate=2, activation="relu"),
        la.Conv1D(6, 4, strides=3, padding="causal", groups=2, activation="relu"),
        la.ZeroPadding1D((2, 0)), la.Conv1D(4, 3, activation="relu"), *_head(la)]),
    "rescaled": Case((7, 7, 3), lambda la: [
        la.Rescaling(1 / 255), la.Rescaling([2.0, 1.0, 0.5], [0.1, 0.0, -0.1]),
        la.Conv2D(3, 3, activation="relu"), la.Rescaling(0.5, 0.1),
        la.Conv2D(3, 3, activation="relu"), *_head(la)], values=(0, 255)),
    "normalized": Case((7, 7, 2), lambda la: [
        la.Normalization(mean=120.0, variance=3600.0, axis=None), *_pixels(la)],
        ("--input-range", "0..255"), values=(0, 255)),
    "bytes": Case((7, 7, 2), _pixels, ("--input-range", "0..255"), values=(0, 255)),
    "signed bytes": Case((7, 7, 2), _pixels,
        ("--input-range", "-128..127", "--encode", "rate"), values=(-128, 127)),
    "maxima": Case((10, 10, 1), lambda la: [
        la.Conv2D(4, 3), la.MaxPooling2D(2), la.BatchNormalization(), la.ReLU(),
        la.ZeroPadding2D(1), la.MaxPooling2D(3, 2), la.BatchNormalization(),
        la.MaxPooling2D(2, 1, padding="same"),
        la.Conv2D(4, 1, activation="relu"), la.GlobalMaxPooling2D(), la.Dense(3)],
        seed=9),
    "maxima of sums": Case((8, 8, 1), lambda la: [
        *_front(la), la.Conv2D(3, 3, padding="same"), la.ReLU(6.0),
        la.MaxPooling2D(3, 2, padding="same"), la.Conv2D(3, 2, padding="same"),
        la.ReLU(6.0), la.GlobalMaxPooling2D(), la.Dense(3)]),
    "maxima that turn": Case((8, 8, 1), lambda la: [
        *_front(la), la.BatchNormalization(name="turned"), la.MaxPooling2D(2),
        la.Conv2D(4, 2, activation="relu"), *_head(la)]),
}  # fmt: skip
KERAS = (
    "plain", "residual", "clip", "sequence", "features", "projected", "wide margins",
    "maxima",
)  # fmt: skip
"""Models whose outputs are compared in the package's Keras model, too."""


def model_of(keras: Any, name: str) -> Any:
    """Return the model of a case; a graph is one whose function takes the input too."""
    case = CASES[name]
    image = keras.Input(case.shape)
    if case.build.__code__.co_argcount == 2:
        outputs = case.build(keras.layers, image)  # type: ignore[call-arg]
    else:
        outputs = image
        for layer in case.build(keras.layers):  # type: ignore[call-arg]
            outputs = layer(outputs)
    return keras.Model(image, outputs, name=name.replace(" ", "_").replace("-", "_"))


def model_in_order(keras: Any, order: str) -> Any:
    """Return a model with ``channels_first`` or, of the same weights, its twin."""
    la, is_first = keras.layers, order == "channels_first"
    form = {"data_format": order}
    return keras.Sequential(
        [
            keras.Input((2, 7, 6) if is_first else (7, 6, 2)),
            la.ZeroPadding2D(((1, 0), (0, 0)), **form),
            la.Conv2D(4, 3, activation="relu", **form),
            la.Conv2D(3, 2, **form),
            la.BatchNormalization(axis=1 if is_first else -1),
            la.ReLU(),
            la.AveragePooling2D((2, 1), **form),
            *([] if is_first else [la.Permute((3, 1, 2))]),
            la.Flatten(),
            la.Dense(3),
        ],
        name=order,
    )
