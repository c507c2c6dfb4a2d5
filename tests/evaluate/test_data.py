"""Data files that need not fit memory."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from snnc.evaluate.data import check_examples, open_examples
from snnc.evaluate.refusals import RefusedError
from tests.evaluate.conftest import Case

X = np.random.default_rng(0).random((50, 6, 6, 1)).astype(np.float32)
Y = np.arange(50) % 3
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


@pytest.mark.parametrize("save", [stored, compressed, folder])
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.uint8])
def test_pieces_are_what_was_saved(
    tmp_path: Path, save: Callable[[Path, np.ndarray], Path], dtype: type
) -> None:
    x = (255 * X).astype(dtype)
    examples = open_examples(save(tmp_path, x), 40)
    assert examples.shape == (40, 6, 6, 1)
    for start, stop in ((0, 7), (7, 20), (33, 40), (2, 5), (38, 99)):
        piece = examples[start:stop]
        assert piece.dtype == np.float32
        assert np.array_equal(piece, x[start : min(stop, 40)].astype(np.float32))
    assert np.array_equal(examples.y, Y[:40])


def test_what_is_stored_in_columns_is_mapped_too(tmp_path: Path) -> None:
    examples = open_examples(stored(tmp_path, np.asfortranarray(X)), None)
    assert np.array_equal(examples[3:9], X[3:9])


def test_files_are_not_read_before_their_pieces(tmp_path: Path) -> None:
    mapped = open_examples(stored(tmp_path, X), None)
    assert isinstance(mapped.x, np.memmap)
    shape = (BIG, 6, 6, 1)
    np.lib.format.open_memmap(tmp_path / "x.npy", "w+", np.float32, shape)
    np.lib.format.open_memmap(tmp_path / "y.npy", "w+", np.uint8, (BIG,))
    assert os.stat(tmp_path / "x.npy").st_size > 10**11
    huge = open_examples(tmp_path, 1000)
    assert huge[990:2000].shape == (10, 6, 6, 1)


def test_identities_follow_the_content(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    one, other = (stored(tmp_path / name, X) for name in "ab")
    assert open_examples(one, None).identity == open_examples(other, None).identity
    changed = X.copy()
    changed[-1] = 0
    other = stored(tmp_path / "b", changed)
    assert open_examples(one, None).identity != open_examples(other, None).identity


def damaged(path: Path) -> Path:
    file = compressed(path, X)
    content = bytearray(file.read_bytes())
    at = content.index(b"x.npy") + 2000
    content[at : at + 100] = bytes(100)
    file.write_bytes(content)
    return file


def cut(path: Path) -> Path:
    file = stored(path, X)
    file.write_bytes(file.read_bytes()[:3000])
    return file


def objects(path: Path) -> Path:
    np.savez(path / "d.npz", x=np.array([{}, {}]), y=Y[:2])
    return path / "d.npz"


def lonely(path: Path) -> Path:
    np.savez(path / "d.npz", x=X)
    return path / "d.npz"


def unequal(path: Path) -> Path:
    np.savez(path / "d.npz", x=X, y=Y[:7])
    return path / "d.npz"


def nothing(path: Path) -> Path:
    np.savez(path / "d.npz", x=X[:0], y=Y[:0])
    return path / "d.npz"


def columns(path: Path) -> Path:
    return compressed(path, np.asfortranarray(X))


def half(path: Path) -> Path:
    np.save(path / "x.npy", X)
    return path


def late(path: Path) -> Path:
    x = np.repeat(X, 4, axis=0)
    x[130, 0, 2] = 7
    np.savez(path / "d.npz", x=x, y=np.repeat(Y, 4))
    return path / "d.npz"


def channels(path: Path) -> Path:
    np.savez(path / "d.npz", x=X[..., 0], y=Y)
    return path / "d.npz"


BAD = (damaged, cut, objects, lonely, unequal, nothing, columns, half, late, channels)


@pytest.mark.filterwarnings("ignore")  # of nengo's versions
def test_what_is_no_data(
    tmp_path: Path, case: Callable[..., Case], monkeypatch: pytest.MonkeyPatch
) -> None:
    subject, told = case().subject, []
    for make in BAD:
        (tmp_path / make.__name__).mkdir()
        monkeypatch.chdir(tmp_path / make.__name__)
        path = make(Path())
        with pytest.raises(RefusedError) as caught:
            check_examples(open_examples(path, None), subject)
        told.append(f"{make.__name__}: {caught.value}")
    text = "\n".join(told) + "\n"
    golden = Path(__file__).parent / "data.txt"
    if os.environ.get("SNNC_ACCEPT"):
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")
