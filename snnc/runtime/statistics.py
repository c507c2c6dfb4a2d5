# SPDX-License-Identifier: MIT
# The run-time library of snnc; `snnc build` puts a copy into each package.
"""Statistics of values that come in batches, in memory that stays the same."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Firing:
    """How many spikes the neurons of a layer gave in each of some examples.

    What two sets of examples gave can be added.

    ``examples``
        How many there are.
    ``seen``
        How many neurons gave each number of spikes in an example, over all
        examples: (most spikes + 1,).
    ``fired``
        Whether each neuron has ever fired: (neurons,).
    """

    examples: int
    seen: NDArray[np.int64]
    fired: NDArray[np.bool_]

    @classmethod
    def of(cls, spikes: NDArray[Any]) -> Firing:
        """Count the spikes of examples: integers, (examples, ...)."""
        fired = spikes.any(axis=0).ravel()
        return cls(len(spikes), np.bincount(spikes.ravel()), fired)

    def __add__(self, other: Firing) -> Firing:
        """Return what the examples of both gave."""
        seen = np.zeros(max(len(self.seen), len(other.seen)), np.int64)
        seen[: len(self.seen)] = self.seen
        seen[: len(other.seen)] += other.seen
        fired = self.fired | other.fired
        return Firing(self.examples + other.examples, seen, fired)

    def percentile(self, percentile: float) -> float:
        """Return spikes an example, interpolated as numpy.percentile does."""
        ranks = np.cumsum(self.seen)
        place = percentile / 100 * (ranks[-1] - 1)
        low = int(np.searchsorted(ranks, np.floor(place), side="right"))
        high = int(np.searchsorted(ranks, np.ceil(place), side="right"))
        return float(low + (high - low) * (place % 1))

    @property
    def spikes(self) -> float:
        """The spikes of all neurons in an example, on average."""
        total = int(np.arange(len(self.seen)) @ self.seen)
        return total / self.examples

    @property
    def silent(self) -> float:
        """The share of neurons that have never fired."""
        return float(np.mean(~self.fired))

    def at_least(self, spikes: int) -> int:
        """Count the neurons that gave so many, over all examples."""
        return int(self.seen[spikes:].sum())

    def saturated(self, steps: int) -> float:
        """Return the share of neurons and examples with a spike every step."""
        return self.at_least(steps) / self.at_least(0)


@dataclass(frozen=True)
class Correlation:
    """What Pearson's correlation of pairs of values follows from.

    What two sets of pairs gave can be added, as in Chan, Golub and LeVeque,
    Updating formulae and a pairwise algorithm for computing sample variances,
    1979.

    ``count``
        How many pairs there are.
    ``means``
        Of both variables.
    ``products``
        The sums of products of deviations from the means: of the first with
        itself, of both, of the second with itself.
    """

    count: int
    means: tuple[float, float]
    products: tuple[float, float, float]

    @classmethod
    def of(cls, first: NDArray[Any], second: NDArray[Any]) -> Correlation:
        """Take pairs of values from two arrays of one size."""
        x, y = (np.ravel(v).astype(np.float64) for v in (first, second))
        means = float(x.mean()), float(y.mean())
        x -= means[0]
        y -= means[1]
        return cls(x.size, means, (float(x @ x), float(x @ y), float(y @ y)))

    def __add__(self, other: Correlation) -> Correlation:
        """Return what the pairs of both give."""
        count = self.count + other.count
        share = other.count / count
        x, y = (b - a for a, b in zip(self.means, other.means, strict=True))
        means = self.means[0] + x * share, self.means[1] + y * share
        weight = self.count * share
        xx, xy, yy = map(sum, zip(self.products, other.products, strict=True))
        apart = (xx + x * x * weight, xy + x * y * weight, yy + y * y * weight)
        return Correlation(count, means, apart)

    @property
    def value(self) -> float | None:
        """The correlation, or None if a variable does not vary."""
        xx, xy, yy = self.products
        return xy / math.sqrt(xx) / math.sqrt(yy) if xx and yy else None


class Ranked:
    """Finds values of given ranks among more than memory holds.

    All are given twice. Floats from 0 on are ordered as their bits are: the
    upper halves of all are counted first; then, of those that share its upper
    half with a value of such a rank, the lower halves.
    """

    def __init__(self, percentile: float) -> None:
        """Look for a percentile, as numpy.percentile does, and the highest."""
        self.share = percentile / 100
        self.upper = np.zeros(2**16, np.int64)
        self.lower: dict[int, NDArray[np.int64]] = {}

    def count(self, values: NDArray[np.float32]) -> None:
        """Take values, not below 0, for the first time."""
        self.upper += np.bincount(_bits(values) >> 16, minlength=2**16)

    def refine(self, values: NDArray[np.float32]) -> None:
        """Take values for the second time, after all were counted."""
        if not self.lower:
            halves = {self._half(rank) for rank in self._ranks()}
            self.lower = {half: np.zeros(2**16, np.int64) for half in halves}
        bits = _bits(values)
        for half, counts in self.lower.items():
            rest = bits[bits >> 16 == half] & 0xFFFF
            counts += np.bincount(rest, minlength=2**16)

    def around(self) -> tuple[float, float, float]:
        """Return the two nearest values, and where between them it lies."""
        below, above, last = self._ranks()
        return self._at(below), self._at(above), self.share * last % 1

    def highest(self) -> float:
        """Return the highest value."""
        return self._at(self._ranks()[2])

    def _ranks(self) -> tuple[int, int, int]:
        last = int(self.upper.sum()) - 1
        place = self.share * last
        return int(np.floor(place)), int(np.ceil(place)), last

    def _half(self, rank: int) -> int:
        return int(np.searchsorted(np.cumsum(self.upper), rank, side="right"))

    def _at(self, rank: int) -> float:
        half = self._half(rank)
        rank -= int(self.upper[:half].sum())
        rest = np.searchsorted(np.cumsum(self.lower[half]), rank, side="right")
        return float(np.uint32(half << 16 | int(rest)).view(np.float32))


def ranked(
    percentiles: Mapping[str, float],
    passes: Callable[[], Iterable[Sequence[NDArray[np.float32]]]],
) -> dict[str, Ranked]:
    """Return the ranks of what layers give, in the memory of a batch.

    ``percentiles`` are those of the layers by name. ``passes`` gives batch by
    batch the values of each of them, (batch, ...); those below 0 count as 0.
    It is called twice.
    """
    ranks = {name: Ranked(percent) for name, percent in percentiles.items()}
    for take in (Ranked.count, Ranked.refine):
        for batch in passes():
            for of, values in zip(ranks.values(), batch, strict=True):
                take(of, np.maximum(values, 0))
    return ranks


def _bits(values: NDArray[np.float32]) -> NDArray[np.uint32]:
    # The sum makes 0 of -0, which has the bits of no small number.
    flat = np.ravel(values).astype(np.float32) + np.float32(0)
    return flat.view(np.uint32)


def interval(share: float, count: int) -> tuple[float, float]:
    """Return the 95 % interval of a share seen on ``count`` examples."""
    # Wilson's score interval: E. B. Wilson, Probable inference, the law of
    # succession, and statistical inference, JASA 22, 1927, 209-212.
    z = 1.959964**2 / count
    middle = share + z / 2
    spread = math.sqrt(z * (share * (1 - share) + z / 4))
    low, high = (middle - spread) / (1 + z), (middle + spread) / (1 + z)
    return max(0.0, low), min(1.0, high)
