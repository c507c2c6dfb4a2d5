"""Compute the integers that nengo-loihi 1.1.0 stores for a block.

A block is the content of one core. The largest weight of a block determines a common
scale for its threshold, biases and weights. Each connection into a block has its own
exponent (``nengo_loihi/builder/discretize.py``). Numbers that are not converted yet are
in nengo-loihi's units: a rectified linear neuron fires at a threshold of 1 / dt.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from snnc.runtime.examples import Array
from snnc.runtime.neurons import DECAY_ONE

THRESHOLD_UNIT = 2**6
THRESHOLD_LEAST = THRESHOLD_UNIT // 2 + 1  # smaller thresholds are stored as 0
THRESHOLD_MOST = (2**17 - 1) * THRESHOLD_UNIT
IDLE_THRESHOLD = 2**21 - 1  # for a block without weights and biases
BIAS_MANTISSA = 2**12 - 1
BIAS_MOST = BIAS_MANTISSA * 2**7
WEIGHT_MOST = 255.0
WEIGHT_MANTISSA = 2**7 - 1  # the eighth bit of 255 is not stored
WEIGHT_UNIT = 2**6
EXPONENTS = np.arange(0, -8, -1)  # of a block
EXPONENT_LEAST = -6  # of a connection
HALVINGS = np.arange(19)  # of a scale that depends on biases
SHIFT_BITS = 64  # bits of NumPy's integers
SOMETHING = 1e-8  # weights and biases of a block up to this are treated as 0
CONNECTED = 1e-16  # weights of a connection up to this are treated as 0
DECAY_START = 2**21
DECAY_LOSS = 0.494  # the rounding loss per step that nengo-loihi assumes


class ChipNeurons(NamedTuple):
    """The parameters that all neurons of a layer share.

    The sum of a decaying integer exceeds its first value. ``current`` and ``voltage``
    are factors for the inputs that compensate for this.
    """

    threshold: float
    current: float
    voltage: float = 1.0


def neurons_of(
    dt: float, synapse: float | None, membrane: float | None = None
) -> ChipNeurons:
    """Return the parameters that all neurons of a layer share.

    Arguments are in seconds: the time step, the time constant of the input filter (None
    without a filter), and the time constant of LIF neurons (None for rectified linear
    neurons).
    """
    # The chip adds 1, so subtract 1 here.
    decay = _stored_decay(-np.expm1(-dt / synapse) if synapse else 1.0, 1)
    current = 1 / _decay_sum(max(0, decay), 1)
    if membrane is None:
        return ChipNeurons(float(np.float32(1 / dt)), current)
    leak = _stored_decay(-np.expm1(-dt / membrane))
    return ChipNeurons(1.0, current, 1 / _decay_sum(leak))


def _stored_decay(decay: float, offset: int = 0) -> int:
    # nengo-loihi stores decays as float32 before it rounds them (``block.py:162``).
    exact = np.float32(decay) * np.float32(DECAY_ONE - 1) - np.float32(offset)
    return int(np.round(exact))


def _decay_sum(decay: int, offset: int = 0) -> float:
    """Return the sum of a decaying integer, divided by its first value.

    This is nengo-loihi's ``decay_magnitude``. Each step rounds down.
    """
    # Use an array, as nengo-loihi does: NumPy may compute powers of scalars
    # differently.
    ratio = (DECAY_ONE - offset - np.array([decay])) / DECAY_ONE
    steps = -np.log1p(DECAY_START * (1 - ratio) / DECAY_LOSS) / np.log(ratio)
    whole = (1 - ratio ** (steps + 1)) / (1 - ratio)
    lost = DECAY_LOSS / ((1 - ratio) * DECAY_START) * (steps + 1 - whole)
    return float((whole - lost)[0])


class Blocks(NamedTuple):
    """The integers of blocks; each array has the shape (blocks,).

    ``weight`` is the largest magnitude of the given weights. ``has_weights`` is false
    if this magnitude is treated as 0. ``weight_scale`` converts weights to integers,
    for a connection that is stored with ``exponent``. ``threshold`` and the largest
    ``bias`` are integers before they are split into mantissa and exponent. If no scale
    fits, the values belong to the closest scale.
    """

    weight: Array
    has_weights: Array
    weight_scale: Array
    exponent: Array
    threshold: Array
    bias: Array

    def take(self, index: Any) -> Blocks:
        """Return one or several blocks, like indexing an array."""
        return Blocks(*(values[index] for values in self))

    @property
    def threshold_mantissa(self) -> Array:
        """The stored threshold, with an exponent of 6."""
        return np.asarray(np.round(self.threshold / THRESHOLD_UNIT))

    @property
    def threshold_share(self) -> Array:
        """The threshold, divided by the largest that can be stored."""
        return self.threshold / THRESHOLD_MOST

    @property
    def bias_share(self) -> Array:
        """The largest bias, divided by the largest that can be stored."""
        return self.bias / BIAS_MOST

    @property
    def failures(self) -> Array:
        """The blocks for which nengo-loihi raises an error."""
        shares = np.maximum(self.threshold_share, self.bias_share)
        return np.asarray((shares > 1) | (self.threshold_mantissa == 0))


def discretize_blocks(neurons: ChipNeurons, weights: object, biases: object) -> Blocks:
    """Return the integers of blocks, like nengo-loihi's ``discretize_compartment``.

    ``weights`` and ``biases`` are the largest magnitudes per block, of shape (blocks,).
    """
    weights = np.asarray(weights, np.float32)
    biases = np.asarray(biases, np.float32)
    by_weights = _above(weights, SOMETHING)
    by_biases = ~by_weights & _above(biases, SOMETHING)
    idle = ~by_weights & ~by_biases
    # The largest weight decides the scale or, without weights, the largest bias.
    columns = np.empty((4, len(weights)))
    columns[:, by_weights] = _by_weights(
        neurons, weights[by_weights], biases[by_weights]
    )
    columns[:, by_biases] = _by_biases(neurons, biases[by_biases])
    columns[:, idle] = _idle(neurons, biases[idle])
    scale, exponent, threshold, bias = columns
    return Blocks(weights, by_weights, scale, exponent.astype(int), threshold, bias)


def _by_weights(neurons: ChipNeurons, weights: Array, biases: Array) -> Array:
    """Try all exponents, and return the last four fields of `Blocks`."""
    unit = 1 / (neurons.current * neurons.voltage)
    scale = _by(WEIGHT_MOST, weights)
    voltage_scale = unit * scale * _column(np.exp2(6.0 + EXPONENTS))
    threshold = np.round(np.float32(neurons.threshold) * voltage_scale)
    bias = np.round(biases * (voltage_scale * neurons.voltage))
    # nengo-loihi uses the first exponent with which all integers fit.
    at = _first((threshold <= THRESHOLD_MOST) & (bias <= BIAS_MOST))
    return np.stack([scale, EXPONENTS[at[0]], threshold[at], bias[at]])


def _by_biases(neurons: ChipNeurons, biases: Array) -> Array:
    """Try decreasing scales; return the last four fields of `Blocks`."""
    # nengo-loihi tries these scales until the largest bias would be 1.
    bias_scale = _by(BIAS_MOST, biases) / _column(np.exp2(HALVINGS))
    scale = bias_scale * neurons.current / WEIGHT_UNIT
    voltage_scale = bias_scale / neurons.voltage
    threshold = np.round(np.float32(neurons.threshold) * voltage_scale)
    # In nengo-loihi the scale is a scalar, so float32 biases stay float32.
    bias = np.round(biases * bias_scale.astype(np.float32))
    at = _first(threshold <= THRESHOLD_MOST)
    return np.stack([scale[at], np.zeros_like(at[1]), threshold[at], bias[at]])


def _idle(neurons: ChipNeurons, biases: Array) -> Array:
    # Without weights and biases, nothing but the threshold limits the scale.
    threshold = np.float32(neurons.threshold)
    voltage_scale = IDLE_THRESHOLD / (threshold + 1)
    bias_scale = voltage_scale * neurons.voltage
    scale = bias_scale * neurons.current / WEIGHT_UNIT
    same = (scale, 0.0, np.round(threshold * voltage_scale))
    bias = np.round(biases * bias_scale)
    return np.stack([*(np.full(bias.shape, value) for value in same), bias])


def _first(fits: Array) -> tuple[Array, Array]:
    """Return the index of the first try that fits each block, or of the last try."""
    tries = np.where(fits.any(axis=0), fits.argmax(axis=0), len(fits) - 1)
    return tries, np.arange(fits.shape[1])


def largest_weight(neurons: ChipNeurons) -> float:
    """Return the largest weight for which the chip stores a threshold above 0."""
    unit = neurons.current * neurons.voltage * THRESHOLD_LEAST
    return WEIGHT_MOST * WEIGHT_UNIT * neurons.threshold / unit


class Exponents(NamedTuple):
    """The exponents of one connection's weights, one per block.

    The connection's largest weight is ``shift`` bits smaller than the block's. The
    weights need the exponent ``meant``, but are stored with the exponent ``stored``,
    which can't be below the chip's smallest exponent.
    """

    shift: Array
    meant: Array
    stored: Array

    def take(self, index: int) -> Exponents:
        """Return the exponents for one block."""
        return Exponents(*(values[index] for values in self))

    @property
    def failures(self) -> Array:
        """The blocks whose weights are so small that nengo-loihi raises an error."""
        return np.asarray(self.shift >= SHIFT_BITS)

    @property
    def bits(self) -> Array:
        """The bits per block that are left for the largest weight, without its sign."""
        return 7 - np.maximum(0, -1 - self.stored)

    @property
    def excess(self) -> Array:
        """The factor by which stored weights are too large."""
        return np.asarray(np.exp2(self.stored - self.meant))


def weight_exponents(blocks: Blocks, weights: object) -> Exponents:
    """Return the exponents of connections, like nengo-loihi's ``discretize_synapse``.

    ``weights`` are the largest magnitudes per block, of shape (blocks,).
    """
    weights = np.asarray(weights, np.float32)
    connected = _above(weights, CONNECTED)
    ratio = np.ones_like(weights)
    with np.errstate(over="ignore"):
        np.divide(blocks.weight, weights, out=ratio, where=connected)
    # Clip infinite shifts. nengo-loihi rejects all shifts from `SHIFT_BITS` on.
    shift = np.floor(np.log2(ratio).clip(max=2 * SHIFT_BITS)).astype(int)
    meant = np.where(connected, blocks.exponent - shift, EXPONENT_LEAST)
    return Exponents(shift, meant, np.maximum(meant, EXPONENT_LEAST))


def discretize_weights(blocks: Blocks, weights: object) -> Array:
    """Return the weights of one connection, of shape (blocks, ...), as integers.

    A spike adds these integers, as in nengo-loihi's ``discretize_synapse``.
    """
    weights = np.asarray(weights, np.float32)
    flat = weights.reshape(len(weights), -1)
    exponents = weight_exponents(blocks, np.abs(flat).max(axis=1, initial=0))
    # nengo-loihi's scale is a scalar of float32 where the weights decide it.
    coarse = flat * _column(blocks.weight_scale.astype(np.float32))
    by_weights = _column(blocks.has_weights)
    exact = np.where(by_weights, coarse, flat * _column(blocks.weight_scale))
    exact = exact * np.exp2(_column(exponents.shift))
    # Weights of both signs lose the lowest of eight bits (`shift_bits`, ``block.py``).
    stored = np.round(exact / 2).clip(-WEIGHT_MANTISSA, WEIGHT_MANTISSA)
    unit = np.exp2(_column(1 + exponents.stored))
    # The chip drops the lowest bits, so nengo-loihi rounds them first.
    stored = np.round(stored * unit) / unit
    stored = stored.clip(-WEIGHT_MANTISSA, WEIGHT_MANTISSA)
    integers = np.floor(stored * unit).astype(int) * WEIGHT_UNIT
    return np.asarray(integers).reshape(weights.shape)


def decode_weights(blocks: Blocks, integers: Array) -> Array:
    """Convert stored weights, of shape (blocks, ...), back to values."""
    scale = blocks.weight_scale * np.exp2(6.0 + blocks.exponent)
    flat = integers.reshape(len(integers), -1)
    return np.asarray(flat / _column(scale)).reshape(integers.shape)


def _column(values: Array) -> Array:
    return values[:, np.newaxis]


# nengo-loihi multiplies scalars, for which NumPy 1 uses float64 and NumPy 2 uses
# float32. Multiply these one by one to get the same results.


def _above(values: Array, bound: float) -> Array:
    return np.array([value > bound for value in values], bool)


def _by(most: float, values: Array) -> Array:
    return np.array([most / value for value in values], np.float64)
