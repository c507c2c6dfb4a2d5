"""Record what nengo-loihi's builder for the hardware writes, core by core."""

from __future__ import annotations

import warnings
from collections import defaultdict
from dataclasses import asdict, dataclass
from typing import Any

import nengo_loihi
import numpy as np

from snnc.ir.mapped import Block, MappedNetwork
from tests.agreement.built import count_of, import_package, random_weights
from tests.board import nxsdk


@dataclass(frozen=True)
class Dump:
    """The registers of one core, counted.

    ``formats`` has each format of synapses once. ``mixed`` are neurons with discrete
    and with population axons, and ``split`` in-axons that two populations lead to.
    """

    compartments: int
    in_axons: int
    words: int
    formats: int
    thresholds: int
    configurations: int
    shared_axons: int
    own_axons: int
    mixed: int
    split: int


def dump_of(core: nxsdk.Core) -> Dump:
    pops: dict[int, set[int]] = defaultdict(set)
    populations: dict[tuple[int, ...], set[int | None]] = defaultdict(set)
    for axon in core.axons:
        pops[axon.compartment].add(axon.pop)
        populations[axon.chip, axon.core, axon.axon].add(axon.population)
    slots = {axon: 2 if axon.pop == 32 else 1 for axon in core.axons}
    assert len(slots) == len(core.axons)
    shared = {axon[1:5]: count for axon, count in slots.items()}
    return Dump(
        compartments=len(core.cxCfg),
        in_axons=len(core.synapseMap),
        words=len(core.synapses.words),
        formats=len(core.synapseFmt),
        thresholds=len(core.vthProfileCfg),
        configurations=len(core.cxProfileCfg),
        shared_axons=sum(shared.values()),
        own_axons=len(core.axons),
        mixed=sum(len({pop > 0 for pop in kinds}) > 1 for kinds in pops.values()),
        split=sum(len(those) > 1 for those in populations.values()),
    )


@dataclass(frozen=True)
class Recorded:
    """The counts of a package, block by block, and the prediction."""

    blocks: list[Block]
    dumps: list[Dump]
    snips: list[dict[str, Any]]


def record(
    net: Any, dt: float, options: dict[str, Any], snips: bool, model: Any = None
) -> Recorded:
    """Build for the emulator, then let nengo-loihi write that to a board.

    nengo-loihi runs unchanged; only NxSDK is replaced. ``model`` has its settings for
    learning.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with nengo_loihi.Simulator(
            net, dt=dt, model=model, target="sim", progress_bar=False
        ) as sim:
            with nxsdk.install_nxsdk() as hardware:
                made = hardware.interface.HardwareInterface(
                    sim.model, use_snips=snips, **options
                )
            cores = {
                block: nxsdk_core
                for chip, nxsdk_chip in zip(
                    made.board.chips, made.nxsdk_board.n2Chips, strict=True
                )
                for core, nxsdk_core in zip(chip.cores, nxsdk_chip.n2Cores, strict=True)
                for block in core.blocks
            }
            return Recorded(
                blocks=[count_of(block) for block in sim.model.blocks],
                dumps=[dump_of(cores[block]) for block in sim.model.blocks],
                snips=made.nxsdk_board.graph.snips,
            )


def check_registers(results: Any, snips: bool = False) -> list[Dump]:
    """Build a compiled spec's package for the hardware; compare what is predicted."""
    mapped = results.mapped
    with import_package(results.modules) as package:
        network, learns = package.network, mapped.learned is not None
        targets = {"targets": np.zeros((1, network.readout.units))} if learns else {}
        built = package.nengo.build_network(random_weights(package.layout), **targets)
        model = built.learning.model(network.dt) if learns else None
        options = {"n_chips": mapped.chips, **options_of(package)}
        # A network that learns can't be precomputed.
        found = record(built.net, network.dt, options, snips or learns, model)
        names = list(built.layers)
    compare(mapped, names, found)
    return found.dumps


def options_of(package: Any) -> dict[str, Any]:
    """Return the options that a package of several chips gives nengo-loihi."""
    find = getattr(package.nengo, "hardware_options", dict)
    options: dict[str, Any] = find()
    return options


def compare(mapped: MappedNetwork, names: list[str], found: Recorded) -> None:
    """Compare counts and registers with those predicted, block by block."""
    ensembles = [
        ensemble
        for name in names
        for population in mapped.of_layer(name)
        for ensemble in population.ensembles
    ]
    if mapped.learned is not None:
        ensembles.append(mapped.learned)
    blocks = [block for ensemble in ensembles for block in ensemble.blocks]
    assert found.blocks == blocks
    for ensemble in ensembles:
        assert len(ensemble.registers) == len(ensemble.blocks)
    registers = [each for ensemble in ensembles for each in ensemble.registers]
    for block, predicted, dump in zip(blocks, registers, found.dumps, strict=True):
        want = asdict(predicted)
        assert dump.formats <= want.pop("formats")
        assert {name: getattr(dump, name) for name in want} == want
        assert dump.compartments == block.compartments
        assert (dump.thresholds, dump.configurations) == (1, 1)
        assert dump.split == 0
        assert not dump.mixed or mapped.of_both_forms  # a warning names these layers
