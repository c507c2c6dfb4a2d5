"""Count the work of each core for the spikes of a run.

The counts include the zero weights that nengo-loihi stores, which the chip also reads.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from snnc.exact.circuit import read_inputs, read_places
from snnc.exact.read import Places, axons_into, number_sources
from snnc.exact.tables import Floats, Int64
from snnc.runtime.examples import Array
from snnc.runtime.nengo.neurons import BuiltNetwork

if TYPE_CHECKING:
    from nengo_loihi import Simulator
    from nengo_loihi.block import LoihiBlock, Synapse


@dataclass(frozen=True, slots=True)
class CoreWork:
    """The messages that spikes cause: each has a source, a core and its weights.

    ``layers`` and ``neurons`` describe the neurons of each core, and ``places`` has
    each layer's sources. The first sources are the neurons of the cores, core by core.
    """

    layers: tuple[str, ...]
    neurons: tuple[int, ...]
    places: dict[str, Int64]
    sources: int
    source: Int64
    core: Int64
    words: Int64

    def count(self, spikes: Mapping[str, Array]) -> Floats:
        """Return the work for the spikes (examples, ...) of each layer.

        The result, of shape (4, cores), has the spikes of each core's neurons, the
        messages that they send, the messages that the core receives, and its synaptic
        operations, summed over examples.
        """
        fired = np.zeros(self.sources)
        for name, place in self.places.items():
            fired[place] = spikes[name].sum(axis=0)
        cores = len(self.neurons)
        owner = np.repeat(np.arange(cores), self.neurons)
        sent = fired[self.source]
        inside = self.source < len(owner)
        senders = owner[self.source[inside]]
        return np.stack(
            [
                np.bincount(owner, fired[: len(owner)], cores),
                np.bincount(senders, sent[inside], cores),
                np.bincount(self.core, sent, cores),
                np.bincount(self.core, sent * self.words, cores),
            ]
        )


def read_work(simulator: Simulator, built: BuiltNetwork) -> CoreWork:
    """Return the work of a network that nengo-loihi has built, with all probes."""
    model = simulator.model
    blocks = number_sources(model.blocks)
    total = sum(map(len, blocks.values()))
    on_host = {*model.host_pre.params, *model.host.params}
    hosted = {}
    for ensemble in chain.from_iterable(built.layers.values()):
        if ensemble in on_host:
            hosted[ensemble] = np.arange(total, total + ensemble.n_neurons)
            total += ensemble.n_neurons
    inputs = read_inputs(simulator, hosted)
    source, core, words = _read_messages(blocks, inputs)
    return CoreWork(
        layers=tuple(map(layer_of, blocks)),
        neurons=tuple(map(len, blocks.values())),
        places=read_places(simulator, built, blocks, hosted),
        sources=total,
        source=source,
        core=core,
        words=words,
    )


def layer_of(block: LoihiBlock) -> str:
    """Return the layer of a block, whose label looks like ``<Ensemble 'c0[3]'>``."""
    return str(re.findall(r"'(\w+)", block.label)[0])


def _read_messages(blocks: Places, inputs: Places) -> tuple[Int64, Int64, Int64]:
    """Return the source, the core and the weights of the message of each axon."""
    sizes = {}
    for core, block in enumerate(blocks):
        for synapse in block.synapses:
            sizes[synapse] = core, _words(synapse)
    parts = [np.zeros((3, 0), np.int64)]
    for axon, sources, entries in axons_into(sizes, blocks | inputs):
        core, words = sizes[axon.target]
        used = entries >= 0
        used[used] = words[entries[used]] > 0
        count = words[entries[used]]
        parts.append(np.stack([sources[used], np.full_like(count, core), count]))
    source, core, words = np.concatenate(parts, axis=1)
    return source, core, words


def _words(synapse: Synapse) -> Int64:
    """Return the weights that a spike to each entry reads; 0 for an unused entry."""
    entries = range(synapse.n_axons)
    weights = [synapse.weights[synapse.axon_weight_idx(entry)] for entry in entries]
    bases = map(synapse.axon_compartment_base, entries)
    sizes = [
        0 if base is None else each.shape[1]
        for base, each in zip(bases, weights, strict=True)
    ]
    return np.array(sizes, np.int64)
