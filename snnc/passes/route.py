"""Mapped to routed graph: chips of the cores, and the spikes between cores."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from snnc.ir.logical import Loihi
from snnc.ir.mapped import MappedNetwork
from snnc.ir.routed import Chips, Route, RoutedNetwork
from snnc.loihi.build_links import build_links, inlet_of
from snnc.loihi.chips import MOST_PAIRS, Spikes, in_order, partition
from snnc.loihi.link import Link
from snnc.loihi.tiling import Tiling, tiling_of

Links = Sequence[tuple[str, str, Link]]
"""The source, the target and the link of each projection that ends on the chip."""


def route(mapped: MappedNetwork) -> RoutedNetwork:
    """Put cores on chips, and count what spikes cause there.

    Cores are on as few chips as hold them, with few spikes from chip to chip, where
    neurons all fire at the upper rates of their budgets.
    """
    room = mapped.lowered.network.device.chip.cores
    tilings = {p.population.name: tiling_of(p) for p in mapped.populations}
    links = _links(mapped)
    filled = in_order(mapped.cores, room)
    spikes = _spikes(mapped, links, tilings) if mapped.cores > room else None
    chips = _named(mapped, filled if spikes is None else partition(spikes, room))
    placements = chips, _named(mapped, filled)
    routes = tuple(
        _route(source, target, link, tilings, placements)
        for source, target, link in links
    )
    return RoutedNetwork(mapped, chips, routes, _fanouts(mapped, routes))


def _route(
    source: str,
    target: str,
    link: Link,
    tilings: Mapping[str, Tiling],
    placements: tuple[Chips, Chips],
) -> Route:
    messages, crossing = 0, [0, 0]
    ends = [(chips[source], chips[target]) for chips in placements if source in chips]
    for here, there, count in link.sent(tilings[source], tilings[target]):
        messages += count
        for i, (pre, post) in enumerate(ends):
            if pre[here] != post[there]:
                crossing[i] += count
    operations = link.operations(tilings[source], tilings[target])
    return Route(source, target, operations, messages, *crossing)


def _fanouts(
    mapped: MappedNetwork, routes: Iterable[Route]
) -> Mapping[str, tuple[int, int]]:
    layers = {p.population.name: p.population.layer.name for p in mapped.populations}
    fanouts = dict.fromkeys(layers.values(), (0, 0))
    for each in routes:
        if (layer := layers.get(each.source)) is not None:
            operations, messages = fanouts[layer]
            fanouts[layer] = operations + each.operations, messages + each.messages
    return fanouts


def _links(mapped: MappedNetwork) -> Links:
    populations, network = mapped.lowered.by_name, mapped.lowered.network
    if not isinstance(network.target, Loihi):
        return ()
    ends = []
    for mapping in mapped.projections:
        projection = mapping.projection
        target = populations[projection.target]
        if target.on_chip:
            inlet = inlet_of(projection, populations[projection.source].volume, target)
            links = build_links(inlet, target.volume, network.device)
            ends.append((projection.source, projection.target, links[mapping.form]))
    return ends


def _spikes(
    mapped: MappedNetwork, links: Links, tilings: Mapping[str, Tiling]
) -> Spikes | None:
    """The spikes between cores; None if that is of too many pairs."""
    first = _firsts(mapped)
    spikes: list[dict[int, float]] = [{} for _ in range(mapped.cores)]
    pairs = 0
    for source, target, link in links:
        if source not in first:
            continue
        rate = mapped.lowered.by_name[source].upper_rate
        for a, b, count in link.sent(tilings[source], tilings[target]):
            here, there = first[source] + a, first[target] + b
            spikes[here][there] = spikes[here].get(there, 0.0) + rate * count
            spikes[there][here] = spikes[there].get(here, 0.0) + rate * count
            pairs += 1
            if pairs > MOST_PAIRS:
                return None
    return spikes


def _firsts(mapped: MappedNetwork) -> dict[str, int]:
    """The number of the first core of each population on the chip."""
    firsts, first = {}, 0
    for population in mapped.populations:
        if population.cores:
            firsts[population.population.name] = first
        first += population.cores
    return firsts


def _named(mapped: MappedNetwork, chips: Sequence[int]) -> Chips:
    cores = {p.population.name: p.cores for p in mapped.populations}
    return {
        name: tuple(chips[first : first + cores[name]])
        for name, first in _firsts(mapped).items()
    }
