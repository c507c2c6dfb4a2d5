"""Search for the mapping with the fewest cores.

The search chooses a tiling for one population after another, from the readout to the
input, so that the readers of a block are already known. If a population has too few
out-axons, it gets smaller blocks, which no later choice forbids. So a mapping exists
whenever each population has a tiling. Among partial solutions with equal readers, the
search keeps the cheapest. On a chain of layers, this is dynamic programming.

Each partial solution has a lower bound on the cores of all mappings that contain it.
The bound is the sum of its own cores, the cores that sources need to serve their
readers, and the fewest cores of each other population. An attempt drops partial
solutions above a limit. The limit starts at the sum of every population's fewest cores,
and grows until a mapping is found. As long as there are at most `WIDTH` partial
solutions, the mapping is optimal. For larger networks, attempts without a limit keep
the cheapest partial solutions: first one, then more while work is left. Work is
counted, not timed, so that a mapping is the same on every machine.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from heapq import merge, nsmallest
from itertools import chain, islice, product, repeat
from math import prod
from operator import attrgetter, mul
from sys import maxsize
from typing import NamedTuple

from snnc.ir.device import Core
from snnc.loihi.candidates import (
    MAX_COMBINATIONS,
    MAX_GROUPS,
    ChipChoices,
    Choices,
    FittingTiling,
    HostChoices,
)
from snnc.loihi.link import BlockFit, BuiltAxons, ConnectionChoice, Factors, Link
from snnc.loihi.tiling import Cut, Groups, HashedOnce, Tiling

WIDTH = 1024
"""The maximum number of partial solutions in an attempt that finds the best mapping."""
WIDTHS = (1, 4, 16, 64)
"""The numbers of partial solutions in attempts for larger networks."""
PATIENCE = 30_000
"""The work after which no larger limit is tried: a few tenths of a second."""
WORK = 80_000
"""The work of all attempts: a few seconds."""
GROWTH = 8
"""The factor by which the next attempt may need more work."""
FITS_OF_WORK = 4
"""The number of parts of a fit that take as long as one unit of work."""


# Readers are keys of large caches. `AxonUse` makes equal ones one object, so they are
# compared by identity, which is faster.
@dataclass(frozen=True, slots=True, eq=False)
class AxonReader:
    """A reader of a population, whose axons need ``slots`` slots each."""

    link: Link
    slots: int
    target: Tiling


@dataclass(frozen=True, slots=True, eq=False)
class Readers:
    """The readers of a population, in the order in which they were added.

    There may be hundreds, so ``counts`` contains the number of equal ones. ``before``
    are the readers without the last.
    """

    counts: Mapping[AxonReader, int] = field(default_factory=dict)
    before: Readers | None = None


NO_READERS = Readers()


class AxonUse:
    """Counts slots, once for each pair of tilings in the searches for variants."""

    def __init__(self) -> None:
        self._axons: dict[tuple[AxonReader, Cut], BuiltAxons] = {}
        self._most: dict[tuple[AxonReader, Cut], int] = {}
        self._peaks: dict[tuple[Readers, Cut], int] = {}
        self._excess: dict[tuple[Readers | None, Cut, int], int] = {}
        self._equal: dict[tuple[Link, int, Cut], AxonReader] = {}
        self._readers: dict[tuple[Readers, AxonReader], Readers] = {}

    def more(
        self, before: Readers, connection: ConnectionChoice, target: Tiling
    ) -> Readers:
        """Return the readers with one more reader; equal results are one object."""
        reader = AxonReader(connection.link, connection.slots, target)
        # Readers that need the same axons are one object.
        same_axons = connection.link, connection.slots, target.cut
        reader = self._equal.setdefault(same_axons, reader)
        key = before, reader
        if key not in self._readers:
            number = before.counts.get(reader, 0) + 1
            counts = {**before.counts, reader: number}
            self._readers[key] = Readers(counts, before)
        return self._readers[key]

    def exceeds(self, readers: Readers, source: Tiling, limit: int) -> int:
        """Return the slots of a source's block if they exceed a limit, otherwise 0.

        If fewer readers exceed the limit, the other readers are not counted.
        """
        cut = source.cut
        # A search often tries blocks again that were too small for fewer readers.
        known = self._excess.get((readers.before, cut, limit))
        slots = known or self._find_excess(readers, source, limit)
        self._excess[readers, cut, limit] = slots
        return slots

    def _find_excess(self, readers: Readers, source: Tiling, limit: int) -> int:
        # The maxima of readers are fast to find, but may be in different blocks.
        most = [self._most_slots(one, source) for one in readers.counts]
        least = max(most, default=0)
        total = sum(map(mul, most, readers.counts.values()))
        if total > limit >= least:
            least = self.peak(readers, source)
        return least if least > limit else 0

    def _most_slots(self, one: AxonReader, source: Tiling) -> int:
        """Return the most slots that a block of the source needs for one reader."""
        key = one, source.cut
        if key not in self._most:
            self._most[key] = one.slots * one.link.most_axons(source, one.target)
        return self._most[key]

    def peak(self, readers: Readers, source: Tiling) -> int:
        """Return the slots of the source's block that uses the most."""
        key = readers, source.cut
        if key not in self._peaks:
            self._peaks[key] = self._find_peak(readers, source)
        return self._peaks[key]

    def _find_peak(self, readers: Readers, source: Tiling) -> int:
        slots = [times * one.slots for one, times in readers.counts.items()]
        axons = [self._built_axons(one, source) for one in readers.counts]
        # Most blocks have the same axons, so only different ones are multiplied.
        rows = set(zip(*(each.rows for each in axons), strict=True))
        columns = set(zip(*(each.columns for each in axons), strict=True))
        strips = set(zip(*(each.strips for each in axons), strict=True))
        split_columns, whole_columns = zip(*map(_by_ensemble, columns), strict=True)
        peak = 0
        for row, strip in product(rows, strips):
            split_rows, whole_rows = _by_ensemble(row)
            split_strips, whole_strips = _by_ensemble(strip)
            split = list(map(mul, slots, map(mul, split_rows, split_strips)))
            whole = list(map(mul, slots, map(mul, whole_rows, whole_strips)))
            for in_split, in_whole in zip(split_columns, whole_columns, strict=True):
                used = sum(map(mul, split, in_split)) + sum(map(mul, whole, in_whole))
                peak = max(peak, used)
        return peak

    def _built_axons(self, one: AxonReader, source: Tiling) -> BuiltAxons:
        key = one, source.cut
        if key not in self._axons:
            self._axons[key] = one.link.built_axons(source, one.target)
        return self._axons[key]


