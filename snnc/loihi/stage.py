"""One step of an attempt: every state with every tiling of the next population."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from heapq import nsmallest
from math import ceil

from snnc.loihi.choices import ChipChoices, Step
from snnc.loihi.demand import Demand
from snnc.loihi.link import BlockFit
from snnc.loihi.spending import NOTHING, Spending, Spent
from snnc.loihi.tiling import Tiling


@dataclass(frozen=True, slots=True, eq=False)
class Chosen:
    """A tiling, its fit, and the choices before it."""

    tiling: Tiling
    fit: BlockFit
    before: Chosen | None


@dataclass(frozen=True, slots=True)
class DeadEnd:
    """The step with too few out-axons, and how many it needed at least."""

    source: int
    out_axons: int


class OutOfPatienceError(Exception):
    """A search has reached its limit of work."""


Key = tuple[tuple[Tiling, ...], tuple[Spent, ...]]
"""The choices that affect later steps: tilings still to be read, and their slots."""
States = Mapping[Key, tuple[int, Chosen | None]]
"""The fewest cores for each key, and their choices."""


class SearchStage:
    """Step ``i`` of an attempt.

    A source spends the same in many states, which is computed once.

    Parameters
    ----------
    steps
        All steps, each after its sources.
    i
        The step's index.
    alive
        The steps before it that it or later ones read.
    last
        The last reader of each step.
    demand
        The demand of later steps.
    spending
        Counts the slots of a reader.
    patience
        The step's limit of work.

    Attributes
    ----------
    looks
        How often a source of a state was checked.
    dead_end
        The closest miss of one more choice by out-axons.
    """

    def __init__(
        self,
        steps: Sequence[Step],
        i: int,
        alive: Sequence[int],
        last: Sequence[int],
        demand: Demand,
        spending: Spending,
        patience: int,
    ) -> None:
        self.i = i
        self.patience = patience
        self.choices = steps[i].choices
        self.demand = demand
        self.spending = spending
        self.looks = 0
        self.dead_end: DeadEnd | None = None
        self.alive = [source for source in (*alive, i) if last[source] > i]
        self._is_read = last[i] > i
        self._kept = [n for n, source in enumerate(alive) if last[source] > i]
        self._where = [alive.index(source) for source in steps[i].sources]
        self._on_chip = [
            (k, alive.index(source), source)
            for k, source in enumerate(steps[i].sources)
            if isinstance(steps[source].choices, ChipChoices)
        ]
        self._known: dict[tuple[int, Tiling, Spent, int], tuple[Spent, int, float]] = {}

    def advance(self, states: States, room: int) -> States:
        """Extend every state; ``room`` is the limit of cores for all steps so far.

        Raises
        ------
        OutOfPatienceError
            If that exceeds the limit of work.
        """
        reached: dict[Key, tuple[int, Chosen | None]] = {}
        known = self._counted
        for (tilings, spent), (cores, chosen) in states.items():
            if self.looks + self._counted - known > self.patience:
                raise OutOfPatienceError
            groups = tuple(tilings[n].group for n in self._where)
            for tiling, fit in self.choices.within(groups, room - cores):
                if not self.demand.bears(self.i, tiling):
                    continue
                spare = room - cores - tiling.cores
                after = self._spend(tilings, spent, tiling, fit, spare)
                if after is None:
                    continue
                key = self._key(tilings, after, tiling)
                total = cores + tiling.cores
                if key not in reached or total < reached[key][0]:
                    reached[key] = (total, Chosen(tiling, fit, chosen))
        return reached

    @property
    def _counted(self) -> int:
        """Return the work of fits and slots so far."""
        choices = self.choices
        costs = choices.costs.work if isinstance(choices, ChipChoices) else 0
        return self.spending.work + costs

    def promising(self, states: States, width: int) -> States:
        """Return the cheapest states, including the cores that their readers lack."""
        lacks: list[dict[tuple[Tiling, Spent], float]] = [{} for _ in self.alive]

        def lack(n: int, tiling: Tiling, spent: Spent) -> float:
            if (tiling, spent) not in lacks[n]:
                lacks[n][tiling, spent] = self.demand.lack(
                    self.alive[n], tiling, spent, self.i
                )
            return lacks[n][tiling, spent]

        def cores(state: tuple[Key, tuple[int, Chosen | None]]) -> float:
            key, (taken, _) = state
            return taken + max(map(lack, range(len(self.alive)), *key), default=0)

        return dict(nsmallest(width, states.items(), key=cores))

    def _key(
        self, tilings: tuple[Tiling, ...], spent: Sequence[Spent], tiling: Tiling
    ) -> Key:
        left = [tilings[n] for n in self._kept]
        sums = [spent[n] for n in self._kept]
        if self._is_read:
            left.append(tiling)
            sums.append(NOTHING)
        return tuple(left), tuple(sums)

    def _spend(
        self,
        tilings: tuple[Tiling, ...],
        spent: Sequence[Spent],
        tiling: Tiling,
        fit: BlockFit,
        spare: int,
    ) -> Sequence[Spent] | None:
        """Return the out-axons spent with the step; None if a block lacks some."""
        after = list(spent)
        for k, n, source in self._on_chip:
            self.looks += 1
            # A tiling and the groups of its sources have one fit.
            key = (k, tilings[n], after[n], id(fit))
            if key not in self._known:
                wire = fit.wires[k]
                more = self.spending.on(wire, tilings[n], tiling)
                total = self.spending.add(after[n], more)
                asked = self.demand.behind(source, tilings[n], self.i)
                self._known[key] = (total, asked.peak(total, 0), asked.saved)
            after[n], peak, saved = self._known[key]
            peak = ceil(peak - spare * saved)
            if peak > self.demand.limit:
                self._note(source, peak)
                return None
        return after

    def _note(self, source: int, out_axons: int) -> None:
        if self.dead_end is None or out_axons < self.dead_end.out_axons:
            self.dead_end = DeadEnd(source, out_axons)
