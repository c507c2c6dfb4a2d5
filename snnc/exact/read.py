"""Read the tables of a network that nengo-loihi has built, split and discretized.

nengo's own operators compute the currents of encoders, which are constant in each
example, once per example instead of once per step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from threading import Lock
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
from nengo import Connection, Ensemble
from nengo.builder.neurons import SimNeurons
from nengo.builder.operator import TimeUpdate
from nengo.builder.processes import SimProcess
from nengo.utils.graphs import transitive_closure

from snnc.exact.tables import (
    BuiltChip,
    Compartments,
    Fanin,
    Floats,
    Int32,
    Int64,
    OutputFilter,
    ReadoutTable,
    Rows,
    jit,
)
from snnc.output.imported import CannotRunError
from snnc.runtime.examples import Array
from snnc.runtime.nengo.neurons import BuiltNetwork, ClippedSpikingRectifiedLinear

if TYPE_CHECKING:
    from nengo_loihi import Simulator
    from nengo_loihi.block import LoihiBlock, Synapse
    from nengo_loihi.inputs import LoihiInput
    from nengo_loihi.probe import LoihiProbe

GAP = 8  # zeros in a row of weights above which skipping them is faster than adding


class WeightRows:
    """Collects distinct arrays of weights, and numbers their rows."""

    def __init__(self) -> None:
        self._first: dict[tuple[Any, ...], int] = {}
        self._counts = [np.zeros(0, np.int64)]
        self._runs = [np.zeros((3, 0), np.int64)]
        self._weights = [np.zeros(0, np.int32)]
        self._rows = self._size = 0

    def add(self, weights: Int32, indices: Int32) -> int:
        """Add (atoms, entries) arrays, and return the index of their first row."""
        key = (weights.shape, weights.tobytes(), indices.tobytes())
        if key not in self._first:
            self._first[key] = self._rows
            counts, runs, kept = cut_runs(*_increasing(weights, indices))
            runs[1] += self._size
            self._counts.append(counts)
            self._runs.append(runs)
            self._weights.append(kept)
            self._size += len(kept)
            self._rows += len(weights)
        return self._first[key]

    def sizes(self) -> Int64:
        """Return the number of runs of each row."""
        return np.concatenate(self._counts)

    def rows(self) -> Rows:
        """Return all rows that were added."""
        first = np.concatenate(([0], np.cumsum(self.sizes()))).astype(np.int64)
        runs = np.concatenate(self._runs, axis=1)
        offset, begin, length = map(np.ascontiguousarray, runs)
        return Rows(first, offset, begin, length, np.concatenate(self._weights))


def _increasing(weights: Int32, indices: Int32) -> tuple[Int32, Int32]:
    """Return both sorted by index; for equal indices, keep the last weight."""
    weights = np.ascontiguousarray(weights, np.int32)
    indices = np.ascontiguousarray(indices, np.int32)
    if (np.diff(indices, axis=1) > 0).all():
        return weights, indices
    order = np.argsort(indices, axis=1, kind="stable")
    weights = np.take_along_axis(weights, order, axis=1)
    indices = np.take_along_axis(indices, order, axis=1)
    weights[:, :-1][np.diff(indices, axis=1) == 0] = 0
    return weights, indices


@jit
def cut_runs(weights: Int32, indices: Int32) -> tuple[Int64, Int64, Int32]:
    """Split rows where indices jump or more than `GAP` weights are zero.

    Return the number of runs per row, (3, runs) with the offset of each run, its begin
    among the weights, and its length, and the weights of all runs.
    """
    atoms, entries = weights.shape
    counts = np.zeros(atoms, np.int64)
    runs = np.empty((3, weights.size), np.int64)
    kept = np.empty(weights.size, np.int32)
    used = written = 0
    for a in range(atoms):
        end = -1  # the end of the current run
        for i in range(entries):
            if weights[a, i] == 0:
                continue
            near = end >= 0 and i - end <= GAP
            if near and indices[a, i] - indices[a, end] == i - end:
                for k in range(end + 1, i + 1):
                    kept[written] = weights[a, k]
                    written += 1
                runs[2, used - 1] += i - end
            else:
                runs[0, used] = indices[a, i]
                runs[1, used] = written
                runs[2, used] = 1
                kept[written] = weights[a, i]
                written += 1
                used += 1
                counts[a] += 1
            end = i
    return counts, runs[:, :used].copy(), kept[:written].copy()


DECAY_ONE = 4096  # a decay has 12 bits

Places = dict[Any, Int64]
"""The source of each neuron of nengo-loihi's blocks or inputs."""


def not_fixed(what: str, block: object) -> CannotRunError:
    """Return the error of a chip whose state the engine does not support."""
    return CannotRunError(
        f"{block} has {what}, which the exact engine does not support; run this "
        "network on nengo-loihi's emulator"
    )


def number_sources(owners: Iterable[LoihiBlock | LoihiInput], start: int = 0) -> Places:
    """Number the neurons of blocks or inputs."""
    numbers = {}
    for owner in owners:
        numbers[owner] = np.arange(start, start := start + owner.n_neurons)
    return numbers


