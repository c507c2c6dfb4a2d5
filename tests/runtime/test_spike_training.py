"""Training on spikes: its gradients, its losses, its length."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from tensorflow import keras

from snnc.exact import make_engine
from snnc.output.imported import ImportedPackage, open_package
from snnc.runtime.keras.spike_training import (
    FEWEST,
    LITTLE,
    LOW_RATE,
    RATE,
    ROUNDS,
    STREAMS,
    UPDATES,
    WarmCosine,
    plan_spikes,
)
from snnc.runtime.keras.spiking import SAMPLES
from tests.agreement.networks import BODIES, text
from tests.exact.proof import random_images, random_weights, write_package
from tests.runtime.phased import Made, examples
from tests.support import layered, network

pytestmark = pytest.mark.slow


def training_of(
    package: ImportedPackage,
    model: keras.Model,
    streams: int,
) -> Any:
    """Return a model that trains on spikes, and its library."""
    library = package.module("_runtime.keras.spike_training")
    plan = library.SpikePlan(1, streams, seed=0)
    run = package.module("_runtime.keras.spiking").SpikingRun(package.network, model)
    return library.SpikeTraining(run, model, plan)


@pytest.mark.parametrize(
    "name", ["residual", "joins", "maxpool2d", "depthwise1d", "conv3d_same"]
)
def test_gradients_are_those_of_keras_where_spikes_are_its_activations(
    tmp_path: Path, name: str
) -> None:
    body = f"defaults {{ neuron relu }}\n{BODIES[name]}"
    package = open_package(write_package(network(body, f"net_{name}"), tmp_path))
    program = package.module("keras_model")
    model = program.build_model()
    program.import_weights(model, random_weights(package))
    program.compile_model(model)
    x = tf.constant(random_images(package, 4))
    training = training_of(package, model, 4)
    firing = as_in_keras(package, model, training, x)
    wanted: list[Any] = []
    found: list[Any] = []
    for gradients, call in (
        (wanted, lambda: model(x, training=False)),
        (found, lambda: training._outputs(x, firing)[0][0]),
    ):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(call() ** 2)
        gradients += tape.gradient(loss, model.trainable_variables)
    assert len(found) == len(model.trainable_variables)
    for ours, keras_own in zip(found, wanted, strict=True):
        largest = np.abs(keras_own).max()
        assert largest > 0
        np.testing.assert_allclose(ours, keras_own, atol=1e-4 * largest)


def as_in_keras(
    package: ImportedPackage, model: keras.Model, training: Any, x: Any
) -> Any:
    """Return what neurons would fire whose rates are the activations of Keras."""
    run = training._run
    ends = {
        name: model.get_layer(name if layer.pool else f"{name}.neurons").output
        for name, layer in package.network.layers.items()
    }
    readout = model.get_layer(package.network.readout.name)
    probe = keras.Model(model.input, [*(ends[n] for n in run.names), readout.input])
    *values, read = probe(x, training=False)
    slopes = tuple(tf.cast(value > 0, tf.float32) for value in values)
    firing = package.module("_runtime.keras.spiking").Firing
    return firing(tuple(values), read[None], tuple(values), slopes)


def test_rates_above_their_bounds_are_paid(net: Made) -> None:
    package = open_package(net.package)
    model = package.module("keras_model").build_model()
    training = training_of(package, model, 2)
    x = tf.constant(examples(2)[0])
    firing, _ = training._run.present(x, training._run.rest(2), sampled=True)
    allowed = package.module("_runtime.keras.spike_training").ALLOWED
    silent = tuple(tf.zeros_like(rate) for rate in firing.rates)
    assert float(training._outputs(x, firing._replace(rates=silent))[1]) == 0
    fast = tuple(tf.zeros_like(rate) + allowed + 0.5 for rate in firing.rates)
    paid = float(training._outputs(x, firing._replace(rates=fast))[1])
    neurons = sum(layer.neurons for layer in net.network.layers.values())
    assert paid == pytest.approx(0.25 * neurons, rel=1e-4)  # of each example


def test_examples_are_better_decided_in_spikes_afterwards(
    net: Made, tmp_path: Path
) -> None:
    x, y = examples(256)
    train = net.trainer(is_long=True, validation=0.0).train
    train(x, y, tmp_path / "w.safetensors", epochs=6, spike_updates=80)
    package = open_package(net.package)
    others = examples(80, seed=1)
    losses, counts = {}, {}
    for name in ("w", "w.smooth"):
        with make_engine(package, tmp_path / f"{name}.safetensors") as engine:
            found = engine.run(others[0], "row", keep=("counts",))
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        losses[name] = float(loss(others[1], found.outputs))
        counts[name] = found.counts
    assert losses["w"] < 0.8 * losses["w.smooth"]
    assert net.broken_budgets(counts["w"]) == {}


@pytest.mark.parametrize(
    ("encoder", "layer", "held"),
    [("off", "off", []), ("off", "on", ["e.bias"]), ("on", "on", ["e.bias"])],
    ids=["no batch norm", "batch norm", "batch norm in the encoder too"],
)
def test_biases_of_encoders_are_kept_in_networks_with_batch_norm(
    tmp_path: Path, encoder: str, layer: str, held: list[str]
) -> None:
    spec = layered(
        f"conv2d a {{ filters 3, batchnorm {layer} }}",
        encode=f"conv e {{ filters 2, batchnorm {encoder} }}",
    )
    package = open_package(write_package(spec, tmp_path))
    x = random_images(package, 40)
    y = np.arange(40) % 4
    train = package.module("train").train
    train(x, y, tmp_path / "w.safetensors", epochs=1, spike_updates=10)
    before = package.layout.load(tmp_path / "w.smooth.safetensors")
    after = package.layout.load(tmp_path / "w.safetensors")
    kept = [name for name in after if np.array_equal(before[name], after[name])]
    assert kept == held


@pytest.mark.usefixtures("eagerly")
@pytest.mark.parametrize(
    ("count", "classes", "options"),
    [(20, 1, {}), (10, 4, {}), (20, 3, {"class_weight": "balanced"})],
    ids=["one class", "ten examples", "uneven"],
)
def test_odd_data_is_trained_on(
    net: Made, tmp_path: Path, count: int, classes: int, options: Any
) -> None:
    x, y = examples(count)
    y = np.where(y < classes, y, 0)
    net.trainer().train(x, y, tmp_path / "w", epochs=1, spike_updates=10, **options)
    tensors = net.layout.load(tmp_path / "w")
    assert all(np.isfinite(values).all() for values in tensors.values())


@pytest.mark.usefixtures("eagerly")
def test_a_layer_that_never_fires_is_named(
    net: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = net.model()
    weights = net.module("_runtime.keras.model").model_weights(model, net.layout)
    weights["c0.bias"] = weights["c0.bias"] - 100
    net.layout.save(tmp_path / "dead", weights)
    how: Any = {"phases": ("spikes",), "spike_updates": 10}
    train = net.trainer().train
    train(*examples(20), tmp_path / "w", initial=tmp_path / "dead", **how)
    printed = capsys.readouterr().out
    assert "rate not held: c0 is at 0 Hz of 20..150 Hz" in printed
    assert "d0 is at" not in printed


@pytest.mark.parametrize("steps", [2, 3, 7, 60])
@pytest.mark.parametrize("decide", ["last", "mean"])
def test_slopes_are_weighted_means(tmp_path: Path, steps: int, decide: str) -> None:
    text = f"""
        timing {{ present {steps} ms, synapse 1 ms }}
        input values 12 in 0..1
        encode rate {{ rate ..900 Hz }}
        dense d {{ units 8, rate 1..900 Hz }}
        readout y {{ classes 3, decide {decide} }}
    """
    package = open_package(write_package(network(text, "short"), tmp_path))
    model = package.module("keras_model").build_model()
    model.get_layer("d").set_weights([np.ones((12, 8)), np.ones(8)])
    run = package.module("_runtime.keras.spiking").SpikingRun(package.network, model)
    x = tf.ones((2, 12))
    _, state = run.present(x, run.rest(2))
    firing, _ = run.present(x, state, sampled=True)
    # All currents are above 0.
    for slope in firing.slopes:
        np.testing.assert_allclose(slope, 1.0, rtol=1e-5)


class TestPlan:
    def test_updates_that_are_asked_for_are_made(self, net: Made) -> None:
        plan = plan_spikes(net.network, net.model(), 1000, 0, updates=200)
        assert (plan.updates, plan.streams) == (200, STREAMS)

    def test_cost_follows_the_examples_of_the_phase_smooth(self, net: Made) -> None:
        model = net.model()
        few, more = (
            plan_spikes(net.network, model, count, 0) for count in (40_000, 60_000)
        )
        assert few.updates < UPDATES
        assert more.updates == pytest.approx(1.5 * few.updates, abs=2 * ROUNDS)

    def test_few_examples_get_enough_updates(self, net: Made) -> None:
        assert plan_spikes(net.network, net.model(), 40, 0).updates == FEWEST

    @pytest.mark.parametrize(
        ("milliseconds", "updates"), [(30, 2 * UPDATES), (60, UPDATES), (200, UPDATES)]
    )
    def test_short_examples_get_more_updates(
        self, net: Made, milliseconds: int, updates: int
    ) -> None:
        network = replace(net.network, dt=1e-3, present=1e-3 * milliseconds)
        update = STREAMS * (milliseconds + 3 * SAMPLES)
        plan = plan_spikes(network, net.model(), update * updates // 18 + 100, 0)
        assert plan.updates == updates

    @pytest.mark.parametrize(
        ("share", "updates"), [(0.4, 2400), (0.5, 2400), (0.75, 3600), (2, 4800)]
    )
    def test_a_long_phase_smooth_has_more_updates(
        self, net: Made, share: float, updates: int
    ) -> None:
        network = replace(net.network, dt=1e-3, present=40e-3)
        update = STREAMS * (40 + 3 * SAMPLES)
        # In passes, all of these updates cost `LITTLE` times as much.
        examples = int(share * 4800 * update / (3 * LITTLE)) + 100
        plan = plan_spikes(network, net.model(), examples, 0)
        assert plan.updates == pytest.approx(updates, abs=ROUNDS)

    @pytest.mark.parametrize(
        ("name", "copies", "rate"),
        [
            ("depthwise2d", 1, LOW_RATE),
            ("depthwise3d", 1, LOW_RATE),
            ("conv3d_same", 1, RATE),
            ("conv3d_same", 2, RATE),
            ("conv3d_same", 3, LOW_RATE),
        ],
    )
    def test_depthwise_and_deep_networks_learn_at_a_lower_rate(
        self, tmp_path: Path, name: str, copies: int, rate: float
    ) -> None:
        package = open_package(write_package(text(name, "relu"), tmp_path))
        model, few = package.module("keras_model").build_model(), package.network.layers
        layers = {f"{n}{i}": layer for n, layer in few.items() for i in range(copies)}
        network = replace(package.network, layers=layers)
        assert plan_spikes(network, model, 10**9, 0).rate == rate

    @pytest.mark.parametrize(
        ("neurons", "replicas", "streams"),
        [(10_000, 1, STREAMS), (10_000, 3, 9), (4 * 10**6, 1, 4), (10**9, 1, 1)],
    )
    def test_memory_bounds_the_streams_and_devices_share_them_evenly(
        self, neurons: int, replicas: int, streams: int
    ) -> None:
        network: Any = SimpleNamespace(neurons=neurons, steps=1, layers={})
        plan = plan_spikes(network, SimpleNamespace(layers=[]), 0, 0, 10, replicas)
        assert plan.streams == streams


@pytest.mark.parametrize(
    ("accuracy", "share"), [(0.1, 1.0), (0.9, 1.0), (0.955, 0.6), (1.0, 0.25)]
)
def test_a_start_that_decides_well_is_trained_at_a_lower_rate(
    net: Made, accuracy: float, share: float
) -> None:
    package = open_package(net.package)
    training = training_of(package, package.module("keras_model").build_model(), 2)
    training._validation = examples(64)
    training.lower_rate({"val_loss": 1.0, "val_accuracy": accuracy})
    wanted = share * RATE
    assert training._schedule.rate == pytest.approx(wanted)


def test_the_learning_rate_can_fall_early() -> None:
    whole, early = WarmCosine(4e-3, 400), WarmCosine(4e-3, 400)
    early.fall_early(120, 200)
    for step in range(120):
        assert float(early(step)) == float(whole(step))
    # 80 updates go through the values of 280.
    for step in range(120, 200):
        other = 120 + (step - 120) * 3.5
        assert float(early(step)) == pytest.approx(float(whole(other)), abs=1e-9)
    assert float(early(200)) < 1e-9


def test_the_learning_rate_rises_and_falls() -> None:
    rate = WarmCosine(4e-3, 400)
    rates = np.array([float(rate(step)) for step in range(400)])
    assert rates[0] == pytest.approx(4e-3 / 40)
    assert rates.argmax() in (39, 40)
    assert rates.max() == pytest.approx(4e-3, rel=1e-3)
    assert (np.diff(rates[:40]) > 0).all()
    assert (np.diff(rates[40:]) < 0).all()
    assert rates[-1] < 1e-6
