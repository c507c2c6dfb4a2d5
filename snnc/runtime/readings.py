# SPDX-License-Identifier: MIT
# The run-time library of snnc; `snnc build` puts a copy into each package.
"""What the same spikes would decide if the readout read them otherwise.

A longer filter, or a mean, tells what is left of the noise of spikes: neither
weights nor the chip change with them.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .network import Network, Readout
from .results import Reading
from .scores import decide, difference, merits, score

LONGER = (2, 3)  # times as long as the readout's own synapse


def ways_of(readout: Readout) -> tuple[Readout, ...]:
    """Return the other ways to read the spikes that a readout gets."""
    mean = replace(readout, decide="mean")
    last = replace(readout, decide="last")
    other = mean if readout.decide == "last" else last
    synapse = readout.synapse
    if synapse is None:
        return (other,)
    return (other, *(replace(last, synapse=n * synapse) for n in LONGER))


class Reader:
    """Reads a row of examples, some after others, in other ways.

    Lowpass filters follow from one another: where the readout shows
    s[t + 1] = k s[t] + (1 - k) x[t] of spikes x, another filter shows
    r[t + 1] = l r[t] + (1 - l) / (1 - k) (s[t + 1] - k s[t]).
    """

    def __init__(self, network: Network, carries: bool) -> None:
        """Take a network, and whether examples begin as the one before ended."""
        self._ways = ways_of(network.readout)
        self._synapse = network.readout.synapse
        self._dt = network.dt
        self._carries = carries
        self._shown: NDArray[Any] | None = None
        self._filtered: dict[Readout, NDArray[Any]] = {}

    def read(self, rows: NDArray[Any]) -> NDArray[np.float64]:
        """Return what outputs, (examples, steps, units), would decide.

        It is (ways, examples, units).
        """
        earlier = np.roll(rows, 1, axis=1)
        earlier[:, 0] = rows[:, 0]  # at rest: nothing has arrived by then
        if self._carries:
            earlier[1:, 0] = rows[:-1, -1]
            if self._shown is not None:
                earlier[0, 0] = self._shown
            self._shown = rows[-1, -1].copy()
        return np.stack([self._read(rows, earlier, way) for way in self._ways])

    def _read(
        self,
        rows: NDArray[Any],
        earlier: NDArray[Any],
        way: Readout,
    ) -> NDArray[np.float64]:
        if way.synapse == self._synapse:
            return decide(rows, way.decide)
        assert way.synapse is not None
        kept = _kept(self._synapse, self._dt)
        keeps = _kept(way.synapse, self._dt)
        steps = rows.shape[1]
        # Of what is new in each step, so much is left at the end.
        left = keeps ** np.arange(steps - 1, -1, -1.0)
        left *= (1 - keeps) / (1 - kept)
        fresh = rows - kept * earlier
        outputs: NDArray[np.float64] = np.einsum("t,etu->eu", left, fresh)
        if not self._carries:
            outputs += keeps**steps * earlier[:, 0]
            return outputs
        filtered = self._filtered.get(way, earlier[0, 0])
        for example in outputs:
            example += keeps**steps * filtered
            filtered = example
        self._filtered[way] = filtered.copy()
        return outputs


def judged(
    network: Network,
    outputs: NDArray[Any],
    others: NDArray[Any],
    y: NDArray[Any],
) -> tuple[Reading, ...]:
    """Compare what the readout decides, (examples, units), with other ways.

    ``others`` are (ways, examples, units), ``y`` the labels.
    """
    classes, ways = network.readout.classes, ways_of(network.readout)
    own = merits(outputs, y, classes)
    readings = []
    for way, read in zip(ways, others, strict=True):
        gain = difference(merits(read, y, classes), own, len(ways))
        value = score(read, y, classes).value
        readings.append(Reading(way.decide, way.synapse, value, gain))
    return tuple(readings)


def _kept(synapse: float | None, dt: float) -> float:
    """Return what a step leaves of a lowpass filter's state."""
    return 0.0 if synapse is None else math.exp(-dt / synapse)
