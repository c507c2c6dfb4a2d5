"""The axes of a projection whose neurons compare what they read, by twos."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

from snnc.loihi.axis import Cut, Interval, Picked, Run, View
from snnc.loihi.scatter import ScatterAxis, without_factor
from snnc.loihi.taps import Tap, Taps

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
        self._seen: dict[tuple[int, tuple[Run, ...]], View] = {}
        self._by_tile: dict[Interval, View] = {}

    def view(self, tile: Interval) -> View:
        if tile not in self._by_tile:
            runs = self._find_runs(tile)
            size = tile[1] - tile[0]
            view = View(size, len(runs), lambda: runs)
            self._by_tile[tile] = self._seen.setdefault((size, runs), view)
        return self._by_tile[tile]

    def alike(self, tiles: Cut) -> range:
        # Equal views are one object, found by looking at every tile.
        return range(0)

    def _read(self, tile: Interval) -> tuple[int, ...]:
        if tile not in self._places:
            entries = self._entries[slice(*tile)]
            self._places[tile] = tuple(sorted({p for read in entries for p in read}))
        return self._places[tile]

    def _run(self, place: int, tile: Interval) -> Run:
        readers = self._readers[place]
        near = ((o, n) for o, n in readers if tile[0] <= o < tile[1])
        taps: list[tuple[int, Tap]] = [(o - tile[0], ((0, n),)) for o, n in near]
        plain, scale = without_factor(taps)
        values = self._patterns.setdefault(plain, len(self._patterns))
        return Run(taps[0][0], len(taps), values, scale, (taps[0][0],))

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
