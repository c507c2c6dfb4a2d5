"""Data files, which need not fit memory, and what is wrong with some."""

from __future__ import annotations

import errno
import io
import os
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest

from snnc.runtime import arrays
from snnc.runtime.data import (
    DataError,
    DataSpec,
    check_data,
    check_input,
    load_data,
    load_input,
    open_data,
    select,
)
from snnc.runtime.examples import drawn
from tests.runtime.npz import (
    CENTRAL,
    HEADER,
    LOCAL,
    X,
    Y,
    archive,
    npy,
    patched,
    told,
)

SPEC = DataSpec((6, 6, 1), 0.0, 1.0, 3, classifies=True)
BYTES = DataSpec((6, 6, 1), 0.0, 255.0, 3, classifies=True)
TARGETS = DataSpec((6, 6, 1), 0.0, 1.0, 2, classifies=False)
BIG = 10**9  # examples: 144 GB, of which a disk keeps only what is written


def stored(path: Path, x: np.ndarray) -> Path:
    np.savez(path / "d.npz", y=Y, x=x)
    return path / "d.npz"


def compressed(path: Path, x: np.ndarray) -> Path:
    np.savez_compressed(path / "d.npz", y=Y, x=x)
    return path / "d.npz"


def folder(path: Path, x: np.ndarray) -> Path:
    np.save(path / "x.npy", x)
    np.save(path / "y.npy", Y)
    return path


@pytest.mark.parametrize("in_memory", [0, 2**28])
@pytest.mark.parametrize("save", [stored, compressed, folder])
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", [np.float64, ">f4", np.uint8])
def test_slices_are_what_was_saved(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    save: Callable[[Path, np.ndarray], Path],
    in_memory: int,
    order: Literal["C", "F"],
    dtype: type,
) -> None:
    monkeypatch.setattr(arrays, "IN_MEMORY", in_memory)
    x: np.ndarray = (255 * X).astype(dtype, order=order)
    path = save(tmp_path, x)
    examples = open_data(path, BYTES, 40)
    assert examples.shape == (40, 6, 6, 1)
    for start, stop in ((0, 7), (7, 20), (33, 40), (2, 5), (38, 99), (3, 3)):
        piece = examples[start:stop]
        assert piece.dtype == np.float32
        assert np.array_equal(piece, x[start : min(stop, 40)].astype(np.float32))
    assert np.array_equal(examples.y, Y[:40])
    whole, labels = load_data(path, BYTES)
    assert np.array_equal(whole, x.astype(np.float32))
    assert np.array_equal(labels, Y)
    assert labels.dtype == np.int64
    assert np.array_equal(load_input(path, BYTES), whole)


def test_large_files_are_not_kept_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(open_data(stored(tmp_path, X), SPEC).x, np.memmap)
    monkeypatch.setattr(arrays, "IN_MEMORY", 1000)
    assert isinstance(open_data(compressed(tmp_path, X), SPEC).x, np.memmap)
    shape = (BIG, 6, 6, 1)
    np.lib.format.open_memmap(tmp_path / "x.npy", "w+", np.float32, shape)
    np.lib.format.open_memmap(tmp_path / "y.npy", "w+", np.uint8, (BIG,))
    assert os.stat(tmp_path / "x.npy").st_size > 10**11
    huge = open_data(tmp_path, SPEC, 1000)
    assert huge[990:2000].shape == (10, 6, 6, 1)


def test_identities_follow_the_content(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    one, other = (stored(tmp_path / name, X) for name in "ab")
    assert open_data(one, SPEC).identity == open_data(other, SPEC).identity
    changed = X.copy()
    changed[-1] = 0
    other = stored(tmp_path / "b", changed)
    assert open_data(one, SPEC).identity != open_data(other, SPEC).identity


def test_targets_are_numbers_of_each_unit(tmp_path: Path) -> None:
    y = np.random.default_rng(1).normal(size=(50, 2))
    np.savez(tmp_path / "d.npz", x=X, y=y)
    _, found = load_data(tmp_path / "d.npz", TARGETS)
    assert found.dtype == np.float32
    assert np.array_equal(found, y.astype(np.float32))


def test_an_input_needs_no_labels(tmp_path: Path) -> None:
    np.savez(tmp_path / "d.npz", x=X)
    assert np.array_equal(load_input(tmp_path / "d.npz", SPEC), X)
    with pytest.raises(DataError, match=r"d.npz: x has shape"):
        load_input(tmp_path / "d.npz", DataSpec((5,), 0.0, 1.0, 3, True))


def test_an_array_that_has_no_room_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full(io.BytesIO):
        def write(self, data: object) -> int:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(arrays, "IN_MEMORY", 0)
    monkeypatch.setattr(tempfile, "TemporaryFile", Full)
    told = "No space left on device to unpack x of .*d.npz"
    with pytest.raises(OSError, match=told) as caught:
        open_data(compressed(tmp_path, X), SPEC)
    assert caught.value.filename == tempfile.gettempdir()


@pytest.mark.parametrize("in_memory", [0, 2**28])
def test_examples_are_drawn_by_a_seed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, in_memory: int
) -> None:
    monkeypatch.setattr(arrays, "IN_MEMORY", in_memory)
    path = compressed(tmp_path, X)
    examples = open_data(path, SPEC, 20, seed=3)
    assert len(set(examples.rows)) == len(examples) == 20
    assert not np.array_equal(examples.rows, np.sort(examples.rows))
    assert np.array_equal(examples[5:15], X[examples.rows[5:15]])
    assert np.array_equal(examples.y, Y[examples.rows])
    assert np.array_equal(open_data(path, SPEC, 20, seed=3).rows, examples.rows)
    assert not np.array_equal(open_data(path, SPEC, 20, seed=4).rows, examples.rows)
    whole = open_data(path, SPEC, seed=3)
    assert np.array_equal(np.sort(whole.rows), np.arange(50))


