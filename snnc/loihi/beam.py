"""Search mappings of networks that are too large to be searched completely.

Populations are cut one after the other, each before its sources: a block's readers are
then known, and a population with too few out-axons is cut finer, which no later choice
forbids. So there is a mapping whenever each population has a tiling. Of drafts with
equal demands on later populations only the cheapest is kept, and of these only the
`width` cheapest, by the cores taken and the cores that sources need for these demands
(a beam search).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import merge, nsmallest
from itertools import islice, product, repeat
from math import prod
from sys import maxsize
from typing import TypeVar

from snnc.ir.device import Core
from snnc.loihi.choices import ChipChoices, Choices, Step
from snnc.loihi.link import BlockFit
from snnc.loihi.menu import Menu
from snnc.loihi.search import Solution
from snnc.loihi.spending import Readers, ReadersSpending, Spending
from snnc.loihi.stage import DeadEnd, OutOfPatienceError
from snnc.loihi.tiling import Tiling

MAX_COMBINATIONS = 64
"""The most combinations of the sources' groups to try."""
LOOKS_OF_ASK = 20
"""The work to test whether a tiling serves its readers, in looks of a search."""
BLOCKS = 4
"""Ensembles of a deep population that fit a block, by its neurons."""
MAX_GROUPS = 16
"""Ways to group a population above which only some are tried."""
Groups = tuple[int, ...]
Given = TypeVar("Given")


@dataclass(frozen=True, slots=True, eq=False)
class BeamPick:
    """The tiling of a step, and the picks of the steps after it."""

    tiling: Tiling
    fit: BlockFit
    behind: BeamPick | None


@dataclass(frozen=True, slots=True, eq=False)
class PartialMapping:
    """A mapping of the steps from one on.

    Attributes
    ----------
    cores
        The cores of these steps.
    readers, groups
        For each earlier source, its readers, and its group size.
    needs
        The fewest cores with which it serves them.
    pick
        The choices.
    """

    cores: int
    readers: dict[int, Readers]
    groups: dict[int, int]
    needs: dict[int, int]
    pick: BeamPick | None

    @property
    def expected(self) -> int:
        """The minimum cores, without sources that have no reader yet."""
        return self.cores + sum(self.needs.values())


