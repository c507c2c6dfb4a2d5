"""A projection that is stored as 2-D convolutions over the ensembles' images."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from itertools import accumulate, product

from snnc.ir.device import Profile
from snnc.ir.lowered import Volume
from snnc.loihi.axis import Axis, Interval, View, cut, length
from snnc.loihi.bands import NO_EDGES, Bands, Edges
from snnc.loihi.depth import Depth, EquivalentItems, ensembles
from snnc.loihi.link import AxonLists, Cost, Link, SourceChannels, channels_read
from snnc.loihi.storage import Footprint, Storage, storage_of
from snnc.loihi.tiling import EnsembleTiling, Tiling


class ImageLink(Link):
    """The connections of a projection, each a `nengo.Convolution`.

    Parameters
    ----------
    source
        The volume of the source.
    rows, columns, depth, bands
        The target's inputs along each axis; unconnected pairs are stored as zero
        weights.
    profile
        The device.
    """

    def __init__(
        self,
        source: Volume,
        rows: Axis,
        columns: Axis,
        depth: Depth,
        bands: Bands,
        profile: Profile,
    ) -> None:
        self.source = source
        super().__init__(rows, columns)
        self.depth = depth
        self.bands = bands
        self.profile = profile
        self._feeds: dict[Hashable, tuple[SourceChannels, ...]] = {}
        self._costs: dict[tuple[int, bool, View, View, int, bool], Cost] = {}

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
        below = strip[0] - (first - part.slices[0]) * part.channels
        above = strip[1] - (stop - 1 - part.slices[0]) * part.channels
        if first + 1 == stop:
            return first, stop - (min(above, high) <= max(below, low))
        return first + (below >= high), stop - (above <= low)

    def _place(self, group: int, slices: Interval, touched: Interval) -> Hashable:
        """Return a key for the position of slices: equal for slices not at an end."""
        if self.depth.picked is not None:
            return group, slices, touched
        start, stop = self.depth.reach(slices)
        depth = self.source[0]
        if start < 0 or stop > depth - depth % group:
            return group, slices, touched
        near = touched[0] - slices[0], touched[1] - slices[0]
        return group, start % group, slices[1] - slices[0], near

    def _find_feeds(
        self, group: int, slices: Interval, touched: Interval
    ) -> tuple[SourceChannels, ...]:
        depth, _, _, channels = self.source
        groups = ensembles(depth, group, self.depth.picked)
        # Inputs that only other strips read are stored as zeros.
        near = self.depth.read(touched, depth, group)
        apart = SourceChannels(group * channels, 0)
        picked = self.depth.picked is not None

        def feed(i: int) -> SourceChannels:
            a, b = groups[i]
            return SourceChannels(
                (b - a) * channels, int(self.depth.weighs(touched, (a, b)))
            )

        return tuple(
            feed(i) if i in near or picked or (i + 1) * group > depth else apart
            for i in self.depth.read(slices, depth, group)
        )

    def equivalent_parts(self, group: int, target: Tiling) -> EquivalentItems:
        outputs = cut(target.volume[0], target.group)
        return self.depth.equivalent_tiles(self.source[0], group, outputs)

    def fed_axons(
        self, feed: SourceChannels, rows: View, columns: View, whole: bool
    ) -> int:
        return self._pixels(rows.inputs, columns.inputs, whole)

    def in_axons(
        self, group: int, part: EnsembleTiling, rows: int, columns: int
    ) -> int:
        ensembles = self.depth.read(part.slices, self.source[0], group)
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
        key = (feed.entries, feed.distinct > 0, rows, columns, strip, whole)
        if key not in self._costs:
            footprint = Footprint(rows, columns, strip, not whole, not feed.distinct)
            self._costs[key] = self._cost(footprint, feed.entries)
        return self._costs[key]

    def _cost(self, footprint: Footprint, entries: int) -> Cost:
        storage = storage_of(footprint, self.profile)
        weights = entries * footprint.channels
        words = sum(count * area * weights for area, count in storage.arrays)
        bits = self._bits(storage, weights)
        index = self.profile.synapse.index_width(storage.top)
        return Cost(bits, storage.aligned, words, index)

    def _bits(self, storage: Storage, weights: int) -> int:
        memory = self.profile.synapse
        width = memory.weight_bits + memory.index_width(storage.top)
        return sum(
            count * memory.array_bits(area * weights, width)
            for area, count in storage.arrays
        )

    def axons(self, source: Tiling, target: Tiling) -> list[list[int]]:
        rows, columns = self.crossings(source, target)
        return [self._blocks(part, target, rows, columns) for part in source.parts]

    def axon_lists(self, source: Tiling, target: Tiling) -> list[list[AxonLists]]:
        rows, columns = self.crossings(source, target)
        found = []
        for part in source.parts:
            strips = sum(len(t.strips) for t in self._met(part, target))
            channels = [channels_read(part, s, self.depth.picked) for s in part.strips]
            pixels = (strips * n * m for n, m in product(rows, columns))
            found.append(
                [AxonLists(n * (k > 0), n * k) for n, k in product(pixels, channels)]
            )
        return found

    def most_axons(self, source: Tiling, target: Tiling) -> int:
        rows, columns = self.crossings(source, target)
        sources = cut(source.volume[0], source.group)
        alike = self.depth.equivalent_sources(sources, target.volume[0], target.group)
        parts = [source.part(i) for i in alike.some(len(sources))]
        if target.part(0).whole or target.part(-1).whole:
            return max(max(self._blocks(p, target, rows, columns)) for p in parts)
        strips = max(sum(len(t.strips) for t in self._met(p, target)) for p in parts)
        return strips * max(rows) * max(columns)

    def operations(self, source: Tiling, target: Tiling) -> int:
        joined = sum(
            self._inputs(pre) * length(post.slices)
            for pre in source.parts
            for post in self._met(pre, target)
        )
        channels = self.source[3] * target.volume[3]
        return self.rows.pairs * self.columns.pairs * joined * channels

    def spike_counts(
        self, source: Tiling, target: Tiling
    ) -> Iterator[tuple[int, range, int]]:
        rows, columns = self.overlaps(source, target)
        firsts = [0, *accumulate(part.blocks for part in target.parts)]
        core = -1
        for pre in source.parts:
            met = [
                (firsts[i], len(post.columns), len(post.strips))
                for i, post in enumerate(target.parts)
                if self.depth.meets(post.slices, self.depth.within(pre.slices))
            ]
            for high, wide, strip in product(rows, columns, pre.strips):
                core += 1
                channels = channels_read(pre, strip, self.depth.picked)
                near = product(met if channels else (), high, wide)
                for (first, across, strips), (i, n), (j, m) in near:
                    there = first + (i * across + j) * strips
                    yield core, range(there, there + strips), n * m * channels

    def _blocks(
        self,
        part: EnsembleTiling,
        target: Tiling,
        rows: Sequence[int],
        columns: Sequence[int],
    ) -> list[int]:
        met = self._met(part, target)
        strips = sum(len(t.strips) for t in met if not t.whole)
        whole = sum(t.whole for t in met)
        # A strip without picked slices has no axons.
        read = [
            channels_read(part, strip, self.depth.picked) > 0 for strip in part.strips
        ]
        if not whole:
            return [strips * n * m * k for n, m, k in product(rows, columns, read)]
        tall = [self.rows.reached_of(tile) for tile in part.rows]
        wide = [self.columns.reached_of(tile) for tile in part.columns]
        return [
            (strips * n * m + whole * high * across) * k
            for (n, high), (m, across), k in product(
                zip(rows, tall, strict=True), zip(columns, wide, strict=True), read
            )
        ]

    def _inputs(self, part: EnsembleTiling) -> int:
        """Return how many slices of a source ensemble are read or could be read."""
        return length(self.depth.within(part.slices))

    def _met(self, part: EnsembleTiling, target: Tiling) -> list[EnsembleTiling]:
        """Return the target's ensembles that read an ensemble of the source."""
        slices = self.depth.within(part.slices)
        if not length(slices):
            return []
        near = self.depth.readers(slices, target.volume[0], target.group)
        parts = map(target.part, near)
        return [t for t in parts if self.depth.meets(t.slices, slices)]
