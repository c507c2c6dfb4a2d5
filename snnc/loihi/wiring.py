"""What one spike of every neuron causes, projection by projection."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from snnc.ir.device import Profile
from snnc.ir.logical import Loihi
from snnc.ir.lowered import Population
from snnc.ir.mapped import MappedNetwork, MappedPopulation
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
        Those of ``messages`` that go from one chip to another, for each placement.
    """

    source: str
    target: str
    operations: int
    messages: int
    crossing: tuple[int, ...]


def wirings_of(
    mapped: MappedNetwork, profile: Profile, *placements: Mapping[str, tuple[int, ...]]
) -> tuple[Wiring, ...]:
    """Count what one spike of every neuron causes, for all that ends on the chip.

    Each of the ``placements`` has the chip of each core of each population.
    """
    tilings = tilings_of(mapped)
    return tuple(
        _wiring(source, target, link, tilings, placements)
        for source, target, link in links_of(mapped, profile)
    )


def _wiring(
    source: str,
    target: str,
    link: Link,
    tilings: Mapping[str, Tiling],
    placements: Sequence[Mapping[str, tuple[int, ...]]],
) -> Wiring:
    messages, crossing = 0, [0] * len(placements)
    ends = [(chips[source], chips[target]) for chips in placements if source in chips]
    for here, there, count in link.sent(tilings[source], tilings[target]):
        messages += count
        for i, (pre, post) in enumerate(ends):
            if pre[here] != post[there]:
                crossing[i] += count
    operations = link.operations(tilings[source], tilings[target])
    return Wiring(source, target, operations, messages, tuple(crossing))


def links_of(
    mapped: MappedNetwork, profile: Profile
) -> Iterator[tuple[str, str, Link]]:
    """The source, the target and the link of each projection that ends on the chip."""
    populations = mapped.lowered.by_name
    if not isinstance(mapped.lowered.network.target, Loihi):
        return
    for mapping in mapped.projections:
        projection = mapping.projection
        target = populations[projection.target]
        if target.on_chip:
            inlet = inlet_of(projection, populations[projection.source].volume, target)
            links = build_links(inlet, target.volume, profile)
            yield projection.source, projection.target, links[mapping.form]


def rate_of(population: Population) -> float:
    """The upper rate of a population's budget, in Hz."""
    spiking = population.layer.spiking
    return spiking.rate.high if spiking is not None else 0.0


def tilings_of(mapped: MappedNetwork) -> dict[str, Tiling]:
    """How each population is cut."""
    return {p.population.name: tiling_of(p) for p in mapped.populations}


def tiling_of(mapped: MappedPopulation) -> Tiling:
    """How a mapped population is cut; on the host an ensemble is one tile."""
    volume = mapped.population.volume
    first = mapped.ensembles[0]
    block = first.block_shape if first.block_shape is not None else first.shape
    height, width, strip = block if len(block) == 3 else (1, 1, *block)
    return Tiling(volume, mapped.group, (height, width, strip), (), mapped.cores)
