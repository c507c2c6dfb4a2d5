"""The curves of neurons, against Nengo's and the chip's."""

from __future__ import annotations

from typing import Any

import nengo
import numpy as np
import pytest
import tensorflow as tf
from nengo_loihi.neurons import loihi_rates
from tensorflow import keras

from snnc.runtime.curves import chip_relu, curve_of, lif, smeared, spike_variance
from snnc.runtime.network import Cut, Layer, Lif
from snnc.runtime.rate_losses import percentile

pytestmark = pytest.mark.slow

DT = 0.001
X = np.concatenate([np.linspace(-2, 8, 4001), [0.0, 1.0, 1e-6, 1e4, -1e4]])
ON_CHIP = Cut(block=(1,))
LIF = Lif(tau_rc=0.02, tau_ref=0.002)


def lif_current(high: float) -> tuple[float, float]:
    """Return the gain and bias with which activation 1.0 fires at ``high``."""
    top = 1 + 1 / np.expm1((1 / high - LIF.tau_ref) / LIF.tau_rc)
    return top - 63 / 64, 63 / 64


def far_from_a_jump(periods: np.ndarray) -> np.ndarray:
    """Whether a period in steps is no whole number, where float32 could jump."""
    return np.abs(periods - np.round(periods)) > 1e-4


def test_relu_is_the_identity_above_zero() -> None:
    activation = curve_of(Layer((1,), (20.0, 150.0)), DT, aware=True)
    assert activation is keras.activations.relu
    np.testing.assert_array_equal(activation(tf.constant([-1.0, 0.0, 2.0])), [0, 0, 2])


@pytest.mark.parametrize("high", [20.0, 150.0, 333.0, 1000.0])
def test_relu_on_the_chip(high: float) -> None:
    neuron = nengo.SpikingRectifiedLinear()
    chip = loihi_rates(neuron, X, np.array([high]), np.array([0.0]), DT).ravel()
    ours = high * chip_relu(high, DT)(X.astype("f4")).numpy()
    with np.errstate(divide="ignore", invalid="ignore"):
        smooth = far_from_a_jump(1 / (np.maximum(X, 0) * high * DT))
    assert smooth.mean() > 0.5
    np.testing.assert_allclose(ours[smooth], chip[smooth], rtol=1e-5)
    assert ours.max() == pytest.approx(1 / DT)


@pytest.mark.parametrize("high", [20.0, 120.0, 250.0])
def test_lif_is_nengos_curve(high: float) -> None:
    gain, bias = lif_current(high)
    rates = (
        nengo.LIFRate(LIF.tau_rc, LIF.tau_ref)
        .rates(X, np.array([gain]), np.array([bias]))
        .ravel()
    )
    ours = high * lif(high, LIF, DT, False)(X.astype("f4")).numpy()
    np.testing.assert_allclose(ours, rates, rtol=2e-5, atol=1e-3)


@pytest.mark.parametrize("high", [20.0, 120.0, 250.0])
def test_activation_one_fires_at_the_upper_rate(high: float) -> None:
    ends = lif(high, LIF, DT, False)(tf.constant([0.0, 1.0])).numpy()
    assert ends[0] == 0
    assert ends[1] == pytest.approx(1.0, rel=1e-5)


@pytest.mark.parametrize("high", [20.0, 120.0, 250.0])
@pytest.mark.parametrize("taus", [(0.02, 0.002), (0.0137, 0.0034), (0.1, 0.0)])
def test_lif_on_the_chip(high: float, taus: tuple[float, float]) -> None:
    tau_rc, tau_ref = taus
    top = 1 + 1 / np.expm1((1 / high - tau_ref) / tau_rc)
    gain, bias = np.array([top - 63 / 64]), np.array([63 / 64])
    chip = loihi_rates(nengo.LIF(tau_rc, tau_ref), X, gain, bias, DT).ravel()
    ours = high * lif(high, Lif(*taus), DT, True)(X.astype("f4")).numpy()
    different = ~np.isclose(ours, chip, rtol=1e-4, atol=1e-3)
    # Only where a period is a whole number of steps may float32 jump elsewhere.
    assert different.mean() < 2e-3
    neighbours = np.abs(1000 / np.maximum(ours, 1) - 1000 / np.maximum(chip, 1))
    assert neighbours[different].max(initial=0) < 1.001


