"""Data files, which need not fit memory, and what is wrong with some."""

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest

from snnc.runtime.data import DataError, open_data, select
from snnc.runtime.examples import sample_indices
from snnc.runtime.network import Input, Network, Readout
from snnc.verbs.evaluate.task import identify_data
from tests.rules.checking import assert_accepted

HERE = Path(__file__).parent
X = np.random.default_rng(0).random((50, 6, 6, 1)).astype(np.float32)
Y = np.arange(50) % 3


def network(
    shape: tuple[int, ...], high: float, units: int, classes: bool, low: float = 0.0
) -> Network:
    read, readout = Input("x", shape, low, high), Readout("y", units, classes)
    return Network("net", 0.001, 0.1, read, {}, readout)


SPEC = network((6, 6, 1), 1.0, 3, classes=True)
BYTES = network((6, 6, 1), 255.0, 3, classes=True)
TARGETS = network((6, 6, 1), 1.0, 2, classes=False)
BIG = 10**9  # examples: a sparse file of 144 GB


Write = Callable[[Path], Path]


def save(
    path: Path,
    x: np.ndarray = X,
    y: np.ndarray | None = Y,
    how: Callable[..., None] | None = np.savez,
    **others: np.ndarray,
) -> Path:
    """Write an archive into a folder, or an array per file if ``how`` is None."""
    arrays = {"x": x, **others} if y is None else {"x": x, "y": y, **others}
    if how is not None:
        how(path / "d.npz", **arrays)
        return path / "d.npz"
    for name, array in arrays.items():
        np.save(path / f"{name}.npy", array)
    return path


def changed(values: dict[tuple[int, ...], float], x: np.ndarray = X) -> np.ndarray:
    """Return the examples with other values at some places."""
    x = x.copy()
    for place, value in values.items():
        x[place] = value
    return x


@pytest.mark.parametrize("how", [np.savez, np.savez_compressed, None])
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", [np.float64, ">f4", np.uint8])
def test_slices_are_what_was_saved(
    tmp_path: Path, how: Any, order: Literal["C", "F"], dtype: type
) -> None:
    x: np.ndarray = (255 * X).astype(dtype, order=order)
    path = save(tmp_path, x, how=how)
    examples = open_data(path, BYTES, 40)
    assert examples.shape == (40, 6, 6, 1)
    for start, stop in ((0, 7), (7, 20), (33, 40), (2, 5), (38, 99), (3, 3)):
        piece = examples[start:stop]
        assert piece.dtype == np.float32
        assert np.array_equal(piece, x[start : min(stop, 40)].astype(np.float32))
    assert np.array_equal(examples.y, Y[:40])
    whole, labels = open_data(path, BYTES).arrays
    assert np.array_equal(whole, x.astype(np.float32))
    assert np.array_equal(labels, Y)
    assert labels.dtype == np.int64
    assert np.array_equal(open_data(path, BYTES, labelled=False)[:], whole)


def test_a_folder_need_not_fit_memory(tmp_path: Path) -> None:
    shape = (BIG, 6, 6, 1)
    np.lib.format.open_memmap(tmp_path / "x.npy", "w+", np.float32, shape)
    np.lib.format.open_memmap(tmp_path / "y.npy", "w+", np.uint8, (BIG,))
    assert os.stat(tmp_path / "x.npy").st_size > 10**11
    huge = open_data(tmp_path, SPEC, 1000)
    assert huge[990:2000].shape == (10, 6, 6, 1)


