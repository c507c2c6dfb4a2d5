"""Explain a mapping's number of cores.

Three numbers bound the cores of a layer from below: the cores that its neurons fill,
whatever their connections; the fewest of any tiling of the layer on its own; and the
fewest if its neighbours are cut as they are. The highest bound that is reached is the
reason, and the tiling with fewer cores that comes closest to fitting shows by how much.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from math import ceil, inf, prod
from typing import Literal

from snnc.ir.logical import Loihi, Shape
from snnc.ir.mapped import MappedNetwork
from snnc.loihi.choices import MAX_COMBINATIONS, ChipChoices
from snnc.loihi.link import BlockFit, Misfit
from snnc.loihi.mapper import Coupling
from snnc.loihi.plan import Plan, PlanCache, block_of, make_plan
from snnc.loihi.search import Solution
from snnc.loihi.tiling import Tiling, on_chip, tiling_of

Bound = Literal["block", "compartments", "alone", "neighbours"]


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A tiling with fewer cores that does not fit.

    Attributes
    ----------
    cores
        The tiling's cores.
    layer
        The layer of the overfull core.
    misfit
        The first limit broken there.
    """

    cores: int
    layer: str
    misfit: Misfit

    @property
    def ratio(self) -> float:
        """The fraction of the limit: 1.0 would fit."""
        if self.misfit.limit == "pop16 bases":
            return inf
        return self.misfit.value / self.misfit.most


@dataclass(frozen=True, slots=True)
class Reason:
    """The reason for the cores of one layer.

    Attributes
    ----------
    name
        The layer.
    neurons, cores
        Its neurons and cores.
    filled
        Cores that its neurons fill.
    alone
        The fewest cores of any tiling of the layer on its own; if its sources have too
        many groups to try, the fewest that hold it.
    tried
        Whether ``alone`` comes from trying all groups of the sources.
    bound
        The bound that is reached; ``"block"`` if the spec sets the tiling.
    block
        The spec's `block`.
    miss
        The nearest miss among tilings with fewer cores; None if the neurons or the spec
        are the bound, or if the search was cut short.
    """

    name: str
    neurons: int
    cores: int
    filled: int
    alone: int
    tried: bool
    bound: Bound
    block: Shape | None
    miss: NearMiss | None


@dataclass(frozen=True, slots=True)
class Reasons:
    """The reasons for a network's cores.

    ``floor`` is the sum of the cores that layers need on their own; ``exact`` says that
    no mapping into equal blocks has fewer cores than this one.
    """

    layers: tuple[Reason, ...]
    cores: int
    floor: int
    exact: bool


def reasons_of(mapped: MappedNetwork, cache: PlanCache | None = None) -> Reasons:
    """Return the reason for each layer's cores in a mapped network.

    ``cache`` has the results of its mapping, which are then reused.
    """
    lowered = mapped.lowered
    target, profile = lowered.network.target, lowered.network.device
    if not isinstance(target, Loihi):
        return Reasons((), 0, 0, True)
    axons = None if mapped.unmixed is None else mapped.unmixed.axons
    plan = make_plan(lowered, target, profile, cache, axons)
    return explain(plan, _solution_of(plan, mapped))


def _solution_of(plan: Plan, mapped: MappedNetwork) -> Solution:
    """Return the solution that became a mapped network."""
    forms = {id(p.projection): p.form for p in mapped.projections}
    tilings: list[Tiling] = []
    fits: list[BlockFit] = []
    for population, step in zip(plan.populations, plan.steps, strict=True):
        tiling, fit = tiling_of(mapped.by_name[population.name]), BlockFit(())
        if isinstance(step.choices, ChipChoices):
            read = plan.lowered.into(population.name)
            own = tuple(forms[id(projection)] for projection in read)
            tiling = replace(tiling, forms=own)
            groups = tuple(tilings[source].group for source in step.sources)
            own_fit = step.choices.costs.fit(tiling, groups)
            assert isinstance(own_fit, BlockFit), "it was mapped"
            fit = own_fit
        tilings.append(tiling)
        fits.append(fit)
    floor = sum(step.choices.floor for step in plan.steps)
    exact = mapped.cores == mapped.lower_bound
    return Solution(tuple(tilings), tuple(fits), mapped.cores, floor, exact)


