"""Options of a training, in addition to its spec."""

import sys
from functools import partial
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from tensorflow import keras

from tests.runtime.phased import Made, examples
from tests.runtime.test_progress import cut_off

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("eagerly")]

X, Y = examples(40)


def last_logs(net: Made, **options: Any) -> dict[str, float]:
    """Return the losses of the last epoch."""
    train = net.trainer(phases=("smooth",)).train
    history = train(X, Y, epochs=1, **options).history.history
    return {name: values[-1] for name, values in history.items()}


def test_examples_to_validate_on_may_be_others(net: Made) -> None:
    right = last_logs(net, validation=(X, Y))
    other = last_logs(net, validation=(X, (Y + 1) % 4))
    assert right["loss"] == pytest.approx(other["loss"], rel=1e-4)
    assert right["val_loss"] != pytest.approx(other["val_loss"], rel=1e-3)


def test_none_is_held_out_of_the_data_then(net: Made) -> None:
    made = net.module("_runtime.keras.pipelines")
    pipelines = made.Pipelines(net.network, 8, 0.1, 0, held_out=(X[:3], Y[:3]))
    batches = pipelines.of_arrays(X, Y)
    assert batches.steps == 5
    assert sum(len(y) for _, y in batches.validation) == 3


def test_weights_of_classes_are_in_the_loss(net: Made) -> None:
    plain = last_logs(net)
    double = last_logs(net, class_weight=dict.fromkeys(range(4), 2.0))
    balanced = last_logs(net, class_weight="balanced")
    assert double["loss"] > 1.5 * plain["loss"]
    assert balanced["loss"] == pytest.approx(plain["loss"], rel=0.02)


