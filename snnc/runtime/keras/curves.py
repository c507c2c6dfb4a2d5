# The run-time library of snnc. SPDX-License-Identifier: MIT
"""Rate curves: from currents to activations, where 1.0 is the upper rate.

A curve maps x, of shape (batch, ...), to activations of the same shape.
``high`` is the rate in Hz at activation 1.0, and ``dt`` is a step in seconds.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from ..network import Layer, Lif
from .backend import Tensor, keras, tf

# From currents, (batch, ...), to activations of the same shape.
Curve = Callable[[Tensor], Tensor]

SOFTNESS = 0.02  # width of the threshold of LIF neurons in gradients


def curve_of(layer: Layer, dt: float) -> Curve:
    """Return the curve of a layer."""
    if layer.encoder is not None:
        ceiling = 1 / (dt * layer.high)  # at most one spike per step
        return lambda x: keras.activations.relu(x, max_value=ceiling)
    if layer.lif is not None:
        return lif(layer.high, layer.lif, dt)
    relu: Curve = keras.activations.relu
    return relu


def lif(high: float, neuron: Lif, dt: float) -> Curve:
    """Return the curve of LIF neurons.

    With J = 63/64 + (J1 - 63/64) x, where J1 is the current that fires at
    ``high``, the period is tau_ref + tau_rc log(1 + 1 / (J - 1)) above J = 1.
    The curve is infinitely steep at J = 1: its gradient is
    `soft_lif_gradient`.
    """
    slope = neuron.gain(high)

    def activation(x: Tensor) -> Tensor:
        current = slope * x - 1 / 64
        fires = current > 0
        above = tf.where(fires, current, 1.0)
        waits = neuron.tau_rc / dt * tf.math.log1p(1 / above)
        rates = 1 / ((neuron.tau_ref / dt + waits) * (high * dt))

        def gradient(upstream: Tensor) -> Tensor:
            return upstream * soft_lif_gradient(x, high, neuron)

        return tf.where(fires, rates, 0.0), gradient

    curve: Curve = tf.custom_gradient(activation)
    return curve


def soft_lif_gradient(x: Tensor, high: float, neuron: Lif) -> Tensor:
    """Return the slope of soft LIF neurons' rate curve at x.

    The curve is `lif` with softplus(J - 1) instead of J - 1
    (Hunsberger and Eliasmith, 2015, arXiv:1510.08829): the slope of LIF is
    infinite at J = 1.
    """
    slope = neuron.gain(high)
    current = slope * x - 1 / 64
    soft = SOFTNESS * tf.math.softplus(current / SOFTNESS)
    # Far below J = 1 the sigmoid is 0; 0 times infinity would be NaN.
    soft = tf.maximum(soft, 1e-6)
    period = neuron.tau_ref + neuron.tau_rc * tf.math.log1p(1 / soft)
    softened = tf.math.sigmoid(current / SOFTNESS)
    unit = slope * neuron.tau_rc / high
    return unit * softened / (soft * (soft + 1) * period**2)


def rate_of(layer: Layer, drive: float) -> float:
    """Return the rate in Hz of a layer's neurons at a current."""
    if layer.lif is None or layer.encoder is not None:
        return layer.high * max(drive, 0.0)
    above = layer.lif.gain(layer.high) * drive - 1 / 64
    if above <= 0:
        return 0.0
    wait = layer.lif.tau_rc * math.log1p(1 / above)
    return 1 / (layer.lif.tau_ref + wait)


def drive_of(layer: Layer, rate: float) -> float:
    """Return the current at which a layer's neurons fire at a rate in Hz."""
    if layer.lif is None or layer.encoder is not None:
        return rate / layer.high
    if rate <= 0:
        return 0.0
    # Rounding tau_ref can make chip neurons faster than the curve.
    wait = max(1 / rate - layer.lif.tau_ref, 1e-6)
    above = 1 / math.expm1(wait / layer.lif.tau_rc)
    return (1 / 64 + above) / layer.lif.gain(layer.high)
