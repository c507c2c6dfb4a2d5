"""Statistics that are computed in batches of examples and added up."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from snnc.runtime.examples import Array

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class LayerFiring:
    """The spike counts of a layer's neurons in some examples; sets can be added.

    ``seen`` says how many neurons fired each number of spikes in an example, over all
    examples: (maximum spikes + 1,). ``fired`` says whether each neuron has ever fired,
    as packed bits.
    """

    examples: int
    seen: NDArray[np.int64]
    fired: NDArray[np.uint8]

    @classmethod
    def of(cls, spikes: Array) -> LayerFiring:
        """Count the spikes of examples, which are integers of shape (examples, ...)."""
        fired = np.packbits(spikes.any(axis=0))
        return cls(len(spikes), np.bincount(spikes.ravel()), fired)

    def __add__(self, other: LayerFiring) -> LayerFiring:
        seen = np.zeros(max(len(self.seen), len(other.seen)), np.int64)
        seen[: len(self.seen)] = self.seen
        seen[: len(other.seen)] += other.seen
        examples = self.examples + other.examples
        return LayerFiring(examples, seen, self.fired | other.fired)

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
        return int(np.arange(len(self.seen)) @ self.seen) / self.examples

    @property
    def silent(self) -> float:
        """The fraction of neurons that never fired."""
        # Each neuron is in `seen` once per example.
        neurons = self.at_least(0) // self.examples
        firing = int(np.unpackbits(self.fired.astype(np.uint8)).sum())
        return (neurons - firing) / neurons

    def at_least(self, spikes: int) -> int:
        """Count the neurons with at least this many spikes, over all examples."""
        return int(self.seen[spikes:].sum())

    def saturation(self, steps: int) -> float:
        """Return the fraction of neurons and examples with a spike in every step."""
        return self.at_least(steps) / self.at_least(0)


@dataclass(frozen=True)
class Correlation:
    """The sums for the Pearson correlation of ``count`` pairs of values.

    ``means`` has the means of both variables, and ``products`` the sums of products of
    deviations from them: (2, 2). The sums of two sets of pairs can be added; see Chan,
    Golub and LeVeque, Updating formulae and a pairwise algorithm for computing sample
    variances, 1979.
    """

    count: int
    means: Floats
    products: Floats

    @classmethod
    def of(cls, first: Array, second: Array) -> Correlation:
        pairs = np.stack([np.ravel(first), np.ravel(second)]).astype(np.float64)
        means = pairs.mean(axis=1)
        pairs -= means[:, np.newaxis]
        return cls(pairs.shape[1], means, pairs @ pairs.T)

    def __add__(self, other: Correlation) -> Correlation:
        count = self.count + other.count
        apart = other.means - self.means
        share = other.count / count
        products = self.products + other.products
        products += np.outer(apart, apart) * self.count * share
        return Correlation(count, self.means + apart * share, products)

    @property
    def value(self) -> float | None:
        """The correlation, or None if a variable does not vary."""
        (xx, xy), (_, yy) = self.products.tolist()
        return xy / math.sqrt(xx) / math.sqrt(yy) if xx and yy else None
