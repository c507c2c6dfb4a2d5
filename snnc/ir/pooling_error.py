"""The measured error of max pooling over spikes, interpolated.

If two values are nearly equal, the sign of the difference between their filtered spikes
varies. A neuron rectifies this difference, so its mean output is above 0. Larger
windows have larger errors.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import product
from typing import NamedTuple


class PoolingError(NamedTuple):
    """The error of maxima; 1.0 is the largest activation."""

    bias: float
    deviation: float

    @property
    def size(self) -> float:
        """The root mean square error."""
        return math.hypot(self.bias, self.deviation)


def expected_error(
    values: int,
    high: float,
    synapse: float,
    present: float,
) -> PoolingError:
    """Return the error of the maximum of ``values`` values.

    The values are uniformly distributed in 0..1, where 1.0 means a rate of ``high`` Hz.
    Their spikes are filtered with a time constant of ``synapse`` seconds, and counted
    for ``present`` seconds.
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
    counted /= math.sqrt(present)
    return PoolingError(bias, math.hypot(lasting, counted))


def _between(
    place: Sequence[float],
    axes: Sequence[Sequence[float]],
    value: Callable[[int, int, int], float],
) -> float:
    """Interpolate along each axis; outside its range, use the value at the end."""
    spans = []
    for point, axis in zip(place, axes, strict=True):
        i = min(max(bisect_right(axis, point) - 1, 0), len(axis) - 2)
        share = (point - axis[i]) / (axis[i + 1] - axis[i])
        share = min(max(share, 0.0), 1.0)
        spans.append(((i, 1 - share), (i + 1, share)))
    total = 0.0
    for (i, a), (j, b), (k, c) in product(*spans):
        total += a * b * c * value(i, j, k)
    return total


