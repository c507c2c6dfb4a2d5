"""The tilings of one population on the chip, fewest cores first, few of them tried.

Keeping every tiling within a bound takes too long for a large network. Of the tiles of
one height and width, the one with most channels is best: it takes the fewest cores, and
the fewest out-axons of its sources.
"""

from __future__ import annotations

from bisect import bisect, bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from math import ceil

from snnc.loihi.cost_model import CostModel
from snnc.loihi.link import BlockFit, Misfit
from snnc.loihi.tiling import Tile, Tiling, count_cores, least_sizes

Way = tuple[Tiling, BlockFit]


@dataclass(slots=True)
class Menu:
    """The tilings of a population, computed on demand and cached.

    Parameters
    ----------
    costs
        The population.
    fixed
        The one tiling for each form that the spec's ``block`` leaves, or None.
    groups
        The possible depth slices of an ensemble.
    sources
        The group of each projection's source.
    by_strip
        Whether the number of a block's channels affects some reader; if not, only the
        most channels of each height and width are tried.
    """

    costs: CostModel
    fixed: Sequence[Tiling] | None
    groups: Sequence[int]
    sources: tuple[int, ...]
    by_strip: bool
    _found: list[Way] = field(default_factory=list)
    _more: Iterator[Way] | None = None

    def __iter__(self) -> Iterator[Way]:
        i = 0
        while True:
            while i < len(self._found):
                yield self._found[i]
                i += 1
            if self._more is None:
                self._more = self._fixed() if self.fixed is not None else self._free()
            way = next(self._more, None)
            if way is None:
                return
            self._found.append(way)

    def _fixed(self) -> Iterator[Way]:
        for tiling in self.fixed or ():
            if tiling.group in self.groups:
                fit = self._fit(tiling)
                if isinstance(fit, BlockFit):
                    yield tiling, fit

    def _free(self) -> Iterator[Way]:
        # A group represents its tiles until that many cores are requested.
        volume = self.costs.volume
        waiting: list[tuple[int, int, int, int, int, int]] = []
        for group in self.groups:
            heappush(waiting, (self._least(group), 0, group, 0, 0, 0))
        while waiting:
            _, kind, group, strip, height, width = heappop(waiting)
            if kind == 0:
                below = self._widest(group)
            else:
                tile = -height, -width, -strip
                ways, smaller = self._cut(group, tile)
                yield from ways
                below = iter([(*tile[:2], smaller)] if smaller else [])
            for high, wide, channels in below:
                cores = count_cores(volume, group, (high, wide, channels))
                heappush(waiting, (cores, 1, group, -channels, -high, -wide))

    def _least(self, group: int) -> int:
        """Return the minimum cores of a group."""
        depth, height, width, channels = self.costs.volume
        slices, most = height * width * channels, self._most
        full, rest = divmod(depth, group)
        return full * ceil(group * slices / most) + ceil(rest * slices / most)

    @property
    def _most(self) -> int:
        return self.costs.profile.core.compartments

    def _widest(self, group: int) -> Iterator[Tile]:
        """Yield, for each height and width, the tile with the most channels."""
        _, height, width, channels = self.costs.volume
        strips = least_sizes(group * channels)
        for high in least_sizes(height):
            for wide in least_sizes(width):
                room = self._most // (high * wide)
                if not room:
                    break
                yield high, wide, strips[bisect(strips, room) - 1]

    def _cut(self, group: int, tile: Tile) -> tuple[list[Way], int]:
        """Return the ways to use a tile, and the channels to try next, 0 for none."""
        volume, strip = self.costs.volume, tile[2]
        cores = count_cores(volume, group, tile)
        ways: list[Way] = []
        for forms in self.costs.forms:
            tiling = Tiling(volume, group, tile, forms, cores)
            fit = self._fit(tiling)
            if isinstance(fit, BlockFit):
                ways.append((tiling, fit))
        strips = least_sizes(group * volume[3])
        n = bisect_left(strips, strip)
        if not ways:
            return ways, self._most_fitting(group, tile, strips[:n])
        if self.by_strip:
            return ways, strips[n - 1] if n else 0
        # Bases of pop16 are multiples: fewer channels may take half the slots.
        base = self.costs.profile.axon.pop16_base
        long = any(wire.pop == 32 for _, fit in ways for wire in fit.wires)
        return ways, strip - strip % base if long and strip % base else 0

    def _most_fitting(self, group: int, tile: Tile, strips: Sequence[int]) -> int:
        """Return the most channels with which a tile fits a core, 0 if none does.

        Found by bisection, as costs grow with channels.
        """
        volume = self.costs.volume

        def too_many(strip: int) -> bool:
            tilings = (
                Tiling(volume, group, (*tile[:2], strip), forms, 0)
                for forms in self.costs.forms
            )
            return not any(isinstance(self._fit(t), BlockFit) for t in tilings)

        n = bisect_left(strips, True, key=too_many)
        return strips[n - 1] if n else 0

    def _fit(self, tiling: Tiling) -> BlockFit | Misfit:
        return self.costs.fit(tiling, self.sources)
