# SPDX-License-Identifier: MIT
# The run-time library of snnc; `snnc build` puts a copy into each package.
"""What neurons make of currents: activations, of which 1.0 is the upper rate.

A curve maps x, (batch, ...), to activations of its shape; ``high`` is the rate
in Hz of activation 1.0, ``dt`` a step in seconds.
"""

# mypy: allow-untyped-decorators
# mypy: disable-error-code="import-not-found,import-untyped"

from __future__ import annotations

import math
from typing import Any

import tensorflow as tf
from tensorflow import keras

from .network import Layer, Lif

Curve = Any  # from currents, (batch, ...), to activations of the same shape

FAR_BELOW = -4.0  # the threshold, in widths of noise
SOFTNESS = 0.02  # width of the threshold of LIF neurons in gradients


def curve_of(layer: Layer, dt: float, aware: bool) -> Curve:
    """Return the curve of a layer; with ``aware``, as the chip computes it."""
    if layer.encoder is not None:
        return clipped(layer.high, dt)
    aware = aware and layer.on_chip
    if layer.lif is not None:
        return lif(layer.high, layer.lif, dt, aware)
    return chip_relu(layer.high, dt) if aware else keras.activations.relu


def clipped(high: float, dt: float) -> Curve:
    """Return the curve of an encoder, which fires at most once a step."""
    ceiling = 1 / (dt * high)
    return lambda x: keras.activations.relu(x, max_value=ceiling)


def chip_relu(high: float, dt: float) -> Curve:
    """Return the curve of rectified linear neurons on the chip.

    A neuron driven at J Hz fires once in ceil(1 / (J dt)) steps:
    nengo_loihi.neurons.loihi_spikingrectifiedlinear_rates. Its gradient is
    that of the smooth curve.
    """
    step = high * dt

    @tf.custom_gradient
    def activation(x: Any) -> Any:
        fires = x > 0
        steps = tf.math.ceil(1 / (tf.where(fires, x, 1.0) * step))
        rates = tf.where(fires, 1 / (steps * step), 0.0)
        return rates, lambda upstream: tf.where(fires, upstream, 0.0)

    return activation


def lif(high: float, neuron: Lif, dt: float, aware: bool) -> Curve:
    """Return the curve of LIF neurons.

    With J = 63/64 + (J1 - 63/64) x, where J1 is the current that fires at
    ``high``, the period is tau_ref + tau_rc log(1 + 1 / (J - 1)) above J = 1.
    With ``aware``, time constants and periods are discrete as on the chip:
    nengo_loihi.neurons.loihi_lif_rates.

    The curve is infinitely steep at J = 1. The gradient is therefore that of
    the soft LIF neuron (Hunsberger and Eliasmith, 2015, arXiv:1510.08829),
    with softplus(J - 1) in place of J - 1.
    """
    slope = lif_slope(high, neuron)
    tau_rc, tau_ref = neuron.tau_rc, neuron.tau_ref
    if aware:
        tau_rc, tau_ref = chip_taus(neuron, dt)

    unit = slope * tau_rc / (high * dt**2)  # of gradients

    def steps(current: Any) -> Any:
        return tau_ref / dt + tau_rc / dt * tf.math.log1p(1 / current)

    @tf.custom_gradient
    def activation(x: Any) -> Any:
        current = slope * x - 1 / 64
        fires = current > 0
        period = steps(tf.where(fires, current, 1.0))
        if aware:
            period = tf.math.ceil(period)
        rates = tf.where(fires, 1 / (period * (high * dt)), 0.0)

        def gradient(upstream: Any) -> Any:
            soft = SOFTNESS * tf.math.softplus(current / SOFTNESS)
            # Far below J = 1 the sigmoid is 0 and may meet no infinity.
            soft = tf.maximum(soft, 1e-6)
            softened = tf.math.sigmoid(current / SOFTNESS)
            flatness = soft * (soft + 1) * steps(soft) ** 2
            return upstream * unit * softened / flatness

        return rates, gradient

    return activation


def lif_slope(high: float, neuron: Lif) -> float:
    """Return the current J from activation 0.0 to 1.0 of LIF neurons."""
    period = (1 / high - neuron.tau_ref) / neuron.tau_rc
    return 1 / 64 + 1 / math.expm1(period)


def chip_taus(neuron: Lif, dt: float) -> tuple[float, float]:
    """Return the time constants of LIF neurons on the chip, in seconds.

    It decays by 12-bit integers, and refracts in whole steps.
    """
    decay = round(-math.expm1(-dt / neuron.tau_rc) * 4095) / 4095
    return -dt / math.log1p(-decay), dt * round(neuron.tau_ref / dt)


def smeared(curve: Curve, width: float) -> Curve:
    """Return about the mean of a curve over normal noise in its currents.

    It is what a neuron gives at the mean of the currents that are above 0,
    times the share of them: exact for rectified linear neurons.
    """

    @tf.custom_gradient
    def activation(x: Any, width: Any) -> Any:
        # Further below 0 there is nothing that float32 could tell.
        place = tf.maximum(x / width, FAR_BELOW)
        share = 0.5 * tf.math.erfc(-place * math.sqrt(0.5))
        density = tf.exp(-(place**2) / 2) / math.sqrt(2 * math.pi)
        hazard = density / share
        mean = place + hazard
        with tf.GradientTape(persistent=True) as tape:
            above = width * mean
            tape.watch(above)
            rates = curve(above)

        # TensorFlow's own would compute the normal curve twice more.
        def gradient(upstream: Any) -> Any:
            by_above = tape.gradient(rates, above, upstream * share)
            by_x = upstream * rates * density / width
            by_x += by_above * (1 - hazard * mean)
            by_x = tf.where(place > FAR_BELOW, by_x, 0.0)
            return by_x, by_above * mean - by_x * place

        return share * rates, gradient

    return lambda x: activation(x, width)


def spike_variance(rates: Any, synapse: float) -> Any:
    """Return the variance over time of filtered spikes, in Hz^2.

    A neuron of ``rates`` in Hz, (batch, ...), spikes regularly, at periods T.
    Behind a filter of time constant tau, ``synapse`` in seconds, its spikes
    are a sawtooth of the mean 1/T and the mean square 1/(2 tau T)
    coth(T / (2 tau)). What is returned is within 7 % of its variance, and takes
    a training half the time.
    """
    # The gradient of expm1, which is exact near 0, would take another exp.
    return (1 - tf.exp(-6 * synapse * rates)) * (1 / (12 * synapse**2))
