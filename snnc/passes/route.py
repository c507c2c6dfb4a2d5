"""Convert the mapped to the routed graph: assign cores to chips, and count spikes.

The graph of spikes between cores is partitioned into chips, with few spikes between
chips. There are two initial partitions: one in core order, and one grown from single
cores. Both are improved by moving and exchanging cores until no move helps, as in
Kernighan and Lin. Work is limited by counting steps, not by time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import accumulate
from typing import NamedTuple

from snnc.ir.logical import Loihi, ReadoutLayer
from snnc.ir.mapped import Chips, MappedNetwork, Route, RoutedNetwork, kind_of
from snnc.loihi.build_links import links_of
from snnc.loihi.tiling import tiling_of


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
    room = mapped.lowered.network.device.chip.cores
    cores = _cores(mapped)
    traffic = tuple(_traffic(mapped))
    filled = in_order(mapped.cores, room)
    # A network on one chip needs no partition.
    spikes = _spikes(mapped, cores, traffic) if mapped.cores > room else None
    best = filled if spikes is None else partition(spikes, room)
    chips, chips_in_order = (
        {
            name: tuple(each[numbers.start : numbers.stop])
            for name, numbers in cores.items()
        }
        for each in (best, filled)
    )
    routes = tuple(_route(each, (chips, chips_in_order)) for each in traffic)
    return RoutedNetwork(mapped, chips, routes, _fanouts(mapped, routes))


def _traffic(mapped: MappedNetwork) -> Iterator[ProjectionTraffic]:
    """Yield the traffic of each projection; that of a readout that learns is last."""
    populations = mapped.lowered.by_name
    network = mapped.lowered.network
    if not isinstance(network.target, Loihi):
        return
    tilings = {p.population.name: tiling_of(p) for p in mapped.populations}
    for mapping in mapped.projections:
        projection = mapping.projection
        target = populations[projection.target]
        if target.on_chip:
            source = projection.source
            kind = kind_of(mapping.form)
            link = links_of(mapped.lowered, projection, kind)[mapping.form]
            here = tilings[source]
            there = tilings[target.name]
            yield ProjectionTraffic(
                source,
                target.name,
                operations=link.operations(here, there),
                spikes=partial(link.spike_counts, here, there),
            )
    if mapped.learned is not None:
        yield _learned_traffic(mapped, network.readout)


def _learned_traffic(mapped: MappedNetwork, readout: ReadoutLayer) -> ProjectionTraffic:
    """Return the traffic to a readout that learns, which reads one layer (SNN420)."""
    (source,) = readout.sources
    sizes = mapped.by_name[source].sizes
    # The learned weights are on one core, and each neuron has an axon to it (SNN422).
    spikes = [(core, range(1), size) for core, size in enumerate(sizes)]
    # Each unit has two compartments, and so two weights per source neuron.
    operations = 2 * readout.units * sum(sizes)
    return ProjectionTraffic(source, readout.name, operations, lambda: spikes)


def _route(traffic: ProjectionTraffic, placements: tuple[Chips, Chips]) -> Route:
    source, target, operations, spikes = traffic
    messages = 0
    crossing = [0, 0]
    ends = [(chips[source], chips[target]) for chips in placements if source in chips]
    sent = [0] * len(placements[0].get(source, ()))
    received = [0] * (len(placements[0].get(target, ())) + 1)
    for here, to, count in spikes():
        messages += count * len(to)
        if sent:
            sent[here] += count * len(to)
        # Mark where runs of cores begin and end, and sum once at the end.
        received[to.start] += count
        received[to.stop] -= count
        for i, (pre, post) in enumerate(ends):
            stay = post[to.start : to.stop].count(pre[here])
            crossing[i] += count * (len(to) - stay)
    return Route(
        source=source,
        target=target,
        operations=operations,
        messages=messages,
        crossing=crossing[0],
        crossing_in_order=crossing[1],
        sent=tuple(sent),
        received=tuple(accumulate(received[:-1])),
    )


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
            here = cores[each.source][a]
            more = rate * count
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
    cores = {}
    start = 0
    for name, size in sizes.items():
        if size:
            cores[name] = range(start, start + size)
        start += size
    return cores


Spikes = Sequence[Mapping[int, float]]
"""For each core, the spikes to and from every other core, in Hz."""

MOST_PAIRS = 2_000_000
"""If more pairs of cores exchange spikes, cores keep their order."""
MOST_LOOKS = 2_000_000
"""The maximum number of exchanges to test, which takes one to two seconds.

