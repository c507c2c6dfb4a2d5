"""Where the axons of a network lead that nengo-loihi has built."""

from __future__ import annotations

import nengo_loihi
import numpy as np

from snnc.ir.mapped import MappedNetwork
from tests.agreement.built import build, simulate

Joined = tuple[int, int, int]
"""Weights reached and spikes sent, if every neuron spikes once; those between chips."""


def built_joins(mapped: MappedNetwork, cores: int) -> dict[tuple[str, str], Joined]:
    """Follow every axon of a build to the weights it reaches.

    The keys are names of source and target; all sources on the host have the name
    ``""``. Chips of ``cores`` cores are filled one after the other.
    """
    with build(mapped) as network, simulate(network.net) as sim:
        layers = (mapped.of_layer(name) for name in network.layers)
        names = [p.population.name for ps in layers for p in ps for _ in range(p.cores)]
        return _joins(sim.model, names, cores)


def _joins(
    model: nengo_loihi.builder.Model, names: list[str], cores: int
) -> dict[tuple[str, str], Joined]:
    where = {id(s): i for i, b in enumerate(model.blocks) for s in b.synapses}
    sources = [
        *(("", None, inp, inp.n_neurons) for inp in model.inputs),
        *(
            (names[i], i // cores, block, block.n_neurons)
            for i, block in enumerate(model.blocks)
        ),
    ]
    found: dict[tuple[str, str], Joined] = {}
    for name, chip, source, neurons in sources:
        for axon in source.axons:
            target = where[id(axon.target)]
            weights, spikes = _follow(axon, neurons)
            crossing = spikes if chip not in (None, target // cores) else 0
            before = found.get((name, names[target]), (0, 0, 0))
            counts = (weights, spikes, crossing)
            first, second, third = (a + b for a, b in zip(before, counts, strict=True))
            found[name, names[target]] = first, second, third
    return found


def _follow(axon: nengo_loihi.block.Axon, neurons: int) -> tuple[int, int]:
    """Return the weights that one spike of each neuron reaches, and the spikes sent."""
    weights = spikes = 0
    for spike in axon.map_spikes(np.arange(neurons)):
        if spike is None or axon.target.axon_compartment_base(spike.axon_idx) is None:
            continue
        spikes += 1
        reached, _ = axon.target.axon_weights_indices(spike.axon_idx, spike.atom)
        weights += reached.size
    return weights, spikes
