"""`Package.adapt`: the readout learns from examples, and gives its weights."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import snnc
from tests.commands import run
from tests.learning.test_learning import IMAGES, LABELS
from tests.support import network

SPEC = network("""
    timing { present 60 ms }
    input image 4x4x1 in 0..1
    encode rate
    dense a { units 40 }
    readout y { classes 3, learn pes { rate 0.35, from zero } }
""")


def weights(layout: Any) -> dict[str, Any]:
    random = np.random.default_rng(0)
    tensors = {t.name: np.zeros(t.shape, np.float32) for t in layout.TENSORS}
    shape = tensors["a.kernel"].shape
    return tensors | {"a.kernel": random.normal(0, 0.3, shape).astype(np.float32)}


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return snnc.parse(SPEC).build(tmp_path_factory.mktemp("models"))


def test_the_engine_and_the_emulator_learn_what_decides_better(
    package: Any, tmp_path: Path
) -> None:
    tensors = weights(package.layout)
    file = tmp_path / "learned.safetensors"
    found = package.adapt(IMAGES, LABELS, tensors, weights_out=file)
    assert len(found.outputs) == len(found.y) == len(IMAGES)
    written = package.layout.load_weights(file)
    assert np.array_equal(written["y.kernel"], found.weights["y.kernel"])
    assert np.array_equal(written["a.kernel"], tensors["a.kernel"])
    outputs = package.opened.module("predict").predict(IMAGES, found.weights)
    assert np.mean(outputs.argmax(axis=1) == LABELS) > 0.6
    assert "while learning 30 examples" in repr(found)
    emulated = package.adapt(IMAGES, LABELS, tensors, simulator="loihi")
    assert np.array_equal(found.weights["y.kernel"], emulated.weights["y.kernel"])
    assert found.outputs == pytest.approx(emulated.outputs)
    assert found.recalls == emulated.recalls


@pytest.mark.parametrize(
    ("x", "y", "said"),
    [
        (IMAGES[:0], LABELS[:0], "no examples"),
        (IMAGES, 0 * LABELS, "all examples are of class 0"),
        (IMAGES, LABELS[:5], "y has 5"),
        (IMAGES, LABELS + 1, "3"),
    ],
)
def test_data_that_can_not_be_learned_are_refused(
    package: Any, x: Any, y: Any, said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        package.adapt(x, y, weights(package.layout))


def test_a_readout_that_does_not_learn_is_refused(tmp_path: Path) -> None:
    text = SPEC.replace(", learn pes { rate 0.35, from zero }", "")
    package = snnc.parse(text).build(tmp_path)
    with pytest.raises(ValueError, match="write `learn pes` in it"):
        package.adapt(IMAGES, LABELS, weights(package.layout))


def test_evaluate_shows_accuracy_before_while_learning_and_after(
    package: Any, tmp_path: Path
) -> None:
    package.layout.save_weights(tmp_path / "w.safetensors", weights(package.layout))
    np.savez(tmp_path / "data.npz", x=IMAGES, y=LABELS)

    def evaluate(options: str, file: str = "w.safetensors") -> str:
        files = ("--weights", file, "--data", "data.npz")
        done = run("evaluate", package.folder, *files, *options.split(), cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        return done.stdout

    learned = "--weights-out learned.safetensors --picture learned.png"
    kept = "--keep data.npz --passes 2"
    text = evaluate(f"--adapt data.npz {learned} {kept}")
    said, scores, classes, *notes = text.split("\n\n")
    assert re.fullmatch(
        r"net on exact: accuracy \S+ % while learning 30 examples 2 times", said
    )
    head, new, old = scores.splitlines()
    assert head.split() == [
        "data",
        "examples",
        "before",
        "after",
        "ridge",
        "regression",
    ]
    assert new == old
    assert new.startswith("data.npz        30  33.3 % (")
    head, *rows = classes.splitlines()
    assert head.split() == ["class", "before", "learning", "after"]
    assert [row.split()[0] for row in rows] == ["0", "1", "2"]
    assert not notes
    assert (tmp_path / "learned.png").stat().st_size > 1000
    again = json.loads(evaluate("--format json", "learned.safetensors"))
    found = json.loads(evaluate("--adapt data.npz --format json"))
    assert again["accuracy"] == found["after"]["accuracy"] > 0.6
    assert found["before"]["accuracy"] < 0.4
    assert found["refit"]["accuracy"] > 0.8
    assert found["kept"] is None
    assert found["while_learning"]["examples"] == 30
    assert found["while_learning"]["passes"] == 1


def test_a_second_pass_goes_on_from_the_first(package: Any) -> None:
    tensors = weights(package.layout)
    twice = package.adapt(IMAGES, LABELS, tensors, seed=None, passes=2)
    again = package.adapt(
        np.tile(IMAGES, (2, 1, 1, 1)), np.tile(LABELS, 2), tensors, seed=None
    )
    assert np.array_equal(twice.weights["y.kernel"], again.weights["y.kernel"])
    assert (twice.examples, again.examples) == (30, 60)
    reached = np.mean(twice.outputs[30:].argmax(axis=1) == LABELS)
    assert twice.accuracy == reached


def test_passes_are_shuffled_anew(package: Any) -> None:
    learned = package.adapt(IMAGES, LABELS, weights(package.layout), seed=3, passes=2)
    assert sorted(learned.y[:30]) == sorted(learned.y[30:])
    assert list(learned.y[:30]) != list(learned.y[30:])


def test_ridge_regression_fits_the_spikes(package: Any) -> None:
    """Predicted outputs are close to the targets, unlike those of zero weights."""
    learned = package.adapt(IMAGES, LABELS, weights(package.layout))
    outputs = package.predict(IMAGES, learned.refit).outputs
    assert np.mean(outputs.argmax(axis=1) == LABELS) > 0.9
    assert np.abs(outputs - np.eye(3)[LABELS]).mean() < 0.3


def test_a_class_that_is_forgotten_is_named(package: Any, tmp_path: Path) -> None:
    package.layout.save_weights(tmp_path / "w.safetensors", weights(package.layout))
    np.savez(tmp_path / "data.npz", x=IMAGES, y=LABELS)
    known = LABELS < 2
    np.savez(tmp_path / "two.npz", x=IMAGES[known], y=LABELS[known])
    files = ("--weights", "w.safetensors", "--data", "data.npz", "--adapt", "two.npz")
    done = run("evaluate", package.folder, *files, cwd=tmp_path)
    assert "note: no example of class 2 is recognised after learning: " in done.stdout


@pytest.mark.parametrize("option", ["--passes 2", "--keep data.npz"])
def test_options_of_learning_need_it(package: Any, tmp_path: Path, option: str) -> None:
    np.savez(tmp_path / "data.npz", x=IMAGES, y=LABELS)
    package.layout.save_weights(tmp_path / "w.safetensors", weights(package.layout))
    files = ("--weights", "w.safetensors", "--data", "data.npz")
    done = run("evaluate", package.folder, *files, *option.split(), cwd=tmp_path)
    assert done.returncode == 2
    assert "--passes and --keep need --adapt with examples" in done.stderr


@pytest.mark.parametrize("passes", [0, -1])
def test_passes_are_at_least_one(package: Any, passes: int) -> None:
    with pytest.raises(ValueError, match="not 1 or more"):
        package.adapt(IMAGES, LABELS, weights(package.layout), passes=passes)


def test_regressions_learn_values(tmp_path: Path) -> None:
    text = SPEC.replace("classes 3", "units 2").replace("zero", "zero, error 0.5")
    package = snnc.parse(text).build(tmp_path)
    values = np.stack([IMAGES[:, 0, 0, 0], IMAGES[:, 0, 1, 0]], axis=1)
    found = package.adapt(IMAGES, values, weights(package.layout))
    assert found.accuracy is None
    assert found.rmse == pytest.approx(float(found.score))
    # Weights begin with zeros, so the first errors are the values.
    assert found.clipped >= np.mean(np.abs(values) > 0.5) / len(values) > 0
    found.plot_accuracy()