def _by_ensemble(factors: Sequence[Factors]) -> tuple[Sequence[int], Sequence[int]]:
    """Return each reader's factor for split ensembles, and for whole ensembles."""
    return [split for split, _ in factors], [whole for _, whole in factors]


@dataclass(frozen=True, slots=True)
class Step:
    """One population: its choices, and the steps that its projections read."""

    choices: Choices
    sources: tuple[int, ...]


def readers_of(
    steps: Sequence[Step],
    fits: Sequence[BlockFit],
    tilings: Sequence[Tiling],
    use: AxonUse,
) -> dict[int, Readers]:
    """Return the readers of each step on the chip that has some."""
    readers: dict[int, Readers] = {}
    for step, fit, target in zip(steps, fits, tilings, strict=True):
        for source, connection in zip(step.sources, fit.connections, strict=False):
            if isinstance(steps[source].choices, ChipChoices):
                before = readers.get(source, NO_READERS)
                readers[source] = use.more(before, connection, target)
    return readers


@dataclass(frozen=True, slots=True)
class Solution:
    """A tiling and fit per step, ``exact`` if no mapping tried has fewer cores."""

    tilings: tuple[Tiling, ...]
    fits: tuple[BlockFit, ...]
    cores: int
    exact: bool


_CORES = attrgetter("cores")


@dataclass(frozen=True, slots=True)
class Infeasible:
    """The step with too few out-axons, and the minimum number that it needs."""

    source: int
    out_axons: int


class OutOfPatienceError(Exception):
    """Raised if an attempt reaches its work limit."""


