"""One spatial axis of a convolution, as nengo-loihi unrolls it onto blocks.

The source is `conv2d_loihi_weights` in ``nengo_loihi/conv.py:150-293`` and
`set_new_synapse_weights` in ``nengo_loihi/builder/split_blocks.py:533-640``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from math import gcd
from typing import overload

from snnc.loihi.taps import Tap, Taps

Interval = tuple[int, int]
"""Half-open: the places ``start`` up to, not including, ``stop``."""


def length(interval: Interval) -> int:
    """How many places an interval has."""
    return interval[1] - interval[0]


@dataclass(frozen=True, slots=True)
class Tiles(Sequence[Interval]):
    """The tiles of an axis; they take no memory, however many they are."""

    extent: int
    size: int

    def __len__(self) -> int:
        return -(-self.extent // self.size)

    @overload
    def __getitem__(self, index: int) -> Interval: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Interval]: ...
    def __getitem__(self, index: int | slice) -> Interval | Sequence[Interval]:
        starts = range(0, self.extent, self.size)[index]
        if isinstance(starts, int):
            return starts, min(starts + self.size, self.extent)
        return tuple((i, min(i + self.size, self.extent)) for i in starts)

    def __iter__(self) -> Iterator[Interval]:
        extent, size = self.extent, self.size
        return ((i, min(i + size, extent)) for i in range(0, extent, size))


def cut(extent: int, size: int) -> Tiles:
    """Cut an axis into tiles of ``size``; the last may be smaller."""
    return Tiles(extent, size)


@dataclass(frozen=True, slots=True)
class TapRun:
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


class View:
    """What a tile of ``size`` outputs sees of an axis: ``inputs`` places, in runs.

    Tiles that see the same share one object, so that costs are found once. Runs are
    looked for when they are asked for: most tilings fail by their inputs alone. What
    they would say is known where ``each_once``: a single output reads each input
    through a tap that is equal to no other.
    """

    def __init__(
        self,
        size: int,
        inputs: int,
        find_runs: Callable[[], tuple[TapRun, ...]],
        each_once: bool = False,
    ) -> None:
        self.size = size
        self.inputs = inputs
        self._find_runs = find_runs
        self._each_once = each_once and inputs > 0

    @cached_property
    def runs(self) -> tuple[TapRun, ...]:
        return self._find_runs()

    @cached_property
    def lengths(self) -> Counter[int]:
        """How many runs there are of each length."""
        if self._each_once:
            return Counter({1: self.inputs})
        return Counter(run.length for run in self.runs)

    @cached_property
    def kinds(self) -> Counter[tuple[int, frozenset[int]]]:
        """How many values there are of a length, by the scales that they come at."""
        if self._each_once:
            return Counter({(1, frozenset([1])): self.inputs})
        scales: dict[tuple[int, int], set[int]] = {}
        for run in self.runs:
            scales.setdefault((run.length, run.values), set()).add(run.scale)
        return Counter((length, frozenset(s)) for (length, _), s in scales.items())

    @cached_property
    def starts(self) -> frozenset[int]:
        """The first outputs that runs reach, counted from the tile's start."""
        if self._each_once:
            return frozenset([0])
        return frozenset(start for run in self.runs for start in run.starts)


