"""Describe networks that don't fit, and the closest change that would help."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil

from snnc.diagnostics import Diagnostic, Label
from snnc.ir.device import Profile
from snnc.ir.logical import LogicalLayer, Loihi, Shape
from snnc.ir.lowered import LoweredNetwork, Population
from snnc.ir.mapped import MappedNetwork
from snnc.loihi.candidates import (
    ChipChoices,
    finest_tilings,
    least_violation,
    tilings_of,
)
from snnc.loihi.cost_model import CostModel
from snnc.loihi.link import LimitViolation
from snnc.loihi.plan import (
    Plan,
    block_of,
    block_tiling,
    compartment_floors,
    fixed_tilings,
    largest_block,
    standalone,
    whole_block,
)
from snnc.loihi.search import Infeasible, Search
from snnc.loihi.tiling import least_sizes
from snnc.rules import loihi as rules
from snnc.source import Span
from snnc.text.tables import counted

DEEP = 64
"""In a network that is far too large, layers with more slices are not checked."""
BLOCK_AXES = {
    1: "units",
    2: "length x filters",
    3: "height x width x filters",
    4: "slices x height x width x (slices times filters)",
}


def refuse_block(population: Population, block: Shape) -> Diagnostic:
    """Describe an invalid shape of a `block`."""
    layer = population.layer
    rank = len(layer.shape)
    if len(block) != rank:
        return rules.BlockRank(
            span=block_span(layer),
            name=layer.name,
            kind=layer.kind,
            block=block,
            given="1 axis" if len(block) == 1 else f"{len(block)} axes",
            rank=rank,
            expected=BLOCK_AXES[rank],
            whole=whole_block(layer.shape),
        )
    largest = largest_block(population)
    return rules.BlockExceedsLayer(
        span=block_span(layer),
        name=layer.name,
        kind=layer.kind,
        block=block,
        expected=BLOCK_AXES[rank],
        largest=largest,
        nearest=tuple(map(min, block, largest)),
    )


def refuse_target(target: Loihi, profile: Profile) -> Diagnostic:
    """Describe a target with more cores than its chips have."""
    return rules.MoreCoresThanChips(
        span=target.span,
        chips=target.chips,
        cores=target.cores,
        most=target.chips * profile.chip.cores,
        needed=ceil(target.cores / profile.chip.cores),
    )


def refuse_plan(
    plan: Plan, target: Loihi, search: Search, mapped: MappedNetwork | None
) -> Iterator[Diagnostic]:
    """Report why a plan has no mapping, or only a mapping that is too large."""
    if plan.unmappable:
        yield from _refuse_unmappable(plan)
        if sum(compartment_floors(plan.lowered, plan.profile).values()) > target.cores:
            yield _refuse_neurons(plan.lowered, target, plan.profile)
    elif mapped is not None:
        yield _refuse_size(target, mapped)
    elif search.gave_up or search.infeasible is None:
        yield _refuse_floor(plan, target, search.lower_bound)
    else:
        yield _refuse_axons(plan, search.infeasible)


def _refuse_unmappable(plan: Plan) -> Iterator[Diagnostic]:
    for population in plan.unmappable:
        choices = plan.step(population).choices
        if isinstance(choices, ChipChoices):
            yield _refuse_layer(population, choices.costs, choices.sources)


def _refuse_layer(
    population: Population, costs: CostModel, sources: Sequence[Sequence[int]]
) -> Diagnostic:
    fixed = fixed_tilings(costs, block_of(population))
    tilings = fixed if fixed is not None else finest_tilings(costs)
    violation = least_violation(costs, tilings, sources)
    if violation is None or violation.limit.startswith("pop16"):
        return rules.ShortAxonsImpossible(
            span=population.layer.span,
            name=population.layer.name,
            problem=_pop16_problem(violation),
        )
    block = block_of(population)
    if block is None:
        return rules.FitsNoCore(
            span=population.layer.span,
            name=population.layer.name,
            limit=violation.limit,
            value=violation.value,
            most=violation.most,
        )
    return rules.BlockExceedsCore(
        span=block_span(population.layer),
        name=population.layer.name,
        block=block,
        limit=violation.limit,
        value=violation.value,
        most=violation.most,
        nearest=_smaller(costs, block, sources),
    )


def _pop16_problem(violation: LimitViolation | None) -> str:
    if violation is None or violation.limit == "pop16 bases":
        return "no block has compartment bases that are multiples of 4"
    what = violation.limit.removeprefix("pop16 ")
    return (
        f"it reads {violation.value} {what}, but pop16 allows at most {violation.most}"
    )


def _smaller(
    costs: CostModel, block: Shape, sources: Sequence[Sequence[int]]
) -> Shape | None:
    """Return the block with the most filters that fits; keep its other axes."""
    group, height, width, channels = block_tiling(block)
    for strip in reversed(least_sizes(channels)):
        tilings = tilings_of(costs, group, (height, width, strip))
        if least_violation(costs, tilings, sources) is None:
            return (*block[:-1], strip)
    return None


def _refuse_floor(plan: Plan, target: Loihi, cores: int) -> Diagnostic:
    """Describe layers whose lower bounds add up to more cores than the target has."""
    largest = max(plan.populations, key=lambda p: plan.step(p).choices.floor)
    share = plan.step(largest).choices.floor
    return _too_many(plan.lowered, target, cores, largest, share, "at least ")


def _refuse_axons(plan: Plan, dead: Infeasible) -> Diagnostic:
    """Describe why no mapping exists although every layer fits on its own."""
    population = plan.populations[dead.source]
    return rules.TooManyOutAxons(
        span=population.layer.span,
        name=population.layer.name,
        value=dead.out_axons,
        most=plan.profile.core.out_axons,
    )


def _refuse_size(target: Loihi, mapped: MappedNetwork) -> Diagnostic:
    """Describe a mapping with more cores than the target allows."""
    largest = max(mapped.populations, key=lambda population: population.cores)
    return _too_many(
        mapped.lowered, target, mapped.cores, largest.population, largest.cores
    )


def refuse_large(
    lowered: LoweredNetwork, target: Loihi, profile: Profile
) -> Iterator[Diagnostic]:
    """Report a network with far too many neurons."""
    for population in lowered.populations:
        if population.on_chip and population.volume[0] <= DEEP:
            one = standalone(lowered, population, target, profile)
            if one.violation is not None:
                yield _refuse_layer(population, one.costs, one.sources)
    yield _refuse_neurons(lowered, target, profile)


def _refuse_neurons(
    lowered: LoweredNetwork, target: Loihi, profile: Profile
) -> Diagnostic:
    """Describe a network whose neurons fill more cores than the target allows."""
    floors = compartment_floors(lowered, profile)
    largest = max(floors, key=lambda name: floors[name])
    return _too_many(
        lowered,
        target,
        sum(floors.values()),
        lowered.by_name[largest],
        floors[largest],
        "at least ",
    )


def _too_many(
    lowered: LoweredNetwork,
    target: Loihi,
    cores: int,
    largest: Population,
    share: int,
    bound: str = "",
) -> Diagnostic:
    return rules.TooManyCores(
        span=largest.layer.span,
        related=(Label(target.span, f"allows {counted(target.cores, 'core')}"),),
        name=lowered.network.name,
        cores=cores,
        bound=bound,
        allowed=target.cores,
        largest=largest.layer.name,
        share=share,
    )


def block_span(layer: LogicalLayer) -> Span:
    """Return the position of a layer's `block`."""
    return layer.spans.get("block", layer.span)
