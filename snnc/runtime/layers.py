# SPDX-License-Identifier: MIT
# The run-time library of snnc; `snnc build` puts a copy into each package.
"""The layers of Keras that spiking layers are made of.

They are registered under the name of the package that they are part of, so
that a model that was saved with them can be loaded.
"""

# mypy: allow-subclassing-any
# mypy: disable-error-code="import-not-found,import-untyped"

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any, TypeVar

import numpy as np
import tensorflow as tf
from tensorflow import keras

from .curves import curve_of, smeared, spike_variance
from .maxima import entries
from .network import Cut, Layer, Lif, MaxPool, volume_of
from .pooling_error import relative_error

# Neurons of a channel that are driven alike begin alike with an example, and
# then spike together: of the variance of their rates' errors, this share is
# one for the whole channel, measured on the emulator.
SHARED = 0.25
# Around the threshold LIF neurons fire as if their currents were blurred by so
# much of the current that drives the upper rate, measured on the emulator.
SMEAR = 0.07
COUNTED = 0.5  # spikes more or less in an example
BREACH = 0.3  # of the upper rate: the unit in which breaches are paid
PACKAGE = __name__.rpartition("._runtime")[0] or "snnc"

Class = TypeVar("Class", bound=type)


def _registered(cls: Class) -> Class:
    # A notebook may load a module again; Keras 2 refuses a name it knows.
    keras.utils.get_custom_objects().pop(f"{PACKAGE}>{cls.__name__}", None)
    keras.utils.register_keras_serializable(PACKAGE)(cls)
    return cls


@_registered
class Rectify(keras.layers.Layer):
    """Values over ``scale``; if ``signed``, then their negatives as channels.

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
        """Return the values of a rate encoder, before its neurons."""
        scaled = inputs * (1 / self.scale)
        return tf.concat([scaled, -scaled], -1) if self.signed else scaled

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        own = {"scale": self.scale, "signed": self.signed}
        return {**super().get_config(), **own}


@_registered
class Neurons(keras.layers.Layer):
    """The neurons of a layer: from currents to activations, of one shape.

    They compute f(s x) / s, where s is ``scale``: 1, but in training. There,
    LIF neurons on the chip have a curve without its edge at the threshold.
    """

    def __init__(
        self,
        layer: Layer | dict[str, Any],
        dt: float,
        aware: bool,
        scale: float = 1.0,
        **named: Any,
    ) -> None:
        """Take the layer, a step in seconds, and whether to know the chip."""
        super().__init__(**named)
        self.layer = _layer(layer) if isinstance(layer, dict) else layer
        self.dt = dt
        self.aware = aware
        self.scale = scale
        self.follow(smooth=False)

    def follow(self, smooth: bool) -> None:
        """Take the smooth curve, without a ceiling, or the own one again.

        What was traced of a model before follows the curve of before.
        """
        aware = self.aware and not smooth
        free = smooth and self.layer.lif is None
        curve = curve_of(self.layer, self.dt, aware)
        self.curve = keras.activations.relu if free else curve
        self.trained = self.curve
        if aware and self.layer.lif is not None and self.layer.on_chip:
            self.trained = smeared(self.curve, SMEAR)

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Return the activations of currents."""
        curve = self.trained if training else self.curve
        if self.scale == 1.0:
            return curve(inputs)
        return curve(inputs * self.scale) / self.scale

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        own = {
            "layer": asdict(self.layer),
            "dt": self.dt,
            "aware": self.aware,
            "scale": self.scale,
        }
        return {**super().get_config(), **own}


@_registered
class NeuronBias(keras.layers.Layer):
    """Adds a bias of its own for each neuron, of which all begin at 0."""

    def build(self, shape: Any) -> None:
        """Make the biases of inputs (batch, ...)."""
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


