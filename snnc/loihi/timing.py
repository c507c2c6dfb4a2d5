"""Estimate how long the chip takes for a step.

A core updates and sends its neurons' spikes while it receives spikes and adds their
weights. The slowest core determines when all cores synchronise and the step ends. Times
are means over steps. They leave out the host, the management processors, updates of
weights that learn, and traffic between chips.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from snnc.ir.device import Profile, Times
from snnc.ir.lowered import group_by_name
from snnc.ir.mapped import MappedNetwork, RoutedNetwork

TILE = 4
"""The cores per tile."""


@dataclass(frozen=True, slots=True)
class CoreLoad:
    """The mean work of one core per step; ``layer`` is the layer of its neurons.

    The core's neurons fire ``spikes`` times, which causes ``sent`` messages to cores.
    It receives ``received`` messages, which cause ``operations``.
    """

    layer: str
    neurons: int
    spikes: float
    sent: float
    received: float
    operations: float


@dataclass(frozen=True, slots=True)
class CoreTime:
    """The parts of a core's time per step, in seconds."""

    neurons: float
    sending: float
    receiving: float
    operations: float

    @classmethod
    def of(cls, load: CoreLoad, times: Times) -> CoreTime:
        """Return the time for a load."""
        updates = load.neurons * times.neuron_update + load.spikes * times.spike
        return cls(
            neurons=1e-9 * updates,
            sending=1e-9 * load.sent * times.message_out,
            receiving=1e-9 * load.received * times.message_in,
            operations=1e-9 * load.operations * times.synaptic_operation,
        )

    @property
    def overlapped(self) -> float:
        """The time if a core sends and receives at the same time."""
        return max(self.neurons + self.sending, self.receiving + self.operations)

    @property
    def serial(self) -> float:
        """The time if a core first sends, then receives."""
        return self.neurons + self.sending + self.receiving + self.operations


@dataclass(frozen=True, slots=True)
class ChipTime:
    """The estimated time on the chip per step and per example, in seconds.

    A range has the least and the most time. The last five fields are the layer of the
    slowest core, and the parts of its time per step.
    """

    step_seconds: float
    step_seconds_range: tuple[float, float]
    example_seconds: float
    example_seconds_range: tuple[float, float]
    slowest_layer: str
    neurons_seconds: float
    synaptic_operations_seconds: float
    spikes_seconds: float
    barrier_seconds: float


def estimate_time(
    loads: Sequence[CoreLoad], device: Profile, steps: int
) -> ChipTime | None:
    """Estimate the time on the chip for examples of ``steps``; None without cores.

    The estimate uses fitted times for cores that send and receive at the same time. The
    range begins with simulated times, and ends with fitted times for cores that first
    send, then receive.
    """
    if not loads:
        return None
    cores = [(CoreTime.of(load, device.time), load.layer) for load in loads]
    slowest, layer = max(cores, key=lambda core: core[0].overlapped)
    on_chip = min(len(loads), device.chip.cores)
    barrier = _barrier(on_chip, device.time)
    step = _round(slowest.overlapped + barrier)
    least = max(CoreTime.of(load, device.least_time).overlapped for load in loads)
    least = _round(least + _barrier(on_chip, device.least_time))
    most = _round(max(time.serial for time, _ in cores) + barrier)
    return ChipTime(
        step_seconds=step,
        step_seconds_range=(least, most),
        example_seconds=_round(steps * step),
        example_seconds_range=(_round(steps * least), _round(steps * most)),
        slowest_layer=layer,
        neurons_seconds=_round(slowest.neurons),
        synaptic_operations_seconds=_round(slowest.operations),
        spikes_seconds=_round(slowest.sending + slowest.receiving),
        barrier_seconds=_round(barrier),
    )


def time_at_upper_rates(routed: RoutedNetwork) -> ChipTime | None:
    """Estimate the time if all neurons fire at upper rates; None without cores."""
    network = routed.mapped.lowered.network
    return estimate_time(loads_of(routed), network.device, network.timing.steps)


def _round(seconds: float) -> float:
    """Round to nine digits, because further digits depend on the machine."""
    return float(f"{seconds:.9g}")


def _barrier(cores: int, times: Times) -> float:
    """Return the time for synchronising the cores of a chip, in seconds."""
    tiles = -(-cores // TILE)
    # The times are for numbers of tiles; between them, the lower one is used.
    nanoseconds = times.barrier[0]
    for least, barrier in zip(times.barrier_tiles, times.barrier, strict=False):
        if least <= tiles:
            nanoseconds = barrier
    return 1e-9 * nanoseconds


def loads_of(routed: RoutedNetwork) -> list[CoreLoad]:
    """Return the load of each core if all neurons fire at their upper rates.

    A projection's operations are distributed over its target's cores in proportion to
    their neurons, which is exact unless neurons have different numbers of inputs.
    """
    mapped = routed.mapped
    network = mapped.lowered.network
    dt = network.timing.dt
    rates = {p.name: p.upper_rate * dt for p in mapped.lowered.populations}
    routes_into = group_by_name((route.target, route) for route in routed.routes)
    routes_out_of = group_by_name((route.source, route) for route in routed.routes)
    loads = []
    for name, cores in _neurons_of_cores(mapped).items():
        rate = rates.get(name, 0.0)
        into = routes_into(name)
        operations = sum(rates[route.source] * route.operations for route in into)
        for core, neurons in enumerate(cores):
            load = CoreLoad(
                layer=name,
                neurons=neurons,
                spikes=rate * neurons,
                sent=rate * sum(route.sent[core] for route in routes_out_of(name)),
                received=sum(rates[r.source] * r.received[core] for r in into),
                operations=operations * neurons / sum(cores),
            )
            loads.append(load)
    return loads


def _neurons_of_cores(mapped: MappedNetwork) -> dict[str, tuple[int, ...]]:
    """Return the neurons on each core of populations, and of a readout that learns."""
    neurons = {p.population.name: p.sizes for p in mapped.populations}
    if mapped.learned is not None:
        name = mapped.lowered.network.readout.name
        neurons[name] = tuple(block.compartments for block in mapped.learned.blocks)
    return neurons
