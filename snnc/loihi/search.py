"""The mapping with the fewest cores.

Populations are cut one after the other, each behind what it reads. A state is what
later populations can notice of the choices made: the tilings of those that are
still to be read, and the out-axons that they have spent already. Of equal states
the cheapest is kept, so that on a chain of layers this is dynamic programming over
the tilings of one layer.

The bound on the total starts at the sum of every population's fewest cores and is
widened until a mapping is found. As long as the states number at most `WIDTH`, the
search is exhaustive within the bound, and the mapping is the best there is among the
tilings tried; chains stay far below. Beyond it, the cheapest states go on, fewer where
many layers are still to be read: the mapping is still sound, and at most ``cores -
floor`` from the best. What readers to come spend at least (`Demand`) ends a state
early.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from snnc.loihi.choices import HostChoices, Step
from snnc.loihi.demand import Demand
from snnc.loihi.site import Fit
from snnc.loihi.spending import NOTHING, Spending, Spent, add
from snnc.loihi.tiling import Tiling

WIDTH = 1024
WIDEST_SLACK = 64
FEW = 8
"""Layers still to be read beyond which a state costs so much that fewer go on."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A tiling, its fit, and the choices before it."""

    tiling: Tiling
    fit: Fit
    before: Chosen | None


@dataclass(frozen=True, slots=True)
class Solution:
    """A mapping: one tiling and fit for each step.

    ``floor`` is a lower bound on the cores; ``exact`` says that no mapping out of
    the tilings tried has fewer.
    """

    tilings: tuple[Tiling, ...]
    fits: tuple[Fit, ...]
    cores: int
    floor: int
    exact: bool


@dataclass(frozen=True, slots=True)
class DeadEnd:
    """The step whose out-axons were too few, and how many it needed at least."""

    source: int
    out_axons: int


_Key = tuple[tuple[Tiling, ...], tuple[Spent, ...]]
_States = dict[_Key, tuple[int, Chosen | None]]


class Search:
    """Looks for the mapping with the fewest cores.

    Parameters
    ----------
    steps
        The populations, each behind all that it reads.
    limit
        Out-axon slots of a core.

    Attributes
    ----------
    bound
        The most cores that the last attempt allowed.
    dead_end
        The nearest that out-axons came to allowing one more choice.
    """

    def __init__(self, steps: Sequence[Step], limit: int) -> None:
        self.steps = tuple(steps)
        self.limit = limit
        self.floor = sum(step.choices.floor for step in steps)
        self.spending = Spending()
        self._last = self._last_readers()
        self._crowded = any(
            sum(s < i < last for s, last in enumerate(self._last)) > FEW
            for i in range(len(self.steps))
        )
        self.bound = self.floor
        self.dead_end: DeadEnd | None = None

    def run(self) -> Solution | None:
        """The best mapping; None if there is none within `WIDEST_SLACK`."""
        slack = 0
        while slack <= max(WIDEST_SLACK, self.floor):
            self.bound = self.floor + slack
            demand = Demand(self.steps, self.limit, self.spending, self.bound)
            if demand.feasible:
                solution = self._within(self.bound, demand)
                if solution is not None:
                    return solution
            elif demand.short is not None:
                self._note(*demand.short)
            # Where many are read by many, each core of slack costs states in heaps.
            slack += max(1, slack // 8 if self._crowded else slack)
        return None

    def _last_readers(self) -> list[int]:
        last = list(range(len(self.steps)))
        for i, step in enumerate(self.steps):
            for source in step.sources:
                last[source] = i
        return last

    def _within(self, bound: int, demand: Demand) -> Solution | None:
        states: _States = {((), ()): (0, None)}
        alive: list[int] = []
        exact = True
        for i in range(len(self.steps)):
            room = bound - sum(demand.floors[i + 1 :])
            states = self._advance(states, alive, i, room, demand)
            if not states:
                return None
            alive = [s for s in (*alive, i) if self._last[s] > i]
            width = WIDTH if len(alive) <= FEW else WIDTH // len(alive)
            if len(states) > width:
                exact = False
                states = self._promising(states, alive, i, demand, width)
        return self._solution(states, exact)

    def _promising(
        self,
        states: _States,
        alive: Sequence[int],
        i: int,
        demand: Demand,
        width: int,
    ) -> _States:
        """The states that are cheapest with what their readers lack added."""

        def cores(state: tuple[_Key, tuple[int, Chosen | None]]) -> float:
            (tilings, spent), (taken, _) = state
            return taken + max(
                (
                    demand.lack(source, tiling, some, i)
                    for source, tiling, some in zip(alive, tilings, spent, strict=True)
                ),
                default=0,
            )

        return dict(sorted(states.items(), key=cores)[:width])

    def _advance(
        self,
        states: _States,
        alive: Sequence[int],
        i: int,
        room: int,
        demand: Demand,
    ) -> _States:
        """Choose for step ``i`` in every state; ``room`` cores are for all so far."""
        step = self.steps[i]
        where = [alive.index(source) for source in step.sources]
        kept = [n for n, source in enumerate(alive) if self._last[source] > i]
        found: _States = {}
        for (tilings, spent), (cores, chosen) in states.items():
            groups = tuple(tilings[n].group for n in where)
            for tiling, fit in step.choices.within(groups, room - cores):
                if not demand.bears(i, tiling):
                    continue
                spare = room - cores - tiling.cores
                after = self._spend(
                    i, tilings, spent, (tiling, fit), where, demand, spare
                )
                if after is None:
                    continue
                key = self._key(i, tilings, after, tiling, kept)
                total = cores + tiling.cores
                if key not in found or total < found[key][0]:
                    found[key] = (total, Chosen(tiling, fit, chosen))
        return found

    def _key(
        self,
        i: int,
        tilings: tuple[Tiling, ...],
        spent: Sequence[Spent],
        tiling: Tiling,
        kept: Sequence[int],
    ) -> _Key:
        """What later steps can notice."""
        left, sums = [tilings[n] for n in kept], [spent[n] for n in kept]
        if self._last[i] > i:
            left.append(tiling)
            sums.append(NOTHING)
        return tuple(left), tuple(sums)

    def _spend(
        self,
        i: int,
        tilings: tuple[Tiling, ...],
        spent: Sequence[Spent],
        choice: tuple[Tiling, Fit],
        where: Sequence[int],
        demand: Demand,
        spare: int,
    ) -> Sequence[Spent] | None:
        """The out-axons spent once step ``i`` reads; None if a block has too few."""
        tiling, fit = choice
        after = list(spent)
        for n, source, wire in zip(
            where, self.steps[i].sources, fit.wires, strict=True
        ):
            if isinstance(self.steps[source].choices, HostChoices):
                continue
            after[n] = add(after[n], self.spending.on(wire, tilings[n], tiling))
            if (
                peak := demand.peak(source, tilings[n], after[n], i, spare)
            ) > self.limit:
                self._note(source, peak)
                return None
        return after

    def _note(self, source: int, out_axons: int) -> None:
        if self.dead_end is None or out_axons < self.dead_end.out_axons:
            self.dead_end = DeadEnd(source, out_axons)

    def _solution(self, states: _States, exact: bool) -> Solution:
        cores, chosen = min(states.values(), key=lambda state: state[0])
        line: list[Chosen] = []
        while chosen is not None:
            line.append(chosen)
            chosen = chosen.before
        line.reverse()
        return Solution(
            tuple(c.tiling for c in line),
            tuple(c.fit for c in line),
            cores,
            self.floor,
            exact,
        )