def test_a_single_array_is_an_input(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", X)
    found = open_data(tmp_path / "x.npy", SPEC, labelled=False)
    assert isinstance(found.x.base, np.memmap)
    assert np.array_equal(found[:], X)


def test_identities_follow_the_content(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    one, other = (save(tmp_path / name) for name in "ab")
    assert identify_data(one) == identify_data(other)
    other = save(tmp_path / "b", changed({(-1,): 0}))
    assert identify_data(one) != identify_data(other)


def test_files_of_the_same_size_and_time_are_kept_apart(tmp_path: Path) -> None:
    for name, data in (("one", X), ("other", 1 - X)):
        (tmp_path / name).mkdir()
        np.save(tmp_path / name / "x.npy", data)
        np.save(tmp_path / name / "y.npy", np.zeros(len(X), int))
        for file in (tmp_path / name).iterdir():
            os.utime(file, ns=(1, 1))
    assert identify_data(tmp_path / "one") != identify_data(tmp_path / "other")


def test_targets_are_numbers_of_each_unit(tmp_path: Path) -> None:
    y = np.random.default_rng(1).normal(size=(50, 2))
    _, found = open_data(save(tmp_path, y=y), TARGETS).arrays
    assert found.dtype == np.float32
    assert np.array_equal(found, y.astype(np.float32))


def test_an_input_needs_no_labels(tmp_path: Path) -> None:
    path = save(tmp_path, y=None)
    assert np.array_equal(open_data(path, SPEC, labelled=False)[:], X)
    other = network((5,), 1.0, 3, classes=True)
    with pytest.raises(DataError, match=r"d.npz: x has shape"):
        open_data(path, other, labelled=False)


def test_examples_are_drawn_by_a_seed(tmp_path: Path) -> None:
    path = save(tmp_path, how=np.savez_compressed)
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
    path = save(tmp_path, changed({(7, 2): 9}))
    seeds = range(40)
    drawn_it = [7 in sample_indices(50, 10, seed) for seed in seeds]
    assert 0 < sum(drawn_it) < 40
    for seed, bad in zip(seeds, drawn_it, strict=True):
        if not bad:
            open_data(path, SPEC, 10, seed)
            continue
        with pytest.raises(DataError, match=r"x\[7, 2, 0, 0\] is 9.0, outside"):
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
    spec = network((2,), high, 3, classes=True, low=low)
    x = np.array([values, values], np.float32)
    warning = select(x, np.arange(2), spec).warning
    assert warning is None if said is None else (warning or "").startswith(said)


def one_array(path: Path) -> Path:
    return save(path, how=None) / "x.npy"


def cut_npy(path: Path) -> Path:
    array = one_array(path)
    array.write_bytes(array.read_bytes()[:-1])
    return path


def with_bytes(content: bytes) -> Write:
    def write(path: Path) -> Path:
        (path / "d.npz").write_bytes(content)
        return path / "d.npz"

    return write


def fifo(path: Path) -> Path:
    os.mkfifo(path / "d.npz")
    return path / "d.npz"


def wrong_crc(path: Path) -> Path:
    data = bytearray(save(path).read_bytes())
    data[data.index(X.tobytes())] ^= 1
    return with_bytes(bytes(data))(path)


def npz(**arrays: Any) -> Write:
    return partial(save, **arrays)


BAD: dict[str, Write] = {
    "no archive": with_bytes(b"x, y\n"),
    "empty": with_bytes(b""),
    "one array": one_array,
    "cut": lambda path: with_bytes(save(path).read_bytes()[:3000])(path),
    "fifo": fifo,
    "no y": npz(y=None, label=Y),
    "cut array in a folder": cut_npy,
    "wrong CRC": wrong_crc,
    "text": npz(x=np.array(["a"] * 50)),
    "booleans": npz(x=X > 1),
    "records": npz(x=np.zeros(50, [("a", "f4")])),
    "objects": npz(x=X.astype(object)),
    "objects as labels": npz(y=Y.astype(object)),
    "weights": lambda path: with_bytes(b"x")(path).rename("w.safetensors"),
    "swapped": npz(x=Y, y=X),
    "negative": npz(x=10 * X - 2.34),
    "a single number": npz(x=np.array(1.0)),
    "unequal": npz(y=Y[:7]),
    "nothing": npz(x=X[:0], y=Y[:0]),
    "outside": npz(
        x=changed({(130, 0, 2): 7, (131, 0, 2): -0.05}, np.repeat(X, 4, axis=0)),
        y=np.repeat(Y, 4),
    ),
    "outside and not a number": npz(x=changed({(1, 0, 2): 7, (4, 0, 2): np.nan})),
    "not a number": npz(x=changed({(1, 0, 2): np.nan})),
    "no channels": npz(x=X[..., 0]),
    "channels first": npz(x=np.moveaxis(X, -1, 1)),
    "flattened": npz(x=X.reshape(50, 36)),
}


def test_what_is_no_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = []
    for name, make in BAD.items():
        (tmp_path / name).mkdir()
        monkeypatch.chdir(tmp_path / name)
        with pytest.raises(DataError) as caught:
            open_data(make(Path()), SPEC)
        assert "\n" not in str(caught.value)
        said.append(f"{name}: {caught.value}")
    assert_accepted(HERE / "data.txt", "\n".join(said) + "\n")


def test_a_wider_range_includes_the_range_of_other_data() -> None:
    mostly = changed({(7, 2, 1): 7}, X / 2 + 0.25)
    with pytest.raises(DataError, match=r"use `np.clip\(x, 0, 1\)`.* `in 0..7`") as few:
        select(mostly, Y, SPEC)
    assert "which changes 0.056 % of the values; or scale x" in str(few.value)
    with pytest.raises(DataError, match=r"scale x, write `in -10..1`") as all_values:
        select(X - 10, Y, SPEC)
    assert "np.clip" not in str(all_values.value)


def test_a_folder_without_labels_lacks_a_file(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", X)
    with pytest.raises(FileNotFoundError, match=r"y\.npy"):
        open_data(tmp_path, SPEC)


LABELS = {
    "one-hot": np.eye(3)[Y],
    "column": Y[:, np.newaxis],
    "too few": Y[:9],
    "floats": Y.astype(float),
    "fractions": Y + 0.5,
    "not a number": np.where(Y, Y, np.nan),
    "from 1": Y + 1,
    "names": np.array(["cat", "dog"])[Y % 2],
    "out of range": Y - 1,
}
VALUES = {
    "flat": np.zeros(50),
    "of three units": np.zeros((50, 3)),
    "images": np.zeros((50, 1, 2, 1)),
    "text": np.full((50, 2), "a"),
    "too large": np.full((50, 2), 1e300),
}


def test_what_are_no_labels() -> None:
    said = []
    for spec, cases in ((SPEC, LABELS), (TARGETS, VALUES)):
        for name, y in cases.items():
            with pytest.raises(DataError) as caught:
                select(X, y, spec)
            said.append(f"{name}: {caught.value}")
    one = network((6, 6, 1), 1.0, 1, classes=False)
    with pytest.raises(DataError, match="use y"):
        select(X, np.zeros(50), one)
    assert_accepted(HERE / "labels.txt", "\n".join(said) + "\n")


def test_arrays_are_checked_and_converted() -> None:
    x, y = select((X > 0.5).astype(int), Y.astype(np.uint8), SPEC).arrays
    assert [x.dtype, y.dtype] == [np.dtype(np.float32), np.dtype(np.int64)]
    assert select(X, None, SPEC).arrays[0] is X
    with pytest.raises(DataError, match="no examples"):
        select(X[:0], None, SPEC)


@pytest.mark.parametrize(
    ("ends", "told"),
    [
        ((0, 255), "0..255"),
        ((-123.4, 118), "-124..118"),
        ((-2.31, 1.701), "-2.4..1.8"),
        ((0.003, 1.0001), "0..1.1"),
        ((-0.0002, 0.00305), "-0.0002..0.0031"),
    ],
)
def test_the_range_of_examples_is_rounded_outwards(
    ends: tuple[float, float], told: str
) -> None:
    low, high = ends
    middle = (low + high) / 2
    spec = network((2,), middle, 3, classes=True, low=middle)
    with pytest.raises(DataError, match=rf"`--input-range {told}`"):
        select(np.array([ends]), None, spec)
