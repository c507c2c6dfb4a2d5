"""Training, cut off, goes on, and ends in time."""

import math
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tensorflow import keras

from snnc.output.imported import open_package
from snnc.runtime.files import PART
from snnc.runtime.keras.progress import Progress
from tests.exact.proof import write_package
from tests.runtime.phased import Made, examples
from tests.support import network

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("eagerly")]

X, Y = examples(20)
SMOOTH: Any = {"epochs": 2, "phases": ("smooth",)}


class CutOffError(Exception):
    """Stands for a power cut."""


def cut_off(train: Any, epoch: int, *arguments: Any, **options: Any) -> None:
    """Fail at the beginning of an epoch, counted from 0."""

    def fail(at: int, logs: object) -> None:
        if at == epoch:
            raise CutOffError

    power = keras.callbacks.LambdaCallback(on_epoch_begin=fail)
    with pytest.raises(CutOffError):
        train(*arguments, **options, callbacks=[power])


def progress_of(weights: Path) -> Path:
    return weights.with_name(f"{weights.name}.progress.npz")


def npz(**arrays: np.ndarray) -> bytes:
    file = BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def test_a_resumed_training_ends_as_one_that_was_not_cut_off(
    models: dict[str, Made], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    net = models["relu_norm"]
    train, few = net.trainer().train, {"epochs": 2, "spike_updates": 5}
    train(X, Y, tmp_path / "whole", **few)
    # The first two epochs are smooth, the others are rounds on spikes.
    for epoch in (1, 3):
        cut_off(train, epoch, X, Y, tmp_path / "parts", **few, resume=True)
        assert progress_of(tmp_path / "parts").exists()
    train(X, Y, tmp_path / "parts", **few, resume=True)
    missing = f"nothing to resume: there is no {progress_of(tmp_path / 'parts')};"
    assert capsys.readouterr().out.count(missing) == 1
    for end in ("", ".smooth.safetensors"):
        whole = net.layout.load(tmp_path / f"whole{end}")
        parts = net.layout.load(tmp_path / f"parts{end}")
        for name, value in whole.items():
            np.testing.assert_array_equal(parts[name], value)


def test_rounds_end_early_where_they_do_not_help_also_if_resumed(
    net: Made,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    results = {"val_loss": 1.0, "val_accuracy": 0.95}
    library = net.module("_runtime.keras.spike_training")
    monkeypatch.setattr(library, "LEAST_HELD_OUT", 1)
    monkeypatch.setattr(library.SpikeTraining, "held_out", lambda self: results)
    train = net.trainer(is_long=True).train
    how: Any = {"epochs": 1, "spike_updates": 10}
    whole = train(X, Y, tmp_path / "whole", **how)
    assert whole.history.epoch == [0, 1, 2, 3, 4, 5]  # one smooth, 3 + 2 rounds
    assert capsys.readouterr().out.count("3 rounds didn't help, so 2 remain") == 1
    for epoch in (4, 5):
        cut_off(train, epoch, X, Y, tmp_path / "parts", **how, resume=True)
    parts = train(X, Y, tmp_path / "parts", **how, resume=True)
    assert parts.history.epoch == [5]
    for ours, wanted in zip(parts.get_weights(), whole.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, wanted)


def test_few_held_out_examples_choose_no_round(
    net: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = net.module("_runtime.keras.spike_training")
    held_out = iter([0.1, 0.2, 0.3, 0.4, 0.5])
    results = ({"val_loss": loss, "val_accuracy": 0.99 - loss} for loss in held_out)
    monkeypatch.setattr(library.SpikeTraining, "held_out", lambda self: next(results))
    ends: list[Any] = []
    saves: Any = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: ends.append(saves.model.get_weights())
    )
    how: Any = {"epochs": 1, "spike_updates": 3, "callbacks": [saves]}
    model = net.trainer().train(X, Y, tmp_path / "w", **how)
    assert model.history.epoch == [0, 1, 2, 3]
    assert model.history.kept["val_loss"] == 0.5  # after the last scaling
    kept = net.layout.load(tmp_path / "w")["c0.kernel"].ravel()
    last = ends[-1][[each.size for each in ends[-1]].index(kept.size)].ravel()
    # They may be scaled last.
    np.testing.assert_allclose(kept / kept[0], last / last[0], rtol=1e-5)


def test_a_training_removes_what_a_killed_one_left(net: Made, tmp_path: Path) -> None:
    for name in ("w", "w.progress.npz", "w.smooth.safetensors", "other"):
        (tmp_path / f".{name}.01234567{PART}").write_bytes(b"half")
    net.trainer().train(X, Y, tmp_path / "w", **SMOOTH)
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {"w", f".other.01234567{PART}"}


def test_a_training_that_only_lacked_its_weights_writes_them(
    net: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise CutOffError

    train = net.trainer().train
    with monkeypatch.context() as patch:
        patch.setattr(net.module("_runtime.keras.session"), "model_weights", fail)
        with pytest.raises(CutOffError):
            train(X, Y, tmp_path / "w", **SMOOTH)
    model = train(X, Y, tmp_path / "w", **SMOOTH, resume=True)
    assert int(model.optimizer.iterations) == 2 * 2
    assert [path.name for path in tmp_path.iterdir()] == ["w"]


def test_a_cut_in_the_middle_of_saving_leaves_the_epoch_before(
    net: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train = net.trainer().train
    cut_off(train, 1, X, Y, tmp_path / "w", **SMOOTH)
    before = progress_of(tmp_path / "w").read_bytes()

    def half(file: Any, **arrays: np.ndarray) -> None:
        file.write(before[: len(before) // 2])
        raise CutOffError

    with monkeypatch.context() as patch:
        patch.setattr(np, "savez", half)
        with pytest.raises(CutOffError):
            train(X, Y, tmp_path / "w", **SMOOTH, resume=True)
    assert progress_of(tmp_path / "w").read_bytes() == before
    train(X, Y, tmp_path / "w", **SMOOTH, resume=True)
    assert (tmp_path / "w").exists()


@pytest.mark.parametrize(
    "content", [b"", b"PK", b"x" * 999, npz(x=X)], ids=["empty", "zip", "text", "other"]
)
def test_damaged_progress_is_refused(net: Made, tmp_path: Path, content: bytes) -> None:
    progress_of(tmp_path / "w").write_bytes(content)
    told = (
        r"w\.progress\.npz is damaged: remove it, or train from the start, without"
        " resume$"
    )
    with pytest.raises(net.data_error, match=told):
        net.trainer().train(X, Y, tmp_path / "w", resume=True)


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"seed": 1}, "seed"),
        ({"epochs": 3, "phases": ("smooth", "scale")}, "epochs, phases"),
        ({"spike_updates": 30, "initial": "w0"}, "initial, spike_updates"),
        ({}, "data"),
    ],
    ids=lambda value: str(value),
)
def test_progress_of_another_training_is_refused(
    net: Made, tmp_path: Path, changed: dict[str, Any], named: str
) -> None:
    train = net.trainer().train
    cut_off(train, 1, X, Y, tmp_path / "w", **SMOOTH)
    y = Y[::-1] if named == "data" else Y
    told = rf"is of another training \(not the same {named}\): remove it"
    with pytest.raises(net.data_error, match=told):
        train(X, y, tmp_path / "w", **SMOOTH | changed, resume=True)


SPEC = """
    timing { present 10 ms }
    input image 8x8x2 in 0..1
    encode conv { filters 3 }
    conv2d c { filters 4 }
    dense d { units 6, l2 1e-4, dropout 0.1 }
    readout digit { classes 4, decide mean }
    train { batch 16, optimizer adam { learning_rate 1e-3 }, label_smoothing 0.1 }
"""


@pytest.mark.parametrize(
    ("before", "after", "named"),
    [
        ("rate 1e-3", "rate 2e-3", "learning_rate"),
        ("rate 1e-3", "rate 1e-3, beta_1 0.8", "optimizer"),
        ("label_smoothing 0.1", "label_smoothing 0.2", "loss"),
        ("label_smoothing 0.1", "loss focal", "loss"),
        ("l2 1e-4", "l2 1e-3", "l2 of d"),
        ("dropout 0.1", "dropout 0.2", "dropout of d.dropout"),
        ("units 6", "units 6, neuron lif", "neuron of d"),
        ("units 6", "units 6, rate 20..200 Hz", "rate of d"),
        ("units 6", "units 6, synapse 1 ms", "synapse of d"),
        ("units 6", "units 6, place host", "place of d"),
        ("in 0..1", "in 0..2", "high of image"),
        ("present 10", "present 11", "present"),
        ("decide mean", "decide last", "decide of digit"),
    ],
)
def test_progress_of_another_spec_is_refused(
    tmp_path: Path, before: str, after: str, named: str
) -> None:
    assert before in SPEC
    packages = []
    for folder, body in (("a", SPEC), ("b", SPEC.replace(before, after))):
        text = network(body, "respec")
        packages.append(open_package(write_package(text, tmp_path / folder)))
    first, second = packages
    train = first.module("train").train
    cut_off(train, 1, X, Y, tmp_path / "w", **SMOOTH)
    told = rf"is of another training \(not the same {named}[,)]"
    with pytest.raises(Exception, match=told):
        second.module("train").train(X, Y, tmp_path / "w", **SMOOTH, resume=True)


def test_progress_of_another_optimizer_is_refused(
    net: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train = net.trainer().train
    cut_off(train, 1, X, Y, tmp_path / "w", **SMOOTH)

    # Another version of Keras may keep other variables.
    monkeypatch.setattr(
        net.module("_runtime.keras.progress"), "_variables", lambda _: []
    )
    with pytest.raises(net.data_error, match="is of another optimizer: remove it"):
        train(X, Y, tmp_path / "w", **SMOOTH, resume=True)


class TestPatience:
    """The losses are given, as no two machines have the same."""

    losses = (3.0, 1.0, 2.0, 1.0, 0.5, 9.0)

    @pytest.fixture
    def model(self) -> keras.Model:
        model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
        model.compile("adam", "mse")
        return model

    def run(self, progress: Progress, model: keras.Model, epochs: range) -> int:
        """Go through epochs; each leaves its number in the layer's bias."""
        progress.set_model(model)
        if progress.stage < 0:
            progress.begin(0, 0, {})
        for epoch in epochs:
            model.stop_training = False
            kernel, bias = model.get_weights()
            model.set_weights([kernel, np.full_like(bias, epoch + 1)])
            progress.on_epoch_end(epoch, {"val_loss": self.losses[epoch]})
            if model.stop_training:
                break
        progress.finish(model)
        return int(model.get_weights()[1][0])

    @pytest.mark.parametrize(
        ("patience", "kept", "ended"), [(2, 2, 4), (3, 5, 6), (None, 5, 6)]
    )
    def test_the_best_weights_are_kept(
        self, model: keras.Model, patience: int | None, kept: int, ended: int
    ) -> None:
        progress = Progress(None, {}, patience)
        assert self.run(progress, model, range(6)) == kept
        assert (progress.epoch, progress.has_ended) == (ended, ended < 6)

    def test_a_stage_that_stalls_ends_some_epochs_later(
        self, model: keras.Model, tmp_path: Path
    ) -> None:
        def stalling() -> Progress:
            progress = Progress(tmp_path / "p.npz", {}, patience=2)
            progress.more = 1
            return progress

        assert self.run(stalling(), model, range(4)) == 2
        progress = stalling()
        progress.read()
        progress.restore(model)
        assert (progress.stalled_at, progress.has_ended) == (4, False)
        self.run(progress, model, range(4, 6))
        assert (progress.epoch, progress.has_ended) == (5, True)

    def test_patience_outlasts_a_cut(self, model: keras.Model, tmp_path: Path) -> None:
        self.run(Progress(tmp_path / "p.npz", {}, patience=2), model, range(3))
        progress = Progress(tmp_path / "p.npz", {}, patience=2)
        progress.read()
        progress.restore(model)
        assert (progress.epoch, progress.best_epoch) == (3, 2)
        assert self.run(progress, model, range(3, 6)) == 2
        assert progress.epoch == 4

    def test_only_the_start_is_kept_from_before_a_scaling(
        self, model: keras.Model, tmp_path: Path
    ) -> None:
        progress = Progress(tmp_path / "p.npz", {}, patience=2)
        progress.set_model(model)
        progress.begin(0, 0, {"a": 0.5})
        start = model.get_weights()
        progress.keep_start(model, {"val_loss": 2.0, "val_accuracy": 0.5})
        progress.scales = {"a": 1.0}
        self.run(progress, model, range(1, 2))
        assert not progress.keeps_start
        progress.return_to_start()
        progress.on_epoch_end(2, {"val_loss": 9.0, "val_accuracy": 0.1})
        assert not progress.has_ended  # patience begins again
        progress = Progress(tmp_path / "p.npz", {}, patience=2)
        progress.read()
        progress.restore(model)
        assert progress.keeps_start
        progress.finish(model)
        for found, wanted in zip(model.get_weights(), start, strict=True):
            np.testing.assert_array_equal(found, wanted)
        assert progress.scales == {"a": 0.5}
        progress.set_model(model)
        progress.on_epoch_end(3, {"val_loss": 1.5, "val_accuracy": 0.5})
        assert (progress.keeps_start, progress.best_epoch) == (False, 4)

    @pytest.mark.parametrize(
        ("rounds", "kept"),
        [
            ([(9.0, 0.2), (9.5, 0.1)], 0),
            ([(9.0, 0.3), (9.5, 0.4)], 1),
            ([(1.0, 0.2), (1.5, 0.3)], 1),  # the start is no longer kept
            ([(9.0, 0.3), (8.0, 0.1)], 1),  # the second is worse than the start
            ([(math.nan, 0.3)], 0),
        ],
    )
    def test_a_start_of_low_loss_yields_to_more_accuracy(
        self, model: keras.Model, rounds: list[tuple[float, float]], kept: int
    ) -> None:
        progress = Progress(None, {}, patience=8)
        progress.set_model(model)
        progress.keep_start(model, {"val_loss": 2.0, "val_accuracy": 0.2})
        for epoch, (loss, accuracy) in enumerate(rounds):
            logs = {"val_loss": loss, "val_accuracy": accuracy}
            progress.on_epoch_end(epoch, logs)
        assert progress.best_epoch == kept
        assert progress.best_weights
