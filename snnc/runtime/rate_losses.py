# SPDX-License-Identifier: MIT
# The run-time library of snnc; `snnc build` puts a copy into each package.
"""The layers of Keras that add to the loss what rates lack, or have too much.

They are registered as those of `layers` are.
"""

# mypy: allow-subclassing-any
# mypy: disable-error-code="import-not-found,import-untyped"

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import tensorflow as tf
from tensorflow import keras

from .curves import curve_of
from .layers import Scaled, layer_of, registered
from .network import Layer

BREACH = 0.3  # of the upper rate: the unit in which breaches are paid
BALANCE = 0.9  # of the faster of two layers, what the slower one should reach
WEIGHT = 1.0  # in the loss, of a layer that is silent beside the other


@registered
class RateBudget(Scaled):
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
        super().__init__(scale, **named)
        self.layer = layer_of(layer) if isinstance(layer, dict) else layer
        self.dt = dt
        self.aware = aware
        self.weight = weight
        self.curve = curve_of(self.layer, dt, aware)
        self.allowed = max(1 - self.layer.percentile / 100, 1e-3)
        self.rate = keras.metrics.Mean(name=self.name)

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Return the inputs, having measured them."""
        low, high = self.layer.rate
        currents = inputs * self._setting.value
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


@registered
class BalancedAdd(keras.layers.Add):
    """Adds an identity shortcut, whose source has its reader's scale.

    What a layer adds to another's currents has no weight that could make good
    a scale: the two share one, and the slower fires at a fraction of its
    upper rate, with as few spikes. In training, the percentiles of what is
    added, (batch, ...), and of the sum are brought near one another: to the
    loss comes WEIGHT (1 - slower / (BALANCE faster))^2, until they are.
    """

    def __init__(self, percent: float, **named: Any) -> None:
        """Take the percentile that stands for a layer, of 0 to 100."""
        super().__init__(**named)
        self.percent = percent
        self.active = True

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Return the sum of currents and of the shortcut's activations."""
        outputs = super().call(inputs)
        if training and self.active:
            several = inputs[1], outputs
            reached = [percentile(values, self.percent) for values in several]
            slower, faster = tf.minimum(*reached), tf.maximum(*reached)
            share = slower / tf.maximum(BALANCE * faster, 1e-6)
            lacking = 1 - tf.clip_by_value(share, 0.0, 1.0)
            self.add_loss(WEIGHT * lacking**2)
        return outputs

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return {**super().get_config(), "percent": self.percent}


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
