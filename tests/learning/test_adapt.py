"""`Package.adapt`: the readout learns from examples, and gives its weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import snnc
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


def test_what_was_learned_decides_better(package: Any, tmp_path: Path) -> None:
    tensors = weights(package.layout)
    file = tmp_path / "learned.safetensors"
    found = package.adapt(IMAGES, LABELS, tensors, simulator="nengo", weights_out=file)
    assert len(found.outputs) == len(found.y) == len(IMAGES)
    written = package.layout.load_weights(file)
    assert np.array_equal(written["y.kernel"], found.weights["y.kernel"])
    assert np.array_equal(written["a.kernel"], tensors["a.kernel"])
    outputs = package.opened.module("predict").predict(IMAGES, found.weights)
    assert np.mean(outputs.argmax(axis=1) == LABELS) > 0.6
    assert "while learning 30 examples" in repr(found)


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
        package.adapt(x, y, weights(package.layout), simulator="nengo")


def test_a_readout_that_does_not_learn_is_refused(tmp_path: Path) -> None:
    text = network("""
        input image 4x4x1 in 0..1
        encode rate
        dense a { units 4 }
        readout y { classes 3 }
    """)
    package = snnc.parse(text).build(tmp_path)
    with pytest.raises(ValueError, match="write `learn pes` in it"):
        package.adapt(IMAGES, LABELS, weights(package.layout))
