"""One spatial axis of a projection that is stored weight by weight."""

from __future__ import annotations

from collections.abc import Iterator
from math import gcd

from snnc.loihi.axis import Axis, Interval, Picked, Run
from snnc.loihi.taps import Tap, Taps

Pattern = tuple[tuple[int, Tap], ...]
"""Outputs, and the taps through which they read a place, without their factor."""


class ScatterAxis(Axis):
    """An axis where zero taps connect nothing, and where each place is for itself.

    A `nengo.Sparse` has an array of weights for each neuron read, tied to the neurons
    that read it (`set_weights`, ``nengo_loihi/block.py:734``): a run is one place.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        stride: int,
        before: int,
        taps: Taps,
        picked: Picked | None = None,
    ) -> None:
        super().__init__(inputs, outputs, stride, before, taps, picked)
        self._patterns: dict[Pattern, int] = {}
        self._places: dict[Interval, tuple[int, ...]] = {}

    def _stretches(self, tile: Interval) -> Iterator[Interval]:
        places = self._read(tile)
        first = 0
        for i, place in enumerate(places):
            if i + 1 == len(places) or places[i + 1] != place + 1:
                yield places[first], place + 1
                first = i + 1

    def _read(self, tile: Interval) -> tuple[int, ...]:
        """The places that a tile reads through taps other than zero, in order."""
        if tile not in self._places:
            starts = (o * self.stride - self.before for o in range(*tile))
            inside = {
                start + t
                for start in starts
                for t in self.taps.used(-start, self.inputs - start)
            }
            self._places[tile] = tuple(sorted(inside))
        return self._places[tile]

    def _find_runs(self, tile: Interval) -> tuple[Run, ...]:
        return tuple(self._run(place, tile) for place in self._read(tile))

    def _run(self, place: int, tile: Interval) -> Run:
        first, stop = self._reached(place, tile)
        top = place + self.before
        reads = [(o, self.taps[top - o * self.stride]) for o in range(first, stop)]
        taps = [(o - tile[0], tap) for o, tap in reads if tap]
        plain, scale = without_factor(taps)
        values = self._patterns.setdefault(plain, len(self._patterns))
        return Run(taps[0][0], len(taps), values, scale, (taps[0][0],))


def without_factor(reads: list[tuple[int, Tap]]) -> tuple[Pattern, int]:
    """What outputs read through taps, and the common factor of their weights."""
    scale = gcd(*(times for _, tap in reads for _, times in tap))
    return (
        tuple((o, tuple((i, n // scale) for i, n in tap)) for o, tap in reads),
        scale,
    )
