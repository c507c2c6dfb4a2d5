"""Search the mapping with the fewest cores.

Populations are cut one after the other, each after its sources. A state has the choices
that affect later populations: the tilings of those still to be read, and the out-axons
that they have spent already. Of equal states the cheapest is kept, so on a chain of
layers this is dynamic programming over the tilings of one layer.

The bound on the total starts at the sum of every population's fewest cores and grows
until a mapping is found. While there are at most `WIDTH` states, the search is
exhaustive within the bound, and the mapping is the best of the tilings tried; chains
stay far below. Above it, the cheapest states are kept, fewer if many layers are still
to be read: the mapping is still valid, and at most ``cores - floor`` from the best. The
minimum that later readers spend (`Demand`) ends a state early. Work is counted, never
timed: a search that reaches its limit ends without a mapping, and keeps its lower
bound.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from sys import maxsize

from snnc.loihi.choices import ChipChoices, Step
from snnc.loihi.demand import MANY, Demand
from snnc.loihi.link import BlockFit
from snnc.loihi.spending import Spending
from snnc.loihi.stage import Chosen, DeadEnd, OutOfPatienceError, SearchStage, States
from snnc.loihi.tiling import Tiling

WIDTH = 1024
WIDEST_SLACK = 64
FEW = 8
"""Layers still to be read above which states are expensive, so that fewer are kept."""
PATIENCE = 40_000
"""Work after which a search ends, some tenths of a second."""
WIDE_SLACK = 16
"""Slack from which on all sources are tested first for a mapping within the bound."""


@dataclass(frozen=True, slots=True)
class Solution:
    """A mapping: one tiling and fit for each step.

    ``floor`` is a lower bound on the cores; ``exact`` says that no mapping of the
    tilings tried has fewer.
    """

    tilings: tuple[Tiling, ...]
    fits: tuple[BlockFit, ...]
    cores: int
    floor: int
    exact: bool


class Search:
    """Searches the mapping with the fewest cores.

    Parameters
    ----------
    steps
        The populations, each after its sources.
    limit
        Out-axon slots of a core.
    spending
        Counts the slots of readers; searches of variants share the counts.
    most
        Cores above which a mapping is of no use.
    patience
        Work after which no larger bound is tried.

    Attributes
    ----------
    bound
        The most cores that the last attempt allowed.
    lower_bound
        Cores below which an exhaustive attempt found no mapping.
    dead_end
        The closest miss of one more choice by out-axons.
    looks
        How often a source of a state was checked.
    """

    def __init__(
        self,
        steps: Sequence[Step],
        limit: int,
        spending: Spending | None = None,
        most: int = maxsize,
        patience: int = PATIENCE,
    ) -> None:
        self.steps = tuple(steps)
        self.limit = limit
        self.most = most
        self.patience = patience
        self.floor = sum(step.choices.floor for step in steps)
        self.spending = Spending() if spending is None else spending
        self._cost_models = {
            step.choices.costs
            for step in steps
            if isinstance(step.choices, ChipChoices)
        }
        self._known = self._counted
        self._last = self._last_readers()
        self._is_crowded = self._most_waiting() > FEW
        self.bound = self.lower_bound = self.floor
        self.dead_end: DeadEnd | None = None
        self.looks = 0

    def run(self) -> Solution | None:
        """Return the best mapping.

        None if there is none within `WIDEST_SLACK` or ``most``, or if the search has
        reached its limit of work.
        """
        slack = 0
        while slack <= max(WIDEST_SLACK, self.floor):
            self.bound = min(self.floor + slack, self.most)
            try:
                solution = self._within(self.bound)
            except OutOfPatienceError:
                return None
            if solution is not None or self.bound == self.most:
                return solution
            # If many are read by many, each core of slack adds many states.
            slack += max(1, slack // 8 if self._is_crowded else slack)
        return None

    @property
    def work(self) -> int:
        """The work of the search so far, in looks."""
        return self.looks + self._counted - self._known

    @property
    def _counted(self) -> int:
        return self.spending.work + sum(costs.work for costs in self._cost_models)

    def _within(self, bound: int) -> Solution | None:
        demand = self._demand(bound)
        is_wide = bound >= self.floor + WIDE_SLACK
        if not demand.feasible or (
            is_wide and not self._demand(bound, readers=1).feasible
        ):
            self._exclude(bound)
            return None
        return self._attempt(bound, demand)

    def _demand(self, bound: int, readers: int = MANY) -> Demand:
        most = self.patience - self.work
        demand = Demand(self.steps, self.limit, self.spending, bound, readers, most)
        self.looks += demand.looks
        if demand.short is not None:
            self._note(DeadEnd(*demand.short))
        return demand

    def _last_readers(self) -> list[int]:
        last = list(range(len(self.steps)))
        for i, step in enumerate(self.steps):
            for source in step.sources:
                last[source] = i
        return last

    def _most_waiting(self) -> int:
        """Return the most steps between a choice and its last reader."""
        begin = Counter(s + 1 for s, last in enumerate(self._last) if last > s)
        end = Counter(last for s, last in enumerate(self._last) if last > s)
        more = (begin[i] - end[i] for i in range(len(self.steps)))
        return max(accumulate(more), default=0)

    def _attempt(self, bound: int, demand: Demand) -> Solution | None:
        states: States = {((), ()): (0, None)}
        alive: list[int] = []
        exact = True
        for i in range(len(self.steps)):
            stage = SearchStage(
                self.steps,
                i,
                alive,
                self._last,
                demand,
                self.spending,
                self.patience - self.work,
            )
            states = stage.advance(states, bound - sum(demand.floors[i + 1 :]))
            if stage.dead_end is not None:
                self._note(stage.dead_end)
            self.looks += stage.looks
            if not states:
                self._exclude(bound if exact else 0)
                return None
            alive = stage.alive
            width = WIDTH if len(alive) <= FEW else WIDTH // len(alive)
            exact = exact and len(states) <= width
            if len(states) > width:
                states = stage.promising(states, width)
                self.looks += len(alive) * len(states)
        return self._solution(states, exact)

    def _exclude(self, bound: int) -> None:
        """Record that no mapping takes so few cores."""
        self.lower_bound = max(self.lower_bound, bound + 1)

    def _note(self, dead_end: DeadEnd) -> None:
        if self.dead_end is None or dead_end.out_axons < self.dead_end.out_axons:
            self.dead_end = dead_end

    def _solution(self, states: States, exact: bool) -> Solution:
        cores, chosen = min(states.values(), key=lambda state: state[0])
        line: list[Chosen] = []
        while chosen is not None:
            line.append(chosen)
            chosen = chosen.before
        line.reverse()
        if exact:
            # States above the bound end early, those below do not.
            self.lower_bound = max(self.lower_bound, cores)
        return Solution(
            tuple(c.tiling for c in line),
            tuple(c.fit for c in line),
            cores,
            self.floor,
            exact,
        )
