# SPDX-License-Identifier: MIT
# The run-time library of snnc; `snnc build` puts a copy into each package.
"""A Keras layer with a loss that balances layers that share a scale.

It is registered as those of `layers` are.
"""

# mypy: allow-subclassing-any
# mypy: disable-error-code="import-not-found,import-untyped"

from __future__ import annotations

from typing import Any

import tensorflow as tf
from tensorflow import keras

from .layers import registered

BALANCE = 0.9  # of the faster of two layers, what the slower one should reach
WEIGHT = 1.0  # in the loss, of a layer that is silent beside the other


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
        self.active = False

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
