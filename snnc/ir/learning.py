"""The sizes of a readout that learns on the chip."""

from __future__ import annotations

from math import prod

from snnc.ir.device import Profile
from snnc.ir.logical import LogicalLayer, LogicalNetwork
from snnc.runtime.pes import Learning


def learning_of(network: LogicalNetwork, layer: LogicalLayer) -> Learning:
    """Return the sizes for a readout that learns with PES from a layer."""
    learn, loss = network.readout.learn, network.train.loss
    assert learn is not None
    assert layer.spiking is not None
    return Learning(
        rate=learn.rate,
        error=learn.error,
        high=layer.spiking.rate.high,
        percentile=layer.spiking.rate.percentile,
        neurons=prod(layer.shape),
        dt=network.timing.dt,
        steps=network.timing.steps,
        synapse=network.readout.synapse,
        softmax=loss is not None and loss.kind != "mse",
    )


def axon_bits(units: int, device: Profile) -> int:
    """Return the bits of an axon's weights: two per unit."""
    return device.synapse.array_bits(2 * units, device.synapse.weight_bits)