def curves() -> Any:
    for aware in (False, True):
        yield curve_of(Layer((1,), (0.0, 150.0), cut=ON_CHIP), DT, aware)
        yield lif(120.0, LIF, DT, aware)
        yield lif(20.0, LIF, DT, aware)


def test_gradients_are_finite_everywhere() -> None:
    threshold = np.float32(1 / 64 / lif_current(120.0)[0])
    near = [np.nextafter(threshold, np.float32(s)) for s in (-1, 1)]
    extremes = [0.0, 1e-45, -1e-45, 1e-30, 1e30, -1e30, threshold, *near]
    x = tf.constant(np.concatenate([X, extremes]).astype("f4"))
    for curve in curves():
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = curve(x)
        assert np.isfinite(y).all()
        gradient = tape.gradient(y, x).numpy()
        assert np.isfinite(gradient).all()
        assert np.abs(gradient).max() < 10


def test_the_chips_relu_has_the_smooth_gradient() -> None:
    x = tf.constant([-1.0, 0.01, 0.5, 3.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = chip_relu(150.0, DT)(x)
    np.testing.assert_array_equal(tape.gradient(y, x), [0, 1, 1, 1])


def test_the_gradient_of_lif_is_its_slope_above_the_threshold() -> None:
    x = tf.constant(np.linspace(0.2, 3, 50).astype("f4"))
    curve = lif(120.0, LIF, DT, False)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = curve(x)
    slope = (curve(x + 1e-2) - curve(x - 1e-2)) / 2e-2
    np.testing.assert_allclose(tape.gradient(y, x), slope, rtol=0.02)


def test_the_gradients_of_a_mean_over_noise_are_its_slopes() -> None:
    x = tf.constant(np.linspace(-1, 2, 40))  # float64: slopes are differences
    width = tf.constant(np.resize([0.06, 0.3, 1.0], 40))
    for curve in (tf.nn.softplus, tf.math.square):
        found, wanted = tf.test.compute_gradient(
            lambda x, width, curve=curve: smeared(curve, width)(x), [x, width]
        )
        for ours, slopes in zip(found, wanted, strict=True):
            assert np.abs(slopes).max() > 0.1
            # Differences of 1/1024 to both sides are no slopes yet.
            np.testing.assert_allclose(ours, slopes, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("percent", [50.0, 99.0, 99.9, 100.0, 1.0])
@pytest.mark.parametrize("shape", [(1, 1), (3, 7), (16, 5, 5, 4)])
def test_percentiles_are_numpys(percent: float, shape: Any) -> None:
    values = np.random.default_rng(1).normal(size=shape).astype("f4")
    ours = percentile(tf.constant(values), percent).numpy()
    assert ours == pytest.approx(np.percentile(values, percent), abs=1e-6)


def test_what_the_curve_of_a_layer_is() -> None:
    x = tf.constant([0.3, 9.0])
    layer = Layer((1,), (0.0, 150.0), cut=ON_CHIP)
    encoder = Layer((1,), (0.0, 250.0), encoder="conv")
    spiking = Layer((1,), (0.0, 120.0), lif=LIF, cut=ON_CHIP)
    for found, wanted in (
        (curve_of(layer, DT, aware=True), chip_relu(150.0, DT)(x)),
        (curve_of(layer, DT, aware=False), x),
        (curve_of(encoder, DT, aware=True), [0.3, 4.0]),
        (curve_of(spiking, DT, aware=True), lif(120.0, LIF, DT, True)(x)),
        (curve_of(spiking, DT, aware=False), lif(120.0, LIF, DT, False)(x)),
    ):
        np.testing.assert_allclose(found(x), wanted, rtol=1e-6)


@pytest.mark.parametrize("synapse", [0.001, 0.005, 0.04])
def test_the_variance_of_spikes_is_about_that_of_a_sawtooth(synapse: float) -> None:
    rates = np.geomspace(0.1, 1000, 200)
    sharp = 1 / np.tanh(1 / (2 * synapse * rates))
    wanted = rates / (2 * synapse) * sharp - rates**2
    found = spike_variance(tf.constant(rates, tf.float32), synapse)
    np.testing.assert_allclose(found, wanted, rtol=0.07)
    assert spike_variance(tf.constant([0.0]), synapse)[0] == 0