class Demand(NamedTuple):
    """The requirements of a source's chosen readers.

    The source has ``group`` depth slices per ensemble. ``readers`` is empty if it is on
    the host. ``need`` is the fewest cores with which the source serves its
    readers.
    """

    group: int
    readers: Readers
    need: int


class PartialSolution(NamedTuple):
    """A mapping of a step and all later steps.

    ``bound`` is a lower bound on the cores of all mappings that contain this one.
    ``demands`` contains the demand on each earlier source, and ``chosen`` the tilings
    of these steps.
    """

    bound: int
    demands: Mapping[int, Demand]
    chosen: tuple[FittingTiling, ...]

    @property
    def key(self) -> object:
        """A key with the properties that affect earlier steps."""
        demands = self.demands.items()
        return frozenset((i, group, readers) for i, (group, readers, _) in demands)


def _cheapest_by_key(some: Iterable[PartialSolution]) -> Collection[PartialSolution]:
    """Keep the cheapest of those partial solutions that earlier steps see as equal."""
    by_key: dict[object, PartialSolution] = {}
    for partial in some:
        key = partial.key
        if key not in by_key or partial.bound < by_key[key].bound:
            by_key[key] = partial
    return by_key.values()


@dataclass(eq=False)
class Search:
    """Searches for the mapping with the fewest cores.

    The ``steps`` are the populations, each after its sources. Searches for variants
    share ``use``, the slots of readers. A mapping has at most ``most`` cores. The
    default ``effort`` is 1.

    ``floor`` is the sum of the cores that each population needs on its own, and
    ``lower_bound`` a lower bound on the cores of any mapping into equal blocks.
    ``infeasible`` is the closest miss because of out-axons. ``gave_up`` says whether
    the search ended early because the network is too large.
    """

    steps: Sequence[Step]
    core: Core
    use: AxonUse = field(default_factory=AxonUse)
    most: int = maxsize
    effort: float = 1

    def __post_init__(self) -> None:
        choices = [step.choices for step in self.steps]
        on_chip = [each for each in choices if isinstance(each, ChipChoices)]
        # Searches for variants share cost models: count only the work of this search.
        self._counted = {each.costs: each.costs.work for each in on_chip}
        self._fitted = 0
        self._tested = 0
        self._patience = maxsize
        self.floors = [each.floor for each in choices]
        for i in range(len(self.steps)):
            self._count_work(i)
        self.floor = self.lower_bound = sum(self.floors)
        self._began = self.work
        self.infeasible: Infeasible | None = None
        self.gave_up = False
        self._by_channel = self._read_by_channel()
        self._groups = [_some_groups(each, self.core.compartments) for each in choices]
        self._tries_all = self._groups == [each.groups for each in choices]
        # Cache: hundreds of readers may request the same step.
        self._free = cache(lambda i: self._combinations(i, {}))
        self._needs: dict[tuple[object, ...], int | None] = {}

    @property
    def work(self) -> int:
        """The work so far, measured in tests of a tiling against its readers."""
        return self._tested + self._fitted // FITS_OF_WORK

    def _count_work(self, i: int) -> None:
        """Add the work of a step's cost model since it was last counted."""
        choices = self.steps[i].choices
        if isinstance(choices, ChipChoices):
            costs = choices.costs
            self._fitted += costs.work - self._counted[costs]
            self._counted[costs] = costs.work

    def run(self, *, hopeless: bool = False) -> Solution | None:
        """Return the best mapping found, or None.

        If no mapping can have few enough cores, the search is ``hopeless``: it then
        ends after its budget of work, because its result only completes a message.
        """
        best = self._grow_bound()
        if best is not None and best.cores == self.lower_bound:
            return best
        most = self._began + int(WORK * self.effort)
        took = 0
        self._patience = most if hopeless else maxsize
        # Large networks: each width may find fewer cores, for more work (decision 030).
        for width in WIDTHS:
            before = self.work
            if GROWTH * took + before > most:
                break
            try:
                solution, _ = self.attempt(self.most, width, max(2, width))
            except OutOfPatienceError:
                self.gave_up = best is None  # a narrower attempt may have succeeded
                break
            took = self.work - before
            if solution is None:
                break
            best = solution if best is None else min(best, solution, key=_CORES)
            if solution.cores == self.lower_bound:
                break
        return best

    def _grow_bound(self) -> Solution | None:
        """Return the best mapping, or None if finding it takes too much work."""
        self._patience = self._began + int(PATIENCE * self.effort)
        slack = 0
        while True:
            bound = min(self.floor + slack, self.most)
            try:
                solution, is_complete = self.attempt(bound, 1, 2)
                # If a narrow attempt reaches the lower bound, no other can be better.
                if solution is None or solution.cores > self.lower_bound:
                    solution, is_complete = self.attempt(bound, WIDTH)
            except OutOfPatienceError:
                return None
            if not is_complete:
                return solution
            if solution is not None:
                self.lower_bound = solution.cores
                return solution
            # No number of cores is enough if there is no mapping without a bound.
            self.lower_bound = self.floor if bound == maxsize else bound + 1
            if bound == self.most:
                return None
            # A bound may be too large: an attempt finds the best mapping below it.
            slack += max(1, slack)

    def attempt(
        self, bound: int, width: int, branches: int | None = None
    ) -> tuple[Solution | None, bool]:
        """Return the best mapping within a bound, and whether all mappings were tried.

        Keep at most ``width`` partial solutions at each step, and try at most
        ``branches`` tilings per partial solution; None for all within the bound of
        ``bound`` cores. Beyond the work limit, an `OutOfPatienceError` is raised.
        """
        is_complete = self._tries_all and branches is None
        some = [PartialSolution(self.floor, {}, ())]
        # From the readout on, every partial solution can be completed (decision 030).
        for i in reversed(range(len(self.steps))):
            extended = (islice(self._extend(one, i, bound), branches) for one in some)
            different = _cheapest_by_key(chain.from_iterable(extended))
            is_complete = is_complete and len(different) <= width
            some = nsmallest(width, different, key=lambda one: one.bound)
        if not some:
            return None, is_complete
        best = some[0]
        tilings = tuple(tiling for tiling, _ in best.chosen)
        fits = tuple(fit for _, fit in best.chosen)
        is_exact = is_complete or best.bound == self.lower_bound
        return Solution(tilings, fits, best.bound, is_exact), is_complete

    def _extend(
        self, partial: PartialSolution, i: int, bound: int
    ) -> Iterator[PartialSolution]:
        """Add a tiling of one more step; try those with the fewest cores first."""
        demand = partial.demands.get(i) or (None, NO_READERS, self.floors[i])
        group, readers, need = demand
        others = {source: d for source, d in partial.demands.items() if source != i}
        before = PartialSolution(partial.bound - need, others, partial.chosen)
        room = bound - before.bound
        # Readers that were placed before chose the groups of common sources.
        fixed = {source: other.group for source, other in others.items()}
        fitting = [
            zip(self._fitting(i, group, groups, room), repeat(groups))
            for groups in self._combinations(i, fixed)
        ]
        for (tiling, fit), groups in merge(*fitting, key=lambda one: one[0][0].cores):
            if self._serves(i, readers, tiling):
                more = self._with(before, i, tiling, fit, groups)
                if more is not None and more.bound <= bound:
                    yield more
        self._count_work(i)

    def _with(
        self,
        partial: PartialSolution,
        i: int,
        tiling: Tiling,
        fit: BlockFit,
        groups: Groups,
    ) -> PartialSolution | None:
        """Return a solution with one more tiling; None if a source can't serve it."""
        demands = dict(partial.demands)
        bound = partial.bound + tiling.cores
        sources = self.steps[i].sources
        for source, group, connection in zip(
            sources, groups, fit.connections, strict=False
        ):
            demand = demands.get(source) or (group, NO_READERS, self.floors[source])
            _, readers, need = demand
            if isinstance(self.steps[source].choices, ChipChoices):
                readers = self.use.more(readers, connection, tiling)
            demands[source] = Demand(group, readers, need)
        # A layer may read one source several times, but its need is the same.
        for source in dict.fromkeys(sources):
            group, readers, least = demands[source]
            if not readers.counts:
                continue
            most = self._need(source, readers, group, least)
            if most is None:
                return None
            if most > least:
                bound += most - least
                demands[source] = Demand(group, readers, most)
        return PartialSolution(bound, demands, ((tiling, fit), *partial.chosen))

    def _need(self, i: int, readers: Readers, group: int, least: int) -> int | None:
        """Return the fewest cores, at least ``least``, that serve a step's readers."""
        # The choices of equal populations are one object (see `make_plan`).
        key = (id(self.steps[i].choices), self._by_channel[i], group, readers)
        if key not in self._needs:
            most = maxsize
            for groups in self._free(i):
                serving = (
                    tiling.cores
                    for tiling, _ in self._fitting(i, group, groups, most - 1)
                    if tiling.cores >= least and self._serves(i, readers, tiling)
                )
                most = next(serving, most)
            self._count_work(i)
            self._needs[key] = most if most < maxsize else None
        return self._needs[key]

    def _serves(self, i: int, readers: Readers, tiling: Tiling) -> bool:
        """Return whether a tiling's blocks have enough out-axons for all readers."""
        self._tested += 1
        self._count_work(i)
        if self._patience < maxsize and self.work > self._patience:
            raise OutOfPatienceError
        over = self.use.exceeds(readers, tiling, self.core.out_axons)
        if over and (self.infeasible is None or over < self.infeasible.out_axons):
            self.infeasible = Infeasible(i, over)
        return not over

    def _combinations(self, i: int, groups: Mapping[int, int]) -> list[Groups]:
        """Return the combinations of the sources' group sizes; some may be fixed.

        If there are too many, some are omitted. For very many sources, only two
        combinations remain: the smallest groups of all sources, and the largest.
        """
        sources = tuple(dict.fromkeys(self.steps[i].sources))
        free = [
            (groups[s],) if s in groups else _powers(self._groups[s]) for s in sources
        ]
        while max(map(len, free), default=0) > 2 and _are_too_many(free):
            # Omit every second size of a source, but neither its first nor its last.
            longest = max(range(len(free)), key=lambda n: len(free[n]))
            free[longest] = (*free[longest][:-1:2], free[longest][-1])
        some: Iterable[Groups] = zip(*((g[0], g[-1]) for g in free), strict=True)
        if not _are_too_many(free):
            some = product(*free)
        chosen = [dict(zip(sources, one, strict=True)) for one in some]
        return [HashedOnce(by[s] for s in self.steps[i].sources) for by in chosen]

    def _fitting(
        self, i: int, group: int | None, sources: Groups, cores: int
    ) -> Iterable[FittingTiling]:
        """Return a step's tilings with at most ``cores`` cores, fewest first."""
        choices = self.steps[i].choices
        groups = self._groups[i] if group is None else (group,)
        if isinstance(choices, HostChoices):
            return [(choices.tiling(groups[0]), BlockFit(()))]
        return choices.candidates(groups, sources, self._by_channel[i]).up_to(cores)

    def _read_by_channel(self) -> list[bool]:
        """Return, for each step, whether a reader needs axons per channel."""
        by_channel = [False] * len(self.steps)
        for step in self.steps:
            if isinstance(step.choices, ChipChoices):
                # In a convolution, one axon serves all channels of a pixel.
                links = step.choices.costs.links
                for source, forms in zip(step.sources, links, strict=True):
                    by_channel[source] |= set(forms) != {"convolution"}
        return by_channel


def _are_too_many(free: Sequence[Groups]) -> bool:
    return prod(map(len, free)) > MAX_COMBINATIONS


def _some_groups(choices: Choices, compartments: int) -> Groups:
    """Return the group sizes to try; for a deep population, only some."""
    groups = choices.groups
    if len(groups) <= MAX_GROUPS:
        return groups
    room = compartments // prod(choices.volume[1:])
    return tuple(g for g in groups if g <= room) or groups[:1]


def _powers(groups: Groups) -> Groups:
    """Return some group sizes of a source: powers of two, which share many blocks."""
    if len(groups) <= MAX_GROUPS:
        return groups
    return tuple(g for g in groups if not g & (g - 1))
