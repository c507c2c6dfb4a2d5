"""A projection that is stored as Sparse transforms, without unconnected pairs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import product

from snnc.ir.device import Profile
from snnc.ir.lowered import Volume
from snnc.loihi.axis import Axis, Interval, Picked, TapRun, Tiles, View, cut
from snnc.loihi.bands import Edges, edges_of
from snnc.loihi.depth import NONE_EQUIVALENT, EquivalentItems, ensembles
from snnc.loihi.fans import (
    ComparedDepth,
    Entries,
    FanOuts,
    Pattern,
    SynapseFanOut,
    pattern_of,
)
from snnc.loihi.link import Cost, Link, SourceChannels
from snnc.loihi.taps import Tap, Taps
from snnc.loihi.tiling import EnsembleTiling, Tiling


class ScatterAxis(Axis):
    """An axis where zero taps connect nothing, and each position is a separate run.

    A `nengo.Sparse` stores an array of weights for each neuron that is read. An array
    belongs to the neurons that read it (`set_weights`, ``nengo_loihi/block.py:734``),
    so a run is one position.
    """

    @cached_property
    def _patterns(self) -> dict[Pattern, int]:
        return {}

    @cached_property
    def _places(self) -> dict[Interval, tuple[int, ...]]:
        return {}

    def _stretches(self, tile: Interval) -> Iterator[Interval]:
        places = self._read(tile)
        first = 0
        for i, place in enumerate(places):
            if i + 1 == len(places) or places[i + 1] != place + 1:
                yield places[first], place + 1
                first = i + 1

    def _read(self, tile: Interval) -> tuple[int, ...]:
        """Return the positions that a tile reads through nonzero taps, in order."""
        if tile not in self._places:
            starts = (o * self.stride - self.before for o in range(*tile))
            inside = {
                start + t
                for start in starts
                for t in self.taps.nonzero_places(-start, self.inputs - start)
            }
            self._places[tile] = tuple(sorted(inside))
        return self._places[tile]

    def _find_runs(self, tile: Interval) -> tuple[TapRun, ...]:
        return tuple(self._run(place, tile) for place in self._read(tile))

    def _run(self, place: int, tile: Interval) -> TapRun:
        first, stop = self._reading_outputs(place, tile)
        top = place + self.before
        reads = [(o, self.taps[top - o * self.stride]) for o in range(first, stop)]
        taps = [(o - tile[0], tap) for o, tap in reads if tap]
        plain, scale = pattern_of(taps)
        values = self._patterns.setdefault(plain, len(self._patterns))
        return TapRun(taps[0][0], len(taps), values, scale, (taps[0][0],))


class ComparedAxis(ScatterAxis):
    """An axis where each output reads a few positions, possibly with negative weights.

    Parameters
    ----------
    inputs
        The number of positions.
    entries
        The positions and weights that each output reads.
    picked
        The positions on the source's axis that are read; None for all.
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

    def equivalent_tiles(self, tiles: Tiles) -> range:
        # Check every tile: views with equal content are one object.
        return range(0)

    def _read(self, tile: Interval) -> tuple[int, ...]:
        if tile not in self._places:
            entries = self._entries[slice(*tile)]
            self._places[tile] = tuple(sorted({p for read in entries for p in read}))
        return self._places[tile]

    def _run(self, place: int, tile: Interval) -> TapRun:
        readers = self._readers[place]
        near = ((o, n) for o, n in readers if tile[0] <= o < tile[1])
        taps = [(o - tile[0], self._tap_of(n)) for o, n in near]
        plain, scale = pattern_of(taps)
        values = self._patterns.setdefault(plain, len(self._patterns))
        return TapRun(taps[0][0], len(taps), values, scale, (taps[0][0],))

    def _tap_of(self, entry: int) -> Tap:
        return ((0, entry),)

    @cached_property
    def _readers(self) -> Mapping[int, Sequence[tuple[int, int]]]:
        """Return the outputs that read each position, and their weights."""
        readers: dict[int, list[tuple[int, int]]] = {}
        for output, read in enumerate(self._entries):
            for place, weight in read.items():
                readers.setdefault(place, []).append((output, weight))
        return readers


