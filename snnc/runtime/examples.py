# SPDX-License-Identifier: MIT
# The run-time library of snnc; `snnc build` puts a copy into each package.
"""How examples are presented, what they decide, and whether rates hold."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from .network import Decide

if TYPE_CHECKING:
    from typing import TypeAlias

# Each example from rest, or in rows with the state carried over.
Presentation = Literal["rest", "row"]
# the first example, and that behind the last
Span: TypeAlias = "tuple[int, int]"

# A row begins from rest, so that what it gives does not depend on who ran the
# rows before it. It is long beside the few examples that the state lasts for.
ROW = 200


def drawn(
    count: int,
    examples: int | None,
    seed: int | None,
) -> NDArray[np.int64]:
    """Return which of ``count`` examples are presented, in what order.

    ``seed`` draws ``examples`` of them, or all, so that no order of theirs
    tells one of the next. Without a seed they are the first, as they are.
    """
    wanted = count if examples is None else min(examples, count)
    if seed is None:
        return np.arange(wanted)
    random = np.random.default_rng(seed)
    return random.choice(count, wanted, replace=False).astype(np.int64)


def spans_of(count: int, size: int) -> list[Span]:
    """Return ``count`` examples in spans of ``size``."""
    return [(at, min(at + size, count)) for at in range(0, count, size)]


Bounds: TypeAlias = "tuple[float, float]"
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


def decide(rows: NDArray[Any], how: Decide) -> NDArray[Any]:
    """Return what rows of examples, (examples, steps, units), decide.

    That is the mean of the later half of an example's rows, or its last row.
    """
    if how == "last":
        return rows[:, -1].copy()
    later: NDArray[Any] = rows[:, rows.shape[1] // 2 :].mean(axis=1)
    return later


def score(outputs: NDArray[Any], y: NDArray[Any], classes: bool) -> float:
    """Return the share of right decisions, or the root mean square error.

    ``outputs`` are (examples, units); ``y`` are labels, (examples,), if units
    are ``classes``, else values of the outputs' shape.
    """
    if classes:
        return float(np.mean(outputs.argmax(axis=1) == y))
    return float(np.sqrt(np.mean((outputs - y) ** 2)))
