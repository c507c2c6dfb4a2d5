"""A projection that is stored as 2-D convolutions over the ensembles' images."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from functools import cached_property
from itertools import accumulate, count, product

from snnc.loihi.axis import Interval, View, cut, length
from snnc.loihi.bands import NO_EDGES, Edges
from snnc.loihi.link import AxonLists, Cost, Link, SourceChannels, channels_read
from snnc.loihi.storage import Footprint, storage_of
from snnc.loihi.tiling import EnsembleTiling, Tiling


class ImageLink(Link):
    """The connections of a projection, each a `nengo.Convolution`.

    Unconnected pairs are stored as zero weights.
    """

    @cached_property
    def _feeds(self) -> dict[Hashable, tuple[SourceChannels, ...]]:
        return {}

    @cached_property
    def _costs(self) -> dict[Hashable, Cost]:
        return {}

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

    def fed_axons(
        self, feed: SourceChannels, rows: View, columns: View, whole: bool
    ) -> int:
        return self._pixels(rows.inputs, columns.inputs, whole)

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

    def cost(
        self, feed: SourceChannels, rows: View, columns: View, strip: int, whole: bool
    ) -> Cost:
        # A search asks for the same costs many times: large networks would take
        # twice as long without the cache.
        key = feed, rows, columns, strip, whole
        if key not in self._costs:
            self._costs[key] = self._find_cost(*key)
        return self._costs[key]

    def _find_cost(
        self, feed: SourceChannels, rows: View, columns: View, strip: int, whole: bool
    ) -> Cost:
        footprint = Footprint(rows, columns, strip, not whole, feed.is_zero)
        storage, memory = storage_of(footprint, self.profile), self.profile.synapse
        index, channels = memory.index_width(storage.top), feed.entries * strip
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
        along = (self.rows, self.columns)[axis]
        crossings = along.crossings(source.tile[axis], target.tile[axis])
        reached = map(along.reached_of, cut(source.volume[axis + 1], source.tile[axis]))
        return list(zip(crossings, reached, strict=True))

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
        return [channels_read(part, strip, self.depth.picked) for strip in part.strips]

    def _met(self, part: EnsembleTiling, target: Tiling) -> list[EnsembleTiling]:
        """Return the target's ensembles that read an ensemble of the source."""
        return [target.part(i) for i in self._near(part, target)]

    def _near(self, part: EnsembleTiling, target: Tiling) -> list[int]:
        slices, outputs = (
            self.depth.within(part.slices),
            cut(target.volume[0], target.group),
        )
        near = self.depth.readers_of(slices, target.group) if length(slices) else ()
        return [i for i in near if self.depth.reading(outputs[i], slices)]
