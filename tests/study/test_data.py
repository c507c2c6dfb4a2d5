"""The examples of the study: split by a seed, read from IDX files."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from benchmarks.study.data import MissingDataError, fashion, split
from benchmarks.study.idx import read_idx


def test_a_split_uses_every_example_once_and_follows_its_seed() -> None:
    x = np.arange(50)
    first, again, other = (split(x, x, 40, seed) for seed in (0, 0, 1))
    used = np.concatenate([first.train.y, first.test.y])
    assert (len(first.train), len(first.test)) == (40, 10)
    assert sorted(used) == list(x)
    np.testing.assert_array_equal(first.test.x, first.test.y)
    np.testing.assert_array_equal(first.test.y, again.test.y)
    assert set(first.test.y) != set(other.test.y)


def write_idx(path: Path, values: np.ndarray, kind: int = 8) -> Path:
    sizes = b"".join(size.to_bytes(4, "big") for size in values.shape)
    head = bytes((0, 0, kind, values.ndim)) + sizes
    path.write_bytes(gzip.compress(head + values.tobytes()))
    return path


@pytest.mark.parametrize(
    ("kind", "rows", "reason"),
    [
        (13, 2, "no IDX file of unsigned bytes"),
        (8, 1, r"holds 4 values, not \(2, 4\)"),
        (8, 3, r"holds 12 values, not \(2, 4\)"),
    ],
)
def test_an_idx_file_of_another_type_or_length_is_refused(
    tmp_path: Path, kind: int, rows: int, reason: str
) -> None:
    path = write_idx(tmp_path / "a.gz", np.zeros((2, 4), np.uint8), kind)
    head = gzip.decompress(path.read_bytes())[:12]
    path.write_bytes(gzip.compress(head + bytes(4 * rows)))
    with pytest.raises(ValueError, match=reason):
        read_idx(path)


def test_fashion_mnist_is_read_from_a_folder(tmp_path: Path) -> None:
    for part, count in (("train", 3), ("t10k", 2)):
        images = np.arange(count * 28 * 28).astype(np.uint8).reshape(count, 28, 28)
        write_idx(tmp_path / f"{part}-images-idx3-ubyte.gz", images)
        write_idx(tmp_path / f"{part}-labels-idx1-ubyte.gz", images[:, 0, 0])
    found = fashion(tmp_path)
    assert found.train.x.shape == (3, 28, 28, 1)
    assert found.test.y.tolist() == [0, 16]
    pixels = np.arange(2 * 28 * 28) % 256 / 255
    np.testing.assert_allclose(found.test.x.ravel(), pixels, rtol=1e-6)


def test_missing_images_are_told_how_to_install(tmp_path: Path) -> None:
    with pytest.raises(MissingDataError, match="apt-get install dataset-fashion-mnist"):
        fashion(tmp_path / "none")
