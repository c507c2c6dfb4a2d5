"""Training: from data to a weights file."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from tests.commands import run_python
from tests.emit.packages import Load
from tests.runtime.phased import Made, examples

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("eagerly")]

X, Y = examples(40)
SMOOTH: Any = {"epochs": 1, "phases": ("smooth",)}


@pytest.fixture
def train(net: Made) -> Any:
    return net.trainer().train


@pytest.fixture
def pipelines(net: Made) -> Any:
    """Return a function that makes pipelines of a seed."""
    made = net.module("_runtime.keras.pipelines")
    return lambda seed: made.Pipelines(net.network, 64, 0.1, seed)


def test_only_what_is_wrong_is_told_of_data_that_are_not_there(
    net: Made, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("TF_CPP_MIN_LOG_LEVEL", raising=False)
    for program in ("train", "evaluate"):
        files = ("--data", "no.npz", "--weights", "w")
        assert net.module(program).main([*files]) == 1
        told = f"chain.{program}: no.npz: No such file or directory\n"
        assert capsys.readouterr().err == told
        level = os.environ.pop("TF_CPP_MIN_LOG_LEVEL", None)
        assert level == ("2" if program == "train" else None)  # Keras is not needed


@pytest.mark.parametrize("epochs", ["0", "-1", "many"])
def test_bad_usage_is_status_2(net: Made, epochs: str) -> None:
    with pytest.raises(SystemExit, match="2"):
        net.module("train").main(["--data", "d", "--weights", "w", "--epochs", epochs])


def test_importing_the_package_imports_no_framework(net: Made) -> None:
    code = "import sys, chain, chain.train; print(*sorted(sys.modules))"
    done = run_python("-c", code, cwd=net.package.parent)
    assert "chain.train" in done.stdout.split()
    assert not {"tensorflow", "keras", "nengo"} & set(done.stdout.split())


def test_training_writes_weights_that_compute_the_same(
    net: Made, train: Any, tmp_path: Path
) -> None:
    model = train(X, Y, tmp_path / "w", epochs=2, phases=("smooth", "scale"))
    assert {"accuracy", "val_accuracy", "val_loss"} <= set(model.history.history)
    built = net.module("keras_model")
    again = built.build_model()
    built.import_weights(again, tmp_path / "w")
    np.testing.assert_allclose(again(X), model(X), rtol=1e-5, atol=1e-6)


def test_the_seed_draws_weights_examples_and_dropout(load: Load) -> None:
    tf.config.run_functions_eagerly(False)  # where Keras draws no dropout by the seed
    x = np.random.default_rng(0).uniform(0, 1, (40, 4, 6, 6, 1)).astype("f4")
    train = load("volume", "train").train
    first, again, other = (
        train(x, Y, **SMOOTH, seed=seed).get_weights() for seed in (0, 0, 9)
    )
    for a, b, c in zip(first, again, other, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)
        assert np.abs(a - c).max() > 0


def test_a_global_seed_of_zero_is_no_obstacle(train: Any) -> None:
    tf.keras.utils.set_random_seed(0)
    try:
        train(X, Y, **SMOOTH)
    finally:
        tf.random.set_seed(None)


def split_of(batches: Any) -> tuple[list[bytes], list[bytes]]:
    """Return the examples of one epoch and those that validate."""
    training = batches.training(0).take(batches.steps)
    return examples_of(training), examples_of(batches.validation)


def examples_of(dataset: tf.data.Dataset) -> list[bytes]:
    return sorted(x.numpy().tobytes() for x, _ in dataset.unbatch())


def batches_of(pipelines: Any, source: str, seed: int = 0) -> Any:
    if source == "arrays":
        return pipelines(seed).of_arrays(X, Y)
    dataset = dataset_of(X, Y)
    dataset = dataset.batch(7) if source == "batches" else dataset
    return pipelines(seed).of_dataset(dataset)


@pytest.mark.parametrize("source", ["arrays", "dataset", "batches"])
def test_every_example_has_one_place(pipelines: Any, source: str) -> None:
    trains, validates = split_of(batches_of(pipelines, source))
    assert sorted(trains + validates) == sorted(x.tobytes() for x in X)
    assert len(validates) == 4 if source == "arrays" else validates
    assert split_of(batches_of(pipelines, source))[1] == validates
    assert split_of(batches_of(pipelines, source, seed=1))[1] != validates


def test_too_few_examples_leave_no_validation(pipelines: Any) -> None:
    batches = pipelines(0).of_arrays(X[:5], Y[:5])
    assert batches.validation is None
    assert len(examples_of(batches.training(0).take(batches.steps))) == 5


@pytest.mark.parametrize("source", ["arrays", "dataset"])
def test_epochs_differ_in_order_and_start_anywhere(pipelines: Any, source: str) -> None:
    def epochs(first: int) -> list[bytes]:
        made = batches_of(pipelines, source)
        assert made.steps == 1
        return [x.numpy().tobytes() for x, _ in made.training(first).take(3)]

    first = epochs(0)
    assert len(set(first)) == 3
    assert epochs(1)[:2] == first[1:]


def test_a_cosine_schedule_ends_with_the_training(load: Load) -> None:
    x = np.random.default_rng(0).uniform(0, 1, (70, 8, 8, 3)).astype("f4")
    train = load("colours", "train").train
    model = train(x, np.arange(70) % 4, epochs=2, phases=("smooth",))
    config = model.optimizer.get_config()["learning_rate"]["config"]
    assert config["decay_steps"] == int(model.optimizer.iterations)


def dataset_of(*pair: Any) -> tf.data.Dataset:
    return tf.data.Dataset.from_tensor_slices(pair)


WRONG_VALUE = tf.errors.InvalidArgumentError


@pytest.mark.parametrize(
    ("dataset", "error", "message"),
    [
        (X, None, "y is missing"),
        (tf.data.Dataset.from_tensor_slices(X), None, "pairs"),
        (dataset_of(X[..., 0], Y), None, "x has shape"),
        (dataset_of(X, X), None, "y is float32"),
        (dataset_of(X[:0], Y[:0]), None, "empty"),
        (dataset_of(X, Y).repeat(), None, "never ends"),
        (dataset_of(X + 1, Y), WRONG_VALUE, "x: a value"),
        (dataset_of(X, Y + 1), WRONG_VALUE, "y: a label"),
    ],
)
def test_bad_datasets_are_refused(
    net: Made, train: Any, dataset: Any, error: type[Exception] | None, message: str
) -> None:
    with pytest.raises(error or net.data_error, match=message):
        train(dataset, epochs=1)


@pytest.mark.parametrize(
    ("path", "error", "told"),
    [
        ("none/w", OSError, "none/w can't be written: No such file"),
        ("w.h5", None, r"w.h5: .* are safetensors: write .*w.safe"),
        ("", IsADirectoryError, "is a folder, not a file"),
    ],
)
def test_a_place_for_no_weights_is_found_before_training(
    train: Any, tmp_path: Path, path: str, error: type[Exception], told: str
) -> None:
    with pytest.raises(error, match=told):
        train(X, Y, tmp_path / path)
