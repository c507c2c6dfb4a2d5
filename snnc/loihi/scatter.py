"""The axes of a projection that is stored weight by weight."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from math import gcd

from snnc.loihi.axis import Axis, Interval, Picked, TapRun, Tiles, View
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

    def _find_runs(self, tile: Interval) -> tuple[TapRun, ...]:
        return tuple(self._run(place, tile) for place in self._read(tile))

    def _run(self, place: int, tile: Interval) -> TapRun:
        first, stop = self._reached(place, tile)
        top = place + self.before
        reads = [(o, self.taps[top - o * self.stride]) for o in range(first, stop)]
        taps = [(o - tile[0], tap) for o, tap in reads if tap]
        plain, scale = without_factor(taps)
        values = self._patterns.setdefault(plain, len(self._patterns))
        return TapRun(taps[0][0], len(taps), values, scale, (taps[0][0],))


def without_factor(reads: list[tuple[int, Tap]]) -> tuple[Pattern, int]:
    """What outputs read through taps, and the common factor of their weights."""
    scale = gcd(*(times for _, tap in reads for _, times in tap))
    return (
        tuple((o, tuple((i, n // scale) for i, n in tap)) for o, tap in reads),
        scale,
    )


Entries = Sequence[Mapping[int, int]]
"""For each output, the places that it reads and their weights."""


class ComparedAxis(ScatterAxis):
    """An axis where each output reads a few places, at weights that may be negative.

    Parameters
    ----------
    inputs
        How many places there are.
    entries
        What outputs read of them.
    picked
        Which places of the source's axis they are; None for all.
    """

    def __init__(
        self, inputs: int, entries: Entries, picked: Picked | None = None
    ) -> None:
        super().__init__(inputs, len(entries), 1, 0, Taps(1, 1, 0, ()), picked)
        self._entries = entries
        self._seen: dict[tuple[int, tuple[TapRun, ...]], View] = {}
        self._by_tile: dict[Interval, View] = {}

    def view(self, tile: Interval) -> View:
        if tile not in self._by_tile:
            runs = self._find_runs(tile)
            size = tile[1] - tile[0]
            view = View(size, len(runs), lambda: runs)
            self._by_tile[tile] = self._seen.setdefault((size, runs), view)
        return self._by_tile[tile]

    def alike(self, tiles: Tiles) -> range:
        # Equal views are one object, found by looking at every tile.
        return range(0)

    def _read(self, tile: Interval) -> tuple[int, ...]:
        if tile not in self._places:
            entries = self._entries[slice(*tile)]
            self._places[tile] = tuple(sorted({p for read in entries for p in read}))
        return self._places[tile]

    def _run(self, place: int, tile: Interval) -> TapRun:
        readers = self._readers[place]
        near = ((o, n) for o, n in readers if tile[0] <= o < tile[1])
        taps: list[tuple[int, Tap]] = [(o - tile[0], ((0, n),)) for o, n in near]
        plain, scale = without_factor(taps)
        values = self._patterns.setdefault(plain, len(self._patterns))
        return TapRun(taps[0][0], len(taps), values, scale, (taps[0][0],))

    @cached_property
    def _readers(self) -> Mapping[int, Sequence[tuple[int, int]]]:
        """The outputs that read a place, and their weights."""
        readers: dict[int, list[tuple[int, int]]] = {}
        for output, read in enumerate(self._entries):
            for place, weight in read.items():
                readers.setdefault(place, []).append((output, weight))
        return readers


class ComparedDepth:
    """The same along the depth axis."""

    def __init__(self, entries: Entries, picked: Picked | None = None) -> None:
        self.picked = picked
        self._entries = entries

    def tap(self, output: int, place: int) -> Tap:
        """The tap with which one slice reads another; empty if none does."""
        weight = self._entries[output].get(place)
        return ((0, weight),) if weight else ()

    def extent(self, inputs: int) -> int:
        """How many slices the source has of which ``inputs`` are read."""
        return inputs if self.picked is None else self.picked.extent

    def within(self, slices: Interval) -> Interval:
        """The input slices among some of the source's."""
        return slices if self.picked is None else self.picked.within(slices)
