"""List the tilings of one population that fit on a core, fewest cores first.

Among tiles of equal height and width, the tile with the most channels is best: it needs
the fewest cores, and the fewest out-axons in its sources. Other tiles are listed only
if the population may then need fewer out-axons, or its sources shorter axons.
"""

from __future__ import annotations

from bisect import bisect, bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property, partial
from heapq import heapify, heappop, heappush
from itertools import product
from math import ceil, prod
from operator import attrgetter
from sys import maxsize
from typing import ClassVar, NamedTuple

from snnc.ir.shapes import Volume
from snnc.loihi.cost_model import CostModel
from snnc.loihi.link import BlockFit, LimitViolation
from snnc.loihi.tiling import Groups, HashedOnce, Tile, Tiling, count_cores, least_sizes

MAX_COMBINATIONS = 64
"""The maximum number of combinations of the sources' groups to try."""
MAX_GROUPS = 16
"""With more possible group sizes, only ensembles of one block are tried."""
FittingTiling = tuple[Tiling, BlockFit]
_Progress = tuple[int, FittingTiling | None]
"""A number of cores below which all tilings are known, and the next tiling, if any."""
GROUP, NARROWER, TILE = range(3)
"""The kinds of queue entries: all tiles of a group, a tile with at most the given
channels, or a tile with exactly these channels."""


class _QueueEntry(NamedTuple):
    """An entry of the queue, which is sorted by the fields from first to last.

    ``form`` is the index of the input forms. ``sides`` are the negated channels, height
    and width of the tile, so that larger tiles come first.
    """

    cores: int
    kind: int
    group: int
    form: int = 0
    sides: tuple[int, int, int] = (0, 0, 0)

    @property
    def tile(self) -> Tile:
        strip, high, wide = self.sides
        return -high, -wide, -strip


