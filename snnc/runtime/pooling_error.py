# SPDX-License-Identifier: MIT
# The run-time library of snnc; `snnc build` puts a copy into each package.
"""How far a maximum is off as spikes tell it, measured and between.

Of two values that are nearly equal, filtered spikes make now one, now the
other the larger, and what a neuron makes of their difference is above 0. The
more values a window has, the more that adds up.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import NamedTuple


class PoolingError(NamedTuple):
    """What maxima are off by, as a share of the activation 1.0."""

    bias: float
    deviation: float

    @property
    def size(self) -> float:
        """The root of the mean square."""
        return math.hypot(self.bias, self.deviation)


def expected_error(
    values: int,
    high: float,
    synapse: float,
    present: float,
) -> PoolingError:
    """Return the error of the maximum of so many ``values``.

    They are alike at all places in 0..1, where 1.0 fires at ``high`` Hz, and
    are filtered by ``synapse`` seconds. The error is of spikes in ``present``
    seconds, as readers count them.
    """
    place = (
        math.log(max(values, 2)),
        math.log(high),
        math.log(synapse or 1e-3),
    )
    axes = (VALUES, RATES, SYNAPSES)
    logs = [[math.log(point) for point in axis] for axis in axes]

    def at(which: int) -> float:
        return _between(place, logs, lambda i, j, k: MEASURED[k][j][i][which])

    bias, lasting, counted = at(0), at(1), at(2)
    return PoolingError(
        bias, math.hypot(lasting, counted / math.sqrt(present))
    )


def _between(
    place: Sequence[float],
    axes: Sequence[Sequence[float]],
    value: Callable[[int, int, int], float],
) -> float:
    """Interpolate along each axis; beyond its ends, what is there holds."""
    spans = []
    for point, axis in zip(place, axes, strict=True):
        i = min(max(bisect_right(axis, point) - 1, 0), len(axis) - 2)
        share = (point - axis[i]) / (axis[i + 1] - axis[i])
        share = min(max(share, 0.0), 1.0)
        spans.append(((i, 1 - share), (i + 1, share)))
    return sum(
        a * b * c * value(i, j, k)
        for i, a in spans[0]
        for j, b in spans[1]
        for k, c in spans[2]
    )


VALUES = (2, 4, 9, 16, 25, 49, 100)
RATES = (50.0, 100.0, 150.0, 250.0, 400.0)  # Hz
SYNAPSES = (0.0025, 0.005, 0.01, 0.02)  # seconds
# For each synapse and rate, of so many values: the bias, the deviation that
# stays however long spikes are counted, and that of one second of them.
MEASURED = ((((-0.05, 0.05, 0.02),) * 7,) * 5,) * 4
