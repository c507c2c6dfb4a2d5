# The run-time library of snnc. SPDX-License-Identifier: MIT
"""Present examples, turn outputs into decisions, and check spike rates."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from .network import Decide

if TYPE_CHECKING:
    from typing import TypeAlias

Array = NDArray[Any]
# Whether each example starts from rest, or a row carries the state over.
Presentation = Literal["rest", "row"]
# the first example, and the one after the last
Span: TypeAlias = "tuple[int, int]"
Bounds: TypeAlias = "tuple[float, float]"
Verdict = Literal["held", "tolerated", "missed"]

# Each row starts from rest, so its results do not depend on which process ran
# the rows before. A row is much longer than the state lasts.
ROW = 200
TOLERATED = 0.05  # the share of a bound by which a rate may miss it
ROUNDING = 1e-6  # of the upper bound, as rates are spike counts over seconds


def sample_indices(count: int, limit: int | None, seed: int | None) -> Array:
    """Return which of ``count`` examples to present, in order.

    With a ``seed``, these are ``limit`` random ones, or all, in random
    order. Without a seed, these are the first ones, in file order.
    """
    wanted = count if limit is None else min(limit, count)
    if seed is None:
        return np.arange(wanted)
    random = np.random.default_rng(seed)
    return random.choice(count, wanted, replace=False).astype(np.int64)


def spans_of(count: int, size: int) -> list[Span]:
    """Split ``count`` examples into spans of ``size``."""
    return [(at, min(at + size, count)) for at in range(0, count, size)]


def slack_of(bounds: Bounds, present: float = inf) -> Bounds:
    """Return by how many Hz a rate may be below and above its bounds.

    This is 5 % of the bound or, for rates counted in examples of ``present``
    seconds, one spike per example if that is more.
    """
    low, high = (max(TOLERATED * bound, 1 / present) for bound in bounds)
    return min(low, bounds[0]), high


def check_budget(rate: float, bounds: Bounds, present: float = inf) -> Verdict:
    """Check a rate in Hz, which may be outside its bounds by `slack_of`."""
    low, high = bounds
    rounding = ROUNDING * high
    if low - rounding <= rate <= high + rounding:
        return "held"
    below, above = slack_of(bounds, present)
    if low - below - rounding <= rate <= high + above + rounding:
        return "tolerated"
    return "missed"


class Largest:
    """The largest of many values, as many as their percentile requires."""

    def __init__(self, total: int, percent: float) -> None:
        """Create it for a number of values and a percentile."""
        rank = percent / 100 * (total - 1)
        self._count = total - int(rank)
        self._share = rank % 1
        self.values: Array = np.empty(0, np.float32)  # float64 for integers

    def add(self, values: Array) -> None:
        """Add values of any shape."""
        values = np.append(self.values, values)
        first = max(len(values) - self._count, 0)
        self.values = np.partition(values, first)[first:]

    @property
    def percentile(self) -> float:
        """The ``numpy.percentile`` of all values."""
        steps = max(len(self.values) - 1, 1)
        return float(np.quantile(self.values, self._share / steps))


def decide(rows: Array, how: Decide) -> Array:
    """Return the outputs that decide, from rows (examples, steps, units).

    These outputs are the mean over an example's second half, or the last step.
    """
    if how == "last":
        return rows[:, -1].copy()
    return np.asarray(rows[:, rows.shape[1] // 2 :].mean(axis=1))


def score(outputs: Array, y: Array, classes: bool) -> float:
    """Return the fraction of correct decisions, or the root mean square error.

    ``outputs`` are (examples, units). With ``classes``, ``y`` contains labels,
    of shape (examples,), and otherwise values of the outputs' shape.
    """
    if classes:
        return float(np.mean(outputs.argmax(axis=1) == y))
    return float(np.sqrt(np.mean((outputs - y) ** 2)))