@dataclass(eq=False)
class TilingCandidates:
    """The tilings of a population, computed on demand and cached.

    ``groups`` are the possible numbers of depth slices per ensemble, and ``sources`` is
    the number for each projection's source. With ``by_channel``, a reader needs
    out-axons per channel, so that fewer channels in a block may help.
    """

    costs: CostModel
    fixed: Sequence[Tiling] | None
    groups: Groups
    sources: Groups
    by_channel: bool

    def __post_init__(self) -> None:
        self._found: list[FittingTiling] = []
        self._reached = 0
        fixed = self.fixed
        groups = self.groups
        self._pending = self._fit_tilings(fixed) if fixed else self._find(groups)

    def up_to(self, cores: int) -> Iterator[FittingTiling]:
        """Yield the tilings with at most ``cores`` cores, fewest first."""
        i = 0
        while i < len(self._found) or self._reached <= cores:
            if i < len(self._found):
                if self._found[i][0].cores > cores:
                    return
                yield self._found[i]
                i += 1
                continue
            # At the end, the tilings for any number of cores are known.
            self._reached, fitting = next(self._pending, (maxsize + 1, None))
            if fitting is not None:
                self._found.append(fitting)

    def _fit_tilings(self, tilings: Sequence[Tiling]) -> Iterator[_Progress]:
        for tiling in tilings:
            fit = self.costs.fit(tiling, self.sources)
            if isinstance(fit, BlockFit):
                yield tiling.cores, (tiling, fit)

    def _find(self, groups: Groups) -> Iterator[_Progress]:
        # Expand entries on demand: a group represents its tiles until that many cores
        # are requested, and one that doesn't fit represents those with fewer channels.
        is_deep = len(least_sizes(self.costs.volume[0])) > MAX_GROUPS
        waiting = [
            _QueueEntry(least_cores(self.costs, group), GROUP, group)
            for group in sorted(groups)
        ]
        heapify(waiting)
        while waiting:
            entry = heappop(waiting)
            yield entry.cores, None
            if entry.kind != GROUP:
                yield from self._test(entry, waiting)
            elif is_deep and entry.group > 1:
                yield from self._whole(entry.group)
            else:
                forms = range(len(self.costs.forms))
                for tile, form in product(self._widest(entry.group), forms):
                    heappush(waiting, self._entry(TILE, entry.group, form, tile))

    def _test(
        self, entry: _QueueEntry, waiting: list[_QueueEntry]
    ) -> Iterator[_Progress]:
        """Yield the tiling of an entry if it fits, and queue the next smaller tile."""
        forms = self.costs.forms[entry.form]
        tiling = Tiling(self.costs.volume, entry.group, entry.tile, forms)
        # Bisection takes many tests, so it waits until this many cores are requested.
        if entry.kind == NARROWER:
            kind = TILE
            strip = self._most_fitting(tiling)
        else:
            fit = self.costs.fit(tiling, self.sources)
            if isinstance(fit, BlockFit):
                yield entry.cores, (tiling, fit)
            kind, strip = self._after(tiling, fit)
        if strip:
            high, wide, _ = entry.tile
            smaller = self._entry(kind, entry.group, entry.form, (high, wide, strip))
            heappush(waiting, smaller)

    def _whole(self, group: int) -> Iterator[_Progress]:
        """Yield the tilings of a deep population into ensembles of one block.

        An ensemble of many blocks costs more than several ensembles of one block: each
        of its strips stores weights for every ensemble that any of the strips reads.
        """
        _, height, width, channels = self.costs.volume
        tile = height, width, group * channels
        yield from self._fit_tilings(tilings_of(self.costs, group, tile))

    def _entry(self, kind: int, group: int, form: int, tile: Tile) -> _QueueEntry:
        high, wide, strip = tile
        cores = count_cores(self.costs.volume, group, tile)
        return _QueueEntry(cores, kind, group, form, (-strip, -high, -wide))

    def _widest(self, group: int) -> Iterator[Tile]:
        """Yield, for each height and width, the tile with the most channels."""
        _, height, width, channels = self.costs.volume
        strips = least_sizes(group * channels)
        for high, wide in product(least_sizes(height), least_sizes(width)):
            room = self.costs.profile.core.compartments // (high * wide)
            if room:
                yield high, wide, strips[bisect(strips, room) - 1]

    def _after(self, tiling: Tiling, fit: BlockFit | LimitViolation) -> tuple[int, int]:
        """Return the kind and the channels of the next tile, with 0 for none."""
        strip = tiling.tile[2]
        part = tiling.part(0)
        strips = least_sizes(part.strips.extent)
        n = bisect_left(strips, strip)
        smaller = strips[n - 1] if n else 0
        if isinstance(fit, LimitViolation):
            # Smaller blocks don't always have better bases, so bisection can't be used.
            return (TILE if fit.limit == "pop16 bases" else NARROWER), smaller
        # A whole ensemble also reads pixels between strides, so a part may need less.
        if self.by_channel or part.whole:
            return TILE, smaller
        # Bases of pop16 axons must be multiples: with fewer channels, axons may need
        # half the slots.
        base = self.costs.profile.axon.pop16_base
        is_long = any(connection.pop == 32 for connection in fit.connections)
        return TILE, strip - strip % base if is_long and strip % base else 0

    def _most_fitting(self, tiling: Tiling) -> int:
        """Return the maximum channels with which a tile fits on a core, or 0.

        Costs grow with channels, so bisection finds the maximum.
        """
        strips = least_sizes(tiling.part(0).strips.extent)
        strips = strips[: bisect(strips, tiling.tile[2])]

        def too_many(strip: int) -> bool:
            narrower = replace(tiling, tile=(*tiling.tile[:2], strip))
            fit = self.costs.fit(narrower, self.sources)
            # Narrower tiles don't always have better bases, which bisection would need.
            return isinstance(fit, LimitViolation) and fit.limit != "pop16 bases"

        n = bisect_left(strips, True, key=too_many)
        return strips[n - 1] if n else 0


@dataclass(frozen=True, slots=True)
class HostChoices:
    """A population on the host: only its groups matter, and it needs no cores."""

    volume: Volume
    floor: ClassVar[int] = 0
    fits_no_core: ClassVar[bool] = False

    @property
    def groups(self) -> Groups:
        return least_sizes(self.volume[0])

    def tiling(self, group: int) -> Tiling:
        """Return the tiling into whole slices."""
        _, height, width, channels = self.volume
        tile = height, width, group * channels
        return Tiling(self.volume, group, tile, on_chip=False)


