"""A projection that is stored as Dense transforms."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from itertools import product
from math import prod

from snnc.ir.device import Profile
from snnc.ir.lowered import Pooling, Volume
from snnc.loihi.axis import NO_AXIS, Interval, Picks, View, length
from snnc.loihi.bands import NO_EDGES, Edges
from snnc.loihi.depth import EquivalentItems, ensembles
from snnc.loihi.link import Cost, Link, SourceChannels, channels_read
from snnc.loihi.taps import Tap, full_taps, without_factor
from snnc.loihi.tiling import EnsembleTiling, Tiling


class MatrixLink(Link):
    """The connections of a projection, each a `nengo.Dense` from all neurons.

    Parameters
    ----------
    source
        The volume of the source.
    pools
        The pools in between. The neurons of one window have equal weights, which
        nengo-loihi stores once if it splits the ensemble
        (``builder/split_blocks.py:612``).
    profile
        The device.
    picked
        The source positions that are read; ``source`` is then their volume.
    """

    def __init__(
        self,
        source: Volume,
        pools: Sequence[Pooling],
        profile: Profile,
        picked: Picks | None = None,
    ) -> None:
        super().__init__(NO_AXIS, NO_AXIS)
        self.source = source
        self.picked = picked
        self.pools = tuple(pools)
        self.profile = profile
        self._distinct: dict[Interval, int] = {}
        self._feeds: dict[int, tuple[SourceChannels, ...]] = {}

    @property
    def edges(self) -> Edges:
        return NO_EDGES

    def feeds(
        self, group: int, part: EnsembleTiling, strip: Interval
    ) -> tuple[SourceChannels, ...]:
        if group not in self._feeds:
            depth, *rest = self.source
            slices = ensembles(depth, group, self.picked and self.picked[0])
            self._feeds[group] = tuple(
                SourceChannels((b - a) * prod(rest), self._rows((a, b)))
                for a, b in slices
                if a < b
            )
        return self._feeds[group]

    def equivalent_parts(self, group: int, target: Tiling) -> EquivalentItems:
        return EquivalentItems(range(target.ensembles), 1)

    def fed_axons(
        self, feed: SourceChannels, rows: View, columns: View, whole: bool
    ) -> int:
        return feed.entries

    def in_axons(
        self, group: int, part: EnsembleTiling, rows: int, columns: int
    ) -> int:
        return prod(self.source)

    def cost(
        self, feed: SourceChannels, rows: View, columns: View, strip: int, whole: bool
    ) -> Cost:
        memory = self.profile.synapse
        row_bits = memory.array_bits(strip, memory.weight_bits)
        stored = feed.entries if whole else feed.distinct
        return Cost(stored * row_bits, True, stored * strip, 0)

    def axons(self, source: Tiling, target: Tiling) -> list[list[int]]:
        return [
            [
                target.cores * self._read(part, *place)
                for place in product(part.rows, part.columns, part.strips)
            ]
            for part in source.parts
        ]

    def most_axons(self, source: Tiling, target: Tiling) -> int:
        if self.picked is not None:
            return max(map(max, self.axons(source, target)))
        # The first block is the largest.
        return target.cores * source.compartments

    def operations(self, source: Tiling, target: Tiling) -> int:
        return prod(self.source) * prod(target.volume)

    def spike_counts(
        self, source: Tiling, target: Tiling
    ) -> Iterator[tuple[int, range, int]]:
        every = range(len(target.pieces))
        for core, pre in enumerate(source.pieces):
            if read := self._read(pre.part, pre.rows, pre.columns, pre.strip):
                yield core, every, read

    def _read(
        self, part: EnsembleTiling, rows: Interval, columns: Interval, strip: Interval
    ) -> int:
        """Return how many neurons of a source block are read."""
        if self.picked is None:
            return prod(b - a for a, b in (rows, columns, strip))
        depth, *plane = self.picked
        high, wide = (
            length(axis.within(tile))
            for axis, tile in zip(plane, (rows, columns), strict=True)
        )
        return high * wide * channels_read(part, strip, depth)

    def _rows(self, slices: Interval) -> int:
        if slices not in self._distinct:
            self._distinct[slices] = self._count_rows(slices)
        return self._distinct[slices]

    def _count_rows(self, slices: Interval) -> int:
        """Return the number of distinct rows of weights: one per channel and window."""
        depth, height, width, channels = self.source
        if not self.pools:
            return (slices[1] - slices[0]) * height * width * channels
        axes = [
            Counter(without_factor([tap]) for tap in taps)
            for taps in (
                full_taps(depth, self.pools, 0)[slice(*slices)],
                full_taps(height, self.pools, 1),
                full_taps(width, self.pools, 2),
            )
        ]
        places = {_join(*place) for place in product(*axes)}
        return len(places - {None}) * channels + (None in places)


def _join(*taps: tuple[tuple[Tap, ...], int]) -> Hashable:
    """Return a key for the weights of a position; None if no window covers it."""
    scale = 1
    for _, factor in taps:
        scale *= factor
    return (tuple(tap for tap, _ in taps), scale) if scale else None
