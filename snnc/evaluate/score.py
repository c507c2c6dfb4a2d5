"""Judges outputs by labels, and by what Keras says."""

# mypy: disable-error-code="import-untyped"

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from snnc.evaluate.result import Moment, Score
from snnc.exact.readout import moments


def score(
    outputs: NDArray[Any], y: NDArray[Any], keras: NDArray[Any] | None, classifies: bool
) -> Score:
    """Judge outputs, (examples, units), by labels and by Keras's outputs."""
    if not classifies:
        return Score(
            _rms(outputs - y),
            None,
            None if keras is None else _rms(keras - y),
            None if keras is None else _rms(outputs - keras),
        )
    decided = outputs.argmax(axis=1)
    right = int((decided == y).sum())
    his = None if keras is None else keras.argmax(axis=1)
    return Score(
        right / len(y),
        interval(right, len(y)),
        None if his is None else float((his == y).mean()),
        None if his is None else float((his == decided).mean()),
    )


def over_time(
    outputs: NDArray[Any], y: NDArray[Any], steps: int, classifies: bool
) -> tuple[Moment, ...]:
    """Judge outputs after each of `moments`, (moments, examples, units)."""
    ends = zip(moments(steps), outputs, strict=True)
    return tuple(Moment(end, score(o, y, None, classifies).value) for end, o in ends)


def interval(right: int, count: int) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a share."""
    from scipy.stats import binomtest

    bounds = binomtest(right, count).proportion_ci(0.95, "wilson")
    return float(bounds.low), float(bounds.high)


def _rms(values: NDArray[Any]) -> float:
    return float(np.sqrt(np.mean(values**2)))