def test_only_what_is_drawn_is_checked(tmp_path: Path) -> None:
    x = X.copy()
    x[7, 2] = 9
    path = stored(tmp_path, x)
    seeds = range(40)
    drawn_it = [7 in drawn(50, 10, seed) for seed in seeds]
    assert 0 < sum(drawn_it) < 40
    for seed, bad in zip(seeds, drawn_it, strict=True):
        if not bad:
            open_data(path, SPEC, 10, seed)
            continue
        with pytest.raises(DataError, match=r"9.0 at \(7, 2, 0, 0\) is outside"):
            open_data(path, SPEC, 10, seed)


@pytest.mark.parametrize(
    ("bounds", "values", "said"),
    [
        ((0, 255), (0, 1), "x is within 0..1, a small part of the spec's 0..255: "),
        ((0, 16), (0, 1), "x is within 0..1, "),
        ((-128, 127), (-1, 0.5), "x is within -1..0.5, "),
        ((0, 1), (0, 0.0039), "x is within 0..0.0039, "),
        ((0, 255), (0, 16), None),
        ((0, 16), (0, 2), None),
        ((-1, 1), (-0.5, 0), None),
        ((100, 200), (100, 101), None),
    ],
)
def test_values_that_hardly_fill_the_range_are_told(
    bounds: tuple[float, float], values: tuple[float, float], said: str | None
) -> None:
    low, high = bounds
    spec = DataSpec((2,), low, high, 3, classifies=True)
    x = np.array([values, values], np.float32)
    warning = select(x, np.arange(2), spec).warning
    assert warning is None if said is None else (warning or "").startswith(said)


def late(path: Path) -> Path:
    x = np.repeat(X, 4, axis=0)
    x[130, 0, 2] = 7
    x[131, 0, 2] = np.nan
    np.savez(path / "d.npz", x=x, y=np.repeat(Y, 4))
    return path / "d.npz"


def without_y(path: Path) -> Path:
    np.savez(path / "d.npz", x=X, label=Y)
    return path / "d.npz"


def half(path: Path) -> Path:
    np.save(path / "x.npy", X)
    return path


def cut_npy(path: Path) -> Path:
    np.save(path / "y.npy", Y)
    (path / "x.npy").write_bytes(npy(X)[:-1])
    return path


def with_bytes(content: bytes) -> Callable[[Path], Path]:
    def write(path: Path) -> Path:
        (path / "d.npz").write_bytes(content)
        return path / "d.npz"

    return write


def with_x(content: bytes, method: int = zipfile.ZIP_STORED) -> Callable[[Path], Path]:
    return lambda path: archive(path, x=content, method=method)


def fifo(path: Path) -> Path:
    os.mkfifo(path / "d.npz")
    return path / "d.npz"


def with_header(shape: object, descr: object = "<f4") -> Callable[[Path], Path]:
    return with_x(told(HEADER.format(repr(descr), shape), X.tobytes()))


def with_patch(*patch: Any, method: int = 0) -> Callable[[Path], Path]:
    return lambda path: patched(archive(path, method=method), *patch)


