# SPDX-License-Identifier: MIT
# The run-time library of snnc; `snnc build` puts a copy into each package.
"""Whether rates keep to a budget."""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Bounds = tuple[float, float]
Verdict = Literal["held", "tolerated", "missed"]


TOLERATED = 0.05  # by what share of a bound a rate may lie outside of it
ROUNDING = 1e-6  # of the upper bound: rates are numbers of spikes by seconds


def slack_of(bounds: Bounds, present: float = math.inf) -> Bounds:
    """Return by how many Hz a rate may lie below and above its bounds.

    That is 5 % of a bound or, of rates that are counted in examples of
    ``present`` seconds, one spike an example, whichever is more.
    """
    low, high = (max(TOLERATED * bound, 1 / present) for bound in bounds)
    return min(low, bounds[0]), high


def judged(rate: float, bounds: Bounds, present: float = math.inf) -> Verdict:
    """Judge a rate in Hz, in examples of ``present`` seconds if in spikes.

    It is tolerated outside of its bounds by `slack_of`.
    """
    low, high = bounds
    rounding = ROUNDING * high
    if low - rounding <= rate <= high + rounding:
        return "held"
    below, above = slack_of(bounds, present)
    if low - below - rounding <= rate <= high + above + rounding:
        return "tolerated"
    return "missed"


def percentile(seen: NDArray[Any], percent: float) -> float:
    """Return what `numpy.percentile` does of numbers that were counted.

    ``seen`` is how often each whole number was seen, from 0 on.
    """
    ranks = np.cumsum(seen)
    place = percent / 100 * (ranks[-1] - 1)
    low = int(np.searchsorted(ranks, np.floor(place), side="right"))
    high = int(np.searchsorted(ranks, np.ceil(place), side="right"))
    return float(low + (high - low) * (place % 1))
