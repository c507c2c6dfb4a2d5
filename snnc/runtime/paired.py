# SPDX-License-Identifier: MIT
# The run-time library of snnc; `snnc build` puts a copy into each package.
"""How two ways to decide differ, judged on the same examples."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

Interval = tuple[float, float]


def merits(
    outputs: NDArray[Any],
    y: NDArray[Any],
    classes: bool,
) -> NDArray[Any]:
    """Return how good each example's outputs are, the more the better.

    ``outputs`` are (examples, units). With ``classes`` it is whether they
    decide for the label, bool; else their mean square error, below 0.
    """
    if classes:
        right: NDArray[np.bool_] = outputs.argmax(axis=1) == y
        return right
    errors: NDArray[np.float64] = -np.mean((outputs - y) ** 2, axis=1)
    return errors


def difference(
    first: NDArray[Any],
    second: NDArray[Any],
    comparisons: int = 1,
) -> Interval | None:
    """Return the 95 % interval of the mean of ``first`` less ``second``.

    Both are `merits` of the same examples. All of several ``comparisons`` are
    within theirs in 95 % of cases (Bonferroni). None for one value alone.
    """
    z = NormalDist().inv_cdf(1 - 0.025 / comparisons)
    apart = first.astype(np.float64) - second
    count = float(len(apart))
    total, squares = float(apart.sum()), float(apart @ apart)
    if first.dtype == np.bool_:
        # A. Agresti, Y. Min, Simple improved confidence intervals for
        # comparing matched proportions, Statistics in Medicine 24, 2005,
        # 729-740: half an example more of each of the four kinds.
        count, squares = count + 2, squares + 1
    elif count < 2:
        return None
    mean = total / count
    spread = z * math.sqrt(max(0.0, squares - total * mean)) / count
    return mean - spread, mean + spread