@dataclass(eq=False)
class ChipChoices:
    """The tilings of a population on the chip.

    ``fixed`` is the tiling in each form if the spec sets `block`, and ``sources``
    contains the possible group sizes of each projection's source. ``finest`` are the
    smallest blocks: those of the spec, or one neuron per block. ``candidates`` returns
    the `TilingCandidates` for the other arguments.
    """

    costs: CostModel
    fixed: Sequence[Tiling] | None
    sources: Sequence[Groups]

    def __post_init__(self) -> None:
        costs = self.costs
        fixed = self.fixed
        self.volume = costs.volume
        self.finest = fixed or tilings_of(costs, 1, (1, 1, 1))
        self.groups = (fixed[0].group,) if fixed else least_sizes(self.volume[0])
        self.candidates = cache(partial(TilingCandidates, costs, fixed))

    @cached_property
    def combinations(self) -> tuple[Groups, ...]:
        """The combinations of the sources' group sizes; empty if there are too many."""
        if prod(map(len, self.sources)) > MAX_COMBINATIONS:
            return ()
        return tuple(map(HashedOnce, product(*self.sources)))

    @cached_property
    def floor(self) -> int:
        """The fewest cores for any group sizes of the sources; -1 if no tiling fits.

        If there are too many combinations, only neurons are counted.
        """
        if not self.combinations:
            if self.fixed is not None:
                return min(tiling.cores for tiling in self.fixed)
            return min(least_cores(self.costs, group) for group in self.groups)
        if not self.can_fit:
            return -1
        least = maxsize
        for groups in self.combinations:
            some = self.candidates(self.groups, groups, False).up_to(least - 1)
            least = next((tiling.cores for tiling, _ in some), least)
        return least if least < maxsize else -1

    @property
    def violation(self) -> LimitViolation | None:
        """The finest tilings' smallest violation of a limit, or None if one fits."""
        return least_violation(self.costs, self.finest, self.sources)

    @cached_property
    def fits_no_core(self) -> bool:
        """Whether no tiling fits on a core. This rarely needs a search."""
        if not self.can_fit:
            return True
        fits = self._finest_fits()
        is_sure = not self.combinations or any(isinstance(f, BlockFit) for f in fits)
        return not is_sure and self.floor < 0

    @cached_property
    def can_fit(self) -> bool:
        """Whether one of the finest tilings fits, so that others may fit."""
        return not self.combinations or any(
            isinstance(fit, BlockFit) or fit.limit == "pop16 bases"
            for fit in self._finest_fits()
        )

    def _finest_fits(self) -> Iterator[BlockFit | LimitViolation]:
        for tiling, groups in product(self.finest, self.combinations):
            yield self.costs.fit(tiling, groups)


Choices = HostChoices | ChipChoices


def least_cores(costs: CostModel, group: int) -> int:
    """Return how many cores the neurons fill in ensembles of ``group`` slices."""
    depth, *rest = costs.volume
    full, last = divmod(depth, group)
    most = costs.profile.core.compartments
    slices = prod(rest)
    return full * ceil(group * slices / most) + ceil(last * slices / most)


def tilings_of(costs: CostModel, group: int, tile: Tile) -> tuple[Tiling, ...]:
    """Return the tiling for each combination of input forms."""
    return tuple(Tiling(costs.volume, group, tile, forms) for forms in costs.forms)


def tilings_below(costs: CostModel, compartments: int, cores: int) -> list[Tiling]:
    """Return the tilings with fewer cores whose blocks don't exceed ``compartments``.

    Tilings are sorted by cores, then by group size, then by channels (most first).
    """
    tiles = list(_tiles_below(costs.volume, compartments, cores))
    tilings = (
        Tiling(costs.volume, group, tile, forms)
        for forms in costs.forms
        for group, tile in tiles
    )
    return sorted(tilings, key=attrgetter("cores", "group"))


def _tiles_below(
    volume: Volume, compartments: int, cores: int
) -> Iterator[tuple[int, Tile]]:
    """Yield groups, each with the tiles that need fewer cores, largest tiles first."""
    depth, height, width, channels = volume
    for group in least_sizes(depth):
        strips = [
            strip
            for strip in reversed(least_sizes(group * channels))
            if count_cores(volume, group, (height, width, strip)) < cores
        ]
        for strip, high in product(strips, reversed(least_sizes(height))):
            room = compartments // (strip * high)
            widths = least_sizes(width)
            for wide in reversed(widths[: bisect(widths, room)]):
                tile = high, wide, strip
                if count_cores(volume, group, tile) >= cores:
                    break  # narrower tiles need even more cores
                yield group, tile


def least_violation(
    costs: CostModel, tilings: Sequence[Tiling], sources: Sequence[Sequence[int]]
) -> LimitViolation | None:
    """Return the smallest violation of a limit, or None if one of the tilings fits.

    All sources are tried with their smallest groups, and all with their largest.
    """
    ends = {tuple(groups[i] for groups in sources) for i in (0, -1)}
    fits = [costs.fit(tiling, groups) for tiling in tilings for groups in sorted(ends)]
    if any(isinstance(fit, BlockFit) for fit in fits):
        return None
    violations = [fit for fit in fits if isinstance(fit, LimitViolation)]
    # Limits have different units, so compare by what factor each is exceeded.
    return min(violations, key=lambda violation: violation.value / violation.most)
