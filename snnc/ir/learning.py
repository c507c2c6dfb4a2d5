"""The sizes of a readout that learns on the chip."""

from __future__ import annotations

from math import ceil, prod

from snnc.ir.device import Profile
from snnc.ir.logical import Layer, Network
from snnc.runtime.pes import Learning

CHUNK = 64
"""The weights per chunk, and the bits per word (``nengo_loihi/block.py:516``)."""


def learning_of(network: Network, layer: Layer) -> Learning:
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
    """Return the size in bits of an axon's weights: two per unit, in chunks."""
    full, rest = divmod(2 * units, CHUNK)
    chunks = [CHUNK] * full + [rest] * (rest > 0)
    weight = device.synapse.weight_bits
    return sum(CHUNK * ceil((chunk * weight + 10) / CHUNK) for chunk in chunks)
