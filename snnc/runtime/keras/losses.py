# SPDX-License-Identifier: MIT
# The run-time library of snnc; `snnc build` puts a copy into each package.
"""Losses of labels that Keras lacks.

Each takes labels, integers (batch,), and logits, (batch, classes), and returns
the loss of each example, (batch,). ``smoothing`` is spread over all classes.
"""

# mypy: disable-error-code="import-not-found,import-untyped"

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

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
        # A power below 1 has no finite gradient at 0.
        miss = tf.maximum(-tf.math.expm1(log_p), 1e-7)
        weights = tf.constant(balance) * miss**gamma
        return -tf.reduce_sum(targets * weights * log_p, axis=-1)

    return loss


def squared_error(smoothing: float = 0.0) -> Loss:
    """Return the mean squared error: 1 for the class of the label, else 0."""

    def loss(labels: Any, logits: Any) -> Any:
        targets = _targets(labels, logits, smoothing)
        return tf.reduce_mean((targets - logits) ** 2, axis=-1)

    return loss


def _targets(labels: Any, logits: Any, smoothing: float) -> Any:
    classes = logits.shape[-1]
    flat = tf.reshape(tf.cast(labels, tf.int32), [-1])
    certain = tf.one_hot(flat, classes)
    return certain * (1 - smoothing) + smoothing / classes