def explain(plan: Plan, solution: Solution) -> Reasons:
    """Return the reason for each layer's cores in a solution."""
    layers = tuple(
        _reason(plan, solution, i, step.choices)
        for i, step in enumerate(plan.steps)
        if isinstance(step.choices, ChipChoices)
    )
    exact = solution.exact or solution.cores == solution.floor
    return Reasons(layers, solution.cores, solution.floor, exact)


def _reason(plan: Plan, solution: Solution, i: int, choices: ChipChoices) -> Reason:
    population, cores = plan.populations[i], solution.tilings[i].cores
    filled = ceil(population.neurons / plan.profile.core.compartments)
    block = block_of(population)
    bound: Bound = "neighbours"
    miss = None
    if block is not None:
        bound = "block"
    elif cores == filled:
        bound = "compartments"
    elif cores == choices.floor:
        bound = "alone"
        miss = _nearest(_misses_alone(choices, population.name, filled))
    else:
        miss = _nearest(_misses_beside(plan, solution, i, choices))
    return Reason(
        population.name,
        population.neurons,
        cores,
        filled,
        choices.floor,
        bool(_combinations(choices.sources)),
        bound,
        block,
        miss,
    )


def _nearest(misses: Iterable[NearMiss]) -> NearMiss | None:
    """Return the miss closest to fitting; of equal ones that with the most cores."""
    return min(misses, key=lambda miss: (miss.ratio, -miss.cores), default=None)


def _misses_alone(choices: ChipChoices, name: str, filled: int) -> Iterator[NearMiss]:
    """Yield tilings with fewer cores than the floor, for any groups of the sources.

    If some of them keep within a core's compartments, only those are yielded: the
    others would hide the reason.
    """
    costs = choices.costs
    cheaper = list(_cheaper(choices, choices.floor, costs.profile.core.compartments))
    if not cheaper:
        every = list(_cheaper(choices, choices.floor, prod(costs.volume)))
        enough = [tiling for tiling in every if tiling.cores >= filled]
        cheaper = enough or every
    finest = tuple(groups[0] for groups in choices.sources)
    combinations = _combinations(choices.sources) or [finest]
    for tiling, groups in product(cheaper, combinations):
        fit = costs.fit(tiling, groups)
        if isinstance(fit, Misfit):
            yield NearMiss(tiling.cores, name, fit)


def _combinations(sources: Sequence[Sequence[int]]) -> list[tuple[int, ...]]:
    """Return the sources' groups; none if the floor did not try them all."""
    if prod(map(len, sources)) > MAX_COMBINATIONS:
        return []
    return list(product(*sources))


def _misses_beside(
    plan: Plan, solution: Solution, i: int, choices: ChipChoices
) -> list[NearMiss]:
    """Return tilings that fit on their own, but not with the other layers.

    Empty if one of them fits: then the search missed it, and there is no bound.
    """
    coupling = Coupling(plan, solution)
    limit = choices.costs.profile.core.compartments
    misses = []
    for tiling in _cheaper(choices, solution.tilings[i].cores, limit):
        if not _may_fit(choices, tiling):
            continue
        outcome = coupling.misfit(i, tiling)
        if isinstance(outcome, BlockFit):
            return []
        where, misfit = outcome
        misses.append(NearMiss(tiling.cores, plan.populations[where].name, misfit))
    return misses


def _may_fit(choices: ChipChoices, tiling: Tiling) -> bool:
    """Return whether a tiling fits on its own, as far as was tried."""
    combinations = _combinations(choices.sources)
    fits = (choices.costs.fit(tiling, groups) for groups in combinations)
    return not combinations or any(isinstance(fit, BlockFit) for fit in fits)


def _cheaper(choices: ChipChoices, cores: int, compartments: int) -> Iterator[Tiling]:
    """Yield the tilings with fewer cores, of blocks up to a size."""
    for tiling in on_chip(choices.costs.volume, choices.costs.forms, compartments):
        if tiling.cores >= cores:
            return
        yield tiling
