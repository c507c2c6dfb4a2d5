"""A projection that is stored as 2-D convolutions over the ensembles' images."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import accumulate, count, product
from typing import NamedTuple

from snnc.ir.device import Profile
from snnc.loihi.axis import Axis, Interval, TapRun, Tiles, length
from snnc.loihi.bands import NO_EDGES, Bands, Edges
from snnc.loihi.link import (
    AxonLists,
    BlockView,
    Cost,
    Link,
    SourceChannels,
    count_arrays,
)
from snnc.loihi.tiling import EnsembleTiling, Tiling


class ImageLink(Link):
    """The connections of a projection, each a `nengo.Convolution`.

    Unconnected pairs are stored as zero weights.
    """

    def __init__(self, axes: Sequence[Axis], bands: Bands, profile: Profile) -> None:
        super().__init__(axes, bands, profile)
        self._feeds: dict[Hashable, tuple[SourceChannels, ...]] = {}
        self._costs: dict[Hashable, Cost] = {}

    @property
    def edges(self) -> Edges:
        return NO_EDGES if self.bands.are_all else Edges(self.bands.outputs)

    def feeds(
        self, group: int, part: EnsembleTiling, strip: Interval
    ) -> tuple[SourceChannels, ...]:
        touched = self._reading_slices(part, strip)
        key = self._place(group, part.slices, touched)
        if key not in self._feeds:
            self._feeds[key] = self._find_feeds(group, part.slices, touched)
        return self._feeds[key]

    def _reading_slices(self, part: EnsembleTiling, strip: Interval) -> Interval:
        """Return the slices of a strip in which some channel reads the source."""
        first, stop = part.slices_of(strip)
        if self.bands.are_all:
            return first, stop
        low, high = self.bands.outputs
        channels = [(i, part.channels_of(strip, i)) for i in range(first, stop)]
        touched = [i for i, (a, b) in channels if max(a, low) < min(b, high)]
        return (touched[0], touched[-1] + 1) if touched else (first, first)

    def _place(self, group: int, slices: Interval, touched: Interval) -> Hashable:
        """Return a key for the position of slices: equal for slices not at an end."""
        if self.depth.picked is not None:
            return group, slices, touched
        start, stop = self.depth.reach(slices)
        depth = self.depth.inputs
        if start < 0 or stop > depth - depth % group:
            return group, slices, touched
        near = touched[0] - slices[0], touched[1] - slices[0]
        return group, start % group, slices[1] - slices[0], near

    def _find_feeds(
        self, group: int, slices: Interval, touched: Interval
    ) -> tuple[SourceChannels, ...]:
        depth, channels = self.depth, self.bands.channels
        groups = depth.ensembles(group)
        # Inputs that only other strips read are stored as zeros.
        near = depth.sources_of(touched, group)
        feeds = []
        for i in depth.sources_of(slices, group):
            entries = length(groups[i])
            is_full = depth.picked is None and (i + 1) * group <= depth.inputs
            is_read = i in near or not is_full
            weighs = is_read and depth.weighs(touched, groups[i])
            feeds.append(SourceChannels(entries * channels, not weighs))
        return tuple(feeds)

    def fed_axons(self, feed: SourceChannels, block: BlockView) -> int:
        return self._pixels(block.rows.inputs, block.columns.inputs, block.whole)

    def in_axons(
        self, group: int, part: EnsembleTiling, rows: int, columns: int
    ) -> int:
        ensembles = self.depth.sources_of(part.slices, group)
        return len(ensembles) * self._pixels(rows, columns, part.whole)

    def _pixels(self, rows: int, columns: int, whole: bool) -> int:
        # An ensemble that is not split also reads pixels between strides.
        return (
            self.rows.read_extent * self.columns.read_extent
            if whole
            else rows * columns
        )

    def cost(self, feed: SourceChannels, block: BlockView) -> Cost:
        # A search asks for the same costs many times: large networks would take
        # twice as long without the cache.
        key = feed, block
        if key not in self._costs:
            self._costs[key] = self._find_cost(feed, block)
        return self._costs[key]

    def _find_cost(self, feed: SourceChannels, block: BlockView) -> Cost:
        storage = storage_of(block, feed.is_zero, self.profile)
        memory = self.profile.synapse
        index, channels = memory.index_width(storage.top), feed.entries * block.channels
        bits = words = 0
        for area, number in storage.arrays.items():
            weights = area * channels
            bits += number * memory.array_bits(weights, memory.weight_bits + index)
            words += number * weights
        return Cost(bits, storage.aligned, words, index)

    def axons(
        self, source: Tiling, target: Tiling, parts: Sequence[EnsembleTiling]
    ) -> list[list[int]]:
        rows, columns = (self._reached(i, source, target) for i in (0, 1))
        found = []
        for part in parts:
            met = self._met(part, target)
            strips = sum(len(t.strips) for t in met if not t.whole)
            whole = sum(t.whole for t in met)
            # A strip without picked slices has no axons.
            read = [channels > 0 for channels in self._channels(part)]
            found.append(
                [
                    (strips * n * m + whole * high * wide) * k
                    for (n, high), (m, wide), k in product(rows, columns, read)
                ]
            )
        return found

    def _reached(
        self, axis: int, source: Tiling, target: Tiling
    ) -> list[tuple[int, int]]:
        """Return how many positions of each tile split and whole ensembles read."""
        along, size = (self.rows, self.columns)[axis], source.tile[axis]
        tiles = map(along.within, Tiles(source.volume[axis + 1], size))
        last = along.read_extent
        reached = (max(0, min(stop, last) - first) for first, stop in tiles)
        return list(zip(along.crossings(size, target.tile[axis]), reached, strict=True))

    def most_axons(self, source: Tiling, target: Tiling) -> int:
        if not (target.part(0).whole or target.part(-1).whole):
            return super().most_axons(source, target)
        parts = self.unlike_parts(source, target)
        return max(max(each) for each in self.axons(source, target, parts))

    def most_strips(self, part: EnsembleTiling, target: Tiling) -> int:
        return sum(len(met.strips) for met in self._met(part, target))

    def axon_lists(self, source: Tiling, target: Tiling) -> list[list[AxonLists]]:
        rows, columns = self.crossings(source, target)
        found = []
        for part in source.parts:
            strips = self.most_strips(part, target)
            pixels = (strips * n * m for n, m in product(rows, columns))
            read = product(pixels, self._channels(part))
            found.append([AxonLists(n * (k > 0), n * k) for n, k in read])
        return found

    def pairs(self, source: Tiling, target: Tiling) -> int:
        joined = sum(
            length(self.depth.within(pre.slices)) * length(post.slices)
            for pre in source.parts
            for post in self._met(pre, target)
        )
        return joined * self.bands.channels * target.volume[3]

    def strip_pairs(
        self, source: Tiling, target: Tiling
    ) -> Iterator[tuple[int, int, int, int]]:
        firsts = [0, *accumulate(len(part.strips) for part in target.parts)]
        here = count()
        for pre in source.parts:
            met = self._near(pre, target)
            for channels in self._channels(pre):
                number = next(here)
                for i in met if channels else ():
                    yield number, firsts[i], firsts[i + 1] - firsts[i], channels

    def _channels(self, part: EnsembleTiling) -> list[int]:
        """Return how many channels of each strip of a source ensemble are read."""
        if self.depth.picked is None:
            return [length(strip) for strip in part.strips]
        return [
            sum(
                length(part.channels_of(strip, place))
                for place in range(*part.slices_of(strip))
                if length(self.depth.within((place, place + 1)))
            )
            for strip in part.strips
        ]

    def _met(self, part: EnsembleTiling, target: Tiling) -> list[EnsembleTiling]:
        """Return the target's ensembles that read an ensemble of the source."""
        return [target.part(i) for i in self._near(part, target)]

    def _near(self, part: EnsembleTiling, target: Tiling) -> list[int]:
        slices, outputs = (
            self.depth.within(part.slices),
            Tiles(target.volume[0], target.group),
        )
        near = self.depth.readers_of(slices, target.group) if length(slices) else ()
        return [i for i in near if self.depth.reading(outputs[i], slices)]


