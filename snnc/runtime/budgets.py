# SPDX-License-Identifier: MIT
# The run-time library of snnc; `snnc build` puts a copy into each package.
"""Whether rates that were counted in spikes keep to a budget."""

from __future__ import annotations

from typing import Literal

Bounds = tuple[float, float]
Verdict = Literal["held", "tolerated", "missed"]

TOLERATED = 0.05  # by what share of a bound a rate may lie outside of it
ROUNDING = 1e-6  # a rate is a whole number of spikes, give or take an ulp


def judged(rate: float, bounds: Bounds, present: float) -> Verdict:
    """Judge a rate in Hz, seen in examples of ``present`` seconds.

    It is tolerated outside of its bounds by 5 % or by one spike an example,
    whichever is more.
    """
    low, high = bounds
    slack = ROUNDING * high
    if low - slack <= rate <= high + slack:
        return "held"
    below, above = (max(TOLERATED * bound, 1 / present) for bound in bounds)
    if low - below - slack <= rate <= high + above + slack:
        return "tolerated"
    return "missed"
