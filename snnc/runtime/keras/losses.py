# SPDX-License-Identifier: MIT
# The run-time library of snnc; `snnc build` puts a copy into each package.
"""Losses that Keras lacks: for labels, and for layers that share a scale.

A loss for labels takes integers, (batch,), and logits, (batch, classes), and
returns the loss of each example, (batch,). ``smoothing`` is spread over all
classes.
"""

# mypy: disable-error-code="import-not-found,import-untyped"

# mypy: allow-subclassing-any

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf
from tensorflow import keras

from .layers import registered

Loss = Callable[[Any, Any], Any]


def cross_entropy(smoothing: float) -> Loss:
    """Return the cross entropy with smoothed labels."""

    def loss(labels: Any, logits: Any) -> Any:
        targets = _targets(labels, logits, smoothing)
        return tf.nn.softmax_cross_entropy_with_logits(targets, logits)

    return loss


def focal(gamma: float, alpha: float, smoothing: float = 0.0) -> Loss:
    """Return the focal loss, FL = -alpha (1 - p)^gamma log p.

    Lin et al., 2017, arXiv:1708.02002, equation 5. The paper balances two
    classes, 1 - alpha to alpha; with more, alpha is one factor for all.
    """

    def loss(labels: Any, logits: Any) -> Any:
        targets = _targets(labels, logits, smoothing)
        classes = logits.shape[-1]
        balance = [1 - alpha, alpha] if classes == 2 else [alpha] * classes
        log_p = tf.nn.log_softmax(logits)
        # With a power below 1, the gradient at 0 is infinite.
        miss = tf.maximum(-tf.math.expm1(log_p), 1e-7)
        weights = tf.constant(balance) * miss**gamma
        return -tf.reduce_sum(targets * weights * log_p, axis=-1)

    return loss


def squared_error(smoothing: float = 0.0) -> Loss:
    """Return the mean squared error: 1 for the label's class, otherwise 0."""

    def loss(labels: Any, logits: Any) -> Any:
        targets = _targets(labels, logits, smoothing)
        return tf.reduce_mean((targets - logits) ** 2, axis=-1)

    return loss


def _targets(labels: Any, logits: Any, smoothing: float) -> Any:
    classes = logits.shape[-1]
    flat = tf.reshape(tf.cast(labels, tf.int32), [-1])
    certain = tf.one_hot(flat, classes)
    return certain * (1 - smoothing) + smoothing / classes


BALANCE = 0.9  # of the faster layer's percentile, for the slower one
WEIGHT = 1.0  # in the loss, if one of the layers is silent


@registered
class BalancedAdd(keras.layers.Add):
    """Adds an identity shortcut, whose source has its reader's scale.

    A shortcut adds to the reader's currents without a weight that could undo a
    scale, so both layers have the same one, and the slower fires at a fraction
    of its upper rate. In training, WEIGHT (1 - slower / (BALANCE faster))^2 is
    added to the loss, where these are the percentiles of the shortcut, (batch,
    ...), and of the sum, until they are close enough.
    """

    def __init__(self, percent: float, **named: Any) -> None:
        """Take the percentile, 0 to 100, that represents a layer."""
        super().__init__(**named)
        self.percent = percent
        self.active = False

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Return the sum of currents and the shortcut's activations."""
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
