"""Convert the mapped to the routed graph: assign cores to chips, and count spikes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from itertools import accumulate
from typing import NamedTuple

from snnc.ir.logical import Loihi
from snnc.ir.mapped import Chips, MappedNetwork, Route, RoutedNetwork, kind_of
from snnc.loihi.build_links import links_of
from snnc.loihi.partition import Spikes, in_order, partition
from snnc.loihi.tiling import tiling_of

MOST_PAIRS = 2_000_000
"""If more pairs of cores exchange spikes, cores keep their order."""


class ProjectionTraffic(NamedTuple):
    """The spikes of a projection onto the chip if every source neuron spikes once.

    ``operations`` is the number of weights that are read. ``spikes`` returns a core of
    the source, the cores of the target that it reaches, and the spikes to each of them,
    for all cores of the source. The first core of each population is number 0.
    """

    source: str
    target: str
    operations: int
    spikes: Callable[[], Iterable[tuple[int, range, int]]]


def route(mapped: MappedNetwork) -> RoutedNetwork:
    """Assign cores to chips, and count the resulting spikes.

    Use the fewest chips, with few spikes between them when all neurons fire at the
    upper rates of their budgets.
    """
    room, cores = mapped.lowered.network.device.chip.cores, _cores(mapped)
    traffic = tuple(_traffic(mapped))
    filled = in_order(mapped.cores, room)
    spikes = _spikes(mapped, cores, traffic) if mapped.cores > room else None
    best = filled if spikes is None else partition(spikes, room)
    chips, chips_in_order = (
        {name: tuple(each[own.start : own.stop]) for name, own in cores.items()}
        for each in (best, filled)
    )
    routes = tuple(_route(each, (chips, chips_in_order)) for each in traffic)
    return RoutedNetwork(mapped, chips, routes, _fanouts(mapped, routes))


def _traffic(mapped: MappedNetwork) -> Iterator[ProjectionTraffic]:
    """Yield the traffic of each projection; that of a readout that learns is last."""
    populations, network = mapped.lowered.by_name, mapped.lowered.network
    if not isinstance(network.target, Loihi):
        return
    tilings = {p.population.name: tiling_of(p) for p in mapped.populations}
    for mapping in mapped.projections:
        projection = mapping.projection
        target = populations[projection.target]
        if target.on_chip:
            source, kind = projection.source, kind_of(mapping.form)
            link = links_of(mapped.lowered, projection, kind)[mapping.form]
            ends = tilings[source], tilings[target.name]
            spikes = partial(link.spike_counts, *ends)
            operations = link.operations(*ends)
            yield ProjectionTraffic(source, target.name, operations, spikes)
    if mapped.learned is not None:
        (read,), units = network.readout.sources, network.readout.units
        sizes = mapped.by_name[read].sizes
        learned = [(core, range(1), size) for core, size in enumerate(sizes)]
        operations = 2 * units * sum(sizes)
        yield ProjectionTraffic(read, network.readout.name, operations, lambda: learned)


def _route(traffic: ProjectionTraffic, placements: tuple[Chips, Chips]) -> Route:
    source, target, operations, spikes = traffic
    messages, crossing = 0, [0, 0]
    ends = [(chips[source], chips[target]) for chips in placements if source in chips]
    for here, to, count in spikes():
        messages += count * len(to)
        for i, (pre, post) in enumerate(ends):
            stay = post[to.start : to.stop].count(pre[here])
            crossing[i] += count * (len(to) - stay)
    return Route(source, target, operations, messages, *crossing)


def _fanouts(
    mapped: MappedNetwork, routes: Iterable[Route]
) -> Mapping[str, tuple[int, int]]:
    """Return the operations and messages of each layer, without those of learning."""
    layers = {p.population.name: p.population.layer.name for p in mapped.populations}
    fanouts = dict.fromkeys(layers.values(), (0, 0))
    for each in routes:
        if each.source in layers and each.target in layers:
            layer = layers[each.source]
            operations, messages = fanouts[layer]
            fanouts[layer] = operations + each.operations, messages + each.messages
    return fanouts


def _spikes(
    mapped: MappedNetwork,
    cores: Mapping[str, range],
    traffic: Iterable[ProjectionTraffic],
) -> Spikes | None:
    """Return the spikes between cores; None if there are too many pairs."""
    spikes: list[dict[int, float]] = [{} for _ in range(mapped.cores)]
    pairs = 0
    for each in traffic:
        if each.source not in cores:
            continue
        rate = mapped.lowered.by_name[each.source].upper_rate
        for a, to, count in each.spikes():
            here, more = cores[each.source][a], rate * count
            near = spikes[here]
            for there in cores[each.target][to.start : to.stop]:
                near[there] = spikes[there][here] = near.get(there, 0.0) + more
            pairs += len(to)
            if pairs > MOST_PAIRS:
                return None
    return spikes


def _cores(mapped: MappedNetwork) -> Mapping[str, range]:
    """Return the cores of each population on the chip, a readout that learns last."""
    sizes = {p.population.name: p.cores for p in mapped.populations}
    if mapped.learned is not None:
        sizes[mapped.lowered.network.readout.name] = 1
    sized = zip(sizes.items(), accumulate(sizes.values()), strict=True)
    return {name: range(end - size, end) for (name, size), end in sized if size}