WRONG_CRC = 200, b"\x01\x02\x03"
BAD: dict[str, Callable[[Path], Path]] = {
    "no archive": with_bytes(b"x, y\n"),
    "empty": with_bytes(b""),
    "one array": with_bytes(npy(X)),
    "cut": lambda path: with_bytes(stored(path, X).read_bytes()[:3000])(path),
    "fifo": fifo,
    "no y": without_y,
    "half a folder": half,
    "cut array in a folder": cut_npy,
    "wrong CRC": with_patch(LOCAL, *WRONG_CRC),
    "wrong CRC, compressed": with_patch(LOCAL, *WRONG_CRC, method=zipfile.ZIP_DEFLATED),
    "encrypted": with_patch(CENTRAL, 8, b"\x01"),
    "unknown method": with_patch(CENTRAL, 10, b"\x63"),
    "LZMA": with_x(npy(X), zipfile.ZIP_LZMA),
    "unknown version": with_patch(CENTRAL, 6, b"\x63"),
    "other local name": with_patch(LOCAL, 30, b"z"),
    "no local header": with_patch(LOCAL, 0, b"XX"),
    "local header behind the end": with_patch(CENTRAL, 42, b"\xff\xff\xff\x7f"),
    "sizes beyond the end": with_patch(CENTRAL, 20, b"\xff\xff\xff\x0f" * 2),
    "stored, of two sizes": with_patch(CENTRAL, 24, b"\xff\x00"),
    "begins before the file": lambda path: with_bytes(archive(path).read_bytes()[60:])(
        path
    ),
    "magic": with_x(b"\x92NUMPY" + npy(X)[6:]),
    "version 3": with_x(told(HEADER.format("'<f4'", X.shape), X.tobytes(), (3, 0))),
    "cut header": with_x(npy(X)[:40]),
    "no header": with_x(b""),
    "no literal": with_x(told("{'descr': open('x')}")),
    "unhashable": with_x(told("{[]: 1}")),
    "deep": with_x(told("(" * 9000 + ")" * 9000)),
    "unfinished": with_x(told("{'descr': (((")),
    "not a dtype": with_header(X.shape, "<q9"),
    "huge shape": with_header((10**30, 6, 6, 1)),
    "no rows of a huge shape": with_x(told(HEADER.format("'<f4'", (0, 10**30)))),
    "negative shape": with_header((-1, -50, 36)),
    "zero itemsize": with_header((10**18,), "|S0"),
    "text": with_x(npy(np.array(["a"] * 50))),
    "subarrays": with_header(X.shape, ("<f4", (1,))),
    "booleans": with_x(npy(X > 1)),
    "records": with_x(npy(np.zeros(50, [("a\x1b", "f4")]))),
    "objects": lambda path: stored(path, np.array([{}] * 50)),
    "a single number": with_x(npy(np.array(1.0))),
    "unequal": lambda path: archive(path, y=npy(Y[:7])),
    "nothing": lambda path: archive(path, x=npy(X[:0]), y=npy(Y[:0])),
    "outside": late,
    "no channels": with_x(npy(X[..., 0])),
    "channels first": with_x(npy(np.moveaxis(X, -1, 1))),
    "flattened": with_x(npy(X.reshape(50, 36))),
}


@pytest.mark.parametrize("in_memory", [0, 2**28])
def test_what_is_no_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, in_memory: int
) -> None:
    monkeypatch.setattr(arrays, "IN_MEMORY", in_memory)
    said = []
    for name, make in BAD.items():
        (tmp_path / name).mkdir()
        monkeypatch.chdir(tmp_path / name)
        with pytest.raises(DataError) as caught:
            open_data(make(Path()), SPEC)
        said.append(f"{name}: {caught.value}")
    compare("data.txt", said)


LABELS = {
    "one-hot": np.eye(3)[Y],
    "column": Y[:, np.newaxis],
    "too few": Y[:9],
    "floats": Y.astype(float),
    "fractions": Y + 0.5,
    "names": np.array(["cat", "dog"])[Y % 2],
    "out of range": Y - 1,
}
VALUES = {
    "flat": np.zeros(50),
    "of three units": np.zeros((50, 3)),
    "text": np.full((50, 2), "a"),
    "too large": np.full((50, 2), 1e300),
}


def test_what_are_no_labels() -> None:
    said = []
    for spec, cases in ((SPEC, LABELS), (TARGETS, VALUES)):
        for name, y in cases.items():
            with pytest.raises(DataError) as caught:
                check_data(X, y, spec)
            said.append(f"{name}: {caught.value}")
    one = DataSpec((6, 6, 1), 0.0, 1.0, 1, classifies=False)
    with pytest.raises(DataError, match="use y"):
        check_data(X, np.zeros(50), one)
    compare("labels.txt", said)


def test_arrays_are_checked_and_converted() -> None:
    x, y = check_data((X > 0.5).astype(int), Y.astype(np.uint8), SPEC)
    assert [x.dtype, y.dtype] == [np.dtype(np.float32), np.dtype(np.int64)]
    assert check_input(X, SPEC) is X
    with pytest.raises(DataError, match="no examples"):
        check_input(X[:0], SPEC)


def compare(name: str, said: list[str]) -> None:
    text = "\n".join(said) + "\n"
    golden = Path(__file__).parent / name
    if os.environ.get("SNNC_ACCEPT"):
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")
