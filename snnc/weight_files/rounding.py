"""Measure how much the chip changes weights by rounding them to integers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from snnc.loihi.integers import Blocks, decode_weights, discretize_weights
from snnc.runtime.examples import Array
from snnc.weight_files.cores import PlacedLayer, Synapse


@dataclass(frozen=True, slots=True)
class RoundedTensor:
    """The rounding of a tensor's weights on one core.

    Attributes
    ----------
    bits, too_strong
        The number of bits that remain of the largest weights, out of 7, and whether
        these weights are stored too large.
    error
        The root mean square of the errors, divided by the root mean square of the
        weights, for all channels or for the median channel, whichever is larger.
    median
        Whether ``error`` is the error of the median channel.
    largest, channel, others
        The largest weight in Keras's units, its channel, and the largest weight of
        the other channels.
    times
        The largest weight, divided by the root mean square of all weights.
    """

    core: int
    tensor: str
    bits: int
    too_strong: bool
    error: float
    median: bool
    largest: float
    channel: int
    others: float
    times: float


def round_layer(placed: PlacedLayer) -> Iterator[RoundedTensor]:
    """Yield the rounding of each tensor on each core that nengo-loihi builds."""
    known: dict[object, RoundedTensor] = {}
    for core in placed.cores:
        if core.is_refused:
            continue
        by_tensor: dict[str, list[Synapse]] = {}
        for synapse in core.synapses:
            if synapse.weight > 0:
                by_tensor.setdefault(synapse.tensor, []).append(synapse)
        block = placed.blocks.take([core.number])
        for name, synapses in by_tensor.items():
            # Cores with the same weights and scale have the same error.
            taps = tuple(synapse.taps for synapse in synapses)
            key = (name, taps, float(block.weight[0]), int(block.exponent[0]))
            if key not in known:
                known[key] = _in_core(core.number, name, block, synapses)
            yield known[key]


def _in_core(
    number: int, tensor: str, block: Blocks, synapses: list[Synapse]
) -> RoundedTensor:
    size = synapses[0].arriving.kernel.shape[-1]
    squares, powers, peaks = np.zeros(size), np.zeros(size), np.zeros(size)
    count = 0
    for synapse in synapses:
        weights, channels = synapse.arriving.values(synapse.taps)
        changes = _round(synapse, block, weights) - weights
        squares += np.bincount(channels, np.square(changes), size)
        powers += np.bincount(channels, np.square(weights), size)
        np.maximum.at(peaks, channels, np.abs(weights))
        count += len(weights)
    driven = powers > 0
    whole = float(np.sqrt(squares.sum() / powers.sum()))
    typical = float(np.sqrt(np.median(squares[driven] / powers[driven])))
    channel = int(peaks.argmax())
    return RoundedTensor(
        core=number,
        tensor=tensor,
        bits=min(synapse.bits for synapse in synapses),
        too_strong=any(synapse.excess > 1 for synapse in synapses),
        error=max(whole, typical),
        median=typical > whole,
        largest=float(peaks[channel]),
        channel=channel,
        others=float(np.delete(peaks, channel).max(initial=0.0)),
        times=float(peaks[channel] / np.sqrt(powers.sum() / count)),
    )


def _round(synapse: Synapse, block: Blocks, weights: Array) -> Array:
    """Return weights as the chip stores them, in Keras's units."""
    factor = synapse.arriving.factor
    scaled = (weights * factor).astype(np.float32)[np.newaxis]
    stored: Array = decode_weights(block, discretize_weights(block, scaled))[0] / factor
    return stored
