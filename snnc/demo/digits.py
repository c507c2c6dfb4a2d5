"""Clips of drifting handwritten digits, made from scikit-learn's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

FRAMES, SIZE = 8, 16
DIRECTIONS = ((0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1), (-1, 0), (-1, 1))
BRIGHTEST = 16.0


@dataclass(frozen=True, slots=True)
class Clips:
    """``x``: (clips, 8, 16, 16, 1) in 0..1; ``y``: (clips,) directions 0..7."""

    x: NDArray[np.float32]
    y: NDArray[np.int64]


def drifting_digits(
    train: int = 4000, test: int = 200, seed: int = 0
) -> tuple[Clips, Clips]:
    """Clips for training and for testing, which share no image of a digit.

    A digit of 8x8 pixels starts anywhere on a canvas of 16x16 whose opposite edges
    are joined, and moves one pixel a frame in one of eight directions. No single
    frame tells the direction.
    """
    from sklearn.datasets import load_digits

    images = load_digits().images / BRIGHTEST
    random = np.random.default_rng(seed)
    images = images[random.permutation(len(images))]
    held_out = len(images) // 5
    return (
        _clips(images[held_out:], train, random),
        _clips(images[:held_out], test, random),
    )


def _clips(images: NDArray[Any], count: int, random: np.random.Generator) -> Clips:
    y = np.arange(count) % len(DIRECTIONS)
    random.shuffle(y)
    x = np.zeros((count, FRAMES, SIZE, SIZE, 1), np.float32)
    starts = random.integers(SIZE, size=(count, 2))
    chosen = random.integers(len(images), size=count)
    for clip, image, start, direction in zip(x, images[chosen], starts, y, strict=True):
        canvas = np.zeros((SIZE, SIZE))
        canvas[: image.shape[0], : image.shape[1]] = image
        for frame in range(FRAMES):
            shift = start + frame * np.array(DIRECTIONS[direction])
            clip[frame, :, :, 0] = np.roll(canvas, tuple(shift), axis=(0, 1))
    return Clips(x, y)