def read_chip(
    simulator: Simulator, blocks: Places, inputs: Places, learning: bool = False
) -> BuiltChip:
    """Return the chip of an open ``nengo_loihi.Simulator`` that uses the emulator.

    With ``learning``, synapses may learn; the result omits their axons. Raise
    CannotRunError if a synapse learns otherwise, a compartment is noisy, or a block
    reads its own spikes, directly or through other blocks.
    """
    for block in blocks:
        if not learning and any(synapse.learning for synapse in block.synapses):
            raise not_fixed("a learning rule", block)
        if np.any(block.compartment.enable_noise):
            raise not_fixed("noise", block)
    starts = np.cumsum([0, *map(len, blocks.values())])
    built = simulator.sims["emulator"].compartment
    compartments = _read_compartments(built, starts)
    segments = np.searchsorted(compartments.start, starts)
    store = WeightRows()
    axons = _read_axons(blocks, inputs, store)
    fanin = order_axons(starts, segments, axons[:, store.sizes()[axons[1]] > 0])
    return BuiltChip(compartments, store.rows(), fanin)


def _read_compartments(built: Any, starts: Int64) -> Compartments:
    """Return the compartments, in as few segments of equal constants as possible."""
    decay_u = np.asarray(built.decay_u, np.int32)
    decay_v = np.asarray(built.decay_v, np.int32)
    # The chip adds 1 to the decay of the current.
    kept = DECAY_ONE - 1 - decay_u, DECAY_ONE - decay_v
    constants = np.stack([*kept, built.vmin, built.vmax, built.vth, built.ref])
    changes = np.flatnonzero((constants[:, 1:] != constants[:, :-1]).any(axis=0)) + 1
    cuts = np.unique(np.concatenate([starts, changes]))
    start, stop = cuts[:-1].astype(np.int64), cuts[1:].astype(np.int64)
    values = [np.ascontiguousarray(row[start], np.int32) for row in constants]
    return Compartments(np.array(built.bias, np.int32), start, stop, *values)


def _read_axons(blocks: Places, inputs: Places, store: WeightRows) -> Int64:
    """Return the source, row and base of each axon, with shape (3, axons)."""
    parts = [np.zeros((3, 0), np.int64)]
    targets = {
        synapse: _read_entries(synapse, int(own[0]), store)
        for block, own in blocks.items()
        for synapse in block.synapses
        if not synapse.learning
    }
    for owner, sources in (blocks | inputs).items():
        neurons = np.arange(len(sources))
        for axon in (axon for axon in owner.axons if axon.target in targets):
            rows, bases = targets[axon.target]
            entries = np.asarray(axon.map_axon(neurons))
            atoms = np.asarray(axon.map_atoms(neurons))
            used = entries >= 0
            used[used] = bases[entries[used]] >= 0
            first, base = rows[entries[used]], bases[entries[used]]
            parts.append(np.stack([sources[used], first + atoms[used], base]))
    return np.concatenate(parts, axis=1)


def _read_entries(
    synapse: Synapse, start: int, store: WeightRows
) -> tuple[Int64, Int64]:
    """Return each entry's first row, and its base among all compartments, or -1."""
    first = np.array([*map(store.add, synapse.weights, synapse.indices)], np.int64)
    entries = range(synapse.n_axons)
    kinds = [*map(synapse.axon_weight_idx, entries)]
    bases = map(synapse.axon_compartment_base, entries)
    places = [-1 if base is None else start + base for base in bases]
    return first[np.array(kinds, np.int64)], np.array(places, np.int64)


def order_axons(blocks: Int64, segments: Int64, axons: Int64) -> Fanin:
    """Sort axons by block and target, and blocks by their inputs.

    ``blocks`` and ``segments`` contain the first compartment and the first segment of
    each block, and their numbers. ``axons`` is the result of `_read_axons`. Raise
    CannotRunError if a block reads its own spikes, directly or through other blocks.
    """
    source, row, base = axons
    heard = np.searchsorted(blocks, base, side="right") - 1
    order = np.lexsort((row, base, heard))
    graph: dict[int, set[int]] = {block: set() for block in range(len(blocks) - 1)}
    inside = source < blocks[-1]
    speaks = np.searchsorted(blocks, source[inside], side="right") - 1
    pairs = np.unique(np.stack([heard[inside], speaks]), axis=1)
    for hearer, speaker in pairs.T.tolist():
        graph[hearer].add(speaker)
    try:
        forward = list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        loop = f"block {error.args[1][0]}"
        raise not_fixed("a connection back to itself", loop) from error
    return Fanin(
        order=np.array(forward, np.int64),
        start=blocks,
        segment=segments,
        first=np.cumsum([0, *np.bincount(heard, minlength=len(graph))]),
        source=source[order],
        row=row[order],
        base=(base - blocks[heard])[order],
    )


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
    readers = transitive_closure(host.dg, host.step_order)
    before = {op for op, later in readers.items() if not later.isdisjoint(neurons)}
    if any(isinstance(op, (SimNeurons, SimProcess)) for op in before):
        return None
    if any(type(op.neurons) is not ClippedSpikingRectifiedLinear for op in neurons):
        return None
    before = {op for op in before if not isinstance(op, TimeUpdate)}
    pairs = zip(host.step_order, host._steps, strict=True)
    signals, model = host.signals, host.model
    numbers, start = {}, sum(block.n_neurons for block in simulator.model.blocks)
    for op in neurons:
        numbers[op.J] = np.arange(start, start := start + op.J.size)
    ensembles = [e for parts in built.layers.values() for e in parts]
    own = [ensemble for ensemble in ensembles if ensemble in model.params]
    return Encoder(
        sources={e: numbers[model.sig[e.neurons]["in"]] for e in own},
        voltage=np.concatenate([signals[op.state["voltage"]] for op in neurons]),
        _dt=simulator.dt,
        _values=signals[model.sig[built.input]["out"]],
        _steps=tuple(step for op, step in pairs if op in before),
        _currents=tuple(signals[op.J] for op in neurons),
    )


