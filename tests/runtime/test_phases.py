"""The phases of a training: what each computes, and what all end with."""

import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tensorflow import keras

from snnc.runtime.keras.phases import stages_of
from tests.runtime.phased import Made, examples

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("eagerly")]

X, Y = examples()


@pytest.mark.parametrize(
    ("epochs", "doubling", "starts"),
    [
        (1, False, [0]),
        (20, False, [0]),
        (1, True, [0]),
        (2, True, [0, 1]),
        (3, True, [0, 1, 2]),
        (20, True, [0, 1, 2, 4, 8, 16]),
    ],
)
def test_stages_are_all_epochs_one_after_another(
    epochs: int, doubling: bool, starts: list[int]
) -> None:
    wanted = [range(*pair) for pair in pairwise([*starts, epochs])]
    assert stages_of(epochs, doubling=doubling) == wanted


def plain(norm: bool) -> keras.Model:
    """Return the layers of `phased.branches` as plain Keras has them."""
    layers = keras.layers

    def spiking(layer: Any, values: Any, *added: Any, most: Any = None) -> Any:
        values = layer(values)
        if norm:
            values = layers.BatchNormalization(name=f"{layer.name}.norm")(values)
        if added:
            values = layers.Add()([values, *added])
        return layers.ReLU(most)(values)

    def conv(filters: int, name: str, **options: Any) -> Any:
        return layers.Conv2D(filters, 3, padding="same", name=name, **options)

    image = keras.Input((8, 8, 2))
    # With batch norm, the encoder clips at one spike per step: 2 at 500 Hz.
    most = 2.0 if norm else None
    encode = spiking(layers.Conv2D(3, 1, name="encode"), image, most=most)
    c0 = spiking(conv(4, "c0"), encode)
    c1 = spiking(conv(4, "c1"), c0, c0)
    shortcut = layers.Conv2D(4, 1, strides=2, use_bias=False, name="c2.shortcut")
    c2 = spiking(conv(4, "c2", strides=2), c1, shortcut(c0))
    both = layers.Concatenate()([c2, layers.AveragePooling2D(2)(c1)])
    d0 = spiking(layers.Dense(6, name="d0"), layers.Flatten()(both))
    return keras.Model(image, layers.Dense(4, name="digit")(d0))


@pytest.mark.parametrize("name", ["relu", "clipped_norm"])
def test_the_smooth_phase_is_plain_keras(
    models: Any, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    trainer = models[name].trainer(phases=("smooth",), validation=0.0)
    model = trainer.train(X, Y, epochs=3)
    printed = capsys.readouterr().out
    assert "rate" not in printed
    assert "spikes" not in printed
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


def test_weights_that_enter_the_phase_spikes_are_those_of_the_other_phases(
    net: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    weights, entered = tmp_path / "w.safetensors", tmp_path / "w.smooth.safetensors"
    net.trainer().train(X[:32], Y[:32], weights, epochs=3, spike_updates=10)
    lines = [line.split(": ")[0] for line in capsys.readouterr().out.splitlines()]
    told = [line for line in lines if line.split()[0] not in ("Epoch", "kept", "wrote")]
    assert [line for line in told if "/" not in line] == [
        "smooth",
        "val_loss is lowest in epoch 3 of 3",
        "scale",
        "spikes",
        "the start, in spikes",
        "spikes",
        "all layers are within their rates, in spikes",
        "at the end, in Keras",
        "at the end, in spikes",
    ]
    two = net.trainer(phases=("smooth", "scale"))
    history = two.train(X[:32], Y[:32], tmp_path / "two", epochs=3).history.history
    # Keras 3 puts the accuracy before the loss.
    at_the_end = r"in Keras: .*val_loss ([0-9.e-]+)"
    (last,) = re.findall(at_the_end, capsys.readouterr().out)
    loss = float(last)
    assert loss == pytest.approx(min(history["val_loss"]), rel=0.01)
    before = net.layout.load(entered)
    for name, tensor in net.layout.load(tmp_path / "two").items():
        np.testing.assert_array_equal(before[name], tensor)


def test_the_last_line_is_about_the_weights_after_the_last_scaling(
    net: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    scaler = net.module("_runtime.keras.scaler").Scaler
    hold = scaler.hold

    def disturb(self: Any, present: float = np.inf, measure: Any = None) -> Any:
        rates = hold(self, present, measure)
        if present < np.inf:  # the last scaling
            self.scales = dict.fromkeys(self.scales, 100.0)
        return rates

    monkeypatch.setattr(scaler, "hold", disturb)
    history = net.trainer().train(X, Y, epochs=2, spike_updates=10).history
    assert history.kept["val_loss"] not in history.history["val_loss"]
    monkeypatch.setattr(scaler, "hold", hold)
    history = net.trainer().train(X, Y, epochs=2, spike_updates=10).history
    assert history.kept["val_loss"] in history.history["val_loss"]


def test_weights_that_exist_are_trained_on_spikes_alone(
    net: Made, tmp_path: Path
) -> None:
    start, weights = tmp_path / "start", tmp_path / "w.safetensors"
    net.module("keras_model").export_weights(net.model(), start)
    train = net.trainer(phases=("spikes",), validation=0.0).train
    with pytest.raises(net.data_error, match="--from"):
        train(X, Y, weights)
    model = train(X[:20], Y[:20], weights, initial=start, spike_updates=10)
    assert model.history.phases == [("spikes", 0)]
    before, after = net.layout.load(start), net.layout.load(weights)
    entered = net.layout.load(tmp_path / "w.smooth.safetensors")
    np.testing.assert_array_equal(entered["c0.kernel"], before["c0.kernel"])
    assert not np.array_equal(after["c0.kernel"], before["c0.kernel"])


def test_the_best_epoch_of_the_phase_smooth_is_kept(
    net: Made, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    progress, kept = net.module("_runtime.keras.progress").Progress, []
    end = progress.on_epoch_end

    def worse(self: Any, epoch: int, logs: Any = None) -> None:
        kept.append(self.model.get_weights())
        end(self, epoch, {**logs, "val_loss": [3.0, 1.0, 2.0][epoch]})

    monkeypatch.setattr(progress, "on_epoch_end", worse)
    model = net.trainer(phases=("smooth",)).train(X, Y, epochs=3)
    found, second = model.get_layer("c0").get_weights(), kept[1][2:4]
    for ours, wanted in zip(found, second, strict=True):
        np.testing.assert_array_equal(ours, wanted)
    told = "kept epoch 2, which has the least validation loss"
    assert told in capsys.readouterr().out
    assert set(model.history.kept) == {"val_loss", "val_accuracy"}


class GrowingLoss(keras.callbacks.Callback):
    """Lets the validation loss grow from epoch to epoch."""

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        logs["val_loss"] = float(epoch)


def test_early_stopping_of_keras_ends_each_stage(models: Any) -> None:
    train = models["lif"].trainer(phases=("smooth", "scale")).train
    callbacks = [GrowingLoss(), keras.callbacks.EarlyStopping(patience=1)]
    model = train(X[:20], Y[:20], epochs=9, callbacks=callbacks)
    assert model.history.epoch == [0, 1, 2, 3, 4, 5, 8]
    assert model.history.phases == [("smooth", 0), ("scale", 7)]
