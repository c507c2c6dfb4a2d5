"""What happens to a mapping if one layer of it is cut in another way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from snnc.loihi.choices import ChipChoices
from snnc.loihi.fit import Fit, Misfit
from snnc.loihi.plan import Plan
from snnc.loihi.search import Solution
from snnc.loihi.spending import NOTHING, Spending, Spent, add
from snnc.loihi.tiling import Tiling


class Coupling:
    """A mapping of which one layer at a time is cut anew.

    Parameters
    ----------
    plan
        The layers and what they read.
    solution
        How they are cut.
    """

    def __init__(self, plan: Plan, solution: Solution) -> None:
        self.plan = plan
        self.solution = solution
        self._spending = Spending()

    def misfit(self, i: int, tiling: Tiling) -> tuple[int, Misfit] | Fit:
        """Where the mapping breaks if layer ``i`` is cut into ``tiling``.

        The layer itself is looked at first, then what reads it, then the out-axons
        of all that these read.

        Returns
        -------
        tuple or Fit
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
        """What is read on the chip, once each."""
        steps = self.plan.steps
        read = {source for reader in readers for source in steps[reader].sources}
        return [s for s in sorted(read) if isinstance(steps[s].choices, ChipChoices)]

    def _fit(self, position: int, tilings: Sequence[Tiling]) -> Fit | Misfit:
        step = self.plan.steps[position]
        if not isinstance(step.choices, ChipChoices):
            return Fit(())
        groups = tuple(tilings[source].group for source in step.sources)
        return step.choices.costs.fit(tilings[position], groups)

    def _spent(
        self, source: int, tilings: Sequence[Tiling], fits: Sequence[Fit]
    ) -> Spent:
        """The out-axons that a layer spends on all that reads it on the chip."""
        total = NOTHING
        for reader, step in enumerate(self.plan.steps):
            for read, wire in zip(step.sources, fits[reader].wires, strict=True):
                if read == source:
                    spent = self._spending.on(wire, tilings[source], tilings[reader])
                    total = add(total, spent)
        return total
