# The run-time library of snnc. SPDX-License-Identifier: MIT
"""The neurons and the nodes of a network, and their outputs."""

# mypy: disable-error-code="import-not-found,import-untyped,misc"

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import nengo
import numpy as np

from ..examples import Array
from ..network import Layer, Network
from ..neurons import NengoTypes
from .connections import Compare
from .neuron_types import ClippedRectifiedLinear, ClippedSpikingRectifiedLinear

CLIPPED = NengoTypes(
    rate=ClippedRectifiedLinear,
    host=ClippedSpikingRectifiedLinear,
    chip=ClippedSpikingRectifiedLinear,
)


def neuron_type(
    layer: Layer,
    *,
    spiking: bool,
    voltage: Array | None = None,
) -> nengo.neurons.NeuronType:
    """Return neurons whose spikes have the amplitude 1 / ``layer.high``.

    Spiking neurons begin with ``voltage``, of shape (neurons,), or with 0.
    """
    settings: dict[str, Any] = {"amplitude": 1 / layer.high}
    if spiking:
        # Nengo would draw voltages; on the chip they start at 0.
        start = nengo.dists.Choice([0]) if voltage is None else voltage
        settings["initial_state"] = {"voltage": start}
    types = CLIPPED
    if layer.encoder is None:
        types = layer.neuron.nengo_types()
        settings.update(asdict(layer.neuron))
    if not spiking:
        return types.rate(**settings)
    return types.chip(**settings) if layer.on_chip else types.host(**settings)


def split_name(population: str) -> tuple[str, int]:
    """Return the layer of a population, and its level, for a max pool."""
    layer, _, level = population.partition(".")
    return layer, int(level or 1) - 1


@dataclass(frozen=True)
class BuiltNetwork:
    """A Nengo network, ``net``, and the handles to run it.

    ``input`` is the node of the values, flattened in Keras order, and
    ``output`` is the probe of the readout, of shape (rows, units). ``layers``
    contains the ensembles of each layer, and ``layer_probes`` the probes of
    the requested layers, both in depth order. A max pool is the sum of its
    ``terms``. ``learning`` is the `learning.LearningReadout`, or None without
    targets.
    """

    net: nengo.Network
    input: nengo.Node
    layers: dict[str, list[nengo.Ensemble]]
    output: nengo.Probe
    layer_probes: dict[str, list[nengo.Probe]]
    network: Network
    terms: dict[str, tuple[Compare, ...]]
    learning: Any = None

    def layer_values(self, sim: Any, name: str) -> Array:
        """Return the values (rows, *shape) of a layer in Keras order.

        In rate mode, the values are activations. In spiking mode, a spike
        counts as 1 / (dt HI), where HI is the upper bound of the layer's
        rates, so that the mean over time is an activation. The values of a max
        pool are the maxima, which are sums over its neurons and those of its
        source. Raises KeyError if ``probe`` did not name the layer.
        """
        layer = self.network.layers[name]
        levels = self._levels(sim, name)
        rows = len(levels[0])
        total = levels[0]
        if name in self.terms:
            total = np.zeros((rows, *layer.volume))
            for term in self.terms[name]:
                source, level = split_name(term.source.name)
                read = term.values(self._levels(sim, source)[level])
                total[..., slice(*(term.rows or (None,)))] += read
        return total.reshape(rows, *layer.shape)

    def neuron_values(self, sim: Any, name: str) -> Array:
        """Return the output of a layer's neurons: (rows, neurons).

        Neurons are in Keras order. The neurons of a max pool are ordered by
        level. For other layers, the output is the same as in `layer_values`.
        """
        levels = self._levels(sim, name)
        return np.concatenate([v.reshape(len(v), -1) for v in levels], axis=1)

    def _levels(self, sim: Any, name: str) -> list[Array]:
        """Return the output (rows, *volume) of each level of neurons."""
        if name not in self.layer_probes:
            raise KeyError(f"{name!r} is not probed: name it in probe")
        probes = iter(self.layer_probes[name])
        levels = []
        for depth, height, width, channels in self.network.layers[name].levels:
            parts: list[Array] = []
            while sum(part.shape[1] for part in parts) < depth:
                values = np.asarray(sim.data[next(probes)], dtype=np.float64)
                grid = values.reshape(len(values), height, width, -1, channels)
                parts.append(np.moveaxis(grid, 3, 1))
            levels.append(np.concatenate(parts, axis=1))
        return levels
