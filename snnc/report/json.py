"""The cost report as JSON: ``snnc report --format json``."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from snnc.graph.logical import Layer
from snnc.graph.mapped import Ensemble, MappedNetwork, MappedPopulation
from snnc.loihi.profile import load_profile

VERSION = 1


def document(mapped: MappedNetwork) -> dict[str, Any]:
    """The report of a network: encoder, spiking layers and readout in spec order."""
    network = mapped.lowered.network
    layers = [_layer(population) for population in mapped.populations]
    layers.append(
        {
            "name": network.readout.name,
            "kind": "readout",
            "shape": list(network.readout.shape),
            "neurons": 0,
            "cores": 0,
            "ensembles": [],
        }
    )
    return {
        "version": VERSION,
        "network": network.name,
        "cores": mapped.cores,
        "chips": chips_used(mapped),
        "layers": layers,
    }


def chips_used(mapped: MappedNetwork) -> int:
    """How many chips the cores fill."""
    return -(-mapped.cores // load_profile().chip.cores)


def _layer(mapped: MappedPopulation) -> dict[str, Any]:
    layer: Layer = mapped.population.layer
    return {
        "name": layer.name,
        "kind": layer.kind,
        "shape": list(layer.shape),
        "neurons": mapped.population.neurons,
        "cores": mapped.cores,
        "ensembles": [
            _ensemble(ensemble)
            for ensemble in mapped.ensembles
            if ensemble.block_shape is not None
        ],
    }


def _ensemble(ensemble: Ensemble) -> dict[str, Any]:
    return {
        "shape": list(ensemble.shape),
        "block_shape": list(ensemble.block_shape or ()),
        "blocks": [asdict(block) for block in ensemble.blocks],
    }
