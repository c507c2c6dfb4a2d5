"""Explain a mapping's number of cores.

There are three lower bounds on the cores of a layer. The first is the number of cores
that its neurons fill, ignoring connections. The second is the fewest cores of any
tiling of the layer on its own. The third is the fewest cores of any tiling with the
given tilings of the neighbouring layers. The reason for a layer's cores is the highest
bound that the mapping reaches. Among the tilings with fewer cores, the one closest to
fitting shows which limit is exceeded, and by how much.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import product
from math import ceil, inf, prod
from typing import Literal

from snnc.ir.logical import Loihi
from snnc.ir.mapped import MappedNetwork
from snnc.ir.shapes import Shape
from snnc.loihi.candidates import ChipChoices, tilings_below
from snnc.loihi.link import BlockFit, LimitViolation
from snnc.loihi.plan import Plan, PlanCache, make_plan
from snnc.loihi.search import AxonUse, Solution, readers_of
from snnc.loihi.tiling import Tiling, tiling_of

Bound = Literal["block", "compartments", "alone", "neighbours"]


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A tiling with fewer cores, and the first limit that a ``layer`` exceeds."""

    cores: int
    layer: str
    violation: LimitViolation

    @property
    def ratio(self) -> float:
        """The use divided by the limit; 1.0 would fit."""
        # Bases have to be multiples of a number, so none is close to fitting.
        if self.violation.limit == "pop16 bases":
            return inf
        return self.violation.value / self.violation.most


@dataclass(frozen=True, slots=True)
class Reason:
    """The reason for the cores of one layer.

    Its neurons fill ``filled`` cores, and ``alone`` is the fewest cores of any tiling
    of the layer on its own. If its sources have too many groups to be ``tried``, it is
    the fewest that its neurons fill. ``bound`` is the bound that the mapping reaches;
    ``"block"`` if the spec sets the ``block``.

    ``miss`` is the tiling with fewer cores that is closest to fitting. It is None if
    the neurons or the spec are the bound, or if the search ended early.
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
    """The reasons for a network's number of cores.

    ``floor`` is the sum of the cores that each layer needs on its own. ``exact`` says
    whether no mapping into equal blocks has fewer cores.
    """

    layers: tuple[Reason, ...]
    cores: int
    floor: int
    exact: bool


def reasons_of(mapped: MappedNetwork, cache: PlanCache | None = None) -> Reasons:
    """Return the reason for each layer's cores; reuse the mapping's results."""
    lowered = mapped.lowered
    if not isinstance(lowered.network.target, Loihi):
        return Reasons((), 0, 0, True)
    axons = None if mapped.unmixed is None else mapped.unmixed.axons
    plan = make_plan(lowered, cache, axons)
    return explain(plan, _solution_of(plan, mapped))


def _solution_of(plan: Plan, mapped: MappedNetwork) -> Solution:
    """Return a mapping as a solution of the search that made it."""
    forms = {id(p.projection): p.form for p in mapped.projections}
    tilings: list[Tiling] = []
    fits: list[BlockFit] = []
    for population in plan.populations:
        read = plan.lowered.into(population.name) if population.on_chip else ()
        own_forms = tuple(forms[id(projection)] for projection in read)
        tilings.append(
            replace(tiling_of(mapped.by_name[population.name]), forms=own_forms)
        )
        fit = plan.fit(len(fits), tilings)
        assert isinstance(fit, BlockFit), "it was mapped"
        fits.append(fit)
    exact = mapped.cores == mapped.lower_bound
    return Solution(tuple(tilings), tuple(fits), mapped.cores, exact)


def explain(plan: Plan, solution: Solution) -> Reasons:
    """Return the reason for each layer's cores in a solution."""
    layers = tuple(
        _reason(plan, solution, i, step.choices)
        for i, step in enumerate(plan.steps)
        if isinstance(step.choices, ChipChoices)
    )
    exact = solution.exact or solution.cores == plan.floor
    return Reasons(layers, solution.cores, plan.floor, exact)


