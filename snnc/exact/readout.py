"""The host behind the chip: a linear readout of filtered spikes, and its decision."""

# mypy: disable-error-code="import-untyped"

from __future__ import annotations

from typing import Any

import nengo
import numpy as np

from snnc.exact.tables import Floats, Int64, Readout


def read_readout(simulator: Any, built: Any, starts: dict[Any, int]) -> Readout | None:
    """Return the readout, or None where nengo has to step what is behind the chip.

    ``starts`` gives the first compartment of each block.
    """
    model = simulator.model
    node = built.output.target
    connections = [c for c in model.host.params if isinstance(c, nengo.Connection)]
    read = {c.pre_obj: c for c in connections}
    links = [read[receiver] for receiver in model.chip2host_receivers.values()]
    if len(links) != len(connections) or any(c.post is not node for c in links):
        return None
    if len({c.synapse for c in links}) != 1:
        return None
    synapse = links[0].synapse
    keep, add = (0.0, 0.0) if synapse is None else _filter(synapse, simulator.dt)
    probes = [model.objs[probe]["out"] for probe in model.chip2host_receivers]
    source, weights = _weights(probes, starts, node.size_in)
    bias = np.asarray(node.output(0.0, np.zeros(node.size_in)), np.float64)
    return Readout(source, weights, bias, keep, add, synapse is None)


def _filter(synapse: Any, dt: float) -> tuple[float, float]:
    """Return the coefficients that nengo discretises a lowpass filter to."""
    state = synapse.make_state((1,), (1,), dt)
    step = synapse.make_step((1,), (1,), dt, None, state)
    return float(getattr(step, "a", 0.0)), float(getattr(step, "b", 1.0))


def _weights(
    probes: list[Any], starts: dict[Any, int], units: int
) -> tuple[Int64, Floats]:
    size = sum(block.n_neurons for block in starts)
    read = np.zeros(size, bool)
    weights = np.zeros((size, units))
    for probe in probes:
        for block, part, matrix in zip(
            probe.target, probe.slice, probe.weights, strict=True
        ):
            numbers = starts[block] + np.arange(block.n_neurons)[part]
            read[numbers] = True
            weights[numbers] += matrix
    source = np.flatnonzero(read)
    return source, weights[source]
