"""Small Keras models, at least one for each layer and option that NengoDL tells apart.

Each is a function of the module ``keras``. In `between` a layer stands where most do:
behind neurons on the chip, and with such neurons behind it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Build = Callable[[Any], Any]
IMAGE = (4, 4, 4)
LINE = (6, 4)
VOLUME = (2, 2, 2, 2)
SHAPES = {1: LINE, 2: IMAGE, 3: VOLUME}
FLAT = (6,)


def chain(keras: Any, shape: tuple[int | None, ...], *layers: Any) -> Any:
    """Return an input and layers behind each other."""
    start = end = keras.Input(shape, name="image")
    for layer in layers:
        end = layer(end)
    return keras.Model(start, end)


def relu(keras: Any, name: str) -> Any:
    return keras.layers.Activation("relu", name=name)


def chip(keras: Any) -> tuple[Any, Any]:
    """Return neurons on the host and neurons on the chip behind them."""
    return relu(keras, "spikes"), relu(keras, "chip")


def reader(keras: Any) -> tuple[Any, Any]:
    """Return a dense layer of neurons for any input."""
    dense = keras.layers.Dense(3, "relu", use_bias=False, name="reader")
    return keras.layers.Flatten(name="flat"), dense


def between(kind: str, *args: Any, shape: Any = IMAGE, **options: Any) -> Build:
    """Return a model with a layer between neurons on the chip."""

    def build(keras: Any) -> Any:
        layer = getattr(keras.layers, kind)(*args, **options)
        return chain(keras, shape, *chip(keras), layer, *reader(keras))

    return build


def last(kind: str, *args: Any, shape: Any = IMAGE, **options: Any) -> Build:
    """Return a model with a layer that is its output."""

    def build(keras: Any) -> Any:
        layer = getattr(keras.layers, kind)(*args, **options)
        return chain(keras, shape, *chip(keras), layer)

    return build


def first(kind: str, *args: Any, shape: Any = IMAGE, **options: Any) -> Build:
    """Return a model with a layer that reads the input."""

    def build(keras: Any) -> Any:
        layer = getattr(keras.layers, kind)(*args, **options)
        return chain(keras, shape, layer, relu(keras, "neurons"), *reader(keras))

    return build


def joined(kind: str, behind: str = "Activation", **options: Any) -> Build:
    """Return a model with a layer that reads two, and one that reads that layer."""

    def build(keras: Any) -> Any:
        image = keras.Input(IMAGE, name="image")
        spikes = relu(keras, "spikes")(image)
        pair = [relu(keras, name)(spikes) for name in "ab"]
        end = getattr(keras.layers, kind)(**options)(pair)
        if behind == "Conv2D":
            end = keras.layers.Conv2D(2, 3, activation="relu", use_bias=False)(end)
        return keras.Model(image, relu(keras, "end")(end))

    return build


def conv(dimensions: int, **options: Any) -> Build:
    """Return a model with a convolution of neurons, without biases if not asked."""
    given = {"activation": "relu", "use_bias": False, **options}
    return between(f"Conv{dimensions}D", 4, 2, shape=SHAPES[dimensions], **given)
