# SPDX-License-Identifier: MIT
# The run-time library of snnc; `snnc build` puts a copy into each package.
"""The Keras layers that spiking layers consist of.

They are registered under the name of their package, so that Keras can load a
saved model.
"""

# mypy: allow-subclassing-any
# mypy: disable-error-code="import-not-found,import-untyped"

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, TypeVar

import numpy as np
import tensorflow as tf
from tensorflow import keras

from ..maxima import Grid, Level, entries
from ..network import Cut, Fanout, Layer, Lif, MaxPool, volume_of
from .curves import curve_of

PACKAGE = __name__.rpartition("._runtime")[0] or "snnc"

Class = TypeVar("Class", bound=type)


def registered(cls: Class) -> Class:
    """Register a layer's class under the name of this package."""
    # A notebook may load a module again; Keras 2 refuses a known name.
    keras.utils.get_custom_objects().pop(f"{PACKAGE}>{cls.__name__}", None)
    keras.utils.register_keras_serializable(PACKAGE)(cls)
    return cls


def setting(value: Any) -> Any:
    """Return a variable, ``.value``, whose changes traced functions follow.

    It is not a weight: Keras takes variables that are attributes of a layer
    for weights, but not those of a checkpoint. SavedModels keep it.
    """
    variable = tf.Variable(value, trainable=False, dtype=tf.float32)
    return tf.train.Checkpoint(value=variable)