@_registered
class Compare(keras.layers.Layer):
    """What drives the neurons of a max pool: (batch, ...) to (batch, neurons).

    They stand level by level, each level in Keras order. A level compares the
    larger of two values each, which is what spikes add up to.
    """

    def __init__(self, layer: Layer | dict[str, Any], **named: Any) -> None:
        """Take the layer, whose windows are compared."""
        super().__init__(**named)
        self.layer = _layer(layer) if isinstance(layer, dict) else layer

    def call(self, inputs: Any) -> Any:
        """Return the difference of the two values that each neuron reads."""
        pool = self.layer.pool
        assert pool is not None
        volume = volume_of(pool.reads)
        pooled = tf.reshape(inputs, (-1, *volume))
        found: list[Any] = []
        given: list[Any] = []
        for level in pool.tree.levels:
            current: Any = 0.0
            for read in level.reads:
                source = pooled if read.level is None else given[read.level]
                for axis, places in enumerate(read.grid, 1):
                    source = tf.gather(source, list(places), axis=axis)
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
            given.append(tf.nn.relu(current))
            size = math.prod(current.shape[1:])
            found.append(tf.reshape(current, (-1, size)))
        return tf.concat(found, axis=1)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return {**super().get_config(), "layer": asdict(self.layer)}


@_registered
class SpikeNoise(keras.layers.Layer):
    """Noise in training, as filtered spikes tell a rate only roughly.

    Activations (batch, ...) get noise of the variance that the spikes of
    their neurons have behind a filter of ``synapse`` seconds, or a share of
    it, `curves.spike_variance`, and of a spike more or less in ``present``
    seconds (Hunsberger and Eliasmith, 2015, arXiv:1510.08829, train with noise
    that is the same for all rates).

    Rates are those with which the percentile of a batch is at the upper rate:
    larger activations do not drown the noise, as they will be scaled.
    """

    def __init__(
        self,
        layer: Layer | dict[str, Any],
        synapse: float,
        share: float,
        present: float,
        seed: int,
        **named: Any,
    ) -> None:
        """Take the layer whose spikes they are, the filter, and a seed."""
        super().__init__(**named)
        self.layer = _layer(layer) if isinstance(layer, dict) else layer
        self.synapse = synapse
        self.share = share
        self.present = present
        self.seed = seed
        self.active = True

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Return the inputs, in training with noise."""
        if not (training and self.active):
            return inputs
        # It follows from the values: a training resumed draws the same.
        bits = tf.reduce_sum(tf.bitcast(inputs, tf.int32))
        noise = self._noise(tf.shape(inputs), len(inputs.shape), bits)
        highest = percentile(inputs, self.layer.percentile)
        hertz = self.layer.high / tf.maximum(highest, 1e-6)
        variance = spike_variance(hertz * inputs, self.synapse) * self.share
        variance += (COUNTED / self.present) ** 2
        deviation = tf.sqrt(variance) / hertz
        return inputs + tf.where(inputs > 0, deviation * noise, 0.0)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        own = {
            "layer": asdict(self.layer),
            "synapse": self.synapse,
            "share": self.share,
            "present": self.present,
            "seed": self.seed,
        }
        return {**super().get_config(), **own}

    def _noise(self, shape: Any, rank: int, bits: Any) -> Any:
        """Return noise of which neurons of a channel share a part."""
        own = _uniform(shape, [self.seed, bits])
        if rank == 2:
            return own
        places = tf.ones_like(shape[1:-1])
        shape = tf.concat([shape[:1], places, shape[-1:]], 0)
        common = _uniform(shape, [self.seed + 1, bits])
        return SHARED**0.5 * common + (1 - SHARED) ** 0.5 * own


@_registered
class PoolNoise(keras.layers.Layer):
    """What spikes make of maxima: an error of its own mean, in training noise.

    Maxima (batch, ...) get the error that is measured of neurons that compare
    rates, `pooling_error`, as a share of them.
    """

    def __init__(
        self,
        layer: Layer | dict[str, Any],
        dt: float,
        present: float,
        seed: int,
        **named: Any,
    ) -> None:
        """Take the layer, a step and an example in seconds, and a seed."""
        super().__init__(**named)
        self.layer = _layer(layer) if isinstance(layer, dict) else layer
        self.dt = dt
        self.present = present
        self.seed = seed
        self.active = True
        pool, high = self.layer.pool, self.layer.high
        assert pool is not None
        times = (self.layer.synapse or dt, present, dt)
        self.error = relative_error(math.prod(pool.window), high, *times)

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Return the maxima with their error."""
        if not self.active:
            return inputs
        share = 1.0 + self.error.bias
        if training:
            # It follows from the values: a training resumed draws the same.
            bits = tf.reduce_sum(tf.bitcast(inputs, tf.int32))
            noise = _uniform(tf.shape(inputs), [self.seed, bits])
            share += self.error.deviation * noise
        return inputs * share

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        own = {
            "layer": asdict(self.layer),
            "dt": self.dt,
            "present": self.present,
            "seed": self.seed,
        }
        return {**super().get_config(), **own}


