"""The phases of a training: what each computes, and what all end with."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tensorflow import keras

from snnc.exact import make_engine
from snnc.output.imported import open_package
from snnc.runtime.keras.spike_plan import stages_of
from tests.emit.packages import importable
from tests.runtime.phased import Made, examples, packages

pytestmark = pytest.mark.slow

X, Y = examples()
ALL: Any = ("smooth", "scale", "spikes")


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Made]]:
    found = packages(tmp_path_factory.mktemp("phased"))
    with importable(next(iter(found.values())).package):
        yield found


@pytest.mark.parametrize("doubling", [False, True])
@pytest.mark.parametrize("epochs", [1, 2, 3, 20])
def test_stages_are_all_epochs_one_after_another(epochs: int, doubling: bool) -> None:
    stages = stages_of(epochs, doubling)
    assert stages[0].start == 0
    assert stages[-1].stop == epochs
    assert all(a.stop == b.start for a, b in pairwise(stages))
    assert all(stage.start < stage.stop for stage in stages)


def test_scales_follow_lif_neurons_from_the_first_epoch_on() -> None:
    stages = stages_of(20, doubling=True)
    assert [stage.start for stage in stages] == [0, 1, 2, 4, 8, 16]
    assert stages_of(20, doubling=False) == [range(20)]


def plain(norm: bool) -> keras.Model:
    """Return the layers of `phased.branches` as plain Keras has them."""
    layers = keras.layers

    def spiking(layer: Any, values: Any, *added: Any) -> Any:
        values = layer(values)
        if norm:
            values = layers.BatchNormalization(name=f"{layer.name}.norm")(values)
        if added:
            values = layers.Add()([values, *added])
        return layers.ReLU()(values)

    def conv(filters: int, name: str, **options: Any) -> Any:
        return layers.Conv2D(filters, 3, padding="same", name=name, **options)

    image = keras.Input((8, 8, 2))
    encode = spiking(layers.Conv2D(3, 1, name="encode"), image)
    c0 = spiking(conv(4, "c0"), encode)
    c1 = spiking(conv(4, "c1"), c0, c0)
    shortcut = layers.Conv2D(4, 1, strides=2, use_bias=False, name="c2.shortcut")
    c2 = spiking(conv(4, "c2", strides=2), c1, shortcut(c0))
    both = layers.Concatenate()([c2, layers.AveragePooling2D(2)(c1)])
    d0 = spiking(layers.Dense(6, name="d0"), layers.Flatten()(both))
    return keras.Model(image, layers.Dense(4, name="digit")(d0))


@pytest.mark.usefixtures("eagerly")
@pytest.mark.parametrize("name", ["relu", "relu_norm"])
def test_the_smooth_phase_is_plain_keras(models: Any, name: str) -> None:
    trainer = models[name].trainer(phases=("smooth",), validation=0.0)
    model = trainer.train(X, Y, epochs=3)
    other, begun = plain("norm" in name), models[name].model()
    trained = [layer for layer in other.layers if layer.get_weights()]
    for layer in trained:
        layer.set_weights(begun.get_layer(layer.name).get_weights())
    models[name].module("keras_model").compile_model(other)
    made = models[name].module("_runtime.keras.pipelines")
    pipelines = made.Pipelines(models[name].network, 16, 0.0, 0)
    batches = pipelines.of_arrays(X, Y).training(0)
    history = other.fit(batches, steps_per_epoch=4, epochs=3, verbose=0).history
    np.testing.assert_allclose(model.history.history["loss"], history["loss"], 1e-4)
    names = [layer.name for layer in trained]
    assert len(trained) == sum(1 for layer in begun.layers if layer.get_weights())
    for layer in trained:
        ours = model.get_layer(layer.name).trainable_weights
        for found, wanted in zip(ours, layer.trainable_weights, strict=True):
            if "bias" in wanted.name and f"{layer.name}.norm" in names:
                continue  # the norm takes it away, and rounding drives it
            np.testing.assert_allclose(found, wanted, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("name", ["lif_norm", "chain"])
def test_trained_layers_spike_within_their_rates(
    models: Any, name: str, tmp_path: Path
) -> None:
    trainer = models[name].trainer(validation=0.0)
    trainer.train(X, Y, tmp_path / "w", epochs=1, spike_updates=10)
    package = open_package(models[name].package)
    with make_engine(package, tmp_path / "w") as engine:
        counts = engine.run(X, "row", keep=("counts",)).counts
    network = models[name].network
    check_budget = models[name].module("_runtime.examples").check_budget
    for layer, data in network.layers.items():
        rate = np.percentile(counts[layer], data.percentile) / network.present
        assert check_budget(rate, data.rate, network.present) != "missed", (layer, rate)


def test_the_smooth_phase_alone_says_nothing_of_rates(
    models: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    models["chain"].trainer(phases=("smooth",)).train(X, Y, epochs=1)
    printed = capsys.readouterr().out
    assert "rate" not in printed
    assert "spikes" not in printed


def test_lines_that_training_prints(
    models: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    models["chain"].trainer().train(X, Y, epochs=3, spike_updates=30)
    lines = [line.split(": ")[0] for line in capsys.readouterr().out.splitlines()]
    told = [line for line in lines if line.split()[0] not in ("Epoch", "kept")]
    told = [line for line in told if "/" not in line]
    assert told == [
        "epochs 1 to 3 of 3",
        "spikes",
        "spikes",
        "all layers are within their rates, in spikes",
        "at the end, in Keras",
    ]


def test_weights_that_enter_the_phase_spikes_are_written(
    models: Any, tmp_path: Path
) -> None:
    layout = models["chain"].layout
    weights = tmp_path / "w.safetensors"
    trainer = models["chain"].trainer(validation=0.0)
    trainer.train(X, Y, weights, epochs=3, spike_updates=10)
    before = layout.load(tmp_path / "w.smooth.safetensors")
    other = tmp_path / "other.safetensors"
    two = models["chain"].trainer(phases=("smooth", "scale"), validation=0.0)
    two.train(X, Y, other, epochs=3)
    for name, tensor in layout.load(other).items():
        np.testing.assert_array_equal(before[name], tensor)
    assert not np.array_equal(before["d0.kernel"], layout.load(weights)["d0.kernel"])


def test_weights_that_exist_are_trained_on_spikes_alone(
    models: Any, tmp_path: Path
) -> None:
    layout = models["chain"].layout
    start, weights = tmp_path / "start", tmp_path / "w.safetensors"
    models["chain"].trainer(phases=("smooth", "scale")).train(X, Y, start, epochs=3)
    train = models["chain"].trainer().train
    with pytest.raises(
        models["chain"].module("_runtime.data").DataError, match="--from"
    ):
        train(X, Y, weights, phases=("spikes",))
    train(X, Y, weights, phases=("spikes",), initial=start, spike_updates=10)
    before, after = layout.load(start), layout.load(weights)
    entered = layout.load(tmp_path / "w.smooth.safetensors")
    np.testing.assert_array_equal(entered["c0.kernel"], before["c0.kernel"])
    assert not np.array_equal(after["c0.kernel"], before["c0.kernel"])


def test_the_loss_at_the_end_is_that_of_the_last_epoch(
    models: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    trainer = models["chain"].trainer(phases=("smooth", "scale"))
    history = trainer.train(X, Y, epochs=2).history.history
    *_, last = capsys.readouterr().out.splitlines()
    loss = float(last.split("in Keras: val_loss ")[1].split(",")[0])
    assert loss == pytest.approx(history["val_loss"][-1], rel=0.01)


@pytest.mark.usefixtures("eagerly")
def test_patience_is_that_of_each_stage(
    models: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    progress = models["lif"].module("_runtime.keras.progress").Progress
    end = progress.on_epoch_end

    def growing(self: Any, epoch: int, logs: Any = None) -> None:
        end(self, epoch, {**logs, "val_loss": float(epoch)})

    monkeypatch.setattr(progress, "on_epoch_end", growing)
    trainer = models["lif"].trainer(phases=("smooth", "scale"))
    model = trainer.train(X, Y, epochs=9, patience=1)
    assert model.history.epoch == [0, 1, 2, 3, 4, 5, 8]
    assert model.history.phases == [("smooth", 0), ("scale", 7)]
