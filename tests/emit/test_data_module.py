"""The generated ``_data.py``: examples and labels that are refused by name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest


@pytest.fixture
def data(load):
    return load("volume", "_data")


@pytest.fixture
def predicted(load):
    return load("waves", "_data")


X = np.linspace(0, 1, 5 * 4 * 6 * 6).reshape(5, 4, 6, 6, 1).astype("f4")
Y = np.array([0, 1, 2, 3, 0])


def save(folder: Path, **arrays) -> Path:
    np.savez(folder / "data.npz", **arrays)
    return folder / "data.npz"


def test_good_data_are_read(data, tmp_path: Path) -> None:
    x, y = data.load_data(save(tmp_path, x=X.astype("f8"), y=Y.astype("u1")))
    np.testing.assert_array_equal(x, X)
    np.testing.assert_array_equal(y, Y)
    assert (x.dtype, y.dtype) == (np.float32, np.int64)


def test_integers_are_values(data) -> None:
    x, _ = data.checked(np.ones(X.shape, "u1"), Y)
    assert x.dtype == np.float32


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (
            X[..., 0],
            Y,
            r"x has shape \(5, 4, 6, 6\), not \(examples, 4, 6, 6, 1\):"
            r" use x\[\.\.\., np\.newaxis\]$",
        ),
        (X[0], Y, r"x has shape \(4, 6, 6, 1\), not \(examples, 4, 6, 6, 1\)$"),
        (np.float32(1), Y, r"x has shape \(\)"),
        (X[:0], Y[:0], "x holds no examples"),
        (X + 1j, Y, "x has type complex"),
        (X.astype(bool), Y, "x has type bool"),
        (X.astype(str), Y, "x has type <U"),
        (X.astype(object), Y, "x has type object"),
        (X + 0.5, Y, r"x: .* is outside 0\.0\.\.1\.0 \(\d+ such values\)"),
        (np.where(X[2, 1, 3, 0, 0] == X, np.nan, X), Y, r"nan at \(2, 1, 3, 0, 0\)"),
        (np.where(X == 1, np.inf, X), Y, "inf at"),
        (X, Y[:4], r"y has shape \(4,\), not \(5,\)"),
        (X, Y[:, None], "y has shape"),
        (X, np.eye(4)[Y], r"y has shape \(5, 4\), not \(5,\): use y\.argmax"),
        (X, Y.astype("f4"), r"y has type float32, not integer: use y\.astype\(int"),
        (X, Y + 0.5, "y has type float64, not integer$"),
        (X, Y * np.nan, "y has type float64, not integer$"),
        (X, Y.astype(object), "y has type object"),
        (X, Y + 1, r"labels run from 1 to 4, not within 0\.\.3"),
        (X, Y - 1, "labels run from -1"),
    ],
)
def test_bad_arrays_are_named(data, x, y, message: str) -> None:
    with pytest.raises(data.DataError, match=message):
        data.checked(x, y)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (np.zeros(3), r"y has shape \(3,\), not \(3, 2\)"),
        (np.full((3, 2), np.nan), "y holds NaN"),
        (np.zeros((3, 2), bool), "y has type bool"),
    ],
)
def test_bad_predictions_are_named(predicted, y, message: str) -> None:
    with pytest.raises(predicted.DataError, match=message):
        predicted.checked(np.zeros((3, 12, 2)), y)


def test_good_predictions_become_float32(predicted) -> None:
    _, y = predicted.checked(np.zeros((3, 12, 2)), np.ones((3, 2), int))
    assert y.dtype == np.float32


def test_a_missing_array_is_named(data, tmp_path: Path) -> None:
    with pytest.raises(data.DataError, match="y is missing"):
        data.load_data(save(tmp_path, x=X))


def test_objects_are_never_unpickled(data, tmp_path: Path) -> None:
    class Bomb:
        def __reduce__(self):
            return pytest.fail, ("unpickled",)

    path = save(tmp_path, x=np.array([Bomb()]), y=Y)
    with pytest.raises(data.DataError, match=r"x can't be read: .* Python objects"):
        data.load_data(path)


def test_a_single_array_is_refused(data, tmp_path: Path) -> None:
    np.save(tmp_path / "data.npy", X)
    with pytest.raises(data.DataError, match=r"it is a single array; np\.savez"):
        data.load_data(tmp_path / "data.npy")


@pytest.mark.parametrize("cut", [10, 300, -30])
def test_a_truncated_file_is_refused(data, tmp_path: Path, cut: int) -> None:
    path = save(tmp_path, x=X, y=Y)
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(data.DataError, match=r"is no \.npz file: it is cut short"):
        data.load_data(path)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "it is empty"),
        (b"x,y\n1,2\n", r"np\.savez\(path, x=x, y=y\) writes one"),
        (b"\x80\x04N.", r"np\.savez\(path, x=x, y=y\) writes one"),
    ],
)
def test_no_npz_file_says_what_to_do(data, tmp_path: Path, content, reason) -> None:
    path = tmp_path / "data.npz"
    path.write_bytes(content)
    with pytest.raises(data.DataError, match=rf"is no \.npz file: {reason}$"):
        data.load_data(path)


def test_a_damaged_array_is_named(data, tmp_path: Path) -> None:
    path = save(tmp_path, x=X, y=Y)
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(data.DataError, match="x can't be read"):
        data.load_data(path)