def read_inputs(simulator: Simulator, encoder: Encoder) -> Places:
    """Return the encoder neurons whose spikes each of nengo-loihi's inputs sends.

    nengo-loihi has one input per connection. Here, a neuron is a single source even if
    several connections read it.
    """
    model, inputs = simulator.model, {}
    objects = (*model.host_pre.params, *model.host.params)
    sent = {c.post_obj: c for c in objects if isinstance(c, Connection)}
    for sender, receiver in model.host2chip_senders.items():
        connection = sent[sender]
        neurons = encoder.sources[connection.pre_obj.ensemble]
        inputs[model.spike_targets[receiver]] = neurons[connection.pre_slice]
    return inputs


def read_readout(
    simulator: Simulator, built: BuiltNetwork, blocks: Places
) -> ReadoutTable | None:
    """Return the readout, or None if nengo must step the layers after the chip."""
    model = simulator.model
    node = built.output.target
    connections = [c for c in model.host.params if isinstance(c, Connection)]
    read = {c.pre_obj: c for c in connections}
    links = [read[receiver] for receiver in model.chip2host_receivers.values()]
    if len(links) != len(connections) or any(c.post is not node for c in links):
        return None
    if len({c.synapse for c in links}) != 1:
        return None
    size = sum(map(len, blocks.values()))
    read_by, weights = np.zeros(size, bool), np.zeros((size, node.size_in))
    for probe in (model.objs[probe]["out"] for probe in model.chip2host_receivers):
        for numbers, matrix in zip(_probed(probe, blocks), probe.weights, strict=True):
            read_by[numbers] = True
            weights[numbers] += matrix
    source = np.flatnonzero(read_by)
    filtered = read_filter(built, links[0].synapse, simulator.dt)
    return ReadoutTable(source, weights[source], filtered)


def read_filter(built: BuiltNetwork, synapse: Any, dt: float) -> OutputFilter:
    """Return how a network filters its outputs with a synapse."""
    node = built.output.target
    bias = np.asarray(node.output(0.0, np.zeros(node.size_in)), np.float64)
    if synapse is None:
        return OutputFilter(bias, 0.0, 0.0, direct=True)
    # The coefficients of nengo's discretised lowpass filter.
    state = synapse.make_state((1,), (1,), dt)
    step = synapse.make_step((1,), (1,), dt, None, state)
    keep, add = float(getattr(step, "a", 0.0)), float(getattr(step, "b", 1.0))
    return OutputFilter(bias, keep, add, direct=False)


def read_places(
    simulator: Simulator, built: BuiltNetwork, blocks: Places, encoder: Encoder
) -> dict[str, Int64]:
    """Return each layer's sources in the layer's shape, or as a vector for a max pool.

    All layers must be probed.
    """
    numbers = {}
    for name, ensembles in built.layers.items():
        for probe, ensemble in zip(built.layer_probes[name], ensembles, strict=True):
            part = encoder.sources.get(ensemble)
            if part is None:
                found = simulator.model.objs[probe]["out"]
                part = np.concatenate(_probed(found, blocks))
                if found.reindexing is not None:
                    part = np.take(part, found.reindexing)
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


@dataclass(frozen=True, slots=True)
class Circuit:
    """The constant data that all runners share; ``places`` has each layer's sources."""

    chip: BuiltChip
    readout: ReadoutTable
    encoder: Encoder
    places: dict[str, Int64]
    steps: int


def read_circuit(
    simulator: Simulator, built: BuiltNetwork, steps: int
) -> Circuit | None:
    """Return the tables of a network, or None if nengo must step layers of the host."""
    blocks = number_sources(simulator.model.blocks)
    encoder = read_encoder(simulator, built)
    readout = read_readout(simulator, built, blocks)
    if encoder is None or readout is None:
        return None
    chip = read_chip(simulator, blocks, read_inputs(simulator, encoder))
    places = read_places(simulator, built, blocks, encoder)
    return Circuit(chip, readout, encoder, places, steps)


def _probed(probe: LoihiProbe, blocks: Places) -> list[Int64]:
    """Return the compartments of a nengo-loihi probe, block by block."""
    parts = zip(probe.target, probe.slice, strict=True)
    return [blocks[block][part] for block, part in parts]
