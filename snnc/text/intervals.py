"""Compute intervals of observed fractions, and of means over a few runs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist, fmean, stdev


def interval(share: float, count: int) -> tuple[float, float]:
    """Return the 95 % interval of a fraction observed in ``count`` examples."""
    # Wilson's score interval: E. B. Wilson, Probable inference, the law of
    # succession, and statistical inference, JASA 22, 1927, 209-212.
    z = 1.959964**2 / count
    middle = share + z / 2
    spread = math.sqrt(z * (share * (1 - share) + z / 4))
    low = (middle - spread) / (1 + z)
    high = (middle + spread) / (1 + z)
    return max(0.0, low), min(1.0, high)


_STUDENT = {1: 12.7062, 2: 4.3027, 3: 3.1824, 4: 2.7764}
"""The 97.5 % quantiles of Student's t by degrees of freedom, where they are few."""


def student(freedom: int) -> float:
    """Return the 97.5 % quantile of Student's t distribution."""
    if freedom in _STUDENT:
        return _STUDENT[freedom]
    # The expansion 26.7.5 in M. Abramowitz, I. A. Stegun, Handbook of mathematical
    # functions, 1972, which is within 0.003 here.
    z = NormalDist().inv_cdf(0.975)
    first = (z**3 + z) / 4
    second = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    return z + first / freedom + second / freedom**2 + third / freedom**3


def interval_of_mean(
    values: Sequence[float], intervals: Sequence[tuple[float, float]]
) -> tuple[float, float]:
    """Return the 95 % interval of the mean of several runs on the same examples.

    ``intervals`` has the interval of each value, due to the choice of examples. As all
    runs share their examples, the distances of these bounds don't shrink with the
    number of runs. They are added in squares to the uncertainty of a mean over few runs
    (MOVER: G. Y. Zou, A. Donner, Construction of confidence limits about effect
    measures, Statistics in Medicine 27, 2008, 1693-1702).
    """
    mean = fmean(values)
    runs = 0.0
    if len(values) > 1:
        runs = student(len(values) - 1) * stdev(values) / math.sqrt(len(values))
    low = mean - fmean(bounds[0] for bounds in intervals)
    high = fmean(bounds[1] for bounds in intervals) - mean
    return mean - math.hypot(runs, low), mean + math.hypot(runs, high)
