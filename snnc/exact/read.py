"""Read the tables of a chip that nengo-loihi has built, split and discretized."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, Any

import numpy as np

from snnc.exact.tables import BuiltChip, Compartments, Fanin, Int32, Int64, Rows, jit
from snnc.output.imported import CannotRunError
from snnc.runtime.neurons import DECAY_ONE

if TYPE_CHECKING:
    from nengo_loihi import Simulator
    from nengo_loihi.block import Axon, LoihiBlock, Synapse
    from nengo_loihi.inputs import LoihiInput

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
        # Blocks often store equal arrays, such as the kernel of a convolution.
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
    """Sort weights by index; of a repeated index, set all but the last to zero."""
    weights = np.ascontiguousarray(weights, np.int32)
    indices = np.ascontiguousarray(indices, np.int32)
    if (np.diff(indices, axis=1) > 0).all():
        return weights, indices
    order = np.argsort(indices, axis=1, kind="stable")
    weights = np.take_along_axis(weights, order, axis=1)
    indices = np.take_along_axis(indices, order, axis=1)
    # NumPy's ``+=`` in the emulator adds only the last weight of a repeated index.
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


Places = dict[Any, Int64]
"""The source of each neuron of nengo-loihi's blocks or inputs."""


def not_fixed(what: str, block: object) -> CannotRunError:
    """Return the error of a chip whose state the engine does not support."""
    return CannotRunError(
        f"{block} has {what}, which the exact engine does not support; run this "
        "network on nengo-loihi's emulator"
    )


def number_sources(owners: Iterable[LoihiBlock | LoihiInput], start: int = 0) -> Places:
    """Number the neurons of blocks or inputs, in order, beginning with ``start``."""
    numbers = {}
    for owner in owners:
        stop = start + owner.n_neurons
        numbers[owner] = np.arange(start, stop)
        start = stop
    return numbers


def read_chip(
    simulator: Simulator, blocks: Places, inputs: Places, *, learning: bool = False
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
    # Axons whose weights are all 0 change nothing.
    fanin = order_axons(starts, segments, axons[:, store.sizes()[axons[1]] > 0])
    return BuiltChip(compartments, store.rows(), fanin)


def _read_compartments(built: Any, starts: Int64) -> Compartments:
    """Return the compartments, in as few segments of equal constants as possible."""
    decay_u = np.asarray(built.decay_u, np.int32)
    decay_v = np.asarray(built.decay_v, np.int32)
    # The chip adds 1 to the decay of the current.
    remain_u = DECAY_ONE - 1 - decay_u
    remain_v = DECAY_ONE - decay_v
    constants = np.stack(
        [remain_u, remain_v, built.vmin, built.vmax, built.vth, built.ref]
    )
    changes = np.flatnonzero((constants[:, 1:] != constants[:, :-1]).any(axis=0)) + 1
    cuts = np.unique(np.concatenate([starts, changes]))
    start = cuts[:-1].astype(np.int64)
    stop = cuts[1:].astype(np.int64)
    # numba compiles for contiguous arrays of int32.
    rows = np.ascontiguousarray(constants[:, start], np.int32)
    keep_u, keep_v, v_min, v_max, threshold, refractory = rows
    return Compartments(
        bias=np.array(built.bias, np.int32),
        start=start,
        stop=stop,
        keep_u=keep_u,
        keep_v=keep_v,
        v_min=v_min,
        v_max=v_max,
        threshold=threshold,
        refractory=refractory,
    )


def _read_axons(blocks: Places, inputs: Places, store: WeightRows) -> Int64:
    """Return the source, row and base of each axon, with shape (3, axons)."""
    parts = [np.zeros((3, 0), np.int64)]
    targets = {
        synapse: _read_entries(synapse, int(numbers[0]), store)
        for block, numbers in blocks.items()
        for synapse in block.synapses
        if not synapse.learning
    }
    for axon, sources, entries in axons_into(targets, blocks | inputs):
        rows, bases = targets[axon.target]
        atoms = np.asarray(axon.map_atoms(np.arange(len(sources))))
        # Some neurons reach no entry, and some entries reach no compartment.
        used = entries >= 0
        used[used] = bases[entries[used]] >= 0
        first = rows[entries[used]]
        base = bases[entries[used]]
        parts.append(np.stack([sources[used], first + atoms[used], base]))
    return np.concatenate(parts, axis=1)


def axons_into(
    targets: Container[Synapse], owners: Places
) -> Iterator[tuple[Axon, Int64, Int64]]:
    """Yield the axons from blocks or inputs to some synapses.

    Each axon comes with its owner's sources, and with the entry of the synapse that
    each source reaches, or -1.
    """
    for owner, sources in owners.items():
        for axon in owner.axons:
            if axon.target in targets:
                yield axon, sources, np.asarray(axon.map_axon(np.arange(len(sources))))


def _read_entries(
    synapse: Synapse, start: int, store: WeightRows
) -> tuple[Int64, Int64]:
    """Return each entry's first row, and its base among all compartments, or -1."""
    lists = zip(synapse.weights, synapse.indices, strict=True)
    rows_of_lists = [store.add(weights, indices) for weights, indices in lists]
    rows = []
    bases = []
    for axon in range(synapse.n_axons):
        base = synapse.axon_compartment_base(axon)
        rows.append(rows_of_lists[synapse.axon_weight_idx(axon)])
        bases.append(-1 if base is None else start + base)
    return np.array(rows, np.int64), np.array(bases, np.int64)


def order_axons(blocks: Int64, segments: Int64, axons: Int64) -> Fanin:
    """Sort axons by block and target, and blocks so that `run_chip` can run each once.

    ``blocks`` and ``segments`` contain the first compartment and the first segment of
    each block, and their numbers. ``axons`` is the result of `_read_axons`. Raise
    CannotRunError if a block reads its own spikes, directly or through other blocks.
    """
    source, row, base = axons
    reached = np.searchsorted(blocks, base, side="right") - 1
    order = np.lexsort((row, base, reached))
    graph: dict[int, set[int]] = {block: set() for block in range(len(blocks) - 1)}
    inside = source < blocks[-1]
    senders = np.searchsorted(blocks, source[inside], side="right") - 1
    pairs = np.unique(np.stack([reached[inside], senders]), axis=1)
    for target, sender in pairs.T.tolist():
        graph[target].add(sender)
    try:
        forward = list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        loop = f"block {error.args[1][0]}"
        raise not_fixed("a connection back to itself", loop) from error
    return Fanin(
        order=np.array(forward, np.int64),
        start=blocks,
        segment=segments,
        first=np.cumsum([0, *np.bincount(reached, minlength=len(graph))]),
        source=source[order],
        row=row[order],
        base=(base - blocks[reached])[order],
    )
