"""What one spike of every neuron causes, projection by projection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from snnc.ir.device import Profile
from snnc.ir.logical import Loihi
from snnc.ir.mapped import MappedNetwork, MappedPopulation, MappedProjection
from snnc.loihi.build_links import build_links, inlet_of
from snnc.loihi.link import Link
from snnc.loihi.tiling import Tiling


@dataclass(frozen=True, slots=True)
class Wiring:
    """A projection that ends on the chip.

    Attributes
    ----------
    source, target
        Names of populations.
    operations
        Weights read if every neuron of the source spikes once.
    messages
        Spikes that cores get if every neuron of the source spikes once.
    crossing
        Those of ``messages`` that go from one chip to another.
    """

    source: str
    target: str
    operations: int
    messages: int
    crossing: int


def wirings_of(mapped: MappedNetwork, profile: Profile) -> tuple[Wiring, ...]:
    """Count what one spike of every neuron causes, for all that ends on the chip."""
    if not isinstance(mapped.lowered.network.target, Loihi):
        return ()
    tilings = {p.population.name: tiling_of(p) for p in mapped.populations}
    chips = _chips(mapped, profile.chip.cores)
    return tuple(
        _wiring(mapped, mapping, tilings, chips, profile)
        for mapping in mapped.projections
        if mapped.lowered.by_name[mapping.projection.target].on_chip
    )


def _wiring(
    mapped: MappedNetwork,
    mapping: MappedProjection,
    tilings: Mapping[str, Tiling],
    chips: Mapping[str, tuple[int, ...]],
    profile: Profile,
) -> Wiring:
    source, target = mapping.projection.source, mapping.projection.target
    link = _link(mapped, mapping, profile)
    messages = crossing = 0
    for here, there, count in link.sent(tilings[source], tilings[target]):
        messages += count
        if source in chips and chips[source][here] != chips[target][there]:
            crossing += count
    operations = link.operations(tilings[source], tilings[target])
    return Wiring(source, target, operations, messages, crossing)


def _link(mapped: MappedNetwork, mapping: MappedProjection, profile: Profile) -> Link:
    populations = mapped.lowered.by_name
    projection = mapping.projection
    source, target = populations[projection.source], populations[projection.target]
    inlet = inlet_of(projection, source.volume, target)
    links = build_links(inlet, target.volume, profile)
    return links[mapping.form]


def tiling_of(mapped: MappedPopulation) -> Tiling:
    """How a mapped population is cut; on the host an ensemble is one tile."""
    volume = mapped.population.volume
    first = mapped.ensembles[0]
    block = first.block_shape if first.block_shape is not None else first.shape
    height, width, strip = block if len(block) == 3 else (1, 1, *block)
    return Tiling(volume, mapped.group, (height, width, strip), (), mapped.cores)


def _chips(mapped: MappedNetwork, cores: int) -> dict[str, tuple[int, ...]]:
    """The chip of each core of each population on the chip.

    Blocks fill one chip after the other, as with the allocator ``Greedy``
    (``nengo_loihi/hardware/allocators.py:151-194``). Nengo-loihi's default,
    ``GreedyInterchip``, looks for an order in which fewer spikes cross.
    """
    found: dict[str, tuple[int, ...]] = {}
    first = 0
    for population in mapped.populations:
        last = first + population.cores
        if population.cores:
            found[population.population.name] = tuple(
                core // cores for core in range(first, last)
            )
        first = last
    return found
