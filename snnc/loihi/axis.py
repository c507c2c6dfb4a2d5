"""One spatial axis of a convolution, as nengo-loihi unrolls it onto blocks.

The source is `conv2d_loihi_weights` in ``nengo_loihi/conv.py:150-293`` and
`set_new_synapse_weights` in ``nengo_loihi/builder/split_blocks.py:533-640``.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import gcd

from snnc.loihi.taps import Tap

Interval = tuple[int, int]
"""Half-open: the places ``start`` up to, not including, ``stop``."""


def cut(extent: int, size: int) -> tuple[Interval, ...]:
    """Cut an axis into tiles of ``size``; the last may be smaller."""
    return tuple((i, min(i + size, extent)) for i in range(0, extent, size))


@dataclass(frozen=True, slots=True)
class Run:
    """The inputs that meet a tile through the same stretch of kernel taps.

    ``tap`` is the stretch's first tap; ``values`` numbers the stretch by its weights
    up to the factor ``scale`` (0 if all its taps are zero); ``starts`` are the first
    outputs reached, counted from the tile's start.
    """

    tap: int
    length: int
    values: int
    scale: int
    starts: tuple[int, ...]


@dataclass(frozen=True, eq=False, slots=True)
class View:
    """What a tile of ``size`` outputs sees of an axis: ``inputs`` places, in runs.

    Tiles that see the same share one object, so that costs are found once.
    """

    size: int
    inputs: int
    runs: tuple[Run, ...]


class Axis:
    """``outputs`` places that read ``inputs`` places through ``taps``.

    Output ``o`` reads input ``o * stride - before + t`` with tap ``t``.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        stride: int,
        before: int,
        taps: Sequence[Tap],
    ) -> None:
        self.inputs = inputs
        self.outputs = outputs
        self.stride = stride
        self.before = before
        self.taps = tuple(taps)
        self._views: dict[Interval, View] = {}
        self._shared: dict[tuple[int, int, tuple[Run, ...]], View] = {}
        self._values: dict[tuple[Tap, ...], int] = {}
        self._numbered: dict[tuple[int, int], tuple[int, int]] = {}
        self._crossings: dict[tuple[int, int], tuple[int, ...]] = {}
        self._shares: dict[tuple[Interval, Interval], int] = {}

    def view(self, tile: Interval) -> View:
        """What a tile of the outputs sees."""
        if tile not in self._views:
            view = self._look(tile)
            key = (view.size, view.inputs, view.runs)
            self._views[tile] = self._shared.setdefault(key, view)
        return self._views[tile]

    def crossings(self, source_tile: int, target_tile: int) -> tuple[int, ...]:
        """For each tile of the inputs, how many of its places tiles of outputs see.

        A place that several tiles of outputs see counts once for each.
        """
        key = (source_tile, target_tile)
        if key not in self._crossings:
            seen = [0] * self.inputs
            for tile in cut(self.outputs, target_tile):
                for place in self.seen(tile):
                    seen[place] += 1
            self._crossings[key] = tuple(
                sum(seen[a:b]) for a, b in cut(self.inputs, source_tile)
            )
        return self._crossings[key]

    @cached_property
    def pairs(self) -> int:
        """How many pairs of a place and an output there are of which one reads it."""
        whole = (0, self.outputs)
        spans = (self._reached(place, whole) for place in range(self.inputs))
        return sum(max(0, stop - first) for first, stop in spans)

    def shared(self, source_tile: Interval, target_tile: Interval) -> int:
        """How many places of a tile of the inputs a tile of the outputs sees."""
        key = (source_tile, target_tile)
        if key not in self._shares:
            start, stop = source_tile
            seen = self.seen(target_tile)
            self._shares[key] = bisect_left(seen, stop) - bisect_left(seen, start)
        return self._shares[key]

    def _reached(self, place: int, tile: Interval) -> Interval:
        """The outputs of a tile that read a place."""
        top = place + self.before
        first = max(tile[0], -(-(top - len(self.taps) + 1) // self.stride))
        return first, min(tile[1], top // self.stride + 1)

    def seen(self, tile: Interval) -> list[int]:
        """The places that a tile of the outputs reads, in order."""
        start = max(0, tile[0] * self.stride - self.before)
        stop = (tile[1] - 1) * self.stride - self.before + len(self.taps)
        places = range(start, min(self.inputs, stop))
        if self.stride <= len(self.taps):
            return list(places)
        reached = ((place, *self._reached(place, tile)) for place in places)
        return [place for place, first, stop in reached if first < stop]

    def _look(self, tile: Interval) -> View:
        starts: dict[tuple[int, int], list[int]] = {}
        seen = self.seen(tile)
        for place in seen:
            first, stop = self._reached(place, tile)
            tap = place + self.before - first * self.stride
            starts.setdefault((tap, stop - first), []).append(first - tile[0])
        runs = tuple(
            Run(tap, length, *self._number(tap, length), tuple(found))
            for (tap, length), found in starts.items()
        )
        return View(tile[1] - tile[0], len(seen), runs)

    def _number(self, tap: int, length: int) -> tuple[int, int]:
        """Number the weights of a stretch of taps, and give their scale."""
        key = (tap, length)
        if key not in self._numbered:
            stretch = tuple(self.taps[tap - i * self.stride] for i in range(length))
            scale = gcd(*(times for t in stretch for _, times in t))
            plain = tuple(tuple((i, n // scale) for i, n in t) for t in stretch)
            values = self._values.setdefault(plain, len(self._values))
            self._numbered[key] = (values, scale)
        return self._numbered[key]
