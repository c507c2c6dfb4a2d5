"""The core on which a readout learns."""

from __future__ import annotations

from dataclasses import replace
from math import prod

from snnc.ir.learning import axon_bits
from snnc.ir.logical import Loihi
from snnc.ir.mapped import Block, Ensemble, MappedNetwork, MappedPopulation


def with_learning(mapped: MappedNetwork) -> MappedNetwork:
    """Add the core of a readout that learns, and the out-axons that lead to it."""
    network = mapped.lowered.network
    readout = network.readout
    if readout.learn is None or not isinstance(network.target, Loihi):
        return mapped
    (source,) = readout.sources
    neurons = prod(network.by_name[source].shape)
    bits = neurons * axon_bits(readout.units, network.device)
    block = Block(2 * readout.units, neurons, 0, bits)
    shape = (2 * readout.units,)
    return replace(
        mapped,
        populations=tuple(
            _with_axons(p) if p.population.name == source else p
            for p in mapped.populations
        ),
        lower_bound=mapped.lower_bound + 1,
        learned=Ensemble(0, 1, shape, shape, (block,)),
    )


def _with_axons(mapped: MappedPopulation) -> MappedPopulation:
    ensembles = []
    for each in mapped.ensembles:
        blocks = tuple(
            replace(block, out_axons=block.out_axons + block.compartments)
            for block in each.blocks
        )
        registers = tuple(
            replace(
                register,
                shared_axons=register.shared_axons + block.compartments,
                own_axons=register.own_axons + block.compartments,
            )
            for register, block in zip(each.registers, blocks, strict=True)
        )
        ensembles.append(replace(each, blocks=blocks, registers=registers))
    return replace(mapped, ensembles=tuple(ensembles))