def _reason(plan: Plan, solution: Solution, i: int, choices: ChipChoices) -> Reason:
    """Return the first bound that a layer's cores reach, from the simplest."""
    population = plan.populations[i]
    cores = solution.tilings[i].cores
    filled = ceil(population.neurons / choices.costs.profile.core.compartments)
    bound: Bound = "neighbours"
    miss = None
    if population.block is not None:
        bound = "block"
    elif cores == filled:
        bound = "compartments"
    elif cores == choices.floor:
        bound = "alone"
        miss = _nearest(_misses_alone(choices, population.name, filled))
    else:
        miss = _nearest(_misses_beside(plan, solution, i, choices))
    return Reason(
        name=population.name,
        neurons=population.neurons,
        cores=cores,
        filled=filled,
        alone=choices.floor,
        tried=bool(choices.combinations),
        bound=bound,
        block=population.block,
        miss=miss,
    )


def _nearest(misses: Iterable[NearMiss]) -> NearMiss | None:
    """Return the miss closest to fitting; prefer more cores if several are equal."""
    return min(misses, key=lambda miss: (miss.ratio, -miss.cores), default=None)


def _misses_alone(choices: ChipChoices, name: str, filled: int) -> Iterator[NearMiss]:
    """Yield tilings below the lower bound, for any groups of the sources.

    If some of these don't exceed a core's compartments, only those are yielded, because
    the others would hide the reason.
    """
    costs = choices.costs
    cheaper = tilings_below(costs, costs.profile.core.compartments, choices.floor)
    if not cheaper:
        every = tilings_below(costs, prod(costs.volume), choices.floor)
        enough = [tiling for tiling in every if tiling.cores >= filled]
        cheaper = enough or every
    finest = tuple(groups[0] for groups in choices.sources)
    combinations = choices.combinations or [finest]
    for tiling, groups in product(cheaper, combinations):
        fit = costs.fit(tiling, groups)
        if isinstance(fit, LimitViolation):
            yield NearMiss(tiling.cores, name, fit)


def _misses_beside(
    plan: Plan, solution: Solution, i: int, choices: ChipChoices
) -> list[NearMiss]:
    """Return tilings that fit on their own, but not with the other layers.

    Empty if one of these tilings fits: the search missed it, so this bound does not
    hold.
    """
    use = AxonUse()
    # Larger tilings would be refused for their neurons, which hides other limits.
    limit = choices.costs.profile.core.compartments
    misses = []
    for tiling in tilings_below(choices.costs, limit, solution.tilings[i].cores):
        fits = (choices.costs.fit(tiling, groups) for groups in choices.combinations)
        if choices.combinations and not any(isinstance(f, BlockFit) for f in fits):
            continue
        outcome = replacement_violation(plan, solution, i, tiling, use)
        if outcome is None:
            return []
        layer, violation = outcome
        misses.append(NearMiss(tiling.cores, plan.populations[layer].name, violation))
    return misses


def replacement_violation(
    plan: Plan, solution: Solution, i: int, tiling: Tiling, use: AxonUse
) -> tuple[int, LimitViolation] | None:
    """Return the first exceeded limit if layer ``i`` has the given tiling.

    The layer is checked first, then its readers, then the out-axons of the sources of
    all these layers. The result includes the index of the layer that exceeds the limit.
    """
    steps = plan.steps
    tilings = list(solution.tilings)
    fits = list(solution.fits)
    tilings[i] = tiling
    changed = [i, *(n for n, step in enumerate(steps) if i in step.sources)]
    for n in changed:
        fit = plan.fit(n, tilings)
        if isinstance(fit, LimitViolation):
            return n, fit
        fits[n] = fit
    most = plan.lowered.network.device.core.out_axons
    readers = readers_of(steps, fits, tilings, use)
    for source in sorted({s for n in changed for s in steps[n].sources}):
        if source in readers:
            peak = use.peak(readers[source], tilings[source])
            if peak > most:
                return source, LimitViolation("out-axons", peak, most)
    return None
