"""Training: from data to a weights file."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from tests.emit.networks import conv3d_relu
from tests.emit.packages import Load, write

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("eagerly")]

RNG = np.random.default_rng(0)
X = RNG.uniform(0, 1, (40, 4, 6, 6, 1)).astype("f4")
Y = np.arange(40) % 4


@pytest.fixture
def train(load: Load) -> Any:
    return load("volume", "train").train


@pytest.fixture
def data_error(load: Load) -> type[Exception]:
    return load("volume", "_runtime.data").DataError


@pytest.fixture
def pipelines(load: Load) -> Any:
    """Return a function that makes pipelines of a seed."""
    made = load("volume", "_runtime.keras.pipelines")
    own = load("volume", "network").NETWORK
    return lambda seed: made.Pipelines(own, 64, 0.1, seed)


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(conv3d_relu(), tmp_path_factory.mktemp("cli"))


def run(package: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "volume.train", *arguments],
        cwd=package.parent,
        capture_output=True,
        text=True,
        check=False,
    )


def test_training_begins_with_given_weights(
    load: Load, train: Any, tmp_path: Path
) -> None:
    train(X, Y, tmp_path / "first", epochs=1, phases=("smooth",))
    again: Any = {"epochs": 0, "phases": ("smooth",), "seed": 7}
    train(X, Y, tmp_path / "again", initial=tmp_path / "first", **again)
    layout = load("volume", "layout")
    first, second = (layout.load_weights(tmp_path / n) for n in ("first", "again"))
    for name, tensor in first.items():
        np.testing.assert_array_equal(tensor, second[name])


def refusal(
    load: Load, capsys: pytest.CaptureFixture[str], folder: Path, *options: str
) -> str:
    """Return the last line of stderr of a training that is not begun."""
    np.savez(folder / "d.npz", x=X, y=Y)
    files = ("--data", f"{folder}/d.npz", "--weights", f"{folder}/w")
    assert load("volume", "train").main([*files, *options]) == 1
    return capsys.readouterr().err.splitlines()[-1]


def test_only_what_is_wrong_is_told_of_data_that_are_not_there(
    load: Load, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("TF_CPP_MIN_LOG_LEVEL", raising=False)
    for program in ("train", "evaluate"):
        files = ("--data", "no.npz", "--weights", "w")
        assert load("volume", program).main([*files]) == 1
        told = f"volume.{program}: no.npz: No such file or directory\n"
        assert capsys.readouterr().err == told
        level = os.environ.pop("TF_CPP_MIN_LOG_LEVEL", None)
        assert level == ("2" if program == "train" else None)  # Keras is not needed


def test_initial_weights_of_another_layout_are_refused(
    load: Load, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "other").write_bytes(b"none")
    told = refusal(load, capsys, tmp_path, "--initial", f"{tmp_path}/other")
    assert told.startswith("volume.train: ")


def test_damaged_progress_is_refused(
    load: Load, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "w.progress.npz").write_text("")
    assert refusal(load, capsys, tmp_path, "--resume") == (
        f"volume.train: {tmp_path}/w.progress.npz is damaged:"
        " remove it, or train from the start, without resume"
    )


def test_training_writes_weights_that_compute_the_same(
    load: Load, train: Any, tmp_path: Path
) -> None:
    model = train(X, Y, tmp_path / "w", epochs=2)
    built = load("volume", "keras_model")
    again = built.build_model()
    built.import_weights(again, tmp_path / "w")
    smooth = built.build_model()
    smooth.set_weights(model.get_weights())
    np.testing.assert_allclose(again(X), smooth(X), rtol=1e-5, atol=1e-6)


def test_training_is_seeded(train: Any) -> None:
    tf.config.run_functions_eagerly(False)  # where Keras draws no dropout by the seed
    first, second = (train(X, Y, epochs=2).get_weights() for _ in range(2))
    for a, b in zip(first, second, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)


def test_a_global_seed_of_zero_is_no_obstacle(train: Any) -> None:
    tf.keras.utils.set_random_seed(0)
    try:
        train(X, Y, epochs=1)
    finally:
        tf.random.set_seed(None)


def test_the_seed_draws_weights_and_examples(train: Any) -> None:
    first, second = (train(X, Y, epochs=1, seed=seed).get_weights() for seed in (0, 9))
    assert all(np.abs(a - b).max() > 0 for a, b in zip(first, second, strict=True))


def test_history_has_validation(train: Any) -> None:
    history = train(X, Y, epochs=1).history.history
    assert {"accuracy", "val_accuracy", "val_loss"} <= set(history)


def split_of(batches: Any) -> tuple[list[bytes], list[bytes]]:
    """Return the examples of one epoch and those that validate."""
    training = batches.training(0).take(batches.steps)
    return examples_of(training), examples_of(batches.validation)


def examples_of(dataset: tf.data.Dataset) -> list[bytes]:
    return sorted(x.numpy().tobytes() for x, _ in dataset.unbatch())


@pytest.mark.parametrize("batch", [None, 7])
def test_every_example_of_a_dataset_has_one_place(pipelines: Any, batch: Any) -> None:
    dataset = tf.data.Dataset.from_tensor_slices((X, Y))
    dataset = dataset.batch(batch) if batch else dataset
    trains, validates = split_of(pipelines(0).of_dataset(dataset))
    assert sorted(trains + validates) == sorted(x.tobytes() for x in X)
    assert validates
    assert split_of(pipelines(0).of_dataset(dataset))[1] == validates
    assert split_of(pipelines(1).of_dataset(dataset))[1] != validates


def test_every_example_of_arrays_has_one_place(pipelines: Any) -> None:
    trains, validates = split_of(pipelines(0).of_arrays(X, Y))
    assert len(validates) == 4
    assert sorted(trains + validates) == sorted(x.tobytes() for x in X)
    assert split_of(pipelines(1).of_arrays(X, Y))[1] != validates


def test_too_few_examples_leave_no_validation(pipelines: Any) -> None:
    batches = pipelines(0).of_arrays(X[:5], Y[:5])
    assert batches.validation is None
    assert len(examples_of(batches.training(0).take(batches.steps))) == 5


@pytest.mark.parametrize("source", ["arrays", "dataset"])
def test_epochs_differ_in_order_and_start_anywhere(pipelines: Any, source: str) -> None:
    def batches(epoch: int) -> list[bytes]:
        if source == "arrays":
            made = pipelines(0).of_arrays(X, Y)
        else:
            dataset = tf.data.Dataset.from_tensor_slices((X, Y))
            made = pipelines(0).of_dataset(dataset)
        assert made.steps == 1
        return [x.numpy().tobytes() for x, _ in made.training(epoch).take(3)]

    first = batches(0)
    assert len(set(first)) == 3
    assert batches(1)[:2] == first[1:]


def test_a_dataset_trains(train: Any, tmp_path: Path) -> None:
    train(tf.data.Dataset.from_tensor_slices((X, Y)), weights=tmp_path / "w", epochs=1)
    assert (tmp_path / "w").stat().st_size > 0


def test_a_cosine_schedule_ends_with_the_training(load: Load) -> None:
    shape = load("colours", "network").INPUT.shape
    x = RNG.uniform(0, 1, (70, *shape)).astype("f4")
    model = load("colours", "train").train(x, np.arange(70) % 4, epochs=2)
    config = model.optimizer.get_config()["learning_rate"]["config"]
    assert config["decay_steps"] == int(model.optimizer.iterations)


@pytest.mark.parametrize(
    ("dataset", "message"),
    [
        (X, "y is missing"),
        (tf.data.Dataset.from_tensor_slices(X), "pairs"),
        (tf.data.Dataset.from_tensor_slices((X[..., 0], Y)), "x has shape"),
        (tf.data.Dataset.from_tensor_slices((X, X)), "y is float32"),
        (tf.data.Dataset.from_tensor_slices((X[:0], Y[:0])), "empty"),
        (tf.data.Dataset.from_tensor_slices((X, Y)).repeat(), "never ends"),
    ],
)
def test_bad_datasets_are_refused(
    train: Any, data_error: type[Exception], dataset: Any, message: str
) -> None:
    with pytest.raises(data_error, match=message):
        train(dataset, epochs=1)


@pytest.mark.parametrize(
    ("x", "y", "message"), [(X + 1, Y, "x: a value"), (X, Y + 1, "y: a label")]
)
def test_values_of_a_dataset_are_checked(
    train: Any, x: Any, y: Any, message: str
) -> None:
    dataset = tf.data.Dataset.from_tensor_slices((x, y))
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        train(dataset, epochs=1)


def test_a_missing_folder_is_found_before_training(train: Any, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="none/w can't be written: No such file"):
        train(X, Y, tmp_path / "none" / "w")


def test_a_folder_for_a_file_is_found_before_training(
    train: Any, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=r"w.h5: .* are safetensors: write .*w.safe"):
        train(X, Y, tmp_path / "w.h5")
    with pytest.raises(IsADirectoryError, match="is a folder, not a file"):
        train(X, Y, tmp_path)


class TestCommand:
    def test_it_trains(self, package: Path, tmp_path: Path) -> None:
        np.savez(tmp_path / "d.npz", x=X, y=Y)
        weights = tmp_path / "w.safetensors"
        files = ("--data", str(tmp_path / "d.npz"), "--weights", str(weights))
        done = run(package, *files, "--epochs", "1")
        assert done.returncode == 0, done.stderr
        assert "accuracy" in done.stdout
        assert weights.exists()

    @pytest.mark.parametrize(
        ("arrays", "message"),
        [
            ({"x": X}, "there is no y, but 'x'"),
            ({"x": X + 1, "y": Y}, "x: 1."),
            ({"x": X, "y": Y + 1}, "y: labels run from 1 to 4"),
            ({"x": X, "y": np.array([None] * 40)}, "Object arrays cannot be loaded"),
            ({"x": X[:0], "y": Y[:0]}, "x holds no examples"),
        ],
    )
    def test_bad_data_are_one_line_and_status_1(
        self, package: Path, tmp_path: Path, arrays: Any, message: str
    ) -> None:
        np.savez(tmp_path / "d.npz", **arrays)
        weights = tmp_path / "w"
        done = run(package, "--data", f"{tmp_path}/d.npz", "--weights", str(weights))
        assert done.returncode == 1
        assert done.stdout == ""
        (line,) = done.stderr.splitlines()
        assert line.startswith("volume.train: ")
        assert message in line
        assert not weights.exists()

    def test_a_missing_file_is_status_1(self, package: Path) -> None:
        done = run(package, "--data", "none.npz", "--weights", "w")
        assert done.returncode == 1
        assert len(done.stderr.splitlines()) == 1
        assert "none.npz" in done.stderr

    @pytest.mark.parametrize("epochs", ["0", "-1", "many"])
    def test_bad_usage_is_status_2(self, package: Path, epochs: str) -> None:
        done = run(package, "--data", "d", "--weights", "w", "--epochs", epochs)
        assert done.returncode == 2

    def test_importing_the_package_imports_no_framework(self, package: Path) -> None:
        code = "import sys, volume, volume.train; print(*sorted(sys.modules))"
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=package.parent,
            capture_output=True,
            text=True,
            check=True,
        )
        assert "volume.train" in done.stdout.split()
        assert not {"tensorflow", "keras", "nengo"} & set(done.stdout.split())