class TransposedAxis(ComparedAxis):
    """An axis of a transposed convolution, as in `snnc.ir.lowered.Window`.

    Parameters
    ----------
    inputs, outputs
        The number of positions.
    kernel, step, before
        The number of taps, the distance between inputs, and the positions before them.
    picked
        The positions on the source's axis that are read; None for all.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int,
        step: int,
        before: int,
        picked: Picked | None = None,
    ) -> None:
        entries = transposed_entries(inputs, outputs, kernel, step, before)
        super().__init__(inputs, entries, picked)
        self._step = step
        # The outputs whose taps are all between the first and the last input.
        self._inside = before, (inputs - 1) * step + before - kernel + 2
        self._by_phase: dict[tuple[int, int, int, int], View] = {}

    def view(self, tile: Interval) -> View:
        first, stop = self._inside
        phase = tile[0] % self._step
        key = (
            tile[1] - tile[0],
            phase,
            max(0, first - tile[0]),
            max(0, tile[1] - stop),
        )
        if key not in self._by_phase:
            self._by_phase[key] = super().view(tile)
        return self._by_phase[key]

    def equivalent_tiles(self, tiles: Tiles) -> range:
        if tiles.size % self._step:
            return range(0)
        first = -(-self._inside[0] // tiles.size)
        stop = min(self._inside[1], tiles.extent) // tiles.size
        return range(first, max(first, stop))

    def _tap_of(self, entry: int) -> Tap:
        return ((entry, 1),)

    def taps_of(self, tile: Interval) -> tuple[int, ...]:
        """Return the taps through which a tile of outputs reads, in order."""
        entries = self._entries[slice(*tile)]
        return tuple(sorted({tap for read in entries for tap in read.values()}))


def transposed_entries(
    inputs: int, outputs: int, taps: int, step: int, before: int
) -> Entries:
    """Return the positions that each output reads, and their taps, as in `Window`."""
    return [
        {
            place: taps - 1 - (place * step + before - output)
            for place in range(
                max(0, -(-(output - before) // step)),
                min(inputs, (output - before + taps - 1) // step + 1),
            )
        }
        for output in range(outputs)
    ]


class SparseLink(Link):
    """The connections of a projection, each a `nengo.Sparse` from the neurons read.

    Each neuron that a block reads needs an in-axon and an array of weights without
    indices (`set_weights`, ``nengo_loihi/block.py:734``; compression 3, ``:524``). If
    an ensemble is split, arrays with equal weights to the same neurons, as pools create
    them, are stored once (``builder/split_blocks.py:612``).

    Parameters
    ----------
    source
        The volume of the source.
    rows, columns, fans
        The positions that the target reads along each axis.
    profile
        The device.
    """

    def __init__(
        self,
        source: Volume,
        rows: ScatterAxis,
        columns: ScatterAxis,
        fans: FanOuts,
        profile: Profile,
    ) -> None:
        self.source = source
        super().__init__(rows, columns)
        self.fans = fans
        self.profile = profile
        self._feeds: dict[
            tuple[int, EnsembleTiling, Interval], tuple[SourceChannels, ...]
        ] = {}
        self._equal: dict[tuple[SourceChannels, ...], tuple[SourceChannels, ...]] = {}
        self._costs: dict[tuple[SourceChannels, View, View, bool], Cost] = {}
        self._axons: dict[tuple[int, int, int, int], list[list[int]]] = {}

    def feeds(
        self, group: int, part: EnsembleTiling, strip: Interval
    ) -> tuple[SourceChannels, ...]:
        key = (group, part, strip)
        if key not in self._feeds:
            groups = ensembles(self.source[0], group, self.fans.depth.picked)
            fans = (self.fans.fan(part, strip, slices) for slices in groups)
            fed = tuple(fan for fan in fans if fan.entries)
            self._feeds[key] = self._equal.setdefault(fed, fed)
        return self._feeds[key]

    @property
    def edges(self) -> Edges:
        return edges_of(self.fans.bands)

    def equivalent_parts(self, group: int, target: Tiling) -> EquivalentItems:
        depth, outputs = self.fans.depth, cut(target.volume[0], target.group)
        if isinstance(depth, ComparedDepth):
            return NONE_EQUIVALENT
        return depth.equivalent_tiles(self.source[0], group, outputs)

    def fed_axons(
        self, feed: SourceChannels, rows: View, columns: View, whole: bool
    ) -> int:
        return rows.inputs * columns.inputs * feed.entries

    def in_axons(
        self, group: int, part: EnsembleTiling, rows: int, columns: int
    ) -> int:
        feeds = self.feeds(group, part, part.strips[0])
        return rows * columns * sum(feed.entries for feed in feeds)

    def cost(
        self, feed: SourceChannels, rows: View, columns: View, strip: int, whole: bool
    ) -> Cost:
        assert isinstance(feed, SynapseFanOut)
        key = (feed, rows, columns, whole)
        if key not in self._costs:
            arrays = _every_array if whole else _distinct_arrays
            memory = self.profile.synapse
            bits = words = 0
            for weights, number in arrays(feed, rows, columns):
                bits += number * memory.array_bits(weights, memory.weight_bits)
                words += number * weights
            self._costs[key] = Cost(bits, True, words, None)
        return self._costs[key]

    def axons(self, source: Tiling, target: Tiling) -> list[list[int]]:
        rows, columns = self.crossings(source, target)
        return [
            [n * m * k for n, m, k in product(rows, columns, strips)]
            for strips in self._strips(source, target)
        ]

    def most_axons(self, source: Tiling, target: Tiling) -> int:
        rows, columns = self.crossings(source, target)
        strips = max(map(max, self._strips(source, target)))
        return strips * max(rows) * max(columns)

    def _strips(self, source: Tiling, target: Tiling) -> list[list[int]]:
        """Return how many channels of each source strip the target's strips read."""
        key = (source.group, source.tile[2], target.group, target.tile[2])
        if key not in self._axons:
            self._axons[key] = self.fans.axons(source, target)
        return self._axons[key]

    def operations(self, source: Tiling, target: Tiling) -> int:
        joined = self.fans.count_pairs(self.source[0], target.volume[0])
        return self.rows.pairs * self.columns.pairs * joined

    def spike_counts(
        self, source: Tiling, target: Tiling
    ) -> Iterator[tuple[int, range, int]]:
        axes = [
            [(i, j, n) for i, near in enumerate(axis) for j, n in near]
            for axis in self.overlaps(source, target)
        ]
        pixels = [(*high, *wide) for high, wide in product(*axes)]
        here, there = _places(source), _places(target)
        for (pre, post), channels in self.fans.overlaps(source, target).items():
            (start, across, strips), (first, wide, many) = here[pre], there[post]
            for row, seen, tall, column, beside, broad in pixels:
                core = start + (row * across + column) * strips
                other = first + (seen * wide + beside) * many
                yield core, range(other, other + 1), tall * broad * channels


def _places(tiling: Tiling) -> list[tuple[int, int, int]]:
    """Return each strip's first core, and the number of tiles per row and per strip."""
    places, first = [], 0
    for part in tiling.parts:
        strips = len(part.strips)
        places += [(first + k, len(part.columns), strips) for k in range(strips)]
        first += part.blocks
    return places


def _every_array(
    fan: SynapseFanOut, rows: View, columns: View
) -> Iterator[tuple[int, int]]:
    """Yield (weights per array, number of arrays); each neuron read has one array."""
    axes = (rows.lengths.items(), columns.lengths.items(), fan.lengths)
    for (high, n), (wide, m), (reached, k) in product(*axes):
        yield high * wide * reached, n * m * k


def _distinct_arrays(
    fan: SynapseFanOut, rows: View, columns: View
) -> Iterator[tuple[int, int]]:
    """Yield (weights per array, number of arrays), counting equal arrays once."""
    axes = (rows.kinds.items(), columns.kinds.items(), fan.kinds)
    for ((high, a), n), ((wide, b), m), ((reached, c), k) in product(*axes):
        scales = {i * j * f for i, j, f in product(a, b, c)}
        yield high * wide * reached, n * m * k * len(scales)
