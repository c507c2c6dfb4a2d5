# SPDX-License-Identifier: MIT
# The run-time library of snnc; `snnc build` puts a copy into each package.
"""The noise of spikes, of which a model in training gets its share.

A model that was saved with these layers of Keras can be loaded.
"""

# mypy: allow-subclassing-any
# mypy: disable-error-code="import-not-found,import-untyped"

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

import tensorflow as tf
from tensorflow import keras

from .curves import spike_variance
from .layers import layer_of, registered
from .network import Layer
from .pooling_error import relative_error
from .rate_losses import percentile

# Neurons of a channel that are driven alike begin alike with an example, and
# then spike together: of the variance of their rates' errors, this share is
# one for the whole channel, measured on the emulator.
SHARED = 0.03
COUNTED = 0.5  # spikes more or less in an example


@registered
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
        self.layer = layer_of(layer) if isinstance(layer, dict) else layer
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


@registered
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
        self.layer = layer_of(layer) if isinstance(layer, dict) else layer
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


def _uniform(shape: Any, seed: Any) -> Any:
    """Return uniform noise of variance 1, about that of a sawtooth.

    Normal noise takes twice the time to draw.
    """
    end = math.sqrt(3)
    return tf.random.stateless_uniform(shape, seed, -end, end)