@dataclass(frozen=True, slots=True)
class Picked:
    """The ``places`` of an axis of ``extent`` that are read, side by side."""

    extent: int
    places: range

    def within(self, interval: Interval) -> Interval:
        """Which of them lie in an interval of the axis, by their numbers."""
        places, count = self.places, len(self.places)
        first, stop = (
            min(max(0, -(-(end - places.start) // places.step)), count)
            for end in interval
        )
        return first, stop


Picks = tuple[Picked, Picked, Picked]
"""Those along depth, height and width."""


class Axis:
    """``outputs`` places that read ``inputs`` places through ``taps``.

    Output ``o`` reads input ``o * stride - before + t`` with tap ``t``. Inputs are all
    places of the source's axis, or those that are ``picked``.
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
        self.inputs = inputs
        self.outputs = outputs
        self.stride = stride
        self.before = before
        self.taps = taps
        self.picked = picked
        self._views: dict[tuple[int, int, int], View] = {}
        self._values: dict[tuple[Tap, ...], int] = {}
        self._numbered: dict[tuple[int, int], tuple[int, int]] = {}
        self._crossings: dict[tuple[int, int], tuple[int, ...]] = {}

    def view(self, tile: Interval) -> View:
        """What a tile of the outputs sees."""
        start, stop = self._reach(tile)
        # Tiles of one size differ only in what the ends of the axis cut off.
        key = (tile[1] - tile[0], max(0, -start), max(0, stop - self.inputs))
        if key not in self._views:
            self._views[key] = View(
                key[0],
                self.seen(tile),
                lambda: self._find_runs(tile),
                each_once=key[0] == 1 and self.taps.differ,
            )
        return self._views[key]

    def alike(self, tiles: Tiles) -> range:
        """The tiles that see the same, as neither end of the axis cuts anything off."""
        step = tiles.size * self.stride
        first = -(-self.before // step)
        # The last tile may be smaller than the others.
        room = (
            self.inputs + self.before - len(self.taps) - (tiles.size - 1) * self.stride
        )
        stop = min(room // step + 1, tiles.extent // tiles.size)
        return range(first, max(first, stop))

    def crossings(self, source_tile: int, target_tile: int) -> tuple[int, ...]:
        """For each tile of the source, how many of its places tiles of outputs see.

        A place that several tiles of outputs see counts once for each.
        """
        key = (source_tile, target_tile)
        if key not in self._crossings:
            steps = [0] * (self.inputs + 1)
            for tile in cut(self.outputs, target_tile):
                for start, stop in self._stretches(tile):
                    steps[start] += 1
                    steps[stop] -= 1
            before = [0, *accumulate(accumulate(steps))]
            extent = self.inputs if self.picked is None else self.picked.extent
            tiles = map(self.within, cut(extent, source_tile))
            self._crossings[key] = tuple(before[b] - before[a] for a, b in tiles)
        return self._crossings[key]

    def within(self, tile: Interval) -> Interval:
        """The inputs that lie in a tile of the source's axis."""
        return tile if self.picked is None else self.picked.within(tile)

    @cached_property
    def reached(self) -> int:
        """The places up to the last that is read: what lies behind is cut off."""
        return min(self.inputs, self._reach((0, self.outputs))[1])

    def reached_of(self, tile: Interval) -> int:
        """How many of these a tile of the source's axis has."""
        first, stop = self.within(tile)
        return max(0, min(stop, self.reached) - first)

    @cached_property
    def pairs(self) -> int:
        """How many pairs of a place and an output there are of which one reads it."""
        return sum(self.seen((i, i + 1)) for i in range(self.outputs))

    def shared(self, source_tile: Interval, target_tile: Interval) -> int:
        """How many places of a tile of the source a tile of the outputs sees."""
        first, last = self.within(source_tile)
        return sum(
            max(0, min(stop, last) - max(start, first))
            for start, stop in self._stretches(target_tile)
        )

    def all_shared(self, sources: Tiles, targets: Tiles) -> list[tuple[int, int, int]]:
        """The tiles of the source that tiles of outputs see, and how much of them."""
        return [
            (i, j, n)
            for i, source in enumerate(sources)
            for j, target in enumerate(targets)
            if (n := self.shared(source, target))
        ]

    def _reached(self, place: int, tile: Interval) -> Interval:
        """The outputs of a tile that read a place."""
        top = place + self.before
        first = max(tile[0], -(-(top - len(self.taps) + 1) // self.stride))
        return first, min(tile[1], top // self.stride + 1)

    def seen(self, tile: Interval) -> int:
        """How many places a tile of the outputs reads."""
        return sum(stop - start for start, stop in self._stretches(tile))

    def _reach(self, tile: Interval) -> Interval:
        """The places that a tile reads, from its first to its last, padding too."""
        start = tile[0] * self.stride - self.before
        return start, (tile[1] - 1) * self.stride - self.before + len(self.taps)

    def _stretches(self, tile: Interval) -> Iterator[Interval]:
        """The places that a tile of the outputs reads, in order and none twice."""
        apart = self.stride > len(self.taps)
        parts = ((i, i + 1) for i in range(*tile)) if apart else (tile,)
        for part in parts:
            start, stop = self._reach(part)
            start, stop = max(0, start), min(self.inputs, stop)
            if start < stop:
                yield start, stop

    def _find_runs(self, tile: Interval) -> tuple[TapRun, ...]:
        starts: dict[tuple[int, int], list[int]] = {}
        for stretch in self._stretches(tile):
            for place in range(*stretch):
                first, stop = self._reached(place, tile)
                tap = place + self.before - first * self.stride
                starts.setdefault((tap, stop - first), []).append(first - tile[0])
        return tuple(
            TapRun(tap, length, *self._number(tap, length), tuple(outputs))
            for (tap, length), outputs in starts.items()
        )

    def _number(self, tap: int, length: int) -> tuple[int, int]:
        """Number the weights of a stretch of taps, and give their scale."""
        key = (tap, length)
        if key not in self._numbered and self.taps.differ:
            self._numbered[key] = (len(self._numbered), 1)
        if key not in self._numbered:
            stretch = tuple(self.taps[tap - i * self.stride] for i in range(length))
            scale = gcd(*(times for t in stretch for _, times in t))
            plain = tuple(tuple((i, n // scale) for i, n in t) for t in stretch)
            values = self._values.setdefault(plain, len(self._values))
            self._numbered[key] = (values, scale)
        return self._numbered[key]
