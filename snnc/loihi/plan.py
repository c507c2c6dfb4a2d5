"""Convert a lowered network to the steps of the search, and a solution to a mapping."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import ceil, prod

from snnc.ir.logical import LogicalNetwork, Loihi
from snnc.ir.lowered import LoweredNetwork, Population, Projection
from snnc.ir.mapped import (
    AxonKind,
    Block,
    Ensemble,
    MappedNetwork,
    MappedPopulation,
    MappedProjection,
    Registers,
    Unmixed,
)
from snnc.ir.shapes import Shape, volume_of
from snnc.loihi.axis import Interval, Tiles, length
from snnc.loihi.build_links import links_of
from snnc.loihi.candidates import ChipChoices, Choices, HostChoices, tilings_of
from snnc.loihi.cost_model import CostModel, feeds_of, views_of
from snnc.loihi.link import BlockFit, ConnectionChoice, LimitViolation, Load
from snnc.loihi.search import (
    NO_READERS,
    AxonReader,
    AxonUse,
    Readers,
    Search,
    Solution,
    Step,
    readers_of,
)
from snnc.loihi.tiling import Groups, Tiling, least_sizes

Axons = Mapping[str, AxonKind]
"""The required kind of axon of populations, by name."""
Connections = Mapping[int, ConnectionChoice]
"""The connection of each projection that ends on the chip, by the projection's
``id``."""


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
        """Whether no tiling of some population fits on a core."""
        return any(step.choices.fits_no_core for step in self.steps)


@dataclass(frozen=True, slots=True)
class PlanCache:
    """Results that are shared by the plans of several variants."""

    choices: dict[Hashable, Choices] = field(default_factory=dict)
    axon_use: AxonUse = field(default_factory=AxonUse)
    searches: dict[Hashable, tuple[Search | None, Solution | None]] = field(
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
            volume = population.volume
            block = population.block
            host = known.setdefault((volume, block), HostChoices(volume))
            steps.append(Step(host, ()))
            continue
        read = lowered.into(population.name)
        sources = tuple(positions[projection.source] for projection in read)
        groups = tuple(steps[source].choices.groups for source in sources)
        choices = _chip_choices(lowered, population, groups, axons or {}, known)
        steps.append(Step(choices, sources))
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
    device = lowered.network.device
    target = lowered.network.target
    assert isinstance(target, Loihi)
    volume = population.volume
    block = population.block
    read = lowered.into
    links = [links_of(lowered, p, axons.get(p.source)) for p in read(population.name)]
    # Equal links are one object. The cost model keeps them, so no id is used again.
    key = volume, tuple(map(id, links)), groups, block, target.pop
    choices = known.get(key)
    if not isinstance(choices, ChipChoices):
        costs = CostModel(volume, links, target.pop, device)
        fixed = None
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
    shape = population.layer.shape
    block = population.block
    if len(shape) < 4 or not block:
        return shape
    return (*shape[:-1], shape[-1] * min(block[0], shape[0]))


def block_is_sound(population: Population) -> bool:
    """Return whether a `block` has the rank of its layer and is not larger."""
    block = population.block
    largest = largest_block(population)
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
    # Other populations on the host cause no costs on the chip.
    ends = ((p.source, lowered.by_name[p.target]) for p in lowered.projections)
    feeding = {source for source, target in ends if target.on_chip}
    ordered = lowered.in_reading_order
    return tuple(p for p in ordered if p.on_chip or p.name in feeding)


def assemble(
    plan: Plan, solution: Solution, lower_bound: int = 0, unmixed: Unmixed | None = None
) -> MappedNetwork:
    """Return a solution's mapping, with the resources of every block."""
    readers = readers_of(plan.steps, solution.fits, solution.tilings, AxonUse())
    populations = tuple(
        _population(plan, p, solution, readers) for p in plan.lowered.populations
    )
    learned = _learning_core(plan.lowered.network)
    return replace(
        _network(plan.lowered, populations, _connections(plan, solution)),
        # The search does not know the core of a readout that learns.
        lower_bound=lower_bound + (learned is not None),
        unmixed=unmixed,
        learned=learned,
    )


def mixed_in(plan: Plan, solution: Solution) -> tuple[str, ...]:
    """Return the populations on the chip that have axons of both kinds.

    NxSDK accepts only one kind for a neuron (decision 036).
    """
    return _network(plan.lowered, (), _connections(plan, solution)).of_both_forms


def _connections(plan: Plan, solution: Solution) -> Connections:
    connections: dict[int, ConnectionChoice] = {}
    for population, fit in zip(plan.populations, solution.fits, strict=True):
        read = plan.lowered.into(population.name) if population.on_chip else ()
        connections.update(zip(map(id, read), fit.connections, strict=True))
    return connections


def without_device(lowered: LoweredNetwork) -> MappedNetwork:
    """Return the mapping for the Nengo simulators: one ensemble per depth slice."""
    populations = tuple(_map_to_host(p, 1) for p in lowered.populations)
    return _network(lowered, populations, {})


def _network(
    lowered: LoweredNetwork,
    populations: tuple[MappedPopulation, ...],
    connections: Connections,
) -> MappedNetwork:
    read = tuple(_projection(lowered, p, connections) for p in lowered.projections)
    readout = tuple(MappedProjection(p, "dense", None) for p in lowered.readout)
    pooled = tuple(MappedProjection(p, "sparse", None) for p in lowered.pooled)
    return MappedNetwork(lowered, populations, read, readout, pooled)


