"""Compute the interval of an observed fraction."""

from __future__ import annotations

import math


def interval(share: float, count: int) -> tuple[float, float]:
    """Return the 95 % interval of a fraction observed in ``count`` examples."""
    # Wilson's score interval: E. B. Wilson, Probable inference, the law of
    # succession, and statistical inference, JASA 22, 1927, 209-212.
    z = 1.959964**2 / count
    middle = share + z / 2
    spread = math.sqrt(z * (share * (1 - share) + z / 4))
    low, high = (middle - spread) / (1 + z), (middle + spread) / (1 + z)
    return max(0.0, low), min(1.0, high)
