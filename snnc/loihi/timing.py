"""Estimate how long the chip takes for a step.

A core updates and sends its neurons' spikes while it receives spikes and adds their
weights. The slowest core determines when all cores synchronise and the step ends. Times
are means over steps. They leave out the host, the management processors, learning
rules on the host, and traffic between chips, for which no times are published.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from snnc.ir.device import Profile, Times
from snnc.ir.mapped import RoutedNetwork
from snnc.runtime.pes import WEIGHT_EPOCH

TILE = 4
"""The cores per tile."""


@dataclass(frozen=True, slots=True)
class CoreLoad:
    """The mean work of one core per step; ``layer`` is the layer of its neurons.

    The core's neurons fire ``spikes`` times, which causes ``sent`` messages to cores.
    It receives ``received`` messages, which cause ``operations``, and updates
    ``learned`` weights.
    """

    layer: str
    neurons: int
    spikes: float
    sent: float
    received: float
    operations: float
    learned: float = 0.0


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
        learning = load.learned * times.synaptic_update
        return cls(
            neurons=1e-9 * (updates + learning),
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
class StepTime:
    """The estimated time per step in seconds, with its range.

    ``layer`` is the layer of the slowest core, and ``core`` the parts of this core's
    time.
    """

    seconds: float
    least: float
    most: float
    layer: str
    core: CoreTime
    barrier: float


def time_step(loads: Sequence[CoreLoad], device: Profile) -> StepTime | None:
    """Estimate the time per step; None without cores.

    The estimate uses fitted times for cores that send and receive at the same time. The
    range begins with simulated times, and ends with fitted times for cores that first
    send, then receive.
    """
    if not loads:
        return None
    cores = [(CoreTime.of(load, device.time), load.layer) for load in loads]
    slowest, layer = max(cores, key=lambda core: core[0].overlapped)
    least = max(CoreTime.of(load, device.least_time).overlapped for load in loads)
    on_chip = min(len(loads), device.chip.cores)
    barrier = _barrier(on_chip, device.time)
    return StepTime(
        seconds=slowest.overlapped + barrier,
        least=least + _barrier(on_chip, device.least_time),
        most=max(time.serial for time, _ in cores) + barrier,
        layer=layer,
        core=slowest,
        barrier=barrier,
    )


def _barrier(cores: int, times: Times) -> float:
    """Return the time for synchronising the cores of a chip, in seconds."""
    tiles = -(-cores // TILE)
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
    rates = {p.name: p.upper_rate for p in mapped.lowered.populations}
    sizes = {p.population.name: p.sizes for p in mapped.populations}
    learned = mapped.learned
    if learned is not None:
        sizes[network.readout.name] = tuple(b.compartments for b in learned.blocks)
    sent = {name: [0.0] * len(cores) for name, cores in sizes.items()}
    received = {name: [0.0] * len(cores) for name, cores in sizes.items()}
    operations = dict.fromkeys(sizes, 0.0)
    for route in routed.routes:
        spikes = rates[route.source] * network.timing.dt
        operations[route.target] += spikes * route.operations
        _add(sent[route.source], route.sent, spikes)
        _add(received[route.target], route.received, spikes)
    loads = []
    for name, cores in sizes.items():
        rate = rates.get(name, 0.0) * network.timing.dt
        share = operations[name] / max(1, sum(cores))
        for core, neurons in enumerate(cores):
            loads.append(
                CoreLoad(
                    layer=name,
                    neurons=neurons,
                    spikes=rate * neurons,
                    sent=sent[name][core],
                    received=received[name][core],
                    operations=share * neurons,
                    learned=_learned(routed, name),
                )
            )
    return loads


def _add(totals: list[float], messages: Iterable[int], spikes: float) -> None:
    """Add the messages of each core; sources on the host have no totals."""
    for core, count in enumerate(messages):
        if core < len(totals):
            totals[core] += spikes * count


def _learned(routed: RoutedNetwork, name: str) -> float:
    """Return the weights of a readout that learn per step, on its core."""
    learned = routed.mapped.learned
    if learned is None or name != routed.mapped.lowered.network.readout.name:
        return 0.0
    return sum(each.words for each in learned.registers) / WEIGHT_EPOCH
