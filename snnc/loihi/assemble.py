"""Convert a solution of the search to a mapping, with the resources of every block."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from math import prod

from snnc.ir.logical import LogicalNetwork
from snnc.ir.lowered import Full, LoweredNetwork, Pairwise, Population, Projection
from snnc.ir.mapped import (
    Block,
    Ensemble,
    Form,
    MappedNetwork,
    MappedPopulation,
    MappedProjection,
    Registers,
    Unmixed,
)
from snnc.loihi.axis import Interval, Tiles, length
from snnc.loihi.candidates import HostChoices
from snnc.loihi.cost_model import CostModel, feeds_of, views_of
from snnc.loihi.load import ConnectionChoice, Load
from snnc.loihi.plan import Plan
from snnc.loihi.search import (
    NO_READERS,
    AxonReader,
    AxonUse,
    Readers,
    Solution,
    readers_of,
)
from snnc.loihi.tiling import Tiling

Connections = Mapping[int, ConnectionChoice]
"""The connection of each projection that ends on the chip, by the projection's
``id``."""


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
        lower_bound=lower_bound + (learned is not None),
        unmixed=unmixed,
        learned=learned,
    )


def mixed_in(plan: Plan, solution: Solution) -> tuple[str, ...]:
    """Return the populations on the chip that have axons of both kinds."""
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
    form: Form = "convolution"
    if leaves_chip or isinstance(projection.reach, Full):
        form = "dense"
    elif isinstance(projection.reach, Pairwise) or projection.reach.is_sparse:
        form = "sparse"
    return MappedProjection(projection, form, None)


def _population(
    plan: Plan,
    population: Population,
    solution: Solution,
    readers: Mapping[int, Readers],
) -> MappedPopulation:
    position = plan.positions.get(population.name)
    if position is None:
        return _map_to_host(population, 1)
    tiling, choices = solution.tilings[position], plan.steps[position].choices
    if isinstance(choices, HostChoices):
        return _map_to_host(population, tiling.group)
    groups = [solution.tilings[source].group for source in plan.steps[position].sources]
    counts = readers.get(position, NO_READERS).counts
    readout = plan.lowered.network.readout
    learns = readout.learn is not None and population.name in readout.sources
    blocks = _blocks_of(choices.costs, tiling, groups, counts, learns)
    ensembles = tuple(
        _ensemble(population, part.slices, tiling, *zip(*own, strict=True))
        for part, own in zip(tiling.parts, blocks, strict=True)
    )
    return MappedPopulation(population, tiling.group, ensembles)


def _map_to_host(population: Population, group: int) -> MappedPopulation:
    every = Tiles(population.volume[0], group)
    ensembles = tuple(_ensemble(population, slices, None, ()) for slices in every)
    return MappedPopulation(population, group, ensembles)


def _ensemble(
    population: Population,
    slices: Interval,
    tiling: Tiling | None,
    blocks: tuple[Block, ...],
    registers: tuple[Registers, ...] = (),
) -> Ensemble:
    _, height, width, channels = population.volume
    shape = (height, width, (slices[1] - slices[0]) * channels)
    block = None
    if tiling is not None:
        block = (*tiling.tile[:2], min(tiling.tile[2], shape[2]))
    if len(population.layer.shape) > 1:
        return Ensemble(*slices, shape, block, blocks, registers)
    return Ensemble(*slices, shape[2:], block and block[2:], blocks, registers)


def _blocks_of(
    costs: CostModel,
    tiling: Tiling,
    groups: Sequence[int],
    readers: Mapping[AxonReader, int],
    learns: bool,
) -> Iterator[list[tuple[Block, Registers]]]:
    """Yield the resources of each block, by ensemble, in nengo-loihi's order.

    ``groups`` are the groups of the sources. A readout on the chip may learn from
    neurons.
    """
    inputs = costs.inputs(tiling, groups)
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
            own = inputs, feeds, rows, columns, length(piece.strip)
            load, built = Load(*own, part.whole), Load(*own, False)
            neurons = piece.neurons
            # A readout that learns needs an axon per neuron.
            learned = neurons if learns else 0
            sent = [(slots, n, counts[i][number]) for slots, n, counts in axons]
            out = learned + sum(slots * n * each.built for slots, n, each in sent)
            shared = learned + sum(slots * n * each.shared for slots, n, each in sent)
            apart = learned + sum(n * each.own for _, n, each in sent)
            block = Block(neurons, load.in_axons, out, load.bits)
            in_axons, words, formats = built.in_axons, load.words, load.formats
            registers = Registers(in_axons, words, formats, shared, apart)
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
    shape = (2 * readout.units,)
    block = Block(shape[0], neurons, 0, bits)
    # On hardware, an in-axon that learns takes two entries.
    registers = Registers(2 * neurons, shape[0] * neurons, 1, 0, 0)
    return Ensemble(0, 1, shape, shape, (block,), (registers,))
