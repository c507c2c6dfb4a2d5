"""Map a network with bounded work, and test how cutting one layer affects a mapping.

If the network is small enough, all mappings are searched for the one with the fewest
cores. Larger ones get a good mapping from a `Beam`, and a better one while work is
left. Work is counted, never timed: a mapping is the same on every machine.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from sys import maxsize

from snnc.ir.device import Core
from snnc.loihi.beam import Beam
from snnc.loihi.choices import ChipChoices, Step
from snnc.loihi.link import BlockFit, Misfit
from snnc.loihi.plan import Plan
from snnc.loihi.search import PATIENCE, Search, Solution
from snnc.loihi.spending import NOTHING, Spending, Spent, add
from snnc.loihi.stage import DeadEnd, OutOfPatienceError
from snnc.loihi.tiling import Tiling

WORK = 80_000
"""Tilings that beams test against their readers, which takes some seconds."""
WIDER = 4
DEARER = 8
WIDEST = 64


class Mapper:
    """Searches the mapping with the fewest cores.

    Parameters
    ----------
    steps
        The populations, each after its sources.
    core
        The limits of a core.
    spending
        Counts the slots of readers; mappers of variants share the counts.
    most
        Cores above which a mapping is of no use.
    effort
        The factor of the usual work.

    Attributes
    ----------
    floor
        The sum of the cores that each population needs on its own.
    lower_bound
        Cores below which there is no mapping into equal blocks.
    dead_end
        The closest miss by out-axons.
    gave_up
        Whether the search ended early because the network is too large.
    work
        The work so far, in looks of the search.
    """

    def __init__(
        self,
        steps: Sequence[Step],
        core: Core,
        spending: Spending | None = None,
        most: int = maxsize,
        effort: float = 1,
    ) -> None:
        spending = Spending() if spending is None else spending
        patience = int(PATIENCE * effort)
        self._search = Search(steps, core.out_axons, spending, most, patience)
        self._beam = Beam(steps, core, spending, most)
        self._most_work = int(WORK * effort)
        self.floor = self._search.floor
        self.gave_up = False

    @property
    def lower_bound(self) -> int:
        return self._search.lower_bound

    @property
    def work(self) -> int:
        return self._search.work + self._beam.work

    @property
    def dead_end(self) -> DeadEnd | None:
        ends = [end for end in (self._search.dead_end, self._beam.dead_end) if end]
        return min(ends, key=lambda end: end.out_axons, default=None)

    def run(self, hopeless: bool = False) -> Solution | None:
        """Return the best mapping found; None without one of at most ``most`` cores.

        If a mapping seems ``hopeless``, the search ends early.
        """
        best = self._search.run()
        if best is None or best.cores > self.lower_bound:
            best = self._improve(best, self._most_work if hopeless else maxsize)
        if best is None:
            return None
        exact = best.cores == self.lower_bound
        return replace(best, floor=self.floor, exact=exact)

    def _improve(self, best: Solution | None, patience: int) -> Solution | None:
        """Return the best of a mapping and those of beams, each wider than the last.

        A beam takes up to `DEARER` times the work of the last.
        """
        width, took = 1, 0
        while width <= WIDEST and DEARER * took + self._beam.work <= self._most_work:
            before = self._beam.work
            try:
                solution = self._beam.run(width, patience)
            except OutOfPatienceError:
                self.gave_up = best is None
                break
            if solution is not None and (best is None or solution.cores < best.cores):
                best = solution
            if solution is None or solution.cores == self.lower_bound:
                break
            width, took = WIDER * width, self._beam.work - before
        return best


class Coupling:
    """A mapping in which one layer at a time is cut differently.

    Parameters
    ----------
    plan
        The layers and their projections.
    solution
        Their tilings.
    """

    def __init__(self, plan: Plan, solution: Solution) -> None:
        self.plan = plan
        self.solution = solution
        self._spending = Spending()

    def misfit(self, i: int, tiling: Tiling) -> tuple[int, Misfit] | BlockFit:
        """Return the first broken limit if layer ``i`` is cut into ``tiling``.

        It checks the layer itself, then its readers, then the out-axons of all sources
        of these.

        Returns
        -------
        tuple or BlockFit
            The position of the layer that breaks a limit, and the limit; the
            layer's own fit if none does.
        """
        tilings = list(self.solution.tilings)
        tilings[i] = tiling
        fits = list(self.solution.fits)
        changed = [i, *self._readers(i)]
        for position in changed:
            fit = self._fit(position, tilings)
            if isinstance(fit, Misfit):
                return position, fit
            fits[position] = fit
        for source in self._sources(changed):
            peak = self._spent(source, tilings, fits).peak
            most = self.plan.profile.core.out_axons
            if peak > most:
                return source, Misfit("out-axons", peak, most)
        return fits[i]

    def _readers(self, i: int) -> Iterator[int]:
        return (
            position
            for position, step in enumerate(self.plan.steps)
            if i in step.sources
        )

    def _sources(self, readers: Sequence[int]) -> list[int]:
        """Return the distinct sources on the chip."""
        steps = self.plan.steps
        read = {source for reader in readers for source in steps[reader].sources}
        return [s for s in sorted(read) if isinstance(steps[s].choices, ChipChoices)]

    def _fit(self, position: int, tilings: Sequence[Tiling]) -> BlockFit | Misfit:
        step = self.plan.steps[position]
        if not isinstance(step.choices, ChipChoices):
            return BlockFit(())
        groups = tuple(tilings[source].group for source in step.sources)
        return step.choices.costs.fit(tilings[position], groups)

    def _spent(
        self, source: int, tilings: Sequence[Tiling], fits: Sequence[BlockFit]
    ) -> Spent:
        """Return the out-axons of a layer for all its readers on the chip."""
        total = NOTHING
        for reader, step in enumerate(self.plan.steps):
            for read, wire in zip(step.sources, fits[reader].wires, strict=True):
                if read == source:
                    spent = self._spending.on(wire, tilings[source], tilings[reader])
                    total = add(total, spent)
        return total