def test_the_command_line_takes_them(
    net: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def main(*options: object, **arrays: Any) -> int:
        np.savez(tmp_path / "d.npz", **{"x": X, "y": Y, **arrays})
        files = ("--data", tmp_path / "d.npz", "--weights", tmp_path / "w")
        words = (*files, "--epochs", 1, "--phases", "smooth", *options)
        status: int = net.module("train").main([*map(str, words)])
        return status

    np.savez(tmp_path / "v.npz", x=X[:8], y=Y[:8])
    (tmp_path / "other").write_bytes(b"none")
    others = ("--validation", tmp_path / "v.npz", "--class-weight", "balanced")
    assert main(*others) == 0
    assert f"wrote {tmp_path / 'w'}\n" in capsys.readouterr().out
    groups = ("--groups", "subject")
    assert main(*groups, subject=np.arange(40) // 4) == 0
    capsys.readouterr()
    refused: list[tuple[tuple[object, ...], dict[str, Any], str]] = [
        (groups, {"subject": np.arange(39)}, "groups: type int64, shape (39,), not"),
        (groups, {}, "there is no subject, but"),
        (groups, {"subject": Y}, "has no example of class"),
        (("--initial", tmp_path / "other"), {}, "other: not a safetensors file"),
    ]
    for options, arrays, told in refused:
        assert main(*options, **arrays) == 1
        (line,) = capsys.readouterr().err.splitlines()
        assert line.startswith("chain.train: ")
        assert told in line
    with pytest.raises(SystemExit):
        main(*groups, "--validation", tmp_path / "v.npz")


@pytest.mark.parametrize(
    ("option", "told"),
    [
        ({"spike_updates": 0}, "spike_updates is 0, not at least 1"),
        ({"phases": "smooth"}, r"phases is a string: use \['smooth'\]"),
    ],
)
def test_unfit_options_are_refused(net: Made, option: Any, told: str) -> None:
    with pytest.raises(net.data_error, match=f"^{told}$"):
        net.trainer().train(X, Y, epochs=0, **option)


@pytest.mark.parametrize("dataset", [False, True])
def test_unusual_data_are_told(
    net: Made, capsys: pytest.CaptureFixture[str], dataset: bool
) -> None:
    x, y = 0.009 * X / X.max(), Y % 3
    data = (tf.data.Dataset.from_tensor_slices((x, y)),) if dataset else (x, y)
    net.trainer(phases=("smooth",)).train(*data, epochs=1)
    printed = capsys.readouterr().err
    told = "..0.009, a small part of the spec's 0..1: scale x, or narrow the spec's"
    assert printed.count(told) == 1
    told = "warning: no example is of class 3, of 0..3: are labels shifted?"
    assert (told in printed) == (not dataset)
    assert "to hold some out" not in printed
    net.trainer(phases=("smooth",)).train(X[:4], Y[:4], epochs=1)
    assert "to hold some out for validation" in capsys.readouterr().err


class Interrupting(keras.callbacks.Callback):
    """Interrupts an epoch, as Ctrl-C does."""

    def __init__(self, epoch: int) -> None:
        super().__init__()
        self.epoch = epoch

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        if epoch == self.epoch:
            raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("epoch", "phases", "kept"),
    [
        (0, ("smooth",), None),
        (1, ("smooth",), "of epoch 1, the best so far"),
        (3, ("smooth", "scale", "spikes"), "of epoch "),
    ],
)
def test_an_interruption_keeps_the_best_weights_and_names_them(
    net: Made,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    epoch: int,
    phases: tuple[str, ...],
    kept: str | None,
) -> None:
    path, best = tmp_path / "w.safetensors", tmp_path / "w.best.safetensors"
    options: Any = {"epochs": 2, "spike_updates": 10, "phases": phases}
    train = partial(net.trainer().train, X, Y, path, **options)
    with pytest.raises(KeyboardInterrupt):
        train(callbacks=[Interrupting(epoch)])
    told = capsys.readouterr().out
    assert best.exists() == (kept is not None)
    assert ("--resume" in told) == best.exists()
    if kept is not None:
        assert f"interrupted: {best} contains the weights {kept}" in told
        assert net.module("layout").LAYOUT.load(best)
    train(resume=True)
    assert path.exists()


def test_an_interruption_before_training_says_nothing(
    net: Made,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    np.savez(tmp_path / "d.npz", x=X, y=Y)
    files = "--data", str(tmp_path / "d.npz"), "--weights", str(tmp_path / "w")
    module = net.module("_runtime.keras.session")
    monkeypatch.setattr(module.Pipelines, "of_arrays", interrupt)
    status = net.module("train").main([*files, "--phases", "smooth"])
    assert (status, capsys.readouterr().err) == (130, "")


class TooFast(keras.callbacks.Callback):
    """Lets an epoch learn so fast that all is lost."""

    def __init__(self, epoch: int) -> None:
        super().__init__()
        self.epoch = epoch

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        if epoch == self.epoch:
            for weight in self.model.trainable_variables:
                weight.assign(weight * 1e30)


@pytest.mark.parametrize(
    ("epochs", "phases", "epoch", "advice"),
    [
        (9, ("smooth",), 1, "a smaller learning rate may do"),
        (1, ("smooth", "spikes"), 2, "another `--seed` may do"),
    ],
    ids=["smooth", "spikes"],
)
def test_a_loss_that_is_no_number_ends_the_training(
    net: Made, tmp_path: Path, epochs: int, phases: Any, epoch: int, advice: str
) -> None:
    diverged = net.module("_runtime.keras.progress").DivergedError
    # Which layer is named hangs on how float32 overflows; a test below fixes that.
    told = rf"in epoch {epoch + 1}: \w+( readout)? (has|is) the.*; {advice}"
    how: Any = {"phases": phases, "spike_updates": 30, "callbacks": [TooFast(epoch)]}
    with pytest.raises(diverged, match=f"^the loss is NaN or infinite {told}"):
        net.trainer().train(X[:20], Y[:20], tmp_path / "w", epochs=epochs, **how)
    assert not list(tmp_path.iterdir())


def test_a_loss_that_is_no_number_leaves_no_file_but_those_given(
    net: Made, tmp_path: Path
) -> None:
    diverged = net.module("_runtime.keras.progress").DivergedError
    train, smooth = net.trainer().train, tmp_path / "w.smooth.safetensors"
    how: Any = {"weights": tmp_path / "w", "epochs": 1, "spike_updates": 30}
    cut_off(train, 2, X[:20], Y[:20], **how)
    assert smooth.exists()
    how["callbacks"] = [TooFast(2)]
    with pytest.raises(diverged):
        train(X[:20], Y[:20], **how, resume=True)
    assert not list(tmp_path.iterdir())
    net.module("keras_model").export_weights(net.model(), smooth)
    how |= {"initial": smooth, "phases": ("spikes",), "callbacks": [TooFast(1)]}
    with pytest.raises(diverged):
        train(X[:20], Y[:20], **how)
    assert [*tmp_path.iterdir()] == [smooth]


@pytest.mark.parametrize(
    ("layer", "value", "told"),
    [
        ("d0", 100, "the readout has the largest values"),
        ("digit", np.inf, "the readout is the first layer with NaN or infinity"),
    ],
)
def test_a_layer_of_such_values_is_named(
    net: Made, layer: str, value: float, told: str
) -> None:
    made, model = net.module("_runtime.keras.progress"), net.model()
    progress = made.Progress(None, {})
    progress.epoch = 6
    stop = made.StopAtNaN(net.scaler(model, X[:4]), X[:4], progress)
    stop.set_model(model)
    kernel = model.get_layer(layer).kernel
    kernel.assign(np.full(kernel.shape, value, "f4"))
    stop.on_train_batch_end(0, {"loss": 1.0})
    with pytest.raises(made.DivergedError) as caught:
        stop.on_train_batch_end(1, {"loss": float("nan")})
    assert f"in epoch 7: {told}" in str(caught.value)


def test_a_layer_is_named_although_an_update_made_all_weights_nan(net: Made) -> None:
    made, model = net.module("_runtime.keras.progress"), net.model()
    progress = made.Progress(None, {})
    stop = made.StopAtNaN(net.scaler(model, X[:4]), X[:4], progress)
    stop.set_model(model)
    kernel = model.get_layer("digit").kernel
    kernel.assign(np.full(kernel.shape, 1e38, "f4"))
    stop.on_train_begin()
    for weight in model.trainable_variables:
        weight.assign(weight * np.nan)
    stop.on_train_batch_end(0, {"loss": 1.0})
    with pytest.raises(made.DivergedError, match="the readout "):
        stop.on_train_batch_end(1, {"loss": float("nan")})


@pytest.mark.parametrize(
    ("shell", "shown"),
    [(None, False), (object(), False), (SimpleNamespace(kernel=None), True)],
)
def test_notebooks_have_no_bars(
    net: Made, monkeypatch: pytest.MonkeyPatch, shell: Any, shown: bool
) -> None:
    backend = net.module("_runtime.keras.backend")
    # Whoever starts kernels for others has imported ipykernel too.
    monkeypatch.setitem(sys.modules, "ipykernel", ModuleType("ipykernel"))
    ipython = SimpleNamespace(get_ipython=lambda: shell)
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    assert backend.is_notebook() == shown
    assert backend.verbosity() == (0 if shown else 2)


def test_a_notebook_shows_a_table_that_updates_in_place(
    net: Made, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shown: list[str] = []

    def display(table: str, display_id: bool) -> Any:
        assert display_id
        shown.append(table)
        return SimpleNamespace(update=lambda table: shown.__setitem__(0, table))

    parts = SimpleNamespace(HTML=str, display=display)
    shell = SimpleNamespace(kernel=None)
    ipython = SimpleNamespace(get_ipython=lambda: shell, display=parts)
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", parts)
    model = net.trainer().train(X[:32], Y[:32], epochs=2, spike_updates=3)
    (table,) = shown
    header, *rows = (row.split("</t")[:-1] for row in table.split("<tr>")[1:])
    names = [cell.rpartition(">")[2] for cell in header]
    phases = [[cell.rpartition(">")[2] for cell in row] for row in rows]
    assert {"phase", "epoch", "loss", "val_accuracy"} <= set(names)
    assert [row[:2] for row in phases] == [["smooth", "2"], ["spikes", "5"]]
    last = model.history.history["val_loss"][-1]
    assert phases[1][names.index("val_loss")] == f"{last:.4g}"
    assert "step - " not in capsys.readouterr().out
