"""Compute statistics of values in batches, in constant memory."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from snnc.runtime.examples import Array as Array


@dataclass(frozen=True)
class LayerFiring:
    """The spike counts of a layer's neurons in each of some examples.

    The counts of two sets of examples can be added.

    ``examples``
        The number of examples.
    ``seen``
        How many neurons fired each number of spikes in an example, over all examples:
        (maximum spikes + 1,).
    ``fired``
        Whether each neuron has ever fired: (neurons,).
    """

    examples: int
    seen: NDArray[np.int64]
    fired: NDArray[np.bool_]

    @classmethod
    def of(cls, spikes: Array) -> LayerFiring:
        """Count the spikes of examples, which are integers of shape (examples, ...)."""
        fired = spikes.any(axis=0).ravel()
        return cls(len(spikes), np.bincount(spikes.ravel()), fired)

    def __add__(self, other: LayerFiring) -> LayerFiring:
        """Return the counts for both sets of examples."""
        seen = np.zeros(max(len(self.seen), len(other.seen)), np.int64)
        seen[: len(self.seen)] = self.seen
        seen[: len(other.seen)] += other.seen
        fired = self.fired | other.fired
        return LayerFiring(self.examples + other.examples, seen, fired)

    def percentile(self, percentile: float) -> float:
        """Return the percentile of spikes per example, like numpy.percentile."""
        ranks = np.cumsum(self.seen)
        place = percentile / 100 * (ranks[-1] - 1)
        low = int(np.searchsorted(ranks, np.floor(place), side="right"))
        high = int(np.searchsorted(ranks, np.ceil(place), side="right"))
        return float(low + (high - low) * (place % 1))

    @property
    def spikes(self) -> float:
        """The mean number of spikes of all neurons per example."""
        total = int(np.arange(len(self.seen)) @ self.seen)
        return total / self.examples

    @property
    def silent(self) -> float:
        """The fraction of neurons that never fired."""
        return float(np.mean(~self.fired))

    def at_least(self, spikes: int) -> int:
        """Count the neurons with at least this many spikes, over all examples."""
        return int(self.seen[spikes:].sum())

    def saturation(self, steps: int) -> float:
        """Return the fraction of neurons and examples with a spike in every step."""
        return self.at_least(steps) / self.at_least(0)


@dataclass(frozen=True)
class Correlation:
    """The sums for the Pearson correlation of pairs of values.

    The sums of two sets of pairs can be added; see Chan, Golub and LeVeque, Updating
    formulae and a pairwise algorithm for computing sample variances, 1979.

    ``count``
        The number of pairs.
    ``means``
        The means of both variables.
    ``products``
        The sums of products of deviations from the means: first times first, first
        times second, second times second.
    """

    count: int
    means: tuple[float, float]
    products: tuple[float, float, float]

    @classmethod
    def of(cls, first: Array, second: Array) -> Correlation:
        """Compute the sums for pairs of values from two arrays of equal size."""
        x, y = (np.ravel(v).astype(np.float64) for v in (first, second))
        means = float(x.mean()), float(y.mean())
        x -= means[0]
        y -= means[1]
        return cls(x.size, means, (float(x @ x), float(x @ y), float(y @ y)))

    def __add__(self, other: Correlation) -> Correlation:
        """Return the sums for both sets of pairs."""
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


def interval(share: float, count: int) -> tuple[float, float]:
    """Return the 95 % interval of a fraction observed in ``count`` examples."""
    # Wilson's score interval: E. B. Wilson, Probable inference, the law of
    # succession, and statistical inference, JASA 22, 1927, 209-212.
    z = 1.959964**2 / count
    middle = share + z / 2
    spread = math.sqrt(z * (share * (1 - share) + z / 4))
    low, high = (middle - spread) / (1 + z), (middle + spread) / (1 + z)
    return max(0.0, low), min(1.0, high)
