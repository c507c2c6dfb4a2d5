"""Scales and batch statistics: what they change of a model, and what they do not."""

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from tensorflow import keras

from snnc.exact import make_engine
from snnc.output.imported import open_package
from tests.runtime.phased import NETWORKS, Made, examples

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("eagerly")]

X, _ = examples()
RELU = ("relu", "relu_norm", "chain")
NORMED = ("relu_norm", "lif_norm")


def perturbed_model(models: Made) -> keras.Model:
    """Return a model with changed biases and batch norms."""
    rng = np.random.default_rng(1)
    model = models.model()
    model.set_weights([w + abs(rng.normal(0, 0.2, w.shape)) for w in model.weights])
    return model


@cache
def filled(models: Made) -> tuple[keras.Model, Any]:
    """Return such a model with its scales, which tests leave alone, and its scaler."""
    model = perturbed_model(models)
    scaler = models.scaler(model, X)
    scaler.fill()
    return model, scaler


def assert_alike(found: np.ndarray, wanted: np.ndarray) -> None:
    assert np.abs(wanted).max() > 0
    assert np.abs(found - wanted).max() <= 1e-5 * np.abs(wanted).max()


@pytest.mark.parametrize("name", RELU)
def test_scales_change_no_output_of_rectified_neurons(models: Any, name: str) -> None:
    model, scaler = filled(models[name])
    assert all(scale != 1 for scale in scaler.scales.values())
    before = perturbed_model(models[name])
    assert_alike(model.predict(X, verbose=0), before.predict(X, verbose=0))


def test_some_of_the_examples_are_measured_alone(net: Made) -> None:
    scaler = net.scaler(perturbed_model(net), X)
    scaler.fill(examples=8)
    few = net.scaler(perturbed_model(net), X[:8])
    few.fill()
    assert scaler.scales == pytest.approx(few.scales, rel=2e-3)
    assert scaler.scales != pytest.approx(filled(net)[1].scales, rel=2e-3)


@pytest.mark.parametrize("name", NETWORKS)
def test_what_memory_does_not_hold_is_measured_alike(
    models: Any, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []
    for batches in (1, 2):
        kind = models[name].module("_runtime.network").Network
        monkeypatch.setattr(kind, "examples_at_once", len(X) // batches)
        scaler = models[name].scaler(perturbed_model(models[name]), X)
        assert len(scaler._batches(None)) == batches
        scaler.fill()
        found.append(scaler.scales)
    held, twice = found
    assert held == pytest.approx(twice, rel=1e-6)


@pytest.mark.parametrize("name", NETWORKS)
def test_what_is_exported_or_saved_in_training_computes_what_the_model_does(
    models: Any, name: str, tmp_path: Path
) -> None:
    model, _ = filled(models[name])
    built = models[name].module("keras_model")
    built.export_weights(model, tmp_path / "w")
    again = built.build_model()
    built.import_weights(again, tmp_path / "w")
    assert_alike(again.predict(X, verbose=0), model.predict(X, verbose=0))
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded(X), model(X))


@pytest.mark.parametrize("name", NETWORKS)
def test_scaled_layers_fire_at_their_upper_rates(models: Any, name: str) -> None:
    model, scaler = filled(models[name])
    for group in scaler.groups:
        highest = max(activation(model, layer) for layer in group)
        layers = [models[name].network.layers[layer] for layer in group]
        if all(layer.neuron.is_linear for layer in layers):
            assert highest == pytest.approx(1, rel=1e-3)
        else:
            assert highest <= 1.001


def activation(model: keras.Model, layer: str) -> float:
    """Return the percentile of a layer's activations, in units of its upper rate."""
    neurons = model.get_layer(f"{layer}.neurons")
    values = keras.Model(model.input, neurons.output).predict(X, verbose=0)
    return float(np.percentile(values, neurons.layer.percentile)) * neurons.scale


@pytest.mark.parametrize("name", NETWORKS)
def test_held_layers_spike_within_their_rates(models: Any, name: str) -> None:
    scaler = models[name].scaler(perturbed_model(models[name]), X)
    scaler.fill()
    rates = scaler.hold()
    assert scaler.broken_budgets(rates) == {}
    before = scaler.scales
    assert scaler.hold() == rates
    assert scaler.scales == before


def test_the_rates_of_spikes_are_those_of_the_chip(models: Any, tmp_path: Path) -> None:
    package = open_package(models["relu"].package)
    model = perturbed_model(models["relu"])
    scaler = models["relu"].scaler(model, X[:16])
    scaler.fill()
    before = model.predict(X, verbose=0)
    scaler.fold()
    assert set(scaler.scales.values()) == {1.0}
    assert_alike(model.predict(X, verbose=0), before)
    models["relu"].module("keras_model").export_weights(model, tmp_path / "w")
    with make_engine(package, tmp_path / "w") as engine:
        counts = engine.run(X[:16], "rest", keep=("counts",)).counts
    rates = scaler.measure_spikes()
    for name, layer in package.network.layers.items():
        wanted = np.percentile(counts[name], layer.percentile) / package.network.present
        # A spike more or less, and two for the weights of 8 bits.
        assert rates[name].rate == pytest.approx(wanted, abs=30), name


def test_spikes_are_faster_than_activations_where_currents_fluctuate() -> None:
    """The voltage of a chip neuron is never below 0: noise around 0 adds spikes."""
    from snnc.runtime.keras.spiking_neurons import make_step
    from snnc.runtime.network import Cut, Layer

    layer = Layer((200,), (20.0, 150.0), cut=Cut(block_shape=(200,)))
    advance, rng = make_step(layer, 1.0, 0.001), np.random.default_rng(0)
    voltage = wait = tf.zeros(200)
    fired = 0.0
    for current in rng.normal(0, 2, (500, 200)).astype("f4"):
        output, voltage, wait = advance(tf.constant(current), voltage, wait)
        fired += float(tf.reduce_mean(output))
    assert fired / 500 > 0.05  # of the upper rate, at a mean current of 0


@pytest.mark.parametrize("name", NORMED)
def test_batch_norms_get_the_statistics_of_the_data(models: Any, name: str) -> None:
    model, oracle = perturbed_model(models[name]), perturbed_model(models[name])
    models[name].scaler(model, X).recalibrate_batchnorm()
    norms = [part for part in oracle.layers if part.name.endswith(".norm")]
    for norm in norms:
        norm.momentum = 0.0
    oracle(X, training=True)  # Keras takes the statistics of this batch alone
    for norm in norms:
        settled = model.get_layer(norm.name)
        assert settled.momentum == pytest.approx(0.99)
        found, wanted = np.stack(settled.get_weights()), np.stack(norm.get_weights())
        # Keras's variance is divided by one less than the number of values.
        np.testing.assert_allclose(found, wanted, rtol=0.02, atol=1e-4)


def test_a_layer_that_nothing_drives_is_named(net: Made) -> None:
    scaler = net.scaler(net.model(), 0 * X[:16])
    scaler.fill()
    # The first one: those after it may be silent because of it.
    missed = scaler.broken_budgets(scaler.hold())
    assert missed == {"encode": "encode is at 0 Hz of 0..250 Hz"}
