"""The curves of neurons, against Nengo's and the chip's."""

from typing import Any

import nengo
import numpy as np
import pytest
import tensorflow as tf
from tensorflow import keras

from snnc.runtime.keras.layers import curve_of, percentile
from snnc.runtime.network import Layer
from snnc.runtime.neurons import RELU, Lif, NeuronModel

pytestmark = pytest.mark.slow

DT = 0.001
X = np.concatenate([np.linspace(-2, 8, 4001), [0.0, 1.0, 1e-6, 1e4, -1e4]])
LIF = Lif(tau_rc=0.02, tau_ref=0.002)


def lif_current(high: float) -> tuple[float, float]:
    """Return the gain and bias with which activation 1.0 fires at ``high``."""
    top = 1 + 1 / np.expm1((1 / high - LIF.tau_ref) / LIF.tau_rc)
    return top - 63 / 64, 63 / 64


@pytest.mark.parametrize("high", [20.0, 120.0, 250.0])
def test_lif_is_nengos_curve(high: float) -> None:
    gain, bias = lif_current(high)
    rates = (
        nengo.LIFRate(LIF.tau_rc, LIF.tau_ref)
        .rates(X, np.array([gain]), np.array([bias]))
        .ravel()
    )
    ours = high * LIF.curve(high, DT)(X.astype("f4")).numpy()
    np.testing.assert_allclose(ours, rates, rtol=2e-5, atol=1e-3)
    np.testing.assert_allclose(ours[[-5, -4]], [0, high], rtol=1e-5)  # at 0 and 1


def test_gradients_are_finite_everywhere() -> None:
    threshold = np.float32(1 / 64 / lif_current(120.0)[0])
    near = [np.nextafter(threshold, np.float32(s)) for s in (-1, 1)]
    extremes = [0.0, 1e-45, -1e-45, 1e-30, 1e30, -1e30, threshold, *near]
    x = tf.constant(np.concatenate([X, extremes]).astype("f4"))
    encoder = curve_of(Layer((1,), (0.0, 150.0), encoder="conv"), DT)
    relu = curve_of(Layer((1,), (0.0, 150.0)), DT)
    for curve in (relu, encoder, LIF.curve(120.0, DT), LIF.curve(20.0, DT)):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = curve(x)
        assert np.isfinite(y).all()
        gradient = tape.gradient(y, x).numpy()
        assert np.isfinite(gradient).all()
        assert np.abs(gradient).max() < 10


def test_the_gradient_of_lif_is_its_slope_above_the_threshold() -> None:
    x = tf.constant(np.linspace(0.2, 3, 50).astype("f4"))
    curve = LIF.curve(120.0, DT)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = curve(x)
    slope = (curve(x + 1e-2) - curve(x - 1e-2)) / 2e-2
    np.testing.assert_allclose(tape.gradient(y, x), slope, rtol=0.02)


@pytest.mark.parametrize("percent", [50.0, 99.0, 99.9, 100.0, 1.0])
@pytest.mark.parametrize("shape", [(1, 1), (3, 7), (16, 5, 5, 4)])
def test_percentiles_are_numpys(percent: float, shape: Any) -> None:
    values = np.random.default_rng(1).normal(size=shape).astype("f4")
    ours = percentile(tf.constant(values), percent).numpy()
    assert ours == pytest.approx(np.percentile(values, percent), abs=1e-6)


def test_what_the_curve_of_a_layer_is() -> None:
    x = tf.constant([-1.0, 0.0, 0.3, 9.0])
    relu = curve_of(Layer((1,), (0.0, 150.0)), DT)
    assert relu is keras.activations.relu
    encoder = Layer((1,), (0.0, 250.0), encoder="conv")
    spiking = Layer((1,), (0.0, 120.0), neuron=LIF)
    for found, wanted in (
        (relu, [0.0, 0.0, 0.3, 9.0]),
        (curve_of(encoder, DT), [0.0, 0.0, 0.3, 4.0]),
        (curve_of(spiking, DT), LIF.curve(120.0, DT)(x)),
    ):
        np.testing.assert_allclose(found(x), wanted, rtol=1e-6)


@pytest.mark.parametrize("neuron", [RELU, LIF])
def test_rates_and_drives_are_inverse(neuron: NeuronModel) -> None:
    curve = neuron.curve(120.0, DT)
    for drive in (0.3, 1.0, 1.7):
        rate = 120.0 * float(curve(tf.constant(drive)))
        assert neuron.rate(drive, 120.0) == pytest.approx(rate, rel=1e-5)
        assert neuron.drive(rate, 120.0) == pytest.approx(drive, rel=1e-5)
    assert neuron.rate(-1.0, 120.0) == neuron.drive(0.0, 120.0) == 0
