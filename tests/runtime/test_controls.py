"""Options of a training, in addition to its spec."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from tensorflow import keras

from tests.emit.packages import Load
from tests.runtime.test_progress import without
from tests.runtime.test_training import X, Y

pytestmark = pytest.mark.slow


@pytest.fixture
def main(load: Load, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return what runs the command line for an epoch, in this process."""

    def act(folder: Path, *options: object, **arrays: Any) -> int:
        np.savez(folder / "d.npz", **{"x": X, "y": Y, **arrays})
        files = ("--data", folder / "d.npz", "--weights", folder / "w")
        words = map(str, (*files, "--epochs", 1, *options))
        return load("volume", "train").main([*words])

    return act


@pytest.fixture
def no_dropout(load: Load, eagerly: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Train without graphs and without dropout, which then ignores the seed."""
    made = load("volume", "keras_model")
    monkeypatch.setattr(made, "build_model", without(made.build_model))


class Seen(keras.callbacks.Callback):
    """Notes the losses of epochs."""

    def __init__(self) -> None:
        super().__init__()
        self.logs: list[dict[str, float]] = []

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.logs.append(dict(logs))


def last_logs(load: Load, *data: Any, **options: Any) -> dict[str, float]:
    seen = Seen()
    train = load("volume", "train").train
    train(*data, epochs=1, callbacks=[seen], **options)
    return seen.logs[-1]


@pytest.mark.usefixtures("no_dropout")
def test_examples_to_validate_on_may_be_others(load: Load) -> None:
    wrong = (Y + 1) % 4
    right = last_logs(load, X, Y, validation=(X, Y))
    other = last_logs(load, X, Y, validation=(X, wrong))
    assert right["loss"] == pytest.approx(other["loss"], rel=1e-4)
    assert right["val_loss"] != pytest.approx(other["val_loss"], rel=1e-3)


def test_none_is_held_out_of_the_data_then(load: Load) -> None:
    made = load("volume", "_runtime.keras.pipelines")
    own = load("volume", "network").NETWORK
    batches = made.Pipelines(own, 8, 0.1, 0).of_arrays(X, Y, None, (X[:3], Y[:3]))
    assert batches.steps == 5
    assert sum(len(y) for _, y in batches.validation) == 3


def test_groups_are_held_out_as_a_whole(load: Load) -> None:
    made = load("volume", "_runtime.keras.pipelines")
    own = load("volume", "network").NETWORK
    groups = np.arange(40) // 8
    batches = made.Pipelines(own, 8, 0.1, 0).of_arrays(X, Y, groups)
    kept = np.concatenate([x for x, _ in batches.validation])
    found = {i for i in range(40) for x in kept if np.array_equal(x, X[i])}
    assert len(found) == 8
    assert len({groups[i] for i in found}) == 1


@pytest.mark.usefixtures("no_dropout")
def test_weights_of_classes_are_in_the_loss(load: Load) -> None:
    plain = last_logs(load, X, Y)
    double = last_logs(load, X, Y, class_weight=dict.fromkeys(range(4), 2.0))
    balanced = last_logs(load, X, Y, class_weight="balanced")
    assert double["loss"] > 1.5 * plain["loss"]
    assert balanced["loss"] == pytest.approx(plain["loss"], rel=0.02)


@pytest.mark.usefixtures("eagerly")
def test_the_command_line_takes_them(
    main: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    np.savez(tmp_path / "v.npz", x=X[:8], y=Y[:8])
    others = ("--validation", tmp_path / "v.npz", "--class-weight", "balanced")
    assert main(tmp_path, *others) == 0
    assert f"wrote {tmp_path / 'w'}\n" in capsys.readouterr().out
    assert main(tmp_path, "--groups", "subject", subject=np.arange(40) // 4) == 0
    assert main(tmp_path, "--groups", "subject", subject=np.arange(39)) == 1
    assert "groups are int64 (39,), not" in capsys.readouterr().err
    assert main(tmp_path, "--groups", "subject") == 1
    assert "there is no subject, but" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(tmp_path, "--groups", "subject", "--validation", tmp_path / "v.npz")
    assert main(tmp_path, "--groups", "subject", subject=Y) == 1
    assert "has no example of class" in capsys.readouterr().err


@pytest.mark.usefixtures("eagerly")
def test_labels_that_may_be_shifted_are_told(
    main: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(tmp_path, y=Y % 3) == 0
    told = "warning: no example is of class 3, of 0..3: are labels shifted?"
    assert told in capsys.readouterr().err


@pytest.mark.usefixtures("eagerly")
@pytest.mark.parametrize("dataset", [False, True])
def test_data_that_hardly_fill_their_range_are_told(
    load: Load, capsys: pytest.CaptureFixture[str], dataset: bool
) -> None:
    x = 0.009 * X / X.max()
    data = (tf.data.Dataset.from_tensor_slices((x, Y)),) if dataset else (x, Y)
    load("volume", "train").train(*data, epochs=1)
    told = "..0.009, a small part of the spec's 0..1: scale x, or narrow the spec's"
    assert capsys.readouterr().err.count(told) == 1


@pytest.mark.usefixtures("eagerly")
def test_a_reader_that_has_seen_enough_ends_it_in_silence(
    main: Any, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with pytest.MonkeyPatch.context() as patch, open(writer, "w") as stdout:
        patch.setattr(sys, "stdout", stdout)
        assert main(tmp_path) == 1
    assert "pipe" not in capfd.readouterr().err


class TooFast(keras.callbacks.Callback):
    """Lets an epoch learn so fast that all is lost."""

    def __init__(self, epoch: int = 1) -> None:
        super().__init__()
        self.epoch = epoch

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        if epoch == self.epoch:
            for weight in self.model.trainable_variables:
                weight.assign(weight * 1e30)


@pytest.mark.usefixtures("eagerly")
def test_a_loss_that_is_no_number_ends_the_training(load: Load, tmp_path: Path) -> None:
    train = load("volume", "train").train
    diverged = load("volume", "_runtime.keras.progress").DivergedError
    # Which layer is named hangs on how float32 overflows; a test below fixes that.
    told = "loss is NaN or infinite in epoch 2: (encode|the readout) (has|is) the"
    with pytest.raises(diverged, match=told):
        train(X, Y, tmp_path / "w", epochs=9, callbacks=[TooFast()])
    assert not list(tmp_path.iterdir())


def test_a_loss_that_is_nan_in_spikes_ends_the_training(
    load: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # To trace a graph of more steps takes longer than to run it.
    monkeypatch.setattr(load("volume", "_runtime.keras.spiking"), "CHUNK", 2)
    how: Any = {"epochs": 1, "phases": ("smooth", "spikes"), "spike_updates": 30}
    diverged = load("volume", "_runtime.keras.progress").DivergedError
    with pytest.raises(diverged, match="loss is NaN or infinite in epoch 3"):
        load("volume", "train").train(
            X, Y, tmp_path / "w", callbacks=[TooFast(epoch=2)], **how
        )
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("layer", "value", "told"),
    [
        ("d0", 100, "the readout has the largest values"),
        ("digit", np.inf, "the readout is the first layer whose values are no numbers"),
    ],
)
def test_a_layer_of_such_values_is_named(
    load: Load, layer: str, value: float, told: str
) -> None:
    made = load("volume", "_runtime.keras.progress")
    model = load("volume", "keras_model").build_model()
    given = load("volume", "network").NETWORK, load("volume", "layout").LAYOUT
    scaler = load("volume", "_runtime.keras.scaler").Scaler(*given, model, X[:4])
    progress = made.Progress(None, [])
    progress.epoch = 6
    stop = made.StopAtNaN(scaler, X[:4], progress)
    stop.set_model(model)
    kernel = model.get_layer(layer).kernel
    kernel.assign(np.full(kernel.shape, value, "f4"))
    stop.on_train_batch_end(0, {"loss": 1.0})
    with pytest.raises(made.DivergedError) as caught:
        stop.on_train_batch_end(1, {"loss": float("nan")})
    assert f"in epoch 7: {told}" in str(caught.value)


@pytest.mark.parametrize(
    ("shell", "shown"),
    [(None, False), (object(), False), (SimpleNamespace(kernel=None), True)],
)
def test_notebooks_have_bars(
    load: Load, monkeypatch: pytest.MonkeyPatch, shell: Any, shown: bool
) -> None:
    progress = load("volume", "_runtime.keras.progress")
    # Whoever starts kernels for others has imported ipykernel too.
    monkeypatch.setitem(sys.modules, "ipykernel", ModuleType("ipykernel"))
    ipython = SimpleNamespace(get_ipython=lambda: shell)
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    assert progress.verbosity() == (1 if shown else 2)
