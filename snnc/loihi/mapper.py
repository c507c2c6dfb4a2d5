"""The mapping of a network, in bounded work.

First all mappings are searched for the one with the fewest cores, as long as the
network is small enough; what is too large for that gets a good mapping by a `Beam`, and
a better one while work is left. Work is counted, never timed: a mapping is the same on
every machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from sys import maxsize

from snnc.ir.device import Core
from snnc.loihi.beam import Beam
from snnc.loihi.choices import Step
from snnc.loihi.search import PATIENCE, Search, Solution
from snnc.loihi.spending import Spending
from snnc.loihi.stage import DeadEnd, OutOfPatienceError

WORK = 80_000
"""Tilings of which beams ask whether they serve their readers, some seconds."""
WIDER = 4
DEARER = 8
WIDEST = 64


class Mapper:
    """Looks for the mapping with the fewest cores.

    Parameters
    ----------
    steps
        The populations, each behind all that it reads.
    core
        What a core holds.
    spending
        Counts what readers spend; mappers of variants share what was counted.
    most
        Cores beyond which a mapping is of no use.
    effort
        How many times the usual work may be taken.

    Attributes
    ----------
    floor
        The cores that the populations need by themselves.
    lower_bound
        Cores below which there is no mapping out of equal blocks.
    dead_end
        The nearest that out-axons came to allowing a mapping.
    gave_up
        Whether it was not looked further for a mapping of a network too large.
    work
        What was done so far, in looks of the search.
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
        """The best mapping found; None if there is none of at most ``most`` cores.

        Where it is ``hopeless`` that one fits, none is found where that takes long.
        """
        best = self._search.run()
        if best is None or best.cores > self.lower_bound:
            best = self._improve(best, self._most_work if hopeless else maxsize)
        if best is None:
            return None
        exact = best.cores == self.lower_bound
        return replace(best, floor=self.floor, exact=exact)

    def _improve(self, best: Solution | None, patience: int) -> Solution | None:
        """The better of a mapping and what beams find, each wider than the one before.

        A beam takes up to `DEARER` times what the one before took.
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