VALUES = (2, 4, 9, 16, 25, 49, 100)
RATES = (50.0, 100.0, 150.0, 250.0, 400.0)  # Hz
SYNAPSES = (0.0025, 0.005, 0.01, 0.02)  # seconds
# For each synapse and rate, by number of values: the bias, the standard deviation that
# remains however long spikes are counted, and the deviation after one second.
MEASURED = (
    (
        (
            (-0.026, 0.000, 0.045),
            (0.009, 0.000, 0.053),
            (0.176, 0.071, 0.068),
            (0.412, 0.112, 0.078),
            (0.641, 0.041, 0.097),
            (1.211, 0.065, 0.115),
            (2.006, 0.214, 0.108),
        ),
        (
            (-0.032, 0.000, 0.023),
            (-0.011, 0.049, 0.027),
            (0.114, 0.080, 0.040),
            (0.307, 0.123, 0.044),
            (0.458, 0.092, 0.052),
            (0.885, 0.090, 0.062),
            (1.393, 0.145, 0.040),
        ),
        (
            (-0.042, 0.021, 0.017),
            (-0.029, 0.047, 0.020),
            (0.067, 0.078, 0.026),
            (0.233, 0.123, 0.022),
            (0.312, 0.082, 0.031),
            (0.643, 0.127, 0.018),
            (1.022, 0.104, 0.032),
        ),
        (
            (-0.071, 0.050, 0.015),
            (-0.088, 0.073, 0.010),
            (-0.060, 0.082, 0.013),
            (0.034, 0.107, 0.000),
            (0.069, 0.071, 0.019),
            (0.283, 0.079, 0.023),
            (0.541, 0.085, 0.017),
        ),
        (
            (-0.088, 0.065, 0.010),
            (-0.117, 0.071, 0.009),
            (-0.126, 0.070, 0.010),
            (-0.067, 0.075, 0.000),
            (-0.079, 0.050, 0.014),
            (0.055, 0.065, 0.013),
            (0.203, 0.075, 0.000),
        ),
    ),
    (
        (
            (-0.025, 0.000, 0.045),
            (0.004, 0.000, 0.053),
            (0.149, 0.051, 0.067),
            (0.351, 0.097, 0.075),
            (0.527, 0.045, 0.085),
            (0.976, 0.000, 0.106),
            (1.536, 0.000, 0.102),
        ),
        (
            (-0.033, 0.000, 0.023),
            (-0.027, 0.027, 0.028),
            (0.044, 0.051, 0.035),
            (0.160, 0.092, 0.037),
            (0.243, 0.045, 0.046),
            (0.493, 0.054, 0.049),
            (0.807, 0.087, 0.049),
        ),
        (
            (-0.045, 0.025, 0.017),
            (-0.052, 0.030, 0.020),
            (-0.027, 0.046, 0.022),
            (0.050, 0.066, 0.022),
            (0.072, 0.028, 0.028),
            (0.245, 0.072, 0.029),
            (0.458, 0.078, 0.032),
        ),
        (
            (-0.074, 0.053, 0.015),
            (-0.108, 0.063, 0.015),
            (-0.130, 0.062, 0.014),
            (-0.106, 0.060, 0.010),
            (-0.108, 0.047, 0.013),
            (-0.022, 0.047, 0.017),
            (0.095, 0.035, 0.022),
        ),
        (
            (-0.092, 0.068, 0.009),
            (-0.126, 0.064, 0.012),
            (-0.153, 0.066, 0.010),
            (-0.132, 0.052, 0.005),
            (-0.148, 0.041, 0.012),
            (-0.104, 0.026, 0.010),
            (-0.045, 0.031, 0.010),
        ),
    ),
    (
        (
            (-0.027, 0.000, 0.045),
            (-0.018, 0.000, 0.052),
            (0.064, 0.000, 0.063),
            (0.176, 0.043, 0.065),
            (0.270, 0.059, 0.065),
            (0.530, 0.000, 0.086),
            (0.869, 0.000, 0.088),
        ),
        (
            (-0.038, 0.000, 0.025),
            (-0.052, 0.000, 0.030),
            (-0.046, 0.000, 0.036),
            (-0.002, 0.034, 0.033),
            (0.017, 0.000, 0.035),
            (0.140, 0.048, 0.035),
            (0.288, 0.042, 0.040),
        ),
        (
            (-0.051, 0.020, 0.022),
            (-0.069, 0.013, 0.025),
            (-0.075, 0.021, 0.027),
            (-0.049, 0.020, 0.025),
            (-0.044, 0.000, 0.026),
            (0.021, 0.013, 0.025),
            (0.117, 0.039, 0.028),
        ),
        (
            (-0.077, 0.054, 0.018),
            (-0.115, 0.057, 0.019),
            (-0.145, 0.058, 0.018),
            (-0.143, 0.050, 0.012),
            (-0.152, 0.033, 0.017),
            (-0.123, 0.006, 0.016),
            (-0.087, 0.021, 0.012),
        ),
        (
            (-0.095, 0.067, 0.013),
            (-0.131, 0.060, 0.018),
            (-0.158, 0.064, 0.016),
            (-0.144, 0.049, 0.011),
            (-0.160, 0.033, 0.017),
            (-0.137, 0.007, 0.012),
            (-0.114, 0.005, 0.011),
        ),
    ),
    (
        (
            (-0.035, 0.000, 0.050),
            (-0.046, 0.000, 0.060),
            (-0.030, 0.000, 0.066),
            (0.017, 0.000, 0.064),
            (0.043, 0.000, 0.071),
            (0.148, 0.000, 0.071),
            (0.296, 0.000, 0.081),
        ),
        (
            (-0.045, 0.000, 0.035),
            (-0.068, 0.000, 0.042),
            (-0.079, 0.000, 0.044),
            (-0.060, 0.000, 0.038),
            (-0.054, 0.000, 0.042),
            (-0.005, 0.000, 0.039),
            (0.064, 0.000, 0.037),
        ),
        (
            (-0.057, 0.000, 0.031),
            (-0.079, 0.000, 0.037),
            (-0.090, 0.000, 0.038),
            (-0.073, 0.000, 0.032),
            (-0.073, 0.000, 0.034),
            (-0.040, 0.000, 0.028),
            (0.004, 0.000, 0.033),
        ),
        (
            (-0.081, 0.045, 0.028),
            (-0.121, 0.047, 0.030),
            (-0.150, 0.049, 0.030),
            (-0.147, 0.039, 0.021),
            (-0.156, 0.017, 0.025),
            (-0.140, 0.000, 0.022),
            (-0.117, 0.000, 0.016),
        ),
        (
            (-0.098, 0.064, 0.023),
            (-0.135, 0.051, 0.028),
            (-0.160, 0.057, 0.028),
            (-0.144, 0.045, 0.020),
            (-0.156, 0.019, 0.026),
            (-0.132, 0.000, 0.019),
            (-0.115, 0.000, 0.015),
        ),
    ),
)