class Storage(NamedTuple):
    """Stored arrays: the number of arrays by their size in pixels.

    ``top`` is the largest index in the arrays. ``aligned`` says whether every base is
    suitable for pop16.
    """

    arrays: Mapping[int, int]
    top: int
    aligned: bool


@lru_cache(maxsize=65536)
def storage_of(block: BlockView, is_zero: bool, profile: Profile) -> Storage:
    """Return the arrays that a block stores for one convolution.

    ``is_zero`` says whether all weights are zero.

    There is one array per run of kernel rows, run of kernel columns, and page of the
    first compartment reached (`conv2d_loihi_weights`, ``nengo_loihi/conv.py:235-262``).
    If the ensemble is split, there is one array per distinct value
    (`set_new_synapse_weights`, ``builder/split_blocks.py:612``).
    """
    rows, columns, channels, whole = block
    aligned = channels % profile.axon.pop16_base == 0 or not any(
        base % profile.axon.pop16_base
        for base in block.bases(rows.starts, columns.starts)
    )
    if block.size <= profile.synapse.page:
        # All arrays begin on one page, so no loop over pairs of runs is needed.
        zeros = {(1, frozenset([1 if whole or not is_zero else 0])): 1}
        kinds = rows.kinds(not whole), columns.kinds(not whole)
        high, wide = (max((n for n, _ in each), default=0) for each in kinds)
        top = max(0, ((high - 1) * columns.size + wide) * channels - 1)
        return Storage(count_arrays(*kinds, zeros), top, aligned)
    page, top = profile.synapse.page, 0
    areas: dict[Hashable, int] = {}
    for row, column in product(rows.runs, columns.runs):
        key = _identity(row, column, whole, is_zero)
        last = ((row.length - 1) * columns.size + column.length) * channels - 1
        for base in block.bases(row.starts, column.starts):
            areas[key, base // page] = row.length * column.length
            top = max(top, base // page * page + last)
    return Storage(Counter(areas.values()), top, aligned)


def _identity(row: TapRun, column: TapRun, whole: bool, is_zero: bool) -> Hashable:
    """Return the key of an array; equal arrays of a synapse have equal keys."""
    if whole:
        return row.tap, row.length, column.tap, column.length
    scale = 0 if is_zero else row.scale * column.scale
    if scale == 0:
        return row.length, column.length
    return row.values, column.values, scale
