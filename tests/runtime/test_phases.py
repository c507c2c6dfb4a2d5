"""The phases of a training: what each computes, and what all end with."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from tensorflow import keras

from snnc.runtime.phases import Stage, stages_of
from tests.emit.packages import importable
from tests.runtime.phased import NETWORKS, Made, examples, packages

pytestmark = pytest.mark.slow

X, Y = examples()
ALL: Any = ("smooth", "scale", "aware")
SUBSETS = (
    ("smooth",),
    ("aware",),
    ("smooth", "scale"),
    ("smooth", "aware"),
    ("scale", "aware"),
    ALL,
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Made]]:
    found = packages(tmp_path_factory.mktemp("phased"))
    with importable(next(iter(found.values())).package):
        yield found


@pytest.mark.parametrize("phases", SUBSETS)
@pytest.mark.parametrize("lif", [False, True])
@pytest.mark.parametrize("epochs", [0, 1, 2, 3, 20])
def test_stages_are_all_epochs_one_after_another(
    phases: Any, epochs: int, lif: bool
) -> None:
    stages = stages_of(phases, epochs, lif)
    edges = [stage.start for stage in stages] + [stages[-1].stop]
    assert edges[0] == 0
    assert edges[-1] == epochs
    assert edges == sorted(edges)
    assert all(a.stop == b.start for a, b in pairwise(stages))
    kinds = list(dict.fromkeys(stage.aware for stage in stages))
    assert kinds == [kind == "aware" for kind in phases if kind != "scale"]


def test_the_only_epoch_is_aware() -> None:
    assert stages_of(ALL, 1) == [Stage(False, 0, 0), Stage(True, 0, 1)]


def test_scales_follow_lif_neurons_from_the_first_epoch_on() -> None:
    smooth = [stage for stage in stages_of(ALL, 20, lif=True) if not stage.aware]
    assert [stage.start for stage in smooth] == [0, 1, 2, 4, 8]


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
def test_the_smooth_phase_is_plain_keras(made: Any, name: str) -> None:
    trainer = made[name].trainer(phases=("smooth",), validation=0.0)
    model = trainer.train(X, Y, epochs=3)
    other, begun = plain("norm" in name), made[name].model()
    trained = [layer for layer in other.layers if layer.get_weights()]
    for layer in trained:
        layer.set_weights(begun.get_layer(layer.name).get_weights())
    made[name].module("keras_model").compile_model(other)
    accepted = made[name].module("_runtime.data").DataSpec.of(made[name].network)
    pipelines = made[name].module("_runtime.pipelines").Pipelines(accepted, 16, 0.0, 0)
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


def rates_of(model: keras.Model, network: Any) -> dict[str, float]:
    """Return the percentile of each layer's rates in Hz, by what its neurons give."""
    layers = network.layers
    neurons = {name: model.get_layer(f"{name}.neurons").output for name in layers}
    return {
        name: layers[name].high * float(np.percentile(values, layers[name].percentile))
        for name, values in keras.Model(model.input, neurons)(X).items()
    }


@pytest.mark.usefixtures("eagerly")
@pytest.mark.parametrize(
    ("name", "phases"),
    [
        *((name, ALL) for name in NETWORKS),
        ("relu_norm", ("smooth", "scale")),
        ("lif", ("scale", "aware")),
    ],
)
def test_trained_layers_keep_to_their_rates(made: Any, name: str, phases: Any) -> None:
    trainer = made[name].trainer(phases=phases, validation=0.0)
    model = trainer.train(X, Y, epochs=3)
    judged = made[name].module("_runtime.budgets").judged
    network = made[name].network
    for layer, rate in rates_of(model, network).items():
        bounds = network.layers[layer].rate
        assert judged(rate, bounds, network.present) != "missed", (layer, rate)


def test_without_scale_no_rate_is_told(
    made: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    made["chain"].trainer(phases=("smooth",)).train(X, Y, epochs=1)
    printed = capsys.readouterr().out
    assert "scaled" not in printed
    assert "rate" not in printed


def test_what_training_tells(made: Any, capsys: pytest.CaptureFixture[str]) -> None:
    made["chain"].trainer().train(X, Y, epochs=3)
    lines = [line.split(": ")[0] for line in capsys.readouterr().out.splitlines()]
    told = [line for line in lines if line.split()[:1] != ["Epoch"] and "/" not in line]
    assert told[:4] == [
        "epochs 1 to 2 of 3",
        "scaled into their rates",
        "epoch 3 of 3",
        "all layers keep to their rates, on 58 of the training examples",
    ]
    assert told[4:] == ["readout as trained", "at the end"]


def test_the_loss_at_the_end_is_that_of_the_last_epoch(
    made: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    trainer = made["chain"].trainer(phases=("smooth", "scale"))
    history = trainer.train(X, Y, epochs=2).history.history
    *_, last = capsys.readouterr().out.splitlines()
    loss = float(last.split("at the end: val_loss ")[1].split(",")[0])
    assert loss == pytest.approx(history["val_loss"][-1], rel=0.01)


@pytest.mark.usefixtures("eagerly")
def test_patience_is_that_of_each_stage(
    made: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    progress = made["chain"].module("_runtime.progress").Progress
    end = progress.on_epoch_end

    def growing(self: Any, epoch: int, logs: Any = None) -> None:
        end(self, epoch, {**logs, "val_loss": float(epoch)})

    monkeypatch.setattr(progress, "on_epoch_end", growing)
    model = made["chain"].trainer().train(X, Y, epochs=9, patience=1)
    assert model.history.epoch == [0, 1, 6, 7, 8]  # of 6, 1, 1 and 1 epochs
