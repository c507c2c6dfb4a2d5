"""One spatial axis of a convolution, as nengo-loihi unrolls it onto blocks.

This follows `conv2d_loihi_weights` in ``nengo_loihi/conv.py:150-293`` and
`set_new_synapse_weights` in ``nengo_loihi/builder/split_blocks.py:533-640``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import overload

from snnc.loihi.taps import Tap, Taps, without_factor

Interval = tuple[int, int]
"""Positions from ``start`` up to, but not including, ``stop``."""


def length(interval: Interval) -> int:
    """Return the number of positions in an interval."""
    return interval[1] - interval[0]


@dataclass(frozen=True, slots=True)
class Tiles(Sequence[Interval]):
    """The tiles of an axis, computed on demand."""

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
    """Split an axis into tiles of ``size``; the last may be smaller."""
    return Tiles(extent, size)


@dataclass(frozen=True, slots=True)
class TapRun:
    """The inputs that reach a tile through the same consecutive taps of the kernel.

    ``tap`` is the first tap. ``values`` identifies the weights, apart from the factor
    ``scale``. This factor is 0 if all taps are zero. ``starts`` are the first outputs
    that each input reaches, relative to the tile's start.
    """

    tap: int
    length: int
    values: int
    scale: int
    starts: tuple[int, ...]


class View:
    """The ``inputs`` positions that a tile of ``size`` outputs reads on an axis.

    Tiles with equal views share one object, so costs are computed once. Runs are
    computed on demand, because most tilings are rejected earlier for their number of
    inputs. With ``each_once``, there is one run per input, because a single output
    reads each input through a different tap.
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
        """The number of runs of each length."""
        if self._each_once:
            return Counter({1: self.inputs})
        return Counter(run.length for run in self.runs)

    @cached_property
    def kinds(self) -> Counter[tuple[int, frozenset[int]]]:
        """The number of distinct values, by length and by the scales in use."""
        if self._each_once:
            return Counter({(1, frozenset([1])): self.inputs})
        scales: dict[tuple[int, int], set[int]] = {}
        for run in self.runs:
            scales.setdefault((run.length, run.values), set()).add(run.scale)
        return Counter((length, frozenset(s)) for (length, _), s in scales.items())

    @cached_property
    def starts(self) -> frozenset[int]:
        """The first outputs that runs reach, relative to the tile's start."""
        if self._each_once:
            return frozenset([0])
        return frozenset(start for run in self.runs for start in run.starts)


