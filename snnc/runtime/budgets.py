# SPDX-License-Identifier: MIT
# The run-time library of snnc; `snnc build` puts a copy into each package.
"""Whether rates keep to a budget."""

from __future__ import annotations

from typing import Literal

Bounds = tuple[float, float]
Verdict = Literal["held", "tolerated", "missed"]

TOLERATED = 0.05  # by what share of a bound a rate may lie outside of it
ROUNDING = 1e-6  # of the upper bound: rates are numbers of spikes by seconds


def slack_of(bounds: Bounds, present: float | None) -> Bounds:
    """Return by how many Hz a rate may lie below and above its bounds.

    That is 5 % of a bound or, of rates that are counted in examples of
    ``present`` seconds, one spike an example, whichever is more.
    """
    spike = 0.0 if present is None else 1 / present
    low, high = (max(TOLERATED * bound, spike) for bound in bounds)
    return min(low, bounds[0]), high


def judged(rate: float, bounds: Bounds, present: float | None) -> Verdict:
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
