"""Reads the tables out of a chip that nengo-loihi has built, split and discretised."""

# mypy: disable-error-code="import-untyped"

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from snnc.exact.refusals import NotFixedError, NothingOnChipError
from snnc.exact.rows import Store
from snnc.exact.tables import Axons, Compartments, Int64, Tables

DECAY_ONE = 4096  # 12 bits of a decay


def read_tables(simulator: Any) -> Tables:
    """Return the tables of an open ``nengo_loihi.Simulator`` on its emulator.

    Raises
    ------
    NothingOnChipError
        If there is no block.
    NotFixedError
        If a synapse learns or a compartment is noisy.
    """
    blocks = list(simulator.model.blocks)
    if not blocks:
        raise NothingOnChipError
    for block in blocks:
        _check(block)
    offsets = _numbered([*blocks, *simulator.model.inputs])
    starts = np.array([*block_starts(simulator.model).values()], np.int64)
    size = sum(block.n_neurons for block in blocks)
    starts = np.append(starts, size)
    inputs = {given: offsets[given] for given in simulator.model.inputs}
    store, built = Store(), simulator.sims["emulator"].compartment
    axons = _read_axons(offsets, store)
    return Tables(
        blocks=starts,
        sources=size + sum(given.n_neurons for given in inputs),
        compartments=_read_compartments(built, starts),
        rows=store.rows(),
        axons=axons,
        inputs=inputs,
    )


def _check(block: Any) -> None:
    if any(synapse.learning for synapse in block.synapses):
        raise NotFixedError("a learning rule", block)
    if np.any(block.compartment.enable_noise):
        raise NotFixedError("noise", block)
    if block.compartment.vth.dtype != np.int32:
        raise NotFixedError("values that are not discretised", block)


def block_starts(model: Any) -> dict[Any, int]:
    """Return the number of the first compartment of each block."""
    return _numbered(model.blocks)


def _numbered(owners: Iterable[Any]) -> dict[Any, int]:
    """Return the number of the first source of each block or input."""
    numbers, start = {}, 0
    for owner in owners:
        numbers[owner] = start
        start += owner.n_neurons
    return numbers


def _read_compartments(built: Any, blocks: Int64) -> Compartments:
    """Return the compartments, in as few segments as their constants allow."""
    decay_u = np.asarray(built.decay_u, np.int32)
    decay_v = np.asarray(built.decay_v, np.int32)
    constants = np.stack(
        [
            DECAY_ONE - 1 - decay_u,  # the chip adds 1 to the decay of a current
            DECAY_ONE - decay_v,
            built.vmin,
            built.vmax,
            built.vth,
            built.ref,
        ]
    )
    changes = np.flatnonzero((constants[:, 1:] != constants[:, :-1]).any(axis=0)) + 1
    cuts = np.unique(np.concatenate([blocks, changes]))
    start, stop = cuts[:-1].astype(np.int64), cuts[1:].astype(np.int64)
    values = [np.ascontiguousarray(row[start], np.int32) for row in constants]
    return Compartments(np.array(built.bias, np.int32), start, stop, *values)


def _read_axons(offsets: dict[Any, int], store: Store) -> Axons:
    parts = [np.zeros((3, 0), np.int64)]
    targets = {}
    for owner, start in offsets.items():
        for synapse in getattr(owner, "synapses", ()):
            targets[synapse] = _Target(synapse, start, store)
    for owner, start in offsets.items():
        for axon in owner.axons:
            sources = np.arange(owner.n_neurons)
            entries = np.asarray(axon.map_axon(sources))
            atoms = np.asarray(axon.map_atoms(sources))
            parts.append(targets[axon.target].reached(sources, entries, atoms, start))
    source, row, base = np.concatenate(parts, axis=1)
    real = store.sizes()[row] > 0
    return Axons(source[real], row[real], base[real])


class _Target:
    """The entries of a synapse, as rows and bases among all compartments."""

    def __init__(self, synapse: Any, start: int, store: Store) -> None:
        pairs = zip(synapse.weights, synapse.indices, strict=True)
        first = np.array([store.add(*pair) for pair in pairs], np.int64)
        entries = range(synapse.n_axons)
        kinds = [synapse.axon_weight_idx(i) for i in entries]
        bases = [synapse.axon_compartment_base(i) for i in entries]
        self._first = first[np.array(kinds, np.int64)]
        self._used = np.array([base is not None for base in bases], bool)
        self._base = start + np.array([base or 0 for base in bases], np.int64)

    def reached(
        self, sources: Int64, entries: Int64, atoms: Int64, start: int
    ) -> Int64:
        """Return source, row and base of each spike that gets here: (3, spikes)."""
        used = entries >= 0
        used[used] = self._used[entries[used]]
        entries, atoms = entries[used], atoms[used]
        rows = self._first[entries] + atoms
        return np.stack([start + sources[used], rows, self._base[entries]])
