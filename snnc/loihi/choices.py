"""The tilings that a population may have, computed on demand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from math import prod

from snnc.ir.lowered import Volume
from snnc.loihi.cost_model import CostModel
from snnc.loihi.link import BlockFit, Misfit
from snnc.loihi.tiling import Tile, Tiling, count_cores, least_sizes, on_chip

MAX_COMBINATIONS = 64
"""Combinations of the sources' groups above which ``floor`` is only a bound."""


PATIENCE = 64
"""Failed tilings after which it is tested whether any can fit."""
Groups = tuple[int, ...]
"""The depth slices of an ensemble, for the source of each projection."""


class HostChoices:
    """A population on the host: only its groups matter, and it takes no core."""

    def __init__(self, tilings: Sequence[Tiling]) -> None:
        self.tilings = tuple(tilings)
        self.floor = 0

    @property
    def volume(self) -> Volume:
        return self.tilings[0].volume

    @property
    def groups(self) -> tuple[int, ...]:
        return tuple(tiling.group for tiling in self.tilings)

    def within(self, groups: Groups, cores: int) -> list[tuple[Tiling, BlockFit]]:
        """Return the tilings; on the host all fit."""
        return [(tiling, BlockFit(())) for tiling in self.tilings]


class ChipChoices:
    """The tilings of a population on the chip, in order of preference.

    Parameters
    ----------
    costs
        The population.
    fixed
        The one tiling for each form that the spec's ``block`` leaves, or None.
    sources
        For each projection, the possible groups of its source.
    most
        Cores above which the network is too large anyway.

    Attributes
    ----------
    floor
        The fewest cores for any groups of the sources; -1 if no tiling fits, and a
        lower bound above ``most``.
    """

    def __init__(
        self,
        costs: CostModel,
        fixed: Sequence[Tiling] | None,
        sources: Sequence[Sequence[int]],
        most: int,
    ) -> None:
        self.costs = costs
        self.fixed = fixed
        self.sources = tuple(tuple(groups) for groups in sources)
        volume = costs.volume
        limit = costs.profile.core.compartments
        self._pending = iter(
            fixed if fixed is not None else on_chip(volume, costs.forms, limit)
        )
        self._found: list[Tiling] = []
        self._fits: dict[Groups, list[tuple[Tiling, BlockFit]]] = {}
        self._tried: dict[Groups, int] = {}
        self.groups = (
            least_sizes(volume[0])
            if fixed is None
            else tuple(sorted({tiling.group for tiling in fixed}))
        )
        self.floor = self._find_floor(most)

    @property
    def volume(self) -> Volume:
        return self.costs.volume

    def within(self, groups: Groups, cores: int) -> list[tuple[Tiling, BlockFit]]:
        """Return the tilings up to ``cores`` that fit, given the sources' groups."""
        self._fetch(cores)
        fits = self._fits.setdefault(groups, [])
        for tiling in self._found[self._tried.get(groups, 0) :]:
            fit = self.costs.fit(tiling, groups)
            if isinstance(fit, BlockFit):
                fits.append((tiling, fit))
        self._tried[groups] = len(self._found)
        return [fit for fit in fits if fit[0].cores <= cores]

    def _fetch(self, cores: int) -> None:
        """Compute the tilings of at most ``cores``, and one more if there is one."""
        while self._found[-1].cores <= cores:
            tiling = next(self._pending, None)
            if tiling is None:
                return
            if tiling.cores > cores or self._may_fit(tiling):
                self._found.append(tiling)

    def _find_floor(self, most: int) -> int:
        combinations = self.combinations
        for tried, tiling in enumerate(self._pending):
            self._found = [tiling]
            over = tiling.cores > most
            if (over or tried == PATIENCE) and not self._can_fit(combinations):
                return -1
            if over or (
                self._fits_any(tiling, combinations)
                if combinations
                else self._may_fit(tiling)
            ):
                return tiling.cores
        return -1

    def _may_fit(self, tiling: Tiling) -> bool:
        """Return whether a tiling may fit, if sources have too many groups to try."""
        return bool(self.combinations) or not self.costs.exceeds(tiling)

    def _fits_any(self, tiling: Tiling, combinations: Sequence[Groups]) -> bool:
        return any(
            isinstance(self.costs.fit(tiling, groups), BlockFit)
            for groups in combinations
        )

    def _can_fit(self, combinations: Sequence[Groups]) -> bool:
        """Return whether a single neuron fits a core: if not, no tiling does."""
        if self.fixed is not None or not combinations:
            return True
        return any(
            isinstance(fit, BlockFit) or fit.limit == "pop16 bases"
            for tiling in finest_tilings(self.costs)
            for fit in (self.costs.fit(tiling, groups) for groups in combinations)
        )

    @cached_property
    def combinations(self) -> tuple[Groups, ...]:
        """The combinations of the sources' groups; empty if there are too many."""
        if prod(map(len, self.sources)) > MAX_COMBINATIONS:
            return ()
        return tuple(product(*self.sources))


Choices = HostChoices | ChipChoices


@dataclass(frozen=True, slots=True)
class Step:
    """One population: its choices and its sources.

    ``sources`` are the positions of the steps read, one for each projection.
    """

    choices: Choices
    sources: tuple[int, ...]


def tilings_of(costs: CostModel, group: int, tile: Tile) -> tuple[Tiling, ...]:
    """Return a tiling in each form of the inputs."""
    cores = count_cores(costs.volume, group, tile)
    return tuple(
        Tiling(costs.volume, group, tile, forms, cores) for forms in costs.forms
    )


def finest_tilings(costs: CostModel) -> tuple[Tiling, ...]:
    """Return tilings of one neuron per block and one slice per ensemble."""
    return tilings_of(costs, 1, (1, 1, 1))


def least_misfit(
    costs: CostModel, tilings: Sequence[Tiling], sources: Sequence[Sequence[int]]
) -> Misfit | None:
    """Return how closely tilings miss fitting, or None if one of them fits.

    Sources are tried at their finest and coarsest groups, all in the same way.
    """
    ends = {tuple(groups[i] for groups in sources) for i in (0, -1)}
    fits = [costs.fit(tiling, groups) for tiling in tilings for groups in sorted(ends)]
    if any(isinstance(fit, BlockFit) for fit in fits):
        return None
    misfits = [fit for fit in fits if isinstance(fit, Misfit)]
    return min(misfits, key=lambda misfit: misfit.value / misfit.most)
