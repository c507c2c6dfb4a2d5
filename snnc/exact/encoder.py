"""Run the host before the chip: encoders with constant currents in each example.

nengo's own operators compute the currents, once per example instead of once per step.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import nengo
import numpy as np
from nengo import Connection
from nengo.builder.neurons import SimNeurons
from nengo.builder.operator import TimeUpdate
from nengo.builder.processes import SimProcess
from nengo.utils.graphs import transitive_closure

from snnc.exact.tables import AxonTable, Floats, Int64, ReadoutTable, Tables
from snnc.runtime.examples import Array

if TYPE_CHECKING:
    from nengo import Ensemble
    from nengo.builder import Operator
    from nengo_loihi import Simulator
    from nengo_loihi.block import LoihiBlock
    from nengo_loihi.builder import Model
    from nengo_loihi.probe import LoihiProbe

    from snnc.runtime.nengo.neurons import BuiltNetwork


@dataclass(frozen=True, slots=True)
class Encoder:
    """Encoders whose currents nengo computes, and whose spikes the kernel computes.

    ``first`` maps each ensemble to the index of its first neuron.
    """

    size: int
    first: dict[Ensemble, int]
    voltage: Floats
    _dt: float
    _values: Floats
    _steps: tuple[Callable[[], None], ...]
    _currents: tuple[Floats, ...]

    def charges(self, example: Array) -> Floats:
        """Return each neuron's increase per step in spikes, with shape (neurons,).

        Not thread-safe: this uses nengo's memory.
        """
        self._values[:] = example.ravel()
        for step in self._steps:
            step()
        current = np.concatenate(self._currents)
        return np.maximum(np.minimum(current, 1 / self._dt), 0) * self._dt


def read_encoder(
    simulator: Simulator, built: BuiltNetwork, clipped: type, part: str = "host_pre"
) -> Encoder | None:
    """Return the encoders before the chip, or None if nengo must step them.

    nengo must step encoders if something before the neurons has a state, or if the
    neurons are not of the type ``clipped``. ``part`` names the host simulator that runs
    the encoders.
    """
    host = simulator.sims.get(part)
    if host is None:
        return None
    neurons = [op for op in host.step_order if isinstance(op, SimNeurons)]
    readers = transitive_closure(host.dg, host.step_order)
    before = {op for op, later in readers.items() if not later.isdisjoint(neurons)}
    if any(isinstance(op, (SimNeurons, SimProcess)) for op in before):
        return None
    if any(type(op.neurons) is not clipped for op in neurons):
        return None
    before = {op for op in before if not isinstance(op, TimeUpdate)}
    pairs = zip(host.step_order, host._steps, strict=True)
    signals = host.signals
    first, size = _number(host.model, built, neurons)
    return Encoder(
        size=size,
        first=first,
        voltage=np.concatenate([signals[op.state["voltage"]] for op in neurons]),
        _dt=simulator.dt,
        _values=signals[host.model.sig[built.input]["out"]],
        _steps=tuple(step for op, step in pairs if op in before),
        _currents=tuple(signals[op.J] for op in neurons),
    )


def _number(
    model: Model, built: BuiltNetwork, neurons: list[Operator]
) -> tuple[dict[Ensemble, int], int]:
    """Return the index of each ensemble's first neuron, and the number of neurons."""
    firsts, size = {}, 0
    for op in neurons:
        firsts[op.J] = size
        size += op.J.size
    ensembles = [e for parts in built.layers.values() for e in parts]
    inputs = {e: model.sig[e.neurons]["in"] for e in ensembles if e in model.params}
    return {e: firsts[signal] for e, signal in inputs.items()}, size


def wire(simulator: Simulator, tables: Tables, encoder: Encoder) -> AxonTable:
    """Return the axons with encoder neurons as sources instead of inputs.

    nengo-loihi has one input per connection. Here, a neuron is a single source even if
    several connections read it.
    """
    model = simulator.model
    neuron = np.arange(tables.sources)
    objects = (*model.host_pre.params, *model.host.params)
    sent = {c.post_obj: c for c in objects if isinstance(c, Connection)}
    for sender, receiver in model.host2chip_senders.items():
        connection = sent[sender]
        ensemble = connection.pre_obj.ensemble
        numbers = encoder.first[ensemble] + np.arange(ensemble.n_neurons)
        numbers = numbers[connection.pre_slice]
        start = tables.inputs[model.spike_targets[receiver]]
        neuron[start : start + len(numbers)] = tables.size + numbers
    return tables.axons._replace(source=neuron[tables.axons.source])


def read_readout(
    simulator: Simulator, built: BuiltNetwork, starts: dict[LoihiBlock, int]
) -> ReadoutTable | None:
    """Return the readout, or None if nengo must step the layers after the chip.

    ``starts`` contains the index of each block's first compartment.
    """
    model = simulator.model
    node = built.output.target
    connections = [c for c in model.host.params if isinstance(c, nengo.Connection)]
    read = {c.pre_obj: c for c in connections}
    links = [read[receiver] for receiver in model.chip2host_receivers.values()]
    if len(links) != len(connections) or any(c.post is not node for c in links):
        return None
    if len({c.synapse for c in links}) != 1:
        return None
    synapse = links[0].synapse
    keep, add = filter_of(synapse, simulator.dt)
    probes = [model.objs[probe]["out"] for probe in model.chip2host_receivers]
    source, weights = _weights(probes, starts, node.size_in)
    bias = np.asarray(node.output(0.0, np.zeros(node.size_in)), np.float64)
    return ReadoutTable(source, weights, bias, keep, add, synapse is None)


def filter_of(synapse: Any, dt: float) -> tuple[float, float]:
    """Return the coefficients of nengo's discretised lowpass filter."""
    if synapse is None:
        return 0.0, 0.0
    state = synapse.make_state((1,), (1,), dt)
    step = synapse.make_step((1,), (1,), dt, None, state)
    return float(getattr(step, "a", 0.0)), float(getattr(step, "b", 1.0))


def _weights(
    probes: list[LoihiProbe], starts: dict[LoihiBlock, int], units: int
) -> tuple[Int64, Floats]:
    size = sum(block.n_neurons for block in starts)
    read = np.zeros(size, bool)
    weights = np.zeros((size, units))
    for probe in probes:
        for block, part, matrix in zip(
            probe.target, probe.slice, probe.weights, strict=True
        ):
            numbers = starts[block] + np.arange(block.n_neurons)[part]
            read[numbers] = True
            weights[numbers] += matrix
    source = np.flatnonzero(read)
    return source, weights[source]
