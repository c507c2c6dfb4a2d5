"""Read the tables of a whole network: its chip, and the encoders and readout around it.

nengo's own operators compute the currents of encoders, which are constant in each
example, once per example instead of once per step.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import chain
from threading import Lock
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
from nengo import Connection, Ensemble
from nengo.builder.neurons import SimNeurons
from nengo.builder.operator import TimeUpdate
from nengo.builder.processes import SimProcess
from nengo.utils.graphs import transitive_closure

from snnc.exact.read import Places, number_sources, read_chip
from snnc.exact.readout import probed, read_readout
from snnc.exact.tables import BuiltChip, Floats, Int64, ReadoutTable
from snnc.runtime.examples import Array
from snnc.runtime.nengo.neuron_types import ClippedSpikingRectifiedLinear
from snnc.runtime.nengo.neurons import BuiltNetwork

if TYPE_CHECKING:
    from nengo_loihi import Simulator
    from nengo_loihi.probe import LoihiProbe


@dataclass(frozen=True, slots=True)
class Encoder:
    """Encoders whose currents nengo computes, and whose spikes the kernel computes.

    ``sources`` contains the source of each ensemble's neurons, which follow the
    compartments. ``voltage`` contains the initial voltages.
    """

    sources: dict[Ensemble, Int64]
    voltage: Floats
    _dt: float
    _values: Floats
    _steps: tuple[Callable[[], None], ...]
    _currents: tuple[Floats, ...]
    _lock: Lock = field(default_factory=Lock)

    def charges(self, images: Array) -> Floats:
        """Return each neuron's increase per step in spikes: (examples, neurons)."""
        with self._lock:  # nengo has one memory for all threads
            return np.stack([self._charges(image) for image in images])

    def _charges(self, image: Array) -> Floats:
        self._values[:] = image.ravel()
        for step in self._steps:
            step()
        current = np.concatenate(self._currents)
        # As in `ClippedSpikingRectifiedLinear`: at most one spike per step.
        return np.maximum(np.minimum(current, 1 / self._dt), 0) * self._dt


def read_encoder(
    simulator: Simulator, built: BuiltNetwork, part: str = "host_pre"
) -> Encoder | None:
    """Return the encoders in a ``part`` of the host, or None if nengo must step them.

    nengo must step encoders if something before the neurons has a state, or if the
    neurons are of another type than usual.
    """
    host = simulator.sims.get(part)
    if host is None:
        return None
    neurons = [op for op in host.step_order if isinstance(op, SimNeurons)]
    before = _operators_before(host, neurons)
    if any(map(_has_state, before)) or not all(map(_is_clipped, neurons)):
        return None
    # nengo's own steps compute the currents, so that these are equal to the last bit.
    pairs = zip(host.step_order, host._steps, strict=True)
    signals = host.signals
    return Encoder(
        sources=_host_sources(simulator, host.model, built, neurons),
        voltage=np.concatenate([signals[op.state["voltage"]] for op in neurons]),
        _dt=simulator.dt,
        _values=signals[host.model.sig[built.input]["out"]],
        _steps=tuple(step for op, step in pairs if op in before),
        _currents=tuple(signals[op.J] for op in neurons),
    )


def _operators_before(host: Any, neurons: Sequence[SimNeurons]) -> set[Any]:
    """Return the operators that compute the currents of neurons in a step."""
    readers = transitive_closure(host.dg, host.step_order)
    before = {op for op, later in readers.items() if not later.isdisjoint(neurons)}
    # The input of an example is constant, so the time does not affect the currents.
    return {op for op in before if not isinstance(op, TimeUpdate)}


def _has_state(operator: Any) -> bool:
    return isinstance(operator, (SimNeurons, SimProcess))


def _is_clipped(operator: SimNeurons) -> bool:
    # Not `isinstance`: a subclass may step in another way.
    return type(operator.neurons) is ClippedSpikingRectifiedLinear


