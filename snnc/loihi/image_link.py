"""A projection that is stored as 2-D convolutions, with zeros for unconnected pairs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator
from itertools import accumulate, count, product

from snnc.ir.device import Profile
from snnc.loihi.axis import Interval, TapRun, Tiles, length
from snnc.loihi.link import (
    BlockView,
    Cost,
    Link,
    ReadStrips,
    SourceChannels,
    count_arrays,
)
from snnc.loihi.tiling import NO_EDGES, Edges, EnsembleTiling, Tiling


class ImageLink(Link):
    """Connections that are `nengo.Convolution`s, with zeros for unconnected pairs."""

    @property
    def edges(self) -> Edges:
        return NO_EDGES if self.bands.are_all else Edges(self.bands.outputs)

    def _find_feeds(
        self, group: int, part: EnsembleTiling, strip: Interval
    ) -> Iterator[SourceChannels]:
        depth, channels = self.depth, self.bands.channels
        groups, touched = depth.ensembles(group), self._reading_slices(part, strip)
        # Inputs that only other strips read are stored as zeros.
        near = depth.sources_of(touched, group)
        for i in depth.sources_of(part.slices, group):
            is_full = depth.picked is None and (i + 1) * group <= depth.inputs
            is_read = i in near or not is_full
            weighs = is_read and depth.weighs(touched, groups[i])
            yield SourceChannels(length(groups[i]) * channels, not weighs)

    def _reading_slices(self, part: EnsembleTiling, strip: Interval) -> Interval:
        """Return the slices of a strip in which some channel reads the source."""
        first, stop = part.slices_of(strip)
        if self.bands.are_all:
            return first, stop
        low, high = self.bands.outputs
        channels = [(i, part.channels_of(strip, i)) for i in range(first, stop)]
        touched = [i for i, (a, b) in channels if max(a, low) < min(b, high)]
        return (touched[0], touched[-1] + 1) if touched else (first, first)

    def in_axons(self, feed: SourceChannels, block: BlockView) -> int:
        if not block.whole:
            return block.rows.inputs * block.columns.inputs
        # An ensemble that is not split also reads pixels between strides.
        return self.rows.read_extent * self.columns.read_extent

    def _find_cost(self, feed: SourceChannels, block: BlockView) -> Cost:
        areas, top, aligned = stored_areas(block, feed.is_zero, self.profile)
        channels = feed.entries * block.channels
        arrays = {area * channels: number for area, number in areas.items()}
        return self._price(arrays, self.profile.synapse.index_width(top), aligned)

    def _read_strips(self, part: EnsembleTiling, target: Tiling) -> ReadStrips:
        met = self._met(part, target)
        split = sum(len(each.strips) for each in met if not each.whole)
        return split, sum(each.whole for each in met), self._channels(part)

    def _shared(self, channels: int) -> int:
        return min(channels, 1)

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
        outputs = Tiles(target.volume[0], target.group)
        return self.depth.readers_of(self.depth.within(part.slices), outputs)


def stored_areas(
    block: BlockView, is_zero: bool, profile: Profile
) -> tuple[Counter[int], int, bool]:
    """Return the arrays that a block stores for one convolution.

    There is one array per run of kernel rows, run of kernel columns, and page of the
    first compartment reached (`conv2d_loihi_weights`, ``nengo_loihi/conv.py:235-262``).
    If the ensemble is split, there is one array per distinct value
    (`set_new_synapse_weights`, ``builder/split_blocks.py:612``).

    The result is the number of arrays by their size in pixels, the largest index in the
    arrays, and whether every base is suitable for pop16. ``is_zero`` says whether all
    weights are zero.
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
        return count_arrays(*kinds, zeros), top, aligned
    page, top = profile.synapse.page, 0
    areas: dict[Hashable, int] = {}
    for row, column in product(rows.runs, columns.runs):
        key = _identity(row, column, whole, is_zero)
        last = ((row.length - 1) * columns.size + column.length) * channels - 1
        for base in block.bases(row.starts, column.starts):
            areas[key, base // page] = row.length * column.length
            top = max(top, base // page * page + last)
    return Counter(areas.values()), top, aligned


def _identity(row: TapRun, column: TapRun, whole: bool, is_zero: bool) -> Hashable:
    """Return the key of an array; equal arrays of a synapse have equal keys."""
    if whole:
        return row.tap, row.length, column.tap, column.length
    scale = 0 if is_zero else row.scale * column.scale
    if scale == 0:
        return row.length, column.length
    return row.values, column.values, scale
