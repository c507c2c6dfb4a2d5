"""Report networks that don't fit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from math import ceil

from snnc.diagnostics import Diagnostic, Label
from snnc.ir.device import Profile
from snnc.ir.logical import Loihi
from snnc.ir.lowered import LoweredNetwork, Population
from snnc.ir.mapped import MappedNetwork
from snnc.ir.shapes import Shape, volume_of
from snnc.loihi.candidates import ChipChoices, least_violation, tilings_of
from snnc.loihi.cost_model import CostModel
from snnc.loihi.link import LimitViolation
from snnc.loihi.plan import (
    Plan,
    compartment_floors,
    largest_block,
    standalone,
    whole_block,
)
from snnc.loihi.search import Search
from snnc.loihi.tiling import least_sizes
from snnc.rules import loihi as rules
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
    largest = largest_block(population)
    rank = len(layer.shape)
    common = {"kind": layer.kind, "block": block, "expected": BLOCK_AXES[rank]}
    if len(block) == rank:
        nearest = tuple(map(min, block, largest))
        sizes = {"largest": largest, "nearest": nearest}
        return rules.BlockExceedsLayer.at(layer, "block", **common, **sizes)
    given = "1 axis" if len(block) == 1 else f"{len(block)} axes"
    whole = whole_block(layer.shape)
    return rules.BlockRank.at(
        layer, "block", **common, given=given, rank=rank, whole=whole
    )


def refuse_target(target: Loihi, profile: Profile) -> Diagnostic:
    """Return the error for a target with more cores than its chips have."""
    chips = target.chips
    cores = target.cores
    room = profile.chip.cores
    most = chips * room
    needed = ceil(cores / room)
    return rules.MoreCoresThanChips(
        span=target.span, chips=chips, cores=cores, most=most, needed=needed
    )


def refuse_plan(
    plan: Plan, target: Loihi, search: Search | None, mapped: MappedNetwork | None
) -> Iterator[Diagnostic]:
    """Report why a plan has no mapping, or only a mapping that is too large.

    There is no ``search`` if a population fits on no core.
    """
    lowered = plan.lowered
    if search is None:
        for population, step in zip(plan.populations, plan.steps, strict=True):
            if isinstance(step.choices, ChipChoices) and step.choices.fits_no_core:
                yield _refuse_layer(population, step.choices)
        floors = compartment_floors(lowered)
        if sum(floors.values()) > target.cores:
            yield _too_many(lowered, target, sum(floors.values()), floors)
    elif mapped is not None:
        yield refuse_mapping(mapped, target)
    elif search.gave_up or search.infeasible is None:
        steps = zip(plan.populations, plan.steps, strict=True)
        shares = {p.name: step.choices.floor for p, step in steps}
        yield _too_many(lowered, target, search.lower_bound, shares)
    else:
        crowded = search.infeasible
        yield rules.TooManyOutAxons.at(
            plan.populations[crowded.source].layer,
            value=crowded.out_axons,
            limit="out-axons",
            most=lowered.network.device.core.out_axons,
        )


def refuse_mapping(mapped: MappedNetwork, target: Loihi) -> rules.TooManyCores:
    """Describe a mapped network with more cores than the target allows."""
    shares = {p.population.name: p.cores for p in mapped.populations}
    return _too_many(mapped.lowered, target, mapped.cores, shares, bound="")


def _refuse_layer(population: Population, choices: ChipChoices) -> Diagnostic:
    """Describe why no tiling of a layer fits on a core."""
    costs = choices.costs
    violation = choices.violation
    if violation is None or violation.limit.startswith("pop16"):
        problem = _pop16_problem(violation)
        return rules.ShortAxonsImpossible.at(population.layer, problem=problem)
    block = population.block
    exceeded = asdict(violation)
    if block is None:
        return rules.FitsNoCore.at(population.layer, **exceeded)
    nearest = _smaller(costs, block, choices.sources)
    rule = rules.BlockExceedsCore
    return rule.at(population.layer, "block", block=block, nearest=nearest, **exceeded)


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
    group, height, width, channels = volume_of(block)
    for strip in reversed(least_sizes(channels)):
        tilings = tilings_of(costs, group, (height, width, strip))
        if least_violation(costs, tilings, sources) is None:
            return (*block[:-1], strip)
    return None


def refuse_large(lowered: LoweredNetwork, target: Loihi) -> Iterator[Diagnostic]:
    """Report a network with far too many neurons."""
    # Planning all layers would take too long, so look at each one alone.
    for population in lowered.populations:
        if population.on_chip and population.volume[0] <= DEEP:
            one = standalone(lowered, population)
            if one.violation is not None:
                yield _refuse_layer(population, one)
    floors = compartment_floors(lowered)
    yield _too_many(lowered, target, sum(floors.values()), floors)


def _too_many(
    lowered: LoweredNetwork,
    target: Loihi,
    cores: int,
    shares: Mapping[str, int],
    bound: str = "at least ",
) -> rules.TooManyCores:
    """Describe a network with too many cores; name the layer with the most."""
    largest = max(shares, key=lambda name: shares[name])
    layer = lowered.by_name[largest].layer
    return rules.TooManyCores(
        span=layer.span,
        related=(Label(target.span, f"allows {counted(target.cores, 'core')}"),),
        name=lowered.network.name,
        cores=cores,
        bound=bound,
        allowed=target.cores,
        largest=layer.name,
        share=shares[largest],
    )
