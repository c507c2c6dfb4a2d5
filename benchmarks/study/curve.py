"""Decisions from outputs, at the end and before."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from snnc.runtime.examples import decide
from snnc.runtime.network import Decide
from snnc.tools.scores import interval


def accuracy(outputs: NDArray[Any], y: NDArray[np.int64]) -> dict[str, Any]:
    """Judge outputs, (examples, units): the share of right ones and its interval."""
    right = int((outputs.argmax(axis=1) == y).sum())
    return {
        "accuracy": right / len(y),
        "interval": list(interval(right / len(y), len(y))),
        "examples": len(y),
    }


def over_time(rows: NDArray[Any], y: NDArray[np.int64], how: Decide) -> list[float]:
    """Return the accuracy that each number of steps from one on would have.

    Examples that begin from rest do in those steps what a shorter presentation shows.
    """
    stretches = (rows[:, : step + 1] for step in range(rows.shape[1]))
    return [float((decide(part, how).argmax(axis=1) == y).mean()) for part in stretches]