A limit on time would give other chips on another machine (decision 032).
"""
LEAST_GAIN = 1e-9
"""The rounding error of sums of rates, relative to the total."""


def in_order(cores: int, room: int) -> list[int]:
    """Return the chip of each core if chips are filled in core order."""
    return [core // room for core in range(cores)]


def partition(spikes: Spikes, room: int) -> list[int]:
    """Return the chip of each core, with at most ``room`` cores per chip.

    Use as few chips as possible, numbered by their first cores.
    """
    starts = in_order(len(spikes), room), grown(spikes, room)
    exchanges = [_Exchange(spikes, start, room) for start in starts]
    for exchange in exchanges:
        exchange.run()
    best = min(exchanges, key=_Exchange.crossing)
    numbers: dict[int, int] = {}
    return [numbers.setdefault(chip, len(numbers)) for chip in best.chips]


def grown(spikes: Spikes, room: int) -> list[int]:
    """Fill each chip, adding the core that exchanges the most spikes with it."""
    chips = [-1] * len(spikes)
    near: dict[int, float] = {}
    for n in range(len(spikes)):
        if n % room == 0:
            near.clear()
        if near:
            # Of equal cores, choose the first, whatever the order of the spikes.
            most = max(near.values())
            core = min(core for core, count in near.items() if count == most)
            del near[core]
        else:
            core = chips.index(-1)
        chips[core] = n // room
        for other, count in spikes[core].items():
            if chips[other] < 0:
                near[other] = near.get(other, 0.0) + count
    return chips


class _Exchange:
    """Moves cores to chips with free cores, and exchanges cores between chips."""

    def __init__(self, spikes: Spikes, chips: Sequence[int], room: int) -> None:
        self.chips = list(chips)
        self._spikes = spikes
        self._room = room
        self._looks = 0
        self._least = LEAST_GAIN * sum(sum(near.values()) for near in spikes)
        # For each chip: its cores, each core's spikes to it, and the best exchanges.
        self._on: list[dict[int, None]] = [{} for _ in range(max(chips) + 1)]
        self._to = [[0.0] * len(chips) for _ in self._on]
        self._largest: list[dict[int, float]] = [{} for _ in self._on]
        for core, chip in enumerate(chips):
            self._on[chip][core] = None
            to = self._to[chip]
            for other, count in spikes[core].items():
                to[other] += count

    def crossing(self) -> float:
        """Return twice the spikes between chips, in Hz."""
        within = (self._to[chip][core] for core, chip in enumerate(self.chips))
        return sum(map(sum, self._to)) - sum(within)

    def run(self) -> None:
        """Improve until no move helps, or the work is used up."""
        improved = True
        while improved:
            improved = False
            for core in range(len(self.chips)):
                improved |= self._improve(core)

    def _improve(self, core: int) -> bool:
        """Move a core to the chip with most of its spikes if this helps."""
        here = self.chips[core]
        to_here = self._to[here]
        losses = (
            (to_here[core] - to_chip[core], chip)
            for chip, to_chip in enumerate(self._to)
        )
        for loss, chip in sorted(each for each in losses if each[0] < -self._least):
            if len(self._on[chip]) < self._room:
                self._move(core, chip)
                return True
            if self._looks > MOST_LOOKS:
                return False
            # Even without spikes between the cores, no exchange would help.
            if self._largest_gain(chip, here) - loss <= self._least:
                continue
            self._looks += len(self._on[chip])
            to_chip = self._to[chip]
            near = self._spikes[core]
            # Both sums count spikes between the cores as saved, but these still cross.
            gain, other = max(
                (to_here[other] - to_chip[other] - 2 * near.get(other, 0.0), -other)
                for other in self._on[chip]
            )
            if gain - loss > self._least:
                self._move(core, chip)
                self._move(-other, here)
                return True
        return False

    def _largest_gain(self, chip: int, other: int) -> float:
        known = self._largest[chip]
        if other not in known:
            self._looks += len(self._on[chip])
            to_own = self._to[chip]
            to_other = self._to[other]
            known[other] = max(to_other[core] - to_own[core] for core in self._on[chip])
        return known[other]

    def _move(self, core: int, chip: int) -> None:
        before = self.chips[core]
        del self._on[before][core]
        self._on[chip][core] = None
        self.chips[core] = chip
        old = self._to[before]
        new = self._to[chip]
        for other, count in self._spikes[core].items():
            old[other] -= count
            new[other] += count
        # A move changes the gains of both chips and of the neighbours' chips.
        self._largest[before].clear()
        self._largest[chip].clear()
        for near in {self.chips[other] for other in self._spikes[core]}:
            self._largest[near].pop(before, None)
            self._largest[near].pop(chip, None)
