"""The measured error of max pooling over spikes, interpolated.

If two values are nearly equal, the sign of the difference between their filtered spikes
varies. A neuron rectifies this difference, so its mean output is above 0. Larger
windows have larger errors.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping
from functools import cache
from itertools import product
from math import prod
from pathlib import Path
from typing import NamedTuple

from snnc.ir.logical import LogicalLayer, LogicalNetwork


class PoolingError(NamedTuple):
    """The error of maxima; 1.0 is the largest activation."""

    bias: float
    deviation: float

    @property
    def size(self) -> float:
        """The root mean square error."""
        return math.hypot(self.bias, self.deviation)


def error_of(network: LogicalNetwork, layer: LogicalLayer) -> PoolingError:
    """Return the error of a max pool over spikes."""
    spiking = layer.neuron_settings
    values = prod(layer.operation.window)
    present = network.timing.present
    return expected_error(values, spiking.rate.high, spiking.synapse, present)


class Measurement(NamedTuple):
    """A row of the table of measured errors.

    ``lasting`` is the standard deviation that remains however long spikes are counted,
    and ``counted`` the deviation after one second.
    """

    bias: float
    lasting: float
    counted: float


@cache
def measurements() -> Mapping[tuple[float, float, float], Measurement]:
    """Return the table of ``benchmarks/maxima.py`` by values, rate and synapse."""
    lines = Path(__file__).with_suffix(".csv").read_text(encoding="ascii").split()
    table = {}
    for line in lines[1:]:
        synapse, rate, values, bias, lasting, counted = map(float, line.split(","))
        table[values, rate, synapse] = Measurement(bias, lasting, counted)
    return table


def expected_error(
    values: int, high: float, synapse: float, present: float
) -> PoolingError:
    """Return the error of the maximum of ``values`` values.

    The values are uniformly distributed in 0..1, where 1.0 means a rate of ``high`` Hz.
    Their spikes are filtered with a time constant of ``synapse`` seconds, and counted
    for ``present`` seconds. The logarithms of the three numbers are interpolated;
    outside the table, the values at its ends are used.
    """
    table = measurements()
    # 0 has no logarithm; anything below the table counts as its first row.
    counts = _neighbours(max(values, 2), {n for n, _, _ in table})
    rates = _neighbours(high, {rate for _, rate, _ in table})
    synapses = _neighbours(synapse or 1e-3, {tau for _, _, tau in table})
    bias = lasting = counted = 0.0
    for (n, a), (rate, b), (tau, c) in product(counts, rates, synapses):
        error = table[n, rate, tau]
        share = a * b * c
        bias += share * error.bias
        lasting += share * error.lasting
        counted += share * error.counted
    return PoolingError(bias, math.hypot(lasting, counted / math.sqrt(present)))


def _neighbours(value: float, measured: set[float]) -> tuple[tuple[float, float], ...]:
    """Return the two neighbours of a value on a logarithmic axis, and their shares."""
    axis = sorted(measured)
    last_interval = len(axis) - 2
    interval = min(max(bisect_right(axis, value) - 1, 0), last_interval)
    low = axis[interval]
    high = axis[interval + 1]
    share = math.log(value / low) / math.log(high / low)
    share = min(max(share, 0.0), 1.0)  # a value outside has the end's error
    return (low, 1 - share), (high, share)
