"""Models of several layers, where it counts what is beside a layer."""

from __future__ import annotations

from typing import Any

from tests.importer.keras_models import FLAT, IMAGE, Build, chain, chip, reader, relu


def _conv(keras: Any, name: str, activation: str | None = "relu", size: int = 2) -> Any:
    return keras.layers.Conv2D(
        4, size, padding="same", activation=activation, use_bias=False, name=name
    )


def forum(keras: Any) -> Any:
    """The example that people begin with."""
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input(IMAGE),
            layers.Conv2D(2, 2, activation="relu"),
            layers.MaxPooling2D(),
            layers.Dropout(0.2),
            layers.Flatten(),
            layers.Dense(3, activation="softmax"),
        ]
    )


def fit(keras: Any) -> Any:
    """What nengo-loihi's example is made of."""
    layers = keras.layers
    return chain(
        keras, IMAGE, layers.Conv2D(2, 1, activation="relu"), _conv(keras, "a"),
        _conv(keras, "b"), layers.Flatten(), layers.Dense(4, "relu"), layers.Dense(3),
    )  # fmt: skip


def chained(keras: Any) -> Any:
    """Convolution, batch norm and ReLU, as nearly everyone writes them."""
    norm = keras.layers.BatchNormalization()
    conv = _conv(keras, "conv", activation=None)
    return chain(keras, IMAGE, *chip(keras), conv, norm, keras.layers.ReLU())


def chained_first(keras: Any) -> Any:
    norm = keras.layers.BatchNormalization()
    conv = keras.layers.Conv2D(2, 2)
    return chain(keras, IMAGE, conv, norm, keras.layers.ReLU(), *reader(keras))


def residual(keras: Any) -> Any:
    image = keras.Input(IMAGE)
    chip = relu(keras, "chip")(relu(keras, "spikes")(image))
    both = keras.layers.Add()([_conv(keras, "conv")(chip), chip])
    return keras.Model(image, relu(keras, "end")(both))


def residual_linear(keras: Any) -> Any:
    image = keras.Input(IMAGE)
    chip = relu(keras, "chip")(relu(keras, "spikes")(image))
    both = keras.layers.Add()([_conv(keras, "conv", activation=None)(chip), chip])
    return keras.Model(image, relu(keras, "end")(both))


def broadcast(keras: Any) -> Any:
    image = keras.Input(IMAGE)
    chip = relu(keras, "chip")(relu(keras, "spikes")(image))
    mean = keras.layers.GlobalAveragePooling2D(keepdims=True)(chip)
    return keras.Model(image, keras.layers.Add()([chip, mean]))


def pooled_on_host(keras: Any) -> Any:
    pool = keras.layers.AveragePooling2D()
    return chain(keras, IMAGE, relu(keras, "spikes"), pool, *reader(keras))


def pooled_before_conv(keras: Any) -> Any:
    pool = keras.layers.AveragePooling2D()
    return chain(keras, IMAGE, relu(keras, "spikes"), pool, _conv(keras, "conv"))


def padded_before_conv(keras: Any) -> Any:
    pad = keras.layers.ZeroPadding2D()
    return chain(keras, IMAGE, *chip(keras), pad, _conv(keras, "conv"))


def padded_before_up_sampling(keras: Any) -> Any:
    two = keras.layers.ZeroPadding2D(), keras.layers.UpSampling2D()
    return chain(keras, IMAGE, *chip(keras), *two, *reader(keras))


def tail(keras: Any) -> Any:
    """Behind the last neurons all runs on the host."""
    layers = keras.layers
    end = layers.Dense(16), layers.Reshape((4, 4)), layers.AveragePooling1D()
    return chain(keras, FLAT, *chip(keras), *end, layers.BatchNormalization())


def one_layer(keras: Any) -> Any:
    return chain(keras, FLAT, keras.layers.Dense(3, "relu"), keras.layers.Dense(2))


def one_conv(keras: Any) -> Any:
    return chain(keras, IMAGE, _conv(keras, "conv"))


def no_neurons(keras: Any) -> Any:
    return chain(keras, FLAT, keras.layers.Dense(3))


def submodel(keras: Any) -> Any:
    inner = chain(keras, IMAGE, relu(keras, "inner"), _conv(keras, "conv"))
    return chain(keras, IMAGE, *chip(keras), inner, *reader(keras))


def submodel_conv(keras: Any) -> Any:
    inner = chain(keras, IMAGE, _conv(keras, "conv"))
    return chain(keras, IMAGE, *chip(keras), inner, *reader(keras))


def sequential_inside(keras: Any) -> Any:
    inner = keras.Sequential([keras.Input(IMAGE), relu(keras, "inner")])
    return chain(keras, IMAGE, *chip(keras), inner, *reader(keras))


def attention(keras: Any) -> Any:
    image = keras.Input((3, 4))
    chip = relu(keras, "chip")(relu(keras, "spikes")(image))
    return keras.Model(image, keras.layers.MultiHeadAttention(2, 2)(chip, chip))


def operator(keras: Any) -> Any:
    image = keras.Input(FLAT)
    return keras.Model(image, relu(keras, "chip")(relu(keras, "spikes")(image) * 2.0))


def two_outputs(keras: Any) -> Any:
    """A probed Node without readers in a merged cluster: it is left unconnected."""
    image = keras.Input(IMAGE)
    pad = keras.layers.Activation("linear")(relu(keras, "spikes")(image))
    chip = relu(keras, "chip")(pad)
    both = keras.layers.Add()([_conv(keras, "conv", activation=None)(chip), pad])
    return keras.Model(image, [both, chip])


NETWORKS: dict[str, Build] = {
    build.__name__: build
    for build in (
        forum, fit, chained, chained_first, residual, residual_linear, broadcast,
        pooled_on_host, pooled_before_conv, padded_before_conv,
        padded_before_up_sampling, tail, one_layer, one_conv, no_neurons, submodel,
        submodel_conv, sequential_inside, attention, operator, two_outputs,
    )
}  # fmt: skip
