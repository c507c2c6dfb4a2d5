"""Pearson's correlation of two variables whose values come in batches, in any order.

A batch is six numbers: how many pairs, both means, and the sums of the products of
deviations from them: of the first, of both, of the second. They are merged as in Chan,
Golub and LeVeque, "Updating formulae and a pairwise algorithm for computing sample
variances", 1979.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Batch = NDArray[np.float64]


def batch_of(first: NDArray[Any], second: NDArray[Any]) -> Batch:
    """Return the numbers of pairs of values, given in two arrays of one size."""
    x, y = (np.ravel(values).astype(np.float64) for values in (first, second))
    mean_x, mean_y = x.mean(), y.mean()
    x -= mean_x
    y -= mean_y
    return np.array([x.size, mean_x, mean_y, x @ x, x @ y, y @ y])


def merged(one: Batch, other: Batch) -> Batch:
    """Return the numbers of two batches together."""
    count = one[0] + other[0]
    x, y = other[1:3] - one[1:3]
    between = np.array([x * x, x * y, y * y]) * (one[0] * other[0] / count)
    means = one[1:3] + np.array([x, y]) * (other[0] / count)
    return np.concatenate([[count], means, one[3:] + other[3:] + between])


def correlation(batch: Batch) -> float | None:
    """Return the correlation, or None where a variable does not vary."""
    of_first, of_both, of_second = batch[3:]
    if of_first == 0 or of_second == 0:
        return None
    return float(of_both / np.sqrt(of_first) / np.sqrt(of_second))
