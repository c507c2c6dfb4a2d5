"""Bound a network's activity on the chip per inference.

A neuron's upper rate is the highest rate that the spec allows. If all neurons fire at
their upper rates during ``present``, there are ``neurons x rate x present`` spikes.
Each spike reads the weights to which its axons lead in the mapped network.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from functools import cached_property

from snnc.ir.device import Energy
from snnc.ir.mapped import MappedNetwork, Route, RoutedNetwork
from snnc.runtime.pes import WEIGHT_EPOCH


@dataclass(frozen=True, slots=True)
class Activity:
    """The maximum activity of a population per inference.

    ``spikes`` counts the spikes of the population's neurons. Its cores perform
    ``operations`` synaptic operations for its inputs, and receive ``arrivals`` spikes;
    a spike that is sent to several cores is counted once per core. Neurons are updated
    ``updates`` times, and weights that learn ``learned`` times. On the host, updates,
    operations and arrivals are 0.
    """

    name: str
    spikes: float
    operations: float
    arrivals: float
    updates: int
    learned: int = 0

    def joules(self, energy: Energy) -> float:
        """Return the energy if every neuron is active.

        The costs are the lowest in Davies et al. (2018, table 2): spikes stay within a
        tile. Idle power is not included.
        """
        picojoules = (
            self.operations * energy.synaptic_operation
            + self.arrivals * energy.spike
            + self.updates * energy.active_update
            + self.learned * energy.synaptic_update
        )
        return picojoules * 1e-12

    def idle_joules(self, energy: Energy) -> float:
        """Return the energy of the updates if no neuron is active."""
        return self.updates * energy.inactive_update * 1e-12


def sum_activity(name: str, parts: Sequence[Activity]) -> Activity:
    """Return the total activity of the populations of one layer."""
    _, *sums = (field.name for field in fields(Activity))
    return Activity(name, *(sum(getattr(p, key) for p in parts) for key in sums))


@dataclass(frozen=True, kw_only=True)
class NetworkActivity(Activity):
    """A network's maximum activity on the chip, and the sum over its layers.

    ``layers`` contains each population, in spec order, and a readout that learns. The
    other fields are spikes per step: from the host to cores, from the chip to the host,
    and between chips, also if chips were filled in block order.
    """

    layers: tuple[Activity, ...]
    to_chip: float
    to_host: float
    crossing: float
    crossing_in_order: float

    @cached_property
    def by_name(self) -> Mapping[str, Activity]:
        return {layer.name: layer for layer in self.layers}


def activity_of(routed: RoutedNetwork) -> NetworkActivity:
    """Bound a network's activity per inference and per step."""
    mapped = routed.mapped
    routes = routed.routes
    network = mapped.lowered.network
    populations = mapped.lowered.by_name
    dt = network.timing.dt
    rates = {name: population.upper_rate for name, population in populations.items()}
    layers = tuple(_layers_of(mapped, routes))
    entering = [r for r in routes if not populations[r.source].on_chip]
    leaving = [populations[name] for name in mapped.lowered.read_by_host]
    return NetworkActivity(
        *astuple(sum_activity(network.name, layers)),
        layers=layers,
        to_chip=sum(rates[r.source] * r.messages for r in entering) * dt,
        to_host=sum(p.upper_rate * p.neurons for p in leaving) * dt,
        crossing=sum(rates[r.source] * r.crossing for r in routes) * dt,
        crossing_in_order=sum(rates[r.source] * r.crossing_in_order for r in routes)
        * dt,
    )


def _layers_of(mapped: MappedNetwork, routes: Iterable[Route]) -> Iterator[Activity]:
    """Yield the activity of each population, and of a readout that learns."""
    network = mapped.lowered.network
    populations = mapped.lowered.by_name
    present = network.timing.present
    steps = network.timing.steps
    operations: dict[str, float] = defaultdict(int)
    arrivals: dict[str, float] = defaultdict(int)
    for route in routes:
        spikes = populations[route.source].upper_rate * present
        operations[route.target] += spikes * route.operations
        arrivals[route.target] += spikes * route.messages
    for name, p in populations.items():
        yield Activity(
            name,
            spikes=p.neurons * p.upper_rate * present,
            operations=operations[name],
            arrivals=arrivals[name],
            updates=p.neurons * steps if p.on_chip else 0,
        )
    if mapped.learned is not None:
        name = network.readout.name
        (block,) = mapped.learned.blocks
        (registers,) = mapped.learned.registers
        yield Activity(
            name,
            spikes=0.0,
            operations=operations[name],
            arrivals=arrivals[name],
            updates=block.compartments * steps,
            # The chip changes weights only once per learning epoch.
            learned=registers.words * (steps // WEIGHT_EPOCH),
        )