class Beam:
    """Searches mappings from the last step to the first.

    Parameters
    ----------
    steps
        The populations, each after its sources.
    core
        The limits of a core.
    spending
        Counts the out-axons that readers take.
    most
        Cores above which a mapping is of no use.

    Attributes
    ----------
    dead_end
        The step whose readers no tiling can serve, and the out-axons that it needs at
        least.
    """

    def __init__(
        self,
        steps: Sequence[Step],
        core: Core,
        spending: Spending,
        most: int = maxsize,
    ) -> None:
        self.steps = steps
        self.limit = core.out_axons
        self.most = most
        self.dead_end: DeadEnd | None = None
        self._asked = 0
        self._cost_models = {
            step.choices.costs
            for step in steps
            if isinstance(step.choices, ChipChoices)
        }
        self._known = self._fitted
        self._readers = ReadersSpending(spending, core.out_axons)
        floors = [step.choices.floor for step in steps]
        self._rest = [sum(floors[:i]) for i in range(len(steps) + 1)]
        self._menus: dict[tuple[object, ...], Menu] = {}
        # Each of possibly hundreds of readers asks for a step again.
        self._free: dict[tuple[int, int], list[Menu]] = {}
        self._needs: dict[tuple[object, ...], int | None] = {}
        self._patience = maxsize
        self._by_strip = self._strips_noticed()
        self._groups = [_some_groups(step.choices, core.compartments) for step in steps]

    @property
    def work(self) -> int:
        """How often a tiling was tested against its readers, or equal work."""
        return self._asked + (self._fitted - self._known) // LOOKS_OF_ASK

    @property
    def _fitted(self) -> int:
        return sum(costs.work for costs in self._cost_models)

    def run(self, width: int, patience: int = maxsize) -> Solution | None:
        """Return the best mapping among ``width`` drafts at a time, step by step.

        Raises
        ------
        OutOfPatienceError
            If that takes more work than ``patience``.
        """
        drafts = [PartialMapping(0, {}, {}, {}, None)]
        self._patience = patience
        for i in reversed(range(len(self.steps))):
            by_key: dict[object, PartialMapping] = {}
            for draft in drafts:
                for more in islice(self._extend(draft, i), max(2, width)):
                    key = _key(more)
                    if key not in by_key or more.cores < by_key[key].cores:
                        by_key[key] = more
            drafts = nsmallest(width, by_key.values(), key=lambda d: d.expected)
        best = min(drafts, key=lambda draft: draft.cores, default=None)
        if best is None:
            return None
        picks = list(_line(best.pick))
        tilings, fits = (p.tiling for p in picks), (p.fit for p in picks)
        return Solution(tuple(tilings), tuple(fits), best.cores, self._rest[-1], False)

    def _extend(self, draft: PartialMapping, i: int) -> Iterator[PartialMapping]:
        """Cut one more step, in the ways with the fewest cores first."""
        step, readers = self.steps[i], draft.readers.get(i)
        before = PartialMapping(
            draft.cores,
            _without(i, draft.readers),
            _without(i, draft.groups),
            _without(i, draft.needs),
            draft.pick,
        )
        if not isinstance(step.choices, ChipChoices):
            yield self._on_host(before, i, draft.groups.get(i))
            return
        combinations = self._combinations(step, before.groups)
        own = draft.groups.get(i)
        menus = [self._menu(i, own, groups) for groups in combinations]
        ways = (
            zip(menu, repeat(groups))
            for menu, groups in zip(menus, combinations, strict=True)
        )
        for (tiling, fit), groups in merge(*ways, key=lambda way: way[0][0].cores):
            if not self._serves(i, readers, tiling):
                continue
            more = self._with(before, i, tiling, fit, groups)
            if more is not None:
                yield more

    def _on_host(
        self, draft: PartialMapping, i: int, group: int | None
    ) -> PartialMapping:
        tilings = self.steps[i].choices.tilings  # type: ignore[union-attr]
        tiling = next((t for t in tilings if t.group == group), tilings[0])
        pick = BeamPick(tiling, BlockFit(()), draft.pick)
        return PartialMapping(
            draft.cores, draft.readers, draft.groups, draft.needs, pick
        )

    def _with(
        self,
        draft: PartialMapping,
        i: int,
        tiling: Tiling,
        fit: BlockFit,
        groups: Groups,
    ) -> PartialMapping | None:
        """Return the draft with a step cut; None if a source can't serve it."""
        readers, needs = dict(draft.readers), dict(draft.needs)
        grouped = dict(draft.groups)
        sources = self.steps[i].sources
        for source, group, wire in zip(sources, groups, fit.wires, strict=True):
            grouped[source] = group
            if isinstance(self.steps[source].choices, ChipChoices):
                readers[source] = self._readers.more(readers.get(source), wire, tiling)
        cores = draft.cores + tiling.cores
        for source in dict.fromkeys(sources):
            if source in readers:
                need = self._need(
                    source, readers[source], grouped[source], needs.get(source, 0)
                )
                if need is None:
                    return None
                needs[source] = need
        more = PartialMapping(
            cores, readers, grouped, needs, BeamPick(tiling, fit, draft.pick)
        )
        return more if self._rest_of(more, i) <= self.most else None

    def _rest_of(self, draft: PartialMapping, i: int) -> int:
        """Return the minimum cores of mappings with a draft of the steps from ``i``."""
        floors = self._rest[i] - sum(self.steps[s].choices.floor for s in draft.needs)
        return draft.expected + floors

    def _need(self, i: int, readers: Readers, group: int, least: int) -> int | None:
        """Return the fewest cores from ``least`` on that serve a step's readers."""
        key = (id(self.steps[i].choices), self._by_strip[i], group, readers)
        if key not in self._needs:
            self._needs[key] = self._find_need(i, readers, group, least)
        return self._needs[key]

    def _find_need(
        self, i: int, readers: Readers, group: int, least: int
    ) -> int | None:
        needs = []
        for ways in self._free_menus(i, group):
            enough = (tiling for tiling, _ in ways if tiling.cores >= least)
            serving = (t.cores for t in enough if self._serves(i, readers, t))
            needs.append(next(serving, None))
        return min((cores for cores in needs if cores is not None), default=None)

    def _free_menus(self, i: int, group: int) -> list[Menu]:
        """Return the menus of a step in a group, for sources without a fixed group."""
        key = (i, group)
        if key not in self._free:
            some = self._combinations(self.steps[i], {})
            self._free[key] = [self._menu(i, group, groups) for groups in some]
        return self._free[key]

    def _serves(self, i: int, readers: Readers | None, tiling: Tiling) -> bool:
        """Return whether a tiling's blocks have enough out-axons for all readers."""
        self._asked += 1
        if self._patience < maxsize and self.work > self._patience:
            raise OutOfPatienceError
        peak = self._readers.peak(readers, tiling)
        if peak <= self.limit:
            return True
        if self.dead_end is None or peak < self.dead_end.out_axons:
            self.dead_end = DeadEnd(i, peak)
        return False

    def _combinations(self, step: Step, groups: dict[int, int]) -> list[Groups]:
        """Return the combinations of the sources' groups, some of which may be fixed.

        If there are too many, some are left out: for very many sources, all but those
        where each has its finest group, or each its coarsest.
        """
        sources = tuple(dict.fromkeys(step.sources))
        free = [(groups[s],) if s in groups else self._groups[s] for s in sources]
        together: Iterable[Groups] = zip(*((g[0], g[-1]) for g in free), strict=True)
        while max(map(len, free), default=0) > 2 and _are_too_many(free):
            longest = max(range(len(free)), key=lambda n: len(free[n]))
            free[longest] = (*free[longest][:-1:2], free[longest][-1])
        if not _are_too_many(free):
            together = product(*free)
        chosen = [dict(zip(sources, some, strict=True)) for some in together]
        return [tuple(by[source] for source in step.sources) for by in chosen]

    def _menu(self, i: int, group: int | None, sources: Groups) -> Menu:
        choices = self.steps[i].choices
        assert isinstance(choices, ChipChoices)
        key = (id(choices), self._by_strip[i], group, sources)
        if key not in self._menus:
            groups = (group,) if group is not None else self._groups[i]
            self._menus[key] = Menu(
                choices.costs, choices.fixed, groups, sources, self._by_strip[i]
            )
        return self._menus[key]

    def _strips_noticed(self) -> list[bool]:
        """Return, for each step, whether a reader takes axons by channel."""
        noticed = [False] * len(self.steps)
        for step in self.steps:
            if isinstance(step.choices, ChipChoices):
                links = step.choices.costs.links
                for source, forms in zip(step.sources, links, strict=True):
                    noticed[source] |= set(forms) != {"convolution"}
        return noticed


def _without(i: int, given: Mapping[int, Given]) -> dict[int, Given]:
    return {source: what for source, what in given.items() if source != i}


def _are_too_many(free: Sequence[Groups]) -> bool:
    return prod(map(len, free)) > MAX_COMBINATIONS


def _some_groups(choices: Choices, compartments: int) -> Groups:
    """Return the group sizes of a population to try; for a deep one, only some.

    An ensemble of many blocks costs more than several ensembles of one block: all its
    strips store something for each ensemble that any of them reads. Powers of two
    divide one another, so few blocks of such ensembles differ: every other power is
    tried.
    """
    groups = tuple(choices.groups)
    if len(groups) <= MAX_GROUPS:
        return groups
    room = compartments // prod(choices.volume[1:]) // BLOCKS
    powers = [1 << n for n in range(1, room.bit_length(), 2)]
    return tuple(g for g in groups if g in powers) or groups[:1]


def _key(draft: PartialMapping) -> object:
    """Return the properties of a draft that affect later steps."""
    readers = frozenset(draft.readers.items())
    return readers, frozenset(draft.groups.items())


def _line(pick: BeamPick | None) -> Iterator[BeamPick]:
    while pick is not None:
        yield pick
        pick = pick.behind
