"""What outputs decide, at the end and before."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from snnc.evaluate.score import interval


def accuracy(outputs: NDArray[Any], y: NDArray[np.int64]) -> dict[str, Any]:
    """Judge outputs, (examples, units): the share of right ones and its interval."""
    right = int((outputs.argmax(axis=1) == y).sum())
    return {
        "accuracy": right / len(y),
        "interval": list(interval(right, len(y))),
        "examples": len(y),
    }


def decided(rows: NDArray[Any], how: str) -> NDArray[Any]:
    """Return what rows, (examples, steps, units), decide: how the spec says.

    By the "mean" of their later half, or by the "last" one.
    """
    later = rows[:, rows.shape[1] // 2 :].mean(axis=1)
    return np.asarray(rows[:, -1] if how == "last" else later)


def over_time(rows: NDArray[Any], y: NDArray[np.int64], how: str) -> list[float]:
    """Return the accuracy that each number of steps from one on would have.

    Examples that begin from rest do in those steps what a shorter presentation shows.
    """
    stretches = (rows[:, : step + 1] for step in range(rows.shape[1]))
    return [
        float((decided(part, how).argmax(axis=1) == y).mean()) for part in stretches
    ]
