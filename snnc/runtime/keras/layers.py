# The run-time library of snnc. SPDX-License-Identifier: MIT
"""The Keras layers that spiking layers consist of.

They are registered under the name of their package, so that Keras can load a
saved model.
"""

# mypy: allow-subclassing-any

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import numpy as np

from ..maxima import Grid, entries
from ..network import Layer, MaxPool, volume_of
from ..neurons import describe_neuron, read_neuron
from .backend import Tensor, keras, tf

BALANCE = 0.9  # of the faster layer's percentile, for the slower one
WEIGHT = 1.0  # in the loss, if one of the layers is silent

PACKAGE = __name__.rpartition("._runtime")[0] or "snnc"

Class = TypeVar("Class", bound=type)
Curve = Callable[[Tensor], Tensor]


def register(cls: Class) -> Class:
    """Register a layer's class under the name of this package."""
    # A notebook may load a module again; Keras 2 refuses a known name.
    keras.utils.get_custom_objects().pop(f"{PACKAGE}>{cls.__name__}", None)
    keras.utils.register_keras_serializable(PACKAGE)(cls)
    return cls


@register
class Neurons(keras.layers.Layer):
    """The neurons of a layer, from currents to activations of the same shape.

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
        """Create it for a layer and a step in seconds."""
        super().__init__(**named)
        # Keras treats a layer's variables as weights, but not the variables of
        # a checkpoint. SavedModels keep them.
        variable = tf.Variable(scale, trainable=False, dtype=tf.float32)
        self._setting = tf.train.Checkpoint(value=variable)
        self.scale = scale
        if isinstance(layer, dict):  # from a saved model: what curves need
            layer = Layer(
                shape=(),
                rate=tuple(layer["rate"]),
                encoder=layer["encoder"],
                neuron=read_neuron(layer["neuron"]),
            )
        self.layer = layer
        self.dt = dt
        self.clips(clips=True)

    @property
    def scale_value(self) -> Tensor:
        """The scale as a float32 variable."""
        return self._setting.value

    def set_scale(self, scale: float) -> None:
        """Set the scale, which traced functions follow."""
        self.scale = scale
        self.scale_value.assign(scale)

    def clips(self, *, clips: bool) -> None:
        """Choose, for functions to be traced, whether an encoder clips."""
        curve = curve_of(self.layer, self.dt)
        free = self.layer.encoder is not None and not clips
        self.curve = keras.activations.relu if free else curve

    def call(self, inputs: Tensor) -> Tensor:
        """Return the activations of currents."""
        scale = self.scale_value
        if self.curve is keras.activations.relu:
            return self.curve(inputs)  # the same with any scale
        return self.curve(inputs * scale) * (1 / scale)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        layer = {
            "rate": self.layer.rate,
            "encoder": self.layer.encoder,
            "neuron": describe_neuron(self.layer.neuron),
        }
        return {
            **super().get_config(),
            "layer": layer,
            "dt": self.dt,
            "scale": self.scale,
        }


@register
class NeuronBias(keras.layers.Layer):
    """Adds a separate bias for each neuron, initially 0."""

    def build(self, shape: Any) -> None:
        """Create the biases for inputs (batch, ...)."""
        own = tuple(map(int, shape[1:]))
        add = self.add_weight
        self.bias = add(name="bias", shape=own, initializer="zeros")
        super().build(shape)

    def call(self, inputs: Tensor) -> Tensor:
        """Return the inputs with their biases."""
        return inputs + self.bias


def max_currents(pool: MaxPool, source: Tensor) -> Tensor:
    """Return the currents (batch, neurons) of a max pool's neurons.

    Neurons are ordered by level, and within a level in Keras order. A level
    compares pairs of maxima from the previous levels, as on spikes.
    """
    currents: list[Tensor] = []
    given: list[Tensor] = []
    for current in currents_of(pool, source, given):
        given.append(tf.nn.relu(current))
        size = math.prod(current.shape[1:])
        currents.append(tf.reshape(current, (-1, size)))
    return tf.concat(currents, axis=1)


def currents_of(
    pool: MaxPool,
    source: Tensor,
    given: Sequence[Tensor],
) -> Iterator[Tensor]:
    """Yield the currents of each level of a max pool.

    ``given`` contains the outputs of the earlier levels. All are (batch,
    depth, height, width, channels).
    """
    pooled = tf.reshape(source, (-1, *volume_of(pool.reads)))
    for level in pool.tree.levels:
        current: Tensor = 0.0
        axis = level.axis + 1
        for read in level.reads:
            values = _places_of([*given, pooled], read.level, read.grid)
            size = values.shape[axis]
            rows = entries(read.nodes, level.windows, range(size))
            matrix = np.zeros((len(rows), size), np.float32)
            for row, weights in zip(matrix, rows, strict=True):
                row[list(weights)] = list(weights.values())
            moved = tf.tensordot(values, matrix.T, ([axis], [0]))
            order = [0, 1, 2, 3]
            order.insert(axis, 4)
            current += tf.transpose(moved, order)
        yield current


def maximum_of(pool: MaxPool, source: Tensor, given: list[Tensor]) -> Tensor:
    """Return the maxima, from the source and the outputs of all levels."""
    pooled = tf.reshape(source, (-1, *volume_of(pool.reads)))
    values = [*given, pooled]
    picks = pool.tree.picks
    terms = (_places_of(values, pick.level, pick.grid) for pick in picks)
    return sum(terms, 0.0)


def _places_of(several: list[Tensor], level: int | None, grid: Grid) -> Tensor:
    """Return positions of a grid; the source is the last of ``several``."""
    values = several[-1 if level is None else level]
    for axis, places in enumerate(grid, 1):
        values = tf.gather(values, list(places), axis=axis)
    return values


@register
class BalancedAdd(keras.layers.Add):
    """Adds an identity shortcut, whose source has the scale of its reader.

    A shortcut has no weight that could undo a scale, so both layers have the
    same scale, and the slower layer fires at a fraction of its upper rate. In
    training, WEIGHT (1 - slower / (BALANCE faster))^2 is added to the loss
    until the two are close enough. ``slower`` and ``faster`` are the
    percentiles of the shortcut and of the sum.
    """

    def __init__(self, percent: float, **named: Any) -> None:
        """Create it with the percentile, 0 to 100, that represents a layer."""
        super().__init__(**named)
        self.percent = percent
        self.active = False

    def call(self, inputs: Tensor, training: bool | None = None) -> Tensor:
        """Return the sum of currents and the shortcut's activations."""
        outputs = super().call(inputs)
        if training and self.active:
            shortcut = percentile(inputs[1], self.percent)
            total = percentile(outputs, self.percent)
            slower = tf.minimum(shortcut, total)
            faster = tf.maximum(shortcut, total)
            share = slower / tf.maximum(BALANCE * faster, 1e-6)
            lacking = 1 - tf.clip_by_value(share, 0.0, 1.0)
            self.add_loss(WEIGHT * lacking**2)
        return outputs

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return {**super().get_config(), "percent": self.percent}


def percentile(values: Tensor, percent: float) -> Tensor:
    """Return the ``numpy.percentile`` of all values."""
    flat = tf.reshape(values, [-1])
    size = tf.size(flat)
    # In float32, the ranks of a large batch would be inexact.
    rank = tf.cast(size - 1, tf.float64) * (percent / 100)
    below = tf.math.floor(rank)
    upper = tf.math.top_k(flat, size - tf.cast(below, tf.int32)).values
    ends = upper[-2:]
    share = tf.cast(rank - below, flat.dtype)
    return ends[-1] + (ends[0] - ends[-1]) * share


def curve_of(layer: Layer, dt: float) -> Curve:
    """Return the curve of a layer."""
    if layer.encoder is not None:
        ceiling = 1 / (dt * layer.high)  # at most one spike per step
        return lambda x: keras.activations.relu(x, max_value=ceiling)
    return layer.neuron.curve(layer.high, dt)
