"""The mapped graph out of the search's solution."""

from __future__ import annotations

from collections.abc import Mapping

from snnc.graph.lowered import Full, LoweredNetwork, Population, Projection
from snnc.graph.mapped import (
    Block,
    Ensemble,
    MappedNetwork,
    MappedPopulation,
    MappedProjection,
    PopType,
)
from snnc.loihi.axis import cut
from snnc.loihi.blocks import Reader, blocks_of
from snnc.loihi.plan import Plan
from snnc.loihi.search import Solution
from snnc.loihi.tiling import Tiling

Carried = Mapping[int, tuple[bool, PopType | None]]
"""By ``id`` of a projection: whether a convolution carries it, and its axons."""


def assemble(plan: Plan, solution: Solution) -> MappedNetwork:
    """The mapping that a solution stands for, with the counts of every block."""
    tilings = {
        p.name: t for p, t in zip(plan.populations, solution.tilings, strict=True)
    }
    carried = {
        id(projection): (form, pop)
        for name, site in plan.sites.items()
        for projection, form, pop in zip(
            site.projections,
            tilings[name].forms,
            solution.fits[plan.positions[name]].pops,
            strict=True,
        )
    }
    return _network(
        plan.lowered,
        tuple(
            _population(plan, population, tilings, carried)
            for population in plan.lowered.populations
        ),
        carried,
    )


def without_device(lowered: LoweredNetwork) -> MappedNetwork:
    """The mapping for Nengo's own simulators: an ensemble for each depth slice."""
    populations = tuple(_hosted(population, 1) for population in lowered.populations)
    return _network(lowered, populations, {})


def _network(
    lowered: LoweredNetwork,
    populations: tuple[MappedPopulation, ...],
    carried: Carried,
) -> MappedNetwork:
    return MappedNetwork(
        lowered,
        populations,
        tuple(_projection(lowered, p, carried) for p in lowered.projections),
        tuple(MappedProjection(p, "dense", None) for p in lowered.readout),
    )


def _projection(
    lowered: LoweredNetwork, projection: Projection, carried: Carried
) -> MappedProjection:
    if id(projection) in carried:
        image, pop = carried[id(projection)]
        return MappedProjection(projection, "convolution" if image else "dense", pop)
    source = lowered.by_name.get(projection.source)
    # Nengo-loihi brings spikes back to the host through Dense transforms alone.
    leaves_chip = source is not None and source.on_chip
    dense = leaves_chip or isinstance(projection.reach, Full)
    return MappedProjection(projection, "dense" if dense else "convolution", None)


def _population(
    plan: Plan,
    population: Population,
    tilings: Mapping[str, Tiling],
    carried: Carried,
) -> MappedPopulation:
    tiling = tilings.get(population.name)
    if tiling is None:
        return _hosted(population, 1)
    if not population.on_chip:
        return _hosted(population, tiling.group)
    site = plan.sites[population.name]
    groups = [tilings[source.name].group for source in site.sources]
    readers = _readers(plan, population, tilings, carried)
    blocks = blocks_of(site, tiling, groups, readers)
    return MappedPopulation(
        population,
        tiling.group,
        tuple(
            _ensemble(population, part.slices, tiling, found)
            for part, found in zip(tiling.parts, blocks, strict=True)
        ),
    )


def _readers(
    plan: Plan,
    population: Population,
    tilings: Mapping[str, Tiling],
    carried: Carried,
) -> list[Reader]:
    readers = []
    for name, site in plan.sites.items():
        for projection, links in zip(site.projections, site.links, strict=True):
            if projection.source != population.name:
                continue
            image, pop = carried[id(projection)]
            slots = plan.profile.axon.slots(pop)
            readers.append(Reader(links[image], tilings[name], slots, image))
    return readers


def _hosted(population: Population, group: int) -> MappedPopulation:
    return MappedPopulation(
        population,
        group,
        tuple(
            _ensemble(population, slices, None, ())
            for slices in cut(population.volume[0], group)
        ),
    )


def _ensemble(
    population: Population,
    slices: tuple[int, int],
    tiling: Tiling | None,
    blocks: tuple[Block, ...],
) -> Ensemble:
    _, height, width, channels = population.volume
    shape = (height, width, (slices[1] - slices[0]) * channels)
    block = None
    if tiling is not None:
        block = (*tiling.tile[:2], min(tiling.tile[2], shape[2]))
    if len(population.layer.shape) > 1:
        return Ensemble(*slices, shape, block, blocks)
    return Ensemble(*slices, shape[2:], block and block[2:], blocks)
