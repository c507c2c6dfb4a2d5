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
    first, _, head, *rows = evaluate(f"--adapt data.npz {learned}").splitlines()
    assert re.fullmatch(
        r"net on exact: accuracy 33\S* % before, \S+ % while learning 30 examples, "
        r"\S+ % after",
        first,
    )
    assert head.split() == ["class", "before", "learning", "after"]
    assert [row.split()[0] for row in rows] == ["0", "1", "2"]
    assert (tmp_path / "learned.png").stat().st_size > 1000
    again = json.loads(evaluate("--format json", "learned.safetensors"))
    found = json.loads(evaluate("--adapt data.npz --format json"))
    assert again["accuracy"] == found["after"]["accuracy"] > 0.6
    assert found["before"]["accuracy"] < 0.4
    assert found["while_learning"]["examples"] == 30


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
