"""Training, cut off, goes on, and ends in time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from tensorflow import keras

from tests.emit.packages import Load

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("eagerly")]

RNG = np.random.default_rng(0)
X = RNG.uniform(0, 1, (40, 4, 6, 6, 1)).astype("f4")
Y = np.arange(40) % 4
IMAGES = RNG.uniform(0, 1, (70, 8, 8, 3)).astype("f4")
LABELS = np.arange(70) % 4
SPIKES = ("smooth", "scale", "spikes")
SHORT: Any = {"epochs": 2, "spike_updates": 10, "phases": SPIKES}
SMOOTH: Any = {"epochs": 2, "phases": ("smooth", "scale")}


class CutOffError(Exception):
    """Stands for a power cut."""


class Power(keras.callbacks.Callback):
    """Fails at the beginning of an epoch, counted from 0."""

    def __init__(self, epoch: int) -> None:
        super().__init__()
        self.epoch = epoch

    def on_epoch_begin(self, epoch: int, logs: object = None) -> None:
        if epoch == self.epoch:
            raise CutOffError


@pytest.fixture
def train(load: Load) -> ModuleType:
    """Return the training of a network that is compiled fast."""
    return load("volume", "train")


@pytest.fixture
def rich(load: Load) -> ModuleType:
    """Return the training of a network with batch norms, AdamW and a schedule."""
    return load("colours", "train")


@pytest.fixture
def data_error(load: Load) -> type[Exception]:
    return load("volume", "_runtime.data").DataError


def cut_off(
    train: ModuleType,
    epoch: int,
    *arguments: Any,
    **options: Any,
) -> None:
    with pytest.raises(CutOffError):
        train.train(*arguments, **options, callbacks=[Power(epoch)])


def assert_same(first: dict[str, np.ndarray], second: dict[str, np.ndarray]) -> None:
    for name, value in first.items():
        np.testing.assert_array_equal(second[name], value)


def progress_of(weights: Path) -> Path:
    return weights.with_name(f"{weights.name}.progress.npz")


def test_a_resumed_training_ends_as_one_that_was_not_cut_off(
    load: Load, train: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = load("volume", "keras_model").build_model
    monkeypatch.setattr(load("volume", "keras_model"), "build_model", without(make))
    few = {**SHORT, "spike_updates": 5}
    train.train(X, Y, tmp_path / "whole", **few)
    read = load("volume", "layout").load_weights
    parts = tmp_path / "parts"
    # The first two epochs are smooth, the others are rounds on spikes.
    for epoch in (1, 4):
        cut_off(train, epoch, X, Y, parts, **few, resume=True)
        assert progress_of(parts).exists()
    train.train(X, Y, parts, **few, resume=True)
    assert_same(read(tmp_path / "whole"), read(parts))
    entered = [tmp_path / f"{name}.smooth.safetensors" for name in ("whole", "parts")]
    assert_same(*map(read, entered))


def without(make: Any) -> Any:
    """Return a function that makes a model whose dropout is off.

    Keras 2 holds the state of dropout where nothing can save it.
    """

    def build(**options: Any) -> Any:
        model = make(**{**options, "seed": 0})
        for layer in model.layers:
            if isinstance(layer, keras.layers.Dropout):
                layer.rate = 0.0
        return model

    return build


def test_what_is_saved_is_all_that_training_changes(
    load: Load, rich: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut_off(rich, 1, IMAGES, LABELS, tmp_path / "w", **SHORT)
    progress = load("colours", "_runtime.keras.progress")
    built = load("colours", "keras_model")
    model = built.build_model()
    built.compile_model(model, 4)
    before = [v.numpy() for v in progress._variables(model)]
    layout = load("colours", "layout").LAYOUT_ID
    run = [layout, "0", "smooth", "scale", "spikes"]
    read = progress.Progress(progress_of(tmp_path / "w"), run)
    read.read()
    read.restore(model)
    after = [v.numpy() for v in progress._variables(model)]
    moved = [not np.array_equal(a, b) for a, b in zip(before, after, strict=True)]
    assert read.epoch == 1
    assert int(model.optimizer.iterations) == 1
    assert sum(moved) > 0.9 * len(moved)


def test_the_progress_goes_when_the_training_is_done(
    train: ModuleType, tmp_path: Path
) -> None:
    train.train(X, Y, tmp_path / "w", **SMOOTH)
    assert [path.name for path in tmp_path.iterdir()] == ["w"]


def test_without_progress_a_resumed_training_starts(
    train: ModuleType, tmp_path: Path
) -> None:
    model = train.train(X, Y, tmp_path / "w", **SMOOTH, resume=True)
    assert int(model.optimizer.iterations) == 2


def test_a_training_that_only_lacked_its_weights_writes_them(
    load: Load, train: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise CutOffError

    phases = load("volume", "_runtime.keras.phases")
    with monkeypatch.context() as patch:
        patch.setattr(phases, "model_weights", fail)
        with pytest.raises(CutOffError):
            train.train(X, Y, tmp_path / "w", **SMOOTH)
    train.train(X, Y, tmp_path / "w", **SMOOTH, resume=True)
    assert [path.name for path in tmp_path.iterdir()] == ["w"]


def test_a_cut_in_the_middle_of_saving_leaves_the_epoch_before(
    load: Load, train: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut_off(train, 1, X, Y, tmp_path / "w", **SMOOTH)
    before = progress_of(tmp_path / "w").read_bytes()

    def half(file: Any, **arrays: np.ndarray) -> None:
        file.write(before[: len(before) // 2])
        raise CutOffError

    with monkeypatch.context() as patch:
        patch.setattr(np, "savez", half)
        with pytest.raises(CutOffError):
            train.train(X, Y, tmp_path / "w", **SMOOTH, resume=True)
    assert progress_of(tmp_path / "w").read_bytes() == before
    train.train(X, Y, tmp_path / "w", **SMOOTH, resume=True)
    assert (tmp_path / "w").exists()


@pytest.mark.parametrize("content", [b"", b"PK", b"x" * 999])
def test_damaged_progress_is_refused(
    train: ModuleType, data_error: type[Exception], tmp_path: Path, content: bytes
) -> None:
    progress_of(tmp_path / "w").write_bytes(content)
    with pytest.raises(data_error, match=r"w\.progress\.npz is damaged: remove it"):
        train.train(X, Y, tmp_path / "w", resume=True)


def test_a_stranger_is_no_progress(
    train: ModuleType, data_error: type[Exception], tmp_path: Path
) -> None:
    np.savez(progress_of(tmp_path / "w"), x=X)
    with pytest.raises(data_error, match="is damaged"):
        train.train(X, Y, tmp_path / "w", resume=True)


def test_another_seed_is_another_training(
    train: ModuleType,
    data_error: type[Exception],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cut_off(train, 1, X, Y, tmp_path / "w", **SMOOTH)
    with pytest.raises(data_error, match="is of another training: remove it"):
        train.train(X, Y, tmp_path / "w", **SMOOTH, seed=1, resume=True)


def test_another_optimizer_is_refused(
    load: Load,
    train: ModuleType,
    data_error: type[Exception],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cut_off(train, 1, X, Y, tmp_path / "w", **SMOOTH)

    def compile_model(model: Any) -> None:
        model.compile("sgd", "mse")

    monkeypatch.setattr(load("volume", "keras_model"), "compile_model", compile_model)
    with pytest.raises(data_error, match="is of another optimizer"):
        train.train(X, Y, tmp_path / "w", **SMOOTH, resume=True)


class TestPatience:
    """The losses are given, as no two machines have the same."""

    losses = (3.0, 1.0, 2.0, 1.0, 0.5, 9.0)

    @pytest.fixture
    def made(self, load: Load, tmp_path: Path) -> Any:
        built = load("colours", "keras_model")
        model = built.build_model()
        built.compile_model(model, 10)
        return load("colours", "_runtime.keras.progress"), model, tmp_path / "p.npz"

    def run(self, progress: Any, model: Any, epochs: range) -> int:
        """Go through epochs; each leaves its number in the readout's bias."""
        progress.set_model(model)
        if progress.stage < 0:
            progress.begin(0, 0, {})
        readout = model.get_layer("digit")
        for epoch in epochs:
            model.stop_training = False
            kernel, bias = readout.get_weights()
            readout.set_weights([kernel, np.full_like(bias, epoch + 1)])
            progress.on_epoch_end(epoch, {"val_loss": self.losses[epoch]})
            if model.stop_training:
                break
        progress.finish(model)
        return int(readout.get_weights()[1][0])

    def test_the_best_weights_are_kept(self, made: Any) -> None:
        module, model, _ = made
        progress = module.Progress(None, [], patience=2)
        assert self.run(progress, model, range(6)) == 2
        assert (progress.epoch, progress.is_stalled) == (4, True)

    def test_patience_outlasts_a_cut(self, made: Any) -> None:
        module, model, path = made
        self.run(module.Progress(path, [], patience=2), model, range(3))
        progress = module.Progress(path, [], patience=2)
        progress.read()
        progress.restore(model)
        assert (progress.epoch, progress.best_epoch) == (3, 2)
        assert self.run(progress, model, range(3, 6)) == 2
        assert progress.epoch == 4

    def test_the_best_may_be_the_last(self, made: Any) -> None:
        module, model, _ = made
        assert self.run(module.Progress(None, [], patience=3), model, range(5)) == 5

    def test_without_patience_the_last_are_kept(self, made: Any) -> None:
        module, model, _ = made
        assert self.run(module.Progress(None, []), model, range(6)) == 6

    def test_a_stalled_training_stops_and_is_not_resumed(
        self,
        load: Load,
        rich: ModuleType,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        progress = load("colours", "_runtime.keras.progress").Progress
        end = progress.on_epoch_end

        def growing(self: Any, epoch: int, logs: Any = None) -> None:
            end(self, epoch, {**logs, "val_loss": float(epoch)})

        monkeypatch.setattr(progress, "on_epoch_end", growing)
        monkeypatch.setattr(progress, "remove", lambda self: None)
        # Without scales, for which LIF neurons are trained in many stages.
        settings = replace(rich.TRAINER.training, phases=("smooth",))
        train = replace(rich.TRAINER, training=settings).train
        how = {"weights": tmp_path / "w", "epochs": 50, "patience": 1}
        first = train(IMAGES, LABELS, **how)
        assert int(first.optimizer.iterations) < 50
        again = train(IMAGES, LABELS, **how, resume=True)
        assert int(again.optimizer.iterations) == int(first.optimizer.iterations)
        for a, b in zip(first.get_weights(), again.get_weights(), strict=True):
            np.testing.assert_array_equal(a, b)

    def test_it_needs_examples_to_validate(
        self, train: ModuleType, data_error: type[Exception]
    ) -> None:
        with pytest.raises(data_error, match="patience needs validation"):
            train.train(X[:5], Y[:5], patience=1)