class _Flat:
    """A convolution with a bias whose output is flat, as that of a readout."""

    def call(self: Any, inputs: Any) -> Any:
        """Return the values of the image in a row, (batch, values)."""
        image = self.convolution_op(inputs, self.kernel) + self.bias
        return tf.reshape(image, (-1, math.prod(image.shape[1:])))

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return (batch, values)."""
        shape = super().compute_output_shape(input_shape)  # type: ignore[misc]
        return (shape[0], math.prod(shape[1:]))


@registered
class FlatConv1D(_Flat, keras.layers.Conv1D):
    """A `Conv1D` whose output is flat."""


@registered
class FlatConv2D(_Flat, keras.layers.Conv2D):
    """A `Conv2D` whose output is flat."""


class Scaled(keras.layers.Layer):
    """A layer with a number ``scale``; traced functions follow its changes."""

    def __init__(self, scale: float, **named: Any) -> None:
        """Store the scale."""
        super().__init__(**named)
        self._setting = setting(scale)
        self.scale = scale

    @property
    def scale(self) -> float:
        """The scale as a number."""
        return self._scale

    @scale.setter
    def scale(self, scale: float) -> None:
        self._scale = scale
        self._setting.value.assign(scale)

    @property
    def scale_value(self) -> Any:
        """The scale as a float32 variable."""
        return self._setting.value


@registered
class Rectify(keras.layers.Layer):
    """Values divided by ``scale``; if ``signed``, also their negatives.

    (batch, ..., channels) becomes (batch, ..., channels or 2 x channels).
    """

    def __init__(
        self,
        scale: float,
        signed: bool = False,
        **named: Any,
    ) -> None:
        """Take the value that activation 1.0 stands for."""
        super().__init__(**named)
        self.scale = scale
        self.signed = signed

    def call(self, inputs: Any) -> Any:
        """Return the values of a rate encoder, which its neurons read."""
        scaled = inputs * (1 / self.scale)
        return tf.concat([scaled, -scaled], -1) if self.signed else scaled

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        own = {"scale": self.scale, "signed": self.signed}
        return {**super().get_config(), **own}


@registered
class Neurons(Scaled):
    """The neurons of a layer: from currents to activations, of one shape.

    They compute f(s x) / s, where s is ``scale``, which is 1 except in
    training.
    """

    def __init__(
        self,
        layer: Layer | dict[str, Any],
        dt: float,
        scale: float = 1.0,
        **named: Any,
    ) -> None:
        """Take the layer, and a step in seconds."""
        super().__init__(scale, **named)
        self.layer = layer_of(layer) if isinstance(layer, dict) else layer
        self.dt = dt
        self.clips(True)

    def clips(self, clips: bool) -> None:
        """Choose whether an encoder clips at one spike per step.

        Functions traced before keep the earlier curve.
        """
        curve = curve_of(self.layer, self.dt)
        free = self.layer.encoder is not None and not clips
        self.curve = keras.activations.relu if free else curve

    def call(self, inputs: Any) -> Any:
        """Return the activations of currents."""
        scale = self.scale_value
        if self.curve is keras.activations.relu:
            return self.curve(inputs)  # the same with any scale
        return self.curve(inputs * scale) * (1 / scale)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        own = {
            "layer": asdict(self.layer),
            "dt": self.dt,
            "scale": self.scale,
        }
        return {**super().get_config(), **own}


@registered
class NeuronBias(keras.layers.Layer):
    """Adds a separate bias for each neuron, initially 0."""

    def build(self, shape: Any) -> None:
        """Create the biases for inputs (batch, ...)."""
        own = tuple(int(size) for size in shape[1:])
        self.bias = self.add_weight(
            name="bias",
            shape=own,
            initializer="zeros",
        )
        super().build(shape)

    def call(self, inputs: Any) -> Any:
        """Return the inputs with their biases."""
        return inputs + self.bias


@registered
class Compare(keras.layers.Layer):
    """Currents of the neurons of a max pool: (batch, ...) to (batch, neurons).

    Neurons are in order of their levels, each level in Keras order. A level
    compares pairs of the maxima that the levels before it found, as spikes do.
    """

    def __init__(self, layer: Layer | dict[str, Any], **named: Any) -> None:
        """Take the layer of the max pool."""
        super().__init__(**named)
        self.layer = layer_of(layer) if isinstance(layer, dict) else layer

    def call(self, inputs: Any) -> Any:
        """Return the difference of the two values that each neuron reads."""
        pool = self.layer.pool
        assert pool is not None
        pooled = tf.reshape(inputs, (-1, *volume_of(pool.reads)))
        currents: list[Any] = []
        given: list[Any] = []
        for level in pool.tree.levels:
            current = driving(level, pooled, given)
            given.append(tf.nn.relu(current))
            size = math.prod(current.shape[1:])
            currents.append(tf.reshape(current, (-1, size)))
        return tf.concat(currents, axis=1)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return {**super().get_config(), "layer": asdict(self.layer)}


def driving(level: Level, pooled: Any, given: Sequence[Any]) -> Any:
    """Return the currents of one level of a max pool.

    ``pooled``, the pool's source, is (batch, depth, height, width, channels),
    and so is the output of each earlier level.
    """
    current: Any = 0.0
    for read in level.reads:
        source = pooled if read.level is None else given[read.level]
        source = gathered(source, read.grid)
        size = source.shape[level.axis + 1]
        rows = entries(read.nodes, level.windows, size, ())
        matrix = np.zeros((len(rows), size), np.float32)
        for row, weights in enumerate(rows):
            for place, weight in weights.items():
                matrix[row, place] = weight
        moved = tf.tensordot(source, matrix.T, ([level.axis + 1], [0]))
        order = [0, 1, 2, 3]
        order.insert(level.axis + 1, 4)
        current += tf.transpose(moved, order)
    return current


def gathered(source: Any, grid: Grid) -> Any:
    """Return the places of a grid of (batch, *places, channels)."""
    for axis, places in enumerate(grid, 1):
        source = tf.gather(source, list(places), axis=axis)
    return source


def layer_of(config: dict[str, Any]) -> Layer:
    """Return a layer from a saved model's configuration."""
    lif, pool = config["lif"], config["pool"]
    return Layer(
        shape=tuple(config["shape"]),
        rate=(config["rate"][0], config["rate"][1]),
        percentile=config["percentile"],
        encoder=config["encoder"],
        start=config["start"],
        lif=lif and Lif(**lif),
        synapse=config["synapse"],
        cut=_cut(config["cut"]),
        fanout=Fanout(**config["fanout"]),
        pool=pool and _pool(pool),
    )


def _cut(config: dict[str, Any]) -> Cut:
    block = config["block_shape"]
    return Cut(config["slices_per_ensemble"], block and tuple(block))


def _pool(config: dict[str, Any]) -> MaxPool:
    return MaxPool(
        reads=tuple(config["reads"]),
        window=tuple(config["window"]),
        stride=tuple(config["stride"]),
        padding=config["padding"],
        cuts=tuple(map(_cut, config["cuts"])),
    )
