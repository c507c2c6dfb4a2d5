# SPDX-License-Identifier: MIT
# The run-time library of snnc; `snnc build` puts a copy into each package.
"""Whether rates keep to a budget."""

from __future__ import annotations

import math
from typing import Literal

Bounds = tuple[float, float]
Verdict = Literal["held", "tolerated", "missed"]


class CalibrationError(ValueError):
    """Raised when no scale brings the rates of a layer within its bounds."""


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


def outside(
    rate: float,
    bounds: Bounds,
    slack: Bounds,
    verdict: Verdict,
) -> str:
    """Say by how much a rate is out of its bounds, and what is allowed."""
    if verdict == "held":
        return ""
    low, high = bounds
    apart, allowed = f"{rate - high:.0f} Hz above", slack[1]
    if rate < low:
        apart, allowed = f"{low - rate:.0f} Hz below", slack[0]
    if verdict == "missed":
        return f"not held, {apart}"
    return f"{apart}, within the slack of {allowed:.0f} Hz"
