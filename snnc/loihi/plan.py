"""Convert a lowered network to the steps of the search."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import ceil

from snnc.ir.logical import Loihi, Shape
from snnc.ir.lowered import LoweredNetwork, Population
from snnc.ir.mapped import (
    AxonKind,
)
from snnc.ir.shapes import volume_of
from snnc.loihi.build_links import links_of
from snnc.loihi.candidates import ChipChoices, Choices, Groups, HostChoices, tilings_of
from snnc.loihi.cost_model import CostModel
from snnc.loihi.load import BlockFit, LimitViolation
from snnc.loihi.search import (
    AxonUse,
    Search,
    Solution,
    Step,
)
from snnc.loihi.tiling import Tiling, least_sizes

Axons = Mapping[str, AxonKind]
"""The required kind of axon of populations, by name."""


@dataclass(frozen=True)
class Plan:
    """The populations on the chip and their sources, in topological order."""

    lowered: LoweredNetwork
    populations: tuple[Population, ...]
    steps: tuple[Step, ...]

    @cached_property
    def positions(self) -> Mapping[str, int]:
        """The index of each population's step."""
        return {p.name: i for i, p in enumerate(self.populations)}

    def fit(self, i: int, tilings: Sequence[Tiling]) -> BlockFit | LimitViolation:
        """Return whether a population fits on cores, given the others' tilings."""
        step = self.steps[i]
        if not isinstance(step.choices, ChipChoices):
            return BlockFit(())
        groups = tuple(tilings[source].group for source in step.sources)
        return step.choices.costs.fit(tilings[i], groups)

    @cached_property
    def floor(self) -> int:
        """The sum of the cores that each population needs on its own."""
        return sum(step.choices.floor for step in self.steps)

    @cached_property
    def unmappable(self) -> bool:
        """Whether there is a population of which no tiling fits on a core."""
        return any(step.choices.floor < 0 for step in self.steps)


@dataclass(frozen=True, slots=True)
class PlanCache:
    """Results that are shared by the plans of several variants."""

    choices: dict[Hashable, Choices] = field(default_factory=dict)
    axon_use: AxonUse = field(default_factory=AxonUse)
    searches: dict[Hashable, tuple[Search, Solution | None]] = field(
        default_factory=dict
    )
    """The last searches, because few edits to a spec change the mapping."""


def make_plan(
    lowered: LoweredNetwork, cache: PlanCache | None = None, axons: Axons | None = None
) -> Plan:
    """Return the plan: for each population, the tilings that fit on a core.

    `block_is_sound` must hold for each layer with a `block`. ``cache`` contains results
    of other plans for the same device; the new results are added.
    """
    known = {} if cache is None else cache.choices
    populations = _populations_to_map(lowered)
    positions = {p.name: i for i, p in enumerate(populations)}
    steps: list[Step] = []
    for population in populations:
        if not population.on_chip:
            volume, block = population.volume, population.block
            host = known.setdefault((volume, block), HostChoices(volume))
            steps.append(Step(host, ()))
            continue
        read = lowered.into(population.name)
        sources = tuple(positions[projection.source] for projection in read)
        groups = tuple(steps[source].choices.groups for source in sources)
        own = _chip_choices(lowered, population, groups, axons or {}, known)
        steps.append(Step(own, sources))
    return Plan(lowered, populations, tuple(steps))


def standalone(lowered: LoweredNetwork, population: Population) -> ChipChoices:
    """Return one population on the chip, without planning other populations."""
    sources = (lowered.by_name[p.source] for p in lowered.into(population.name))
    groups = tuple(least_sizes(source.volume[0]) for source in sources)
    return _chip_choices(lowered, population, groups, {}, {})


def _chip_choices(
    lowered: LoweredNetwork,
    population: Population,
    groups: tuple[Groups, ...],
    axons: Axons,
    known: dict[Hashable, Choices],
) -> ChipChoices:
    device, target = lowered.network.device, lowered.network.target
    assert isinstance(target, Loihi)
    volume, block, read = population.volume, population.block, lowered.into
    links = [links_of(lowered, p, axons.get(p.source)) for p in read(population.name)]
    # Equal links are one object.
    key = volume, tuple(map(id, links)), groups, block, target.pop
    choices = known.get(key)
    if not isinstance(choices, ChipChoices):
        costs, fixed = CostModel(volume, links, target.pop, device), None
        if block is not None:
            group, height, width, strip = volume_of(block)
            fixed = tilings_of(costs, group, (height, width, strip))
        choices = known[key] = ChipChoices(costs, fixed, groups)
    return choices


def whole_block(shape: Shape) -> Shape:
    """Return the block that contains a whole layer, with as many axes as the layer.

    In a conv3d layer, the block's last axis is the channels of all slices of an
    ensemble.
    """
    if len(shape) < 4:
        return shape
    return (*shape[:-1], shape[0] * shape[-1])


def largest_block(population: Population) -> Shape:
    """Return the largest `block` of a layer without changing its slices."""
    shape, block = population.layer.shape, population.block
    if len(shape) < 4 or not block:
        return shape
    return (*shape[:-1], shape[-1] * min(block[0], shape[0]))


def block_is_sound(population: Population) -> bool:
    """Return whether a `block` has the rank of its layer and is not larger."""
    block, largest = population.block, largest_block(population)
    if block is None or not population.on_chip:
        return True
    return len(block) == len(largest) and all(
        size <= most for size, most in zip(block, largest, strict=True)
    )


def compartment_floors(lowered: LoweredNetwork) -> dict[str, int]:
    """Return the number of cores that the neurons of each chip population fill."""
    room = lowered.network.device.core.compartments
    return {p.name: ceil(p.neurons / room) for p in lowered.populations if p.on_chip}


def _populations_to_map(lowered: LoweredNetwork) -> tuple[Population, ...]:
    ends = ((p.source, lowered.by_name[p.target]) for p in lowered.projections)
    feeding = {source for source, target in ends if target.on_chip}
    ordered = lowered.in_reading_order
    return tuple(p for p in ordered if p.on_chip or p.name in feeding)
