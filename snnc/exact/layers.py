"""Where the neurons of each layer are, in the order that Keras gives them."""

# mypy: disable-error-code="import-untyped"

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from snnc.exact.tables import Int64


def read_places(
    simulator: Any, built: Any, starts: dict[Any, int], hosts: dict[Any, int]
) -> dict[str, Int64]:
    """Return the sources of each layer, in the layer's shape.

    ``starts`` gives the first source of each block, ``hosts`` of each ensemble on
    the host. All layers must be probed.
    """
    numbers = {}
    for name, ensembles in built.layers.items():
        probes = built.layer_probes[name]
        for probe, ensemble in zip(probes, ensembles, strict=True):
            if ensemble in hosts:
                part = hosts[ensemble] + np.arange(ensemble.n_neurons)
            else:
                part = _compartments(simulator.model.objs[probe]["out"], starts)
            numbers[probe] = part[np.newaxis]
    # The package itself knows how depth groups become the layer's shape.
    data = SimpleNamespace(data=numbers)
    return {
        name: built.layer_values(data, name)[0].astype(np.int64)
        for name in built.layers
    }


def _compartments(probe: Any, starts: dict[Any, int]) -> Int64:
    """Return the compartments that a probe of nengo-loihi shows, in its order."""
    parts = [
        starts[block] + np.arange(block.n_neurons)[part]
        for block, part in zip(probe.target, probe.slice, strict=True)
    ]
    numbers: Int64 = np.concatenate(parts)
    return numbers if probe.reindexing is None else np.take(numbers, probe.reindexing)