@_registered
class RateBudget(keras.layers.Layer):
    """Holds a percentile of a layer's rates within its bounds in training.

    Currents (batch, ...), of which 1.0 fires at the upper rate, pass
    unchanged. Training adds to the loss weight (breach / BREACH)^2, where the
    breach is a share of the upper rate. Above, it is that of every neuron,
    and its mean is compared with the share of neurons that may be there: that
    needs no rank, and so means the same in a batch of any size. Below, it is
    that of the percentile, and of currents, as silent neurons have no other
    gradient.

    The metric is the percentile of a batch in Hz. Currents are multiplied by
    ``scale``, as `Neurons` do.
    """

    def __init__(
        self,
        layer: Layer | dict[str, Any],
        dt: float,
        aware: bool,
        weight: float,
        scale: float = 1.0,
        **named: Any,
    ) -> None:
        """Take the layer, as `Neurons` does, and the weight in the loss."""
        super().__init__(**named)
        self.layer = _layer(layer) if isinstance(layer, dict) else layer
        self.dt = dt
        self.aware = aware
        self.weight = weight
        self.scale = scale
        self.curve = curve_of(self.layer, dt, aware)
        self.allowed = max(1 - self.layer.percentile / 100, 1e-3)
        self.rate = keras.metrics.Mean(name=self.name)

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Return the inputs, having measured them."""
        low, high = self.layer.rate
        currents = inputs * self.scale
        current = percentile(currents, self.layer.percentile)
        # A strategy builds models outside of its replicas.
        if not tf.distribute.in_cross_replica_context():
            self.rate.update_state(high * self.curve(current))
        if training:
            over = tf.reduce_mean(tf.nn.relu(currents - 1) ** 2) / self.allowed
            under = tf.nn.relu(low / high - current) ** 2
            self.add_loss(self.weight * (over + under) / BREACH**2)
        return inputs

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        own = {
            "layer": asdict(self.layer),
            "dt": self.dt,
            "aware": self.aware,
            "weight": self.weight,
            "scale": self.scale,
        }
        return {**super().get_config(), **own}


def _uniform(shape: Any, seed: Any) -> Any:
    """Return uniform noise of variance 1, about that of a sawtooth.

    Normal noise takes twice the time to draw.
    """
    end = math.sqrt(3)
    return tf.random.stateless_uniform(shape, seed, -end, end)


def percentile(values: Any, percent: float) -> Any:
    """Return what ``numpy.percentile`` does of all values."""
    flat = tf.reshape(values, [-1])
    size = tf.size(flat)
    # In float32, the ranks of a large batch would not be exact.
    rank = tf.cast(size - 1, tf.float64) * (percent / 100)
    below = tf.math.floor(rank)
    upper = tf.math.top_k(flat, size - tf.cast(below, tf.int32)).values
    ends = upper[-2:]
    share = tf.cast(rank - below, flat.dtype)
    return ends[-1] + (ends[0] - ends[-1]) * share


def _layer(config: dict[str, Any]) -> Layer:
    """Return a layer from what a saved model says of it."""
    lif, pool = config["lif"], config["pool"]
    return Layer(
        shape=tuple(config["shape"]),
        rate=(config["rate"][0], config["rate"][1]),
        percentile=config["percentile"],
        encoder=config["encoder"],
        lif=lif and Lif(**lif),
        synapse=config["synapse"],
        cut=_cut(config["cut"]),
        fanout=(config["fanout"][0], config["fanout"][1]),
        pool=pool and _pool(pool),
    )


def _cut(config: dict[str, Any]) -> Cut:
    return Cut(config["group"], config["block"] and tuple(config["block"]))


def _pool(config: dict[str, Any]) -> MaxPool:
    return MaxPool(
        reads=tuple(config["reads"]),
        window=tuple(config["window"]),
        stride=tuple(config["stride"]),
        padding=config["padding"],
        cuts=tuple(map(_cut, config["cuts"])),
    )
