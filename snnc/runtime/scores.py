# SPDX-License-Identifier: MIT
# The run-time library of snnc; `snnc build` puts a copy into each package.
"""What outputs decide, and how right that is."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from .results import KerasModel, Moment, Score
from .statistics import interval

Decide = Literal["mean", "last"]
Floats = NDArray[np.float64]

QUARTERS = (1, 2, 3, 4)


def moments(steps: int) -> tuple[int, ...]:
    """Return the steps after each quarter of an example."""
    ends = {max(1, steps * quarter // 4) for quarter in QUARTERS}
    return tuple(sorted(ends))


def decide(rows: NDArray[Any], how: Decide) -> NDArray[Any]:
    """Return what rows of examples, (examples, steps, units), decide.

    That is the mean of the later half of an example's rows, or its last row.
    """
    if how == "last":
        return rows[:, -1].copy()
    later: NDArray[Any] = rows[:, rows.shape[1] // 2 :].mean(axis=1)
    return later


def decide_early(rows: NDArray[Any], how: Decide) -> NDArray[Any]:
    """Return what rows decide up to each of `moments`.

    It is (moments, examples, units); the last of them is what `decide` returns.
    """
    ends = moments(rows.shape[1])
    return np.stack([decide(rows[:, :end], how) for end in ends])


def score(
    outputs: NDArray[Any],
    y: NDArray[Any],
    classes: bool,
    keras: NDArray[Any] | None = None,
    model: KerasModel | None = None,
) -> Score:
    """Judge outputs, (examples, units), by labels and by those of Keras.

    With ``classes``, ``y`` is (examples,), else values (examples, units).
    """
    judge = _share if classes else _rms
    target: NDArray[Any] = y
    if classes:
        outputs = outputs.argmax(axis=1)
        keras = None if keras is None else keras.argmax(axis=1)
    value = judge(outputs, target)
    return Score(
        value,
        interval(value, len(y)) if classes else None,
        None if keras is None else judge(keras, target),
        None if keras is None else judge(outputs, keras),
        None if keras is None else model,
    )


def over_time(
    outputs: NDArray[Any],
    y: NDArray[Any],
    classes: bool,
    steps: int,
) -> tuple[Moment, ...]:
    """Judge outputs after each of `moments`, (moments, examples, units)."""
    ends = zip(moments(steps), outputs, strict=True)
    return tuple(Moment(end, score(o, y, classes).value) for end, o in ends)


def _share(one: NDArray[Any], other: NDArray[Any]) -> float:
    return float(np.mean(one == other))


def _rms(one: NDArray[Any], other: NDArray[Any]) -> float:
    return float(np.sqrt(np.mean((one - other) ** 2)))
