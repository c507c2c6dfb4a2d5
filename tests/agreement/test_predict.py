"""The generated `predict.py`: the outputs of a simulation by hand."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import nengo
import numpy as np
import pytest

from tests.agreement.conftest import one_run

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.xdist_group("evaluate"),
]


@pytest.fixture
def x(data: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    return data[0]


def by_hand(net: SimpleNamespace, x: np.ndarray) -> np.ndarray:
    rows, _ = one_run(net, x, nengo.Simulator)
    return rows[:, net.network.steps // 2 :].mean(axis=1)


def test_outputs_are_those_of_one_run(net: SimpleNamespace, x: np.ndarray) -> None:
    outputs = net.predict.predict(x, net.weights)
    assert (outputs.dtype, outputs.shape) == (np.float32, (6, 4))
    np.testing.assert_allclose(outputs, by_hand(net, x), rtol=1e-6)
    weights = net.layout.load_weights(net.weights)
    np.testing.assert_array_equal(net.predict.predict(x, weights), outputs)


def test_a_row_begins_from_rest(
    net: SimpleNamespace, x: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(net.library("nengo.simulators"), "ROW", 4)
    outputs = net.predict.predict(x, net.weights)
    apart = np.concatenate([by_hand(net, x[:4]), by_hand(net, x[4:])])
    np.testing.assert_allclose(outputs, apart, rtol=1e-6)


@pytest.mark.parametrize("name", ["x.npz", "x.npy"])
def test_the_command_line_writes_outputs_and_labels(
    net: SimpleNamespace, x: np.ndarray, tmp_path: Path, name: str
) -> None:
    data, out = tmp_path / name, tmp_path / "out.npz"
    np.save(data, x) if name == "x.npy" else np.savez(data, x=x)
    files = ("--data", data, "--weights", net.weights, "-o", out)
    assert net.predict.main([*map(str, files)]) == 0
    with np.load(out) as found:
        outputs, labels = found["outputs"], found["labels"]
    np.testing.assert_array_equal(outputs, net.predict.predict(x, net.weights))
    np.testing.assert_array_equal(labels, outputs.argmax(axis=1))
    assert labels.dtype == np.int64


def test_what_does_not_fit_is_refused_in_one_line(
    net: SimpleNamespace,
    x: np.ndarray,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    np.savez(tmp_path / "small.npz", x=x[:, 1:])
    np.savez(tmp_path / "none.npz", x=x[:0])
    out = tmp_path / "out.npz"
    for data, weights, said in (
        ("small.npz", net.weights, "small.npz: x has shape"),
        ("none.npz", net.weights, "none.npz: x holds no examples"),
        ("missing.npz", net.weights, "missing.npz: No such file"),
        ("small.npz", tmp_path / "missing", "small.npz: x has shape"),
    ):
        files = ("--data", tmp_path / data, "--weights", weights, "-o", out)
        assert net.predict.main([*map(str, files)]) == 1
        told = capsys.readouterr().err
        assert said in told
        assert told.startswith("evaluated.predict: ")
        assert told.count("\n") == 1
    assert not out.exists()