def _projection(
    lowered: LoweredNetwork, projection: Projection, connections: Connections
) -> MappedProjection:
    connection = connections.get(id(projection))
    if connection is not None:
        return MappedProjection(projection, connection.form, connection.pop)
    source = lowered.by_name.get(projection.source)
    # nengo-loihi allows only Dense transforms from the chip to the host.
    leaves_chip = source is not None and source.on_chip
    form = "dense" if leaves_chip else projection.reach.form
    return MappedProjection(projection, form, None)


def _population(
    plan: Plan,
    population: Population,
    solution: Solution,
    readers: Mapping[int, Readers],
) -> MappedPopulation:
    """Return a population, split as in the solution, with its resources."""
    position = plan.positions.get(population.name)
    if position is None:
        return _map_to_host(population, 1)
    tiling = solution.tilings[position]
    choices = plan.steps[position].choices
    if isinstance(choices, HostChoices):
        return _map_to_host(population, tiling.group)
    groups = tuple(
        solution.tilings[source].group for source in plan.steps[position].sources
    )
    counts = readers.get(position, NO_READERS).counts
    readout = plan.lowered.network.readout
    learns = readout.learn is not None and population.name in readout.sources
    blocks = _blocks_of(choices.costs, tiling, groups, counts, learns=learns)
    ensembles = tuple(
        _ensemble(population, part.slices, tiling, of_part)
        for part, of_part in zip(tiling.parts, blocks, strict=True)
    )
    return MappedPopulation(population, tiling.group, ensembles)


def _map_to_host(population: Population, group: int) -> MappedPopulation:
    every = Tiles(population.volume[0], group)
    ensembles = tuple(_ensemble(population, slices) for slices in every)
    return MappedPopulation(population, group, ensembles)


def _ensemble(
    population: Population,
    slices: Interval,
    tiling: Tiling | None = None,
    blocks: Sequence[tuple[Block, Registers]] = (),
) -> Ensemble:
    """Return an ensemble; without a tiling, it is on the host and has no block."""
    _, height, width, channels = population.volume
    first, stop = slices
    shape: Shape = (height, width, (stop - first) * channels)
    block: Shape | None = None
    if tiling is not None:
        block = (*tiling.tile[:2], min(tiling.tile[2], shape[2]))
    # The block shape of a dense layer has a single axis in nengo-loihi.
    if len(population.layer.shape) == 1:
        shape = shape[2:]
        block = block and block[2:]
    return Ensemble(
        first,
        stop,
        shape,
        block,
        blocks=tuple(block for block, _ in blocks),
        registers=tuple(registers for _, registers in blocks),
    )


def _blocks_of(
    costs: CostModel,
    tiling: Tiling,
    groups: Groups,
    readers: Mapping[AxonReader, int],
    *,
    learns: bool,
) -> Iterator[list[tuple[Block, Registers]]]:
    """Yield the resources of each block, by ensemble, in nengo-loihi's order.

    ``groups`` are the groups of the sources. A readout on the chip may learn from
    neurons.
    """
    inputs = costs.inputs(tiling.forms, groups)
    links = [each.link for each in inputs]
    axons = [
        (one.slots, times, list(one.link.axons(tiling, one.target)))
        for one, times in readers.items()
    ]
    for i, part in enumerate(tiling.parts):
        blocks = []
        for number, piece in enumerate(part.pieces):
            rows = views_of(links, 0, piece.rows)
            columns = views_of(links, 1, piece.columns)
            feeds = feeds_of(inputs, part, piece.strip)
            load = Load(
                inputs=inputs,
                feeds=feeds,
                rows=rows,
                columns=columns,
                channels=length(piece.strip),
                whole=part.whole,
            )
            # On a board, in-axons without weights are not built, as after a split.
            built = replace(load, whole=False)
            neurons = piece.neurons
            # A readout that learns needs an axon per neuron.
            learned = neurons if learns else 0
            sent = [(slots, n, counts[i][number]) for slots, n, counts in axons]
            out = learned + sum(slots * n * each.built for slots, n, each in sent)
            shared = learned + sum(slots * n * each.shared for slots, n, each in sent)
            apart = learned + sum(n * each.own for _, n, each in sent)
            block = Block(neurons, load.in_axons, out, load.bits)
            registers = Registers(
                in_axons=built.in_axons,
                words=load.words,
                formats=load.formats,
                shared_axons=shared,
                own_axons=apart,
            )
            blocks.append((block, registers))
        yield blocks


def _learning_core(network: LogicalNetwork) -> Ensemble | None:
    """Return the core of a readout that learns, or None."""
    readout = network.readout
    if readout.learn is None:
        return None
    (source,) = readout.sources
    neurons = prod(network.by_name[source].shape)
    bits = neurons * network.device.synapse.learned_bits(readout.units)
    # nengo-loihi decodes each output with two compartments, one per sign.
    compartments = 2 * readout.units
    block = Block(compartments, in_axons=neurons, out_axons=0, synapse_bits=bits)
    registers = Registers(
        # On hardware, an in-axon that learns takes two entries.
        in_axons=2 * neurons,
        words=compartments * neurons,
        formats=1,
        shared_axons=0,
        own_axons=0,
    )
    shape = (compartments,)
    return Ensemble(
        start=0,
        stop=1,
        shape=shape,
        block_shape=shape,
        blocks=(block,),
        registers=(registers,),
    )
