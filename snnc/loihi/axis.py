"""One spatial axis of a convolution, as nengo-loihi unrolls it onto blocks.

A pool before a reader turns each tap of the reader's kernel into several equal weights.
nengo-loihi stores equal arrays once, so the costs depend on which taps of the composed
kernel are equal, and which are zero.

This follows `conv2d_loihi_weights` in ``nengo_loihi/conv.py:150-293`` and
`set_new_synapse_weights` in ``nengo_loihi/builder/split_blocks.py:533-640``.
"""

from __future__ import annotations

from bisect import bisect
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, partial, reduce
from math import gcd, lcm

from snnc.ir.reach import Pooling

Interval = tuple[int, int]
"""Positions from ``start`` up to, but not including, ``stop``."""


def length(interval: Interval) -> int:
    """Return the number of positions in an interval."""
    return interval[1] - interval[0]


def positions(interval: Interval) -> range:
    """Return the positions in an interval."""
    return range(interval[0], interval[1])


@dataclass(frozen=True, slots=True)
class Tiles:
    """The tiles of an axis, computed on demand; the last may be smaller."""

    extent: int
    size: int

    def __len__(self) -> int:
        return -(-self.extent // self.size)

    def __getitem__(self, index: int) -> Interval:
        start = range(0, self.extent, self.size)[index]
        return start, min(start + self.size, self.extent)

    def __iter__(self) -> Iterator[Interval]:
        # Without this, iteration would index each tile, which is slower.
        extent = self.extent
        size = self.size
        return ((i, min(i + size, extent)) for i in range(0, extent, size))

    def overlaps(self, interval: Interval) -> Iterator[tuple[int, int]]:
        """Yield the tiles with positions in an interval, and how many they have."""
        start, stop = interval
        for i in range(start // self.size, -(-stop // self.size)):
            yield i, min(stop, (i + 1) * self.size) - max(start, i * self.size)


Tap = tuple[tuple[int, int], ...]
"""``(reader's tap, times)`` pairs in order; empty where the kernel is zero."""
Steps = tuple[tuple[int, int], ...]
"""The window and stride of each pool along one axis, from the source."""


@dataclass(frozen=True)
class Taps:
    """The taps of a composed kernel, each computed on demand.

    The kernel may be far larger than its input. It has ``size`` taps, including
    ``zeros`` zeros at the start. ``reader`` are the positions of the taps of the
    reader's own kernel after the ``pools``.
    """

    size: int
    reader: range
    zeros: int
    pools: Steps

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, index: int) -> Tap:
        counts, stride = self._window
        step = stride * self.reader.step
        place = index - self.zeros
        # Only these taps of the reader have a pooled window that covers the place.
        first = max(0, -(-(place - len(counts) + 1) // step))
        last = min(len(self.reader) - 1, place // step)
        times = ((tap, counts[place - tap * step]) for tap in range(first, last + 1))
        # If pools leave gaps, some positions are not counted at all.
        return tuple((tap, count) for tap, count in times if count)

    @cached_property
    def _window(self) -> tuple[tuple[int, ...], int]:
        return _compose(self.pools)

    def nonzero_places(self, first: int, stop: int) -> Iterator[int]:
        """Yield the positions of nonzero taps, once per tap of the reader."""
        counts, stride = self._window
        step = stride * self.reader.step
        # Testing every place would be slow: a kernel may be far larger than its input.
        lowest = max(0, -(-(first - self.zeros - len(counts) + 1) // step))
        highest = min(len(self.reader) - 1, (stop - 1 - self.zeros) // step)
        for tap in range(lowest, highest + 1):
            for place, count in enumerate(counts, self.zeros + tap * step):
                if count and first <= place < stop:
                    yield place


def without_factor(taps: Sequence[Tap]) -> tuple[tuple[Tap, ...], int]:
    """Return taps divided by the common factor of their weights, and this factor.

    The factor is 0 if no weight is nonzero.
    """
    scale = gcd(*(times for tap in taps for _, times in tap))
    return tuple(tuple((i, n // scale) for i, n in tap) for tap in taps), scale


def steps_of(pools: Sequence[Pooling], axis: int) -> Steps:
    """Return the steps of pools along one axis, which counts from 0."""
    return tuple((pool.window[axis], pool.stride[axis]) for pool in pools)


def output_size(places: int, pools: Steps) -> int:
    """Return how many of ``places`` the pools of an axis output."""
    for window, stride in pools:
        places = (places - window) // stride + 1
    return places


def _compose(pools: Steps) -> tuple[tuple[int, ...], int]:
    """Return how often the pools together count each position, and their stride."""
    counts = [1]
    stride = 1
    for window, step in pools:
        # A moving sum over a window: add what enters the window, subtract what leaves.
        wider = counts + [0] * ((window - 1) * stride)
        for place in range(stride, len(wider)):
            wider[place] += wider[place - stride]
        size = window * stride
        counts = wider[:size] + [
            wider[place] - wider[place - size] for place in range(size, len(wider))
        ]
        stride *= step
    return tuple(counts), stride


@dataclass(frozen=True, slots=True)
class TapRun:
    """The inputs that reach a tile through the same consecutive taps of the kernel.

    ``tap`` is the first tap. ``values`` identifies the weights, apart from the factor
    ``scale``, which is 0 if all taps are zero. ``starts`` are the first outputs that
    each input reaches, relative to the tile's start.
    """

    tap: int
    length: int
    values: int
    scale: int
    starts: tuple[int, ...]


Kind = tuple[int, frozenset[int]]
"""The length of arrays, and the factors by which equal arrays differ."""
# An array is a product of rows and columns: factors 1 x 2 and 2 x 1 give equal arrays.
ONE = frozenset([1])


@dataclass(eq=False)
class View:
    """The ``inputs`` positions that a tile of ``size`` outputs reads on an axis.

    Tiles with equal views share one object, so costs are computed once. Runs are
    computed on demand, because most tilings are rejected earlier for their number of
    inputs.
    """

    size: int
    inputs: int
    find_runs: Callable[[], tuple[TapRun, ...]]

    @cached_property
    def runs(self) -> tuple[TapRun, ...]:
        return self.find_runs()

    def kinds(self, *, shared: bool) -> Counter[Kind]:
        """Return the number of arrays by kind; count equal ones once if ``shared``."""
        return self._distinct if shared else self._lengths

    @cached_property
    def _lengths(self) -> Counter[Kind]:
        return Counter((run.length, ONE) for run in self.runs)

    @cached_property
    def _distinct(self) -> Counter[Kind]:
        scales: dict[tuple[int, int], set[int]] = {}
        for run in self.runs:
            scales.setdefault((run.length, run.values), set()).add(run.scale)
        return Counter((length, frozenset(s)) for (length, _), s in scales.items())

    @cached_property
    def starts(self) -> frozenset[int]:
        """The first outputs that runs reach, relative to the tile's start."""
        return frozenset(start for run in self.runs for start in run.starts)


@dataclass(frozen=True, slots=True)
class Picked:
    """The ``places`` that are read on an axis of size ``extent``, numbered in order."""

    extent: int
    places: range

    def within(self, interval: Interval) -> Interval:
        """Return the numbers of the positions in an interval of the axis."""
        places = self.places
        count = len(self.places)
        first, stop = (
            min(max(0, -(-(end - places.start) // places.step)), count)
            for end in interval
        )
        return first, stop


@dataclass(frozen=True, slots=True)
class EquivalentItems:
    """Equal items in a sequence, at a distance of ``period``."""

    within: range
    period: int = 1

    def some(self, number: int) -> Iterator[int]:
        """Yield indices below ``number`` that include every different item."""
        again = min(self.within.start + self.period, number)
        yield from range(again)
        yield from range(max(again, self.within.stop), number)

    def both(self, other: EquivalentItems) -> EquivalentItems:
        """Return the items that are equal in two sequences of periodic items."""
        start = max(self.within.start, other.within.start)
        stop = max(start, min(self.within.stop, other.within.stop))
        return EquivalentItems(range(start, stop), lcm(self.period, other.period))


NONE_EQUIVALENT = EquivalentItems(range(0))


def unlike_items(number: int, alike: Iterable[EquivalentItems]) -> Iterator[int]:
    """Yield indices that include every item that differs in one of the sequences."""
    every = EquivalentItems(range(number))
    return reduce(EquivalentItems.both, alike, every).some(number)


@dataclass(eq=False)
class Axis:
    """An axis where ``outputs`` positions read ``inputs`` positions through ``taps``.

    Output ``o`` reads input ``o * stride - before + t`` with tap ``t``. Inputs are all
    positions on the source's axis, or only the ``picked`` positions. Height and width
    are split into tiles, and depth into groups of slices, one per ensemble.

    The outputs ``inside`` read only inputs, without padding; at a distance of
    ``period``, they read in the same way. ``overlaps`` is a function of the sizes of a
    source's and an output's tile. It returns the output tiles that read each source
    tile, and how many positions. ``reached``, of the same sizes and ``is_whole``,
    returns how many positions of each source tile are read by output tiles, and by
    whole ensembles if there are some. A position that several tiles read is counted
    once per tile.
    """

    inputs: int
    outputs: int
    stride: int
    before: int
    taps: Taps
    picked: Picked | None = None

    def __post_init__(self) -> None:
        stop = (self.inputs + self.before - len(self.taps)) // self.stride + 1
        self.inside = -(-self.before // self.stride), stop
        self.period = 1
        # The taps whose weights are added before they are stored, if any.
        self.tap_sets: tuple[tuple[int, ...], ...] = ()
        self.overlaps = cache(self._find_overlaps)
        self.reached = cache(self._find_reached)
        self._number = cache(self._find_number)
        self._views: dict[tuple[int, int, int, int], View] = {}
        self._values: dict[Hashable, int] = {}

    def view(self, tile: Interval) -> View:
        """Return the view of a tile of outputs."""
        # Tiles of one size only differ in how much of their view is outside the axis.
        key = (
            length(tile),
            tile[0] % self.period,
            max(0, self.inside[0] - tile[0]),
            max(0, tile[1] - self.inside[1]),
        )
        if key not in self._views:
            self._views[key] = self._view(tile)
        return self._views[key]

    def _view(self, tile: Interval) -> View:
        find_runs = partial(self._find_runs, tile)
        return View(length(tile), self.count_inputs(tile), find_runs)

    def equivalent_tiles(self, tiles: Tiles) -> EquivalentItems:
        """Return which tiles inside the axis have equal views."""
        first = -(-self.inside[0] // tiles.size)
        stop = min(self.inside[1], tiles.extent) // tiles.size
        period = self.period // gcd(self.period, tiles.size)
        return EquivalentItems(range(first, max(first, stop)), period)

    def _find_overlaps(self, source_tile: int, target_tile: int) -> Overlaps:
        sources = list(self.ensembles(source_tile))
        stops = [stop for _, stop in sources]
        overlaps: Overlaps = [{} for _ in sources]
        for j, tile in enumerate(Tiles(self.outputs, target_tile)):
            for start, stop in self._stretches(tile):
                for i in range(bisect(stops, start), len(sources)):
                    first, last = sources[i]
                    if first >= stop:
                        break
                    if first < last:  # otherwise, none of the tile is picked
                        shared = min(stop, last) - max(start, first)
                        overlaps[i][j] = overlaps[i].get(j, 0) + shared
        return overlaps

    def _find_reached(
        self, source_tile: int, target_tile: int, *, is_whole: bool
    ) -> list[tuple[int, int]]:
        overlaps = self.overlaps(source_tile, target_tile)
        by_tiles = [sum(counts.values()) for counts in overlaps]
        if not is_whole:
            return [(number, 0) for number in by_tiles]
        # nengo-loihi trims connections only when it splits an ensemble, so a whole one
        # also reads pixels between strides.
        last = self.read_extent
        by_whole = (max(0, min(b, last) - a) for a, b in self.ensembles(source_tile))
        return list(zip(by_tiles, by_whole, strict=True))

    def within(self, tile: Interval) -> Interval:
        """Return the inputs in a source tile."""
        return tile if self.picked is None else self.picked.within(tile)

    @cached_property
    def read_extent(self) -> int:
        """The number of positions up to the last position that is read."""
        return min(self.inputs, self.reach((0, self.outputs))[1])

    @cached_property
    def pairs(self) -> int:
        """The number of pairs of an input position and an output that reads it."""
        return sum(self.count_inputs((i, i + 1)) for i in range(self.outputs))

    def count_inputs(self, tile: Interval) -> int:
        """Return how many positions a tile of outputs reads."""
        return sum(stop - start for start, stop in self._stretches(tile))

    def tap(self, output: int, place: int) -> Tap:
        """Return the tap through which an output reads a position; may be empty."""
        index = place - output * self.stride + self.before
        return self.taps[index] if 0 <= index < len(self.taps) else ()

    def taps_of(self, tile: Interval) -> tuple[int, ...]:
        """Return the taps through which a tile reads the source instead of padding.

        They are consecutive: a gap would need a stride larger than the image, which
        would then have a single output.
        """
        # Each next output of a run reads the same positions by a tap ``stride`` lower.
        runs = self.view(tile).runs
        taps = [run.tap - i * self.stride for run in runs for i in range(run.length)]
        return tuple(range(min(taps), max(taps) + 1)) if taps else ()

    def reach(self, outputs: Interval) -> Interval:
        """Return the interval of positions that are read, including padding."""
        first = outputs[0] * self.stride - self.before
        return first, (outputs[1] - 1) * self.stride - self.before + len(self.taps)

    def reading(self, outputs: Interval, inputs: Interval) -> range:
        """Return the outputs that read any of some positions.

        If there is one, a connection joins the two ensembles, even if all its weights
        are zero because of a gap between pools.
        """
        first = (inputs[0] + self.before - len(self.taps)) // self.stride + 1
        stop = -(-(inputs[1] + self.before) // self.stride)
        return range(max(outputs[0], first), min(outputs[1], stop))

    def weighs(self, outputs: Interval, inputs: Interval) -> bool:
        """Return whether any weight between some positions is nonzero."""
        for output in self.reading(outputs, inputs):
            first, stop = self.reach((output, output + 1))
            places = range(max(first, inputs[0]), min(stop, inputs[1]))
            if any(self.tap(output, place) for place in places):
                return True
        return False

    def ensembles(self, group: int) -> Tiles | list[Interval]:
        """Return the interval of inputs in each tile of ``group`` source positions."""
        if self.picked is None:
            return Tiles(self.inputs, group)
        return list(map(self.picked.within, Tiles(self.picked.extent, group)))

    def sources_of(self, outputs: Interval, group: int) -> Sequence[int]:
        """Return the indices of the source ensembles that outputs read, in order."""
        groups = self.ensembles(group)
        near = range(len(groups))
        if self.picked is None:
            first, stop = self.reach(outputs)
            near = range(max(0, first) // group, -(-min(self.inputs, stop) // group))
        return [
            i for i in near if length(groups[i]) and self.reading(outputs, groups[i])
        ]

    def readers_of(self, inputs: Interval, outputs: Tiles) -> list[int]:
        """Return the indices of the ensembles of outputs that read some positions."""
        if not length(inputs):
            return []
        every = self.reading((0, self.outputs), inputs)
        size = outputs.size
        near = range(every.start // size, -(-every.stop // size))
        return [i for i in near if self.reading(outputs[i], inputs)]

    def equivalent_readers(self, group: int, outputs: Tiles) -> EquivalentItems:
        """Return which tiles read source ensembles of ``group`` slices the same way."""
        if self.picked is not None:
            return NONE_EQUIVALENT
        # The source's last ensemble may have fewer slices than the others.
        whole = self.inputs - self.inputs % group
        stop = min(
            self.inside[1], (whole + self.before - len(self.taps)) // self.stride + 1
        )
        first = -(-self.inside[0] // outputs.size)
        stop = max(first, min(stop, outputs.extent) // outputs.size)
        period = group // gcd(group, outputs.size * self.stride)
        return EquivalentItems(range(first, stop), period)

    def equivalent_sources(self, sources: Tiles, group: int) -> EquivalentItems:
        """Return which ensembles outputs in ensembles of ``group`` read equally."""
        if self.picked is not None:
            return NONE_EQUIVALENT
        size = sources.size
        step = group * self.stride
        first = max(0, -(-(len(self.taps) - 1 - self.before) // size))
        # The last ensemble of outputs may have fewer slices than the others.
        whole = self.outputs - self.outputs % group
        most = (whole * self.stride - self.before) // size
        stop = max(first, min(most, sources.extent // size))
        return EquivalentItems(range(first, stop), step // gcd(size, step))

    def _stretches(self, tile: Interval) -> Iterator[Interval]:
        """Yield the distinct intervals that a tile of outputs reads, in order."""
        # With a stride above the kernel's size, no output reads the positions between.
        apart = self.stride > len(self.taps)
        parts = ((i, i + 1) for i in positions(tile)) if apart else (tile,)
        for part in parts:
            start, stop = self.reach(part)
            start = max(0, start)
            stop = min(self.inputs, stop)
            if start < stop:
                yield start, stop

    def _find_runs(self, tile: Interval) -> tuple[TapRun, ...]:
        # nengo-loihi stores one array per mask of taps (`weight_key`, ``conv.py:253``).
        starts: dict[tuple[int, int], list[int]] = {}
        for stretch in self._stretches(tile):
            for place in positions(stretch):
                outputs = self.reading(tile, (place, place + 1))
                tap = place + self.before - outputs.start * self.stride
                key = (tap, len(outputs))
                starts.setdefault(key, []).append(outputs.start - tile[0])
        return tuple(
            TapRun(tap, length, *self._number(tap, length), tuple(outputs))
            for (tap, length), outputs in starts.items()
        )

    def _find_number(self, tap: int, length: int) -> tuple[int, int]:
        """Return an identifier for the weights of consecutive taps, and their scale."""
        stretch = tuple(self.taps[tap - i * self.stride] for i in range(length))
        plain, scale = without_factor(stretch)
        return self._values.setdefault(plain, len(self._values)), scale


Overlaps = list[dict[int, int]]
"""For each tile of a source, the positions that each tile of outputs reads."""