def _host_sources(
    simulator: Simulator, model: Any, built: BuiltNetwork, neurons: Sequence[SimNeurons]
) -> dict[Ensemble, Int64]:
    """Number the neurons of each ensemble on the host, after those of the chip."""
    first = sum(block.n_neurons for block in simulator.model.blocks)
    numbers = {}
    for operator in neurons:
        stop = first + operator.J.size
        numbers[operator.J] = np.arange(first, stop)
        first = stop
    ensembles = chain.from_iterable(built.layers.values())
    # Ensembles on the chip are not in the host's model.
    hosted = [ensemble for ensemble in ensembles if ensemble in model.params]
    return {each: numbers[model.sig[each.neurons]["in"]] for each in hosted}


def read_inputs(simulator: Simulator, hosted: dict[Ensemble, Int64]) -> Places:
    """Return the neurons on the host whose spikes each of nengo-loihi's inputs sends.

    ``hosted`` contains the sources of each ensemble on the host.

    nengo-loihi has one input per connection. Here, a neuron is a single source even if
    several connections read it.
    """
    model = simulator.model
    inputs = {}
    objects = (*model.host_pre.params, *model.host.params)
    sent = {c.post_obj: c for c in objects if isinstance(c, Connection)}
    for sender, receiver in model.host2chip_senders.items():
        connection = sent[sender]
        neurons = hosted[connection.pre_obj.ensemble]
        inputs[model.spike_targets[receiver]] = neurons[connection.pre_slice]
    return inputs


def read_places(
    simulator: Simulator,
    built: BuiltNetwork,
    blocks: Places,
    hosted: dict[Ensemble, Int64],
) -> dict[str, Int64]:
    """Return each layer's sources in the layer's shape, or as a vector for a max pool.

    All layers must be probed. ``hosted`` is as in `read_inputs`.
    """
    numbers = {}
    for name, ensembles in built.layers.items():
        for probe, ensemble in zip(built.layer_probes[name], ensembles, strict=True):
            part = hosted.get(ensemble)
            if part is None:
                part = _probed_sources(simulator.model.objs[probe]["out"], blocks)
            numbers[probe] = part[np.newaxis]
    # The package converts depth groups to the layer's shape.
    data = SimpleNamespace(data=numbers)
    places = {}
    for name in built.layers:
        (row,) = built.neuron_values(data, name).astype(np.int64)
        # A max pool has as many neurons as maxima only if windows have two values.
        shape = built.network.layers[name].shape
        places[name] = row if name in built.terms else row.reshape(shape)
    return places


def _probed_sources(probe: LoihiProbe, blocks: Places) -> Int64:
    """Return the sources of an ensemble's neurons, in the ensemble's order."""
    sources = np.concatenate(probed(probe, blocks))
    return sources if probe.reindexing is None else sources[probe.reindexing]


@dataclass(frozen=True, slots=True)
class Circuit:
    """The constant data that all runners share; ``places`` has each layer's sources."""

    chip: BuiltChip
    readout: ReadoutTable
    encoder: Encoder
    places: dict[str, Int64]
    steps: int

    def by_layer(self, values: Array) -> dict[str, Array]:
        """Return each layer's part of ``values``, whose last axis are the sources.

        Results that a run does not keep are empty, and have no layers.
        """
        if not values.size:
            return {}
        return {name: values[..., at] for name, at in self.places.items()}


def read_circuit(
    simulator: Simulator, built: BuiltNetwork, steps: int
) -> Circuit | None:
    """Return the tables of a network, or None if nengo must step layers of the host."""
    blocks = number_sources(simulator.model.blocks)
    encoder = read_encoder(simulator, built)
    readout = read_readout(simulator, built, blocks)
    if encoder is None or readout is None:
        return None
    chip = read_chip(simulator, blocks, read_inputs(simulator, encoder.sources))
    places = read_places(simulator, built, blocks, encoder.sources)
    return Circuit(chip, readout, encoder, places, steps)