@dataclass(frozen=True, slots=True)
class Picked:
    """The ``places`` that are read on an axis of size ``extent``, numbered in order."""

    extent: int
    places: range

    def within(self, interval: Interval) -> Interval:
        """Return the numbers of the positions in an interval of the axis."""
        places, count = self.places, len(self.places)
        first, stop = (
            min(max(0, -(-(end - places.start) // places.step)), count)
            for end in interval
        )
        return first, stop


Picks = tuple[Picked, Picked, Picked]
"""The picked positions along depth, height and width."""


class Axis:
    """An axis where ``outputs`` positions read ``inputs`` positions through ``taps``.

    Output ``o`` reads input ``o * stride - before + t`` with tap ``t``. Inputs are all
    positions on the source's axis, or only the ``picked`` positions.
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
        """Return the view of a tile of outputs."""
        start, stop = self._reach(tile)
        # Tiles of one size only differ in how much of their view is outside the axis.
        key = (tile[1] - tile[0], max(0, -start), max(0, stop - self.inputs))
        if key not in self._views:
            self._views[key] = View(
                key[0],
                self.count_inputs(tile),
                lambda: self._find_runs(tile),
                each_once=key[0] == 1 and self.taps.differ,
            )
        return self._views[key]

    def equivalent_tiles(self, tiles: Tiles) -> range:
        """Return the tiles inside the axis, whose views are equal."""
        step = tiles.size * self.stride
        first = -(-self.before // step)
        # The last tile may be smaller than the others.
        room = (
            self.inputs + self.before - len(self.taps) - (tiles.size - 1) * self.stride
        )
        stop = min(room // step + 1, tiles.extent // tiles.size)
        return range(first, max(first, stop))

    def crossings(self, source_tile: int, target_tile: int) -> tuple[int, ...]:
        """Return, for each source tile, how many positions the output tiles read.

        A position that several tiles read is counted once per tile.
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
        """Return the inputs in a source tile."""
        return tile if self.picked is None else self.picked.within(tile)

    @cached_property
    def read_extent(self) -> int:
        """The number of positions up to the last position that is read."""
        return min(self.inputs, self._reach((0, self.outputs))[1])

    def reached_of(self, tile: Interval) -> int:
        """Return how many positions within `read_extent` are in a source tile."""
        first, stop = self.within(tile)
        return max(0, min(stop, self.read_extent) - first)

    @cached_property
    def pairs(self) -> int:
        """The number of pairs of an input position and an output that reads it."""
        return sum(self.count_inputs((i, i + 1)) for i in range(self.outputs))

    def overlap(self, source_tile: Interval, target_tile: Interval) -> int:
        """Return how many positions of a source tile an output tile reads."""
        first, last = self.within(source_tile)
        return sum(
            max(0, min(stop, last) - max(start, first))
            for start, stop in self._stretches(target_tile)
        )

    def overlaps(self, sources: Tiles, targets: Tiles) -> list[list[tuple[int, int]]]:
        """Return the output tiles that read each tile of the source, and how much."""
        return [
            [
                (j, n)
                for j, tile in enumerate(targets)
                if (n := self.overlap(each, tile))
            ]
            for each in sources
        ]

    def _reading_outputs(self, place: int, tile: Interval) -> Interval:
        top = place + self.before
        first = max(tile[0], -(-(top - len(self.taps) + 1) // self.stride))
        return first, min(tile[1], top // self.stride + 1)

    def count_inputs(self, tile: Interval) -> int:
        """Return how many positions a tile of outputs reads."""
        return sum(stop - start for start, stop in self._stretches(tile))

    def _reach(self, tile: Interval) -> Interval:
        """Return the interval of positions that a tile reads, including padding."""
        start = tile[0] * self.stride - self.before
        return start, (tile[1] - 1) * self.stride - self.before + len(self.taps)

    def _stretches(self, tile: Interval) -> Iterator[Interval]:
        """Yield the distinct intervals that a tile of outputs reads, in order."""
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
                first, stop = self._reading_outputs(place, tile)
                tap = place + self.before - first * self.stride
                starts.setdefault((tap, stop - first), []).append(first - tile[0])
        return tuple(
            TapRun(tap, length, *self._number(tap, length), tuple(outputs))
            for (tap, length), outputs in starts.items()
        )

    def _number(self, tap: int, length: int) -> tuple[int, int]:
        """Return an identifier for the weights of consecutive taps, and their scale."""
        key = (tap, length)
        if key not in self._numbered and self.taps.differ:
            self._numbered[key] = (len(self._numbered), 1)
        if key not in self._numbered:
            stretch = tuple(self.taps[tap - i * self.stride] for i in range(length))
            plain, scale = without_factor(stretch)
            values = self._values.setdefault(plain, len(self._values))
            self._numbered[key] = (values, scale)
        return self._numbered[key]


class _NoAxis(Axis):
    """An axis of a source that is not an image: it has no inputs and equal tiles."""

    def __init__(self) -> None:
        super().__init__(0, 1, 1, 0, Taps(1, 1, 0, ()))
        self._only = View(1, 0, tuple)

    def view(self, tile: Interval) -> View:
        return self._only

    def equivalent_tiles(self, tiles: Tiles) -> range:
        return range(len(tiles))


NO_AXIS = _NoAxis()
