"""How nengo-loihi turns the numbers of one core into integers.

It looks for the largest weight exponent, 0 down to -7, for which the threshold and
every bias are small enough: ``nengo_loihi/builder/discretize.py:231-400``. Numbers
here are in its units: a rectified linear neuron fires at a threshold of 1 / dt.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import expm1, floor, log, log1p, log2

import numpy as np

from snnc.graph.logical import Lif, Spiking

THRESHOLD_UNIT = 2**6
THRESHOLD_LEAST = THRESHOLD_UNIT // 2 + 1
THRESHOLD_MOST = (2**17 - 1) * THRESHOLD_UNIT
BIAS_MANTISSA = 2**12 - 1
BIAS_MOST = BIAS_MANTISSA * 2**7
WEIGHT_MOST = 255.0
WEIGHT_BITS = 7  # without the sign; the eighth bit of 255 is not stored
EXPONENTS = range(0, -8, -1)
STORED_EXPONENT = -6  # the least that a synapse can store
NO_WEIGHT = NO_BIAS = 1e-8
NO_CONNECTION = 1e-16
RESET_THRESHOLD = 2**21 - 1
DECAY_ONE = 2**12
LOSS = 0.494  # of a step's rounding; found by nengo-loihi's authors


@dataclass(frozen=True, slots=True)
class Cell:
    """What all neurons of a layer share: threshold, and the factors of the decays."""

    threshold: float
    current: float
    voltage: float


@dataclass(frozen=True, slots=True)
class Grid:
    """Integers of one core.

    Attributes
    ----------
    exponent
        The weight exponent; None if it has no weights to speak of.
    threshold, bias
        The threshold and the largest bias in the chip's units, before they are
        stored in mantissa and exponent.
    """

    exponent: int | None
    threshold: float
    bias: float

    @property
    def threshold_bits(self) -> int:
        """Bits of the threshold's mantissa that are used, of 17."""
        return round(self.threshold / THRESHOLD_UNIT).bit_length()

    @property
    def bias_bits(self) -> int:
        """Bits of the largest bias that are used, of 12."""
        return min(int(self.bias).bit_length(), BIAS_MANTISSA.bit_length())

    @property
    def threshold_share(self) -> float:
        return self.threshold / THRESHOLD_MOST

    @property
    def bias_share(self) -> float:
        return self.bias / BIAS_MOST

    @property
    def fits(self) -> bool:
        """Whether nengo-loihi builds it."""
        within = self.threshold <= THRESHOLD_MOST and self.bias <= BIAS_MOST
        return within and self.threshold_bits > 0

    def weight_bits(self, largest: float, weight: float) -> int:
        """Return how many bits the weights of one connection keep, of 7 and a sign.

        Parameters
        ----------
        largest
            The largest weight of the core.
        weight
            That of the connection.
        """
        stored = max(STORED_EXPONENT, self._meant(largest, weight))
        return WEIGHT_BITS - max(0, -1 - stored)

    def excess(self, largest: float, weight: float) -> float:
        """Return how many times too strong the weights of one connection get.

        Exponents below -6 can't be stored, and nengo-loihi then stores -6
        (``discretize_synapse``). The parameters are those of `weight_bits`.
        """
        return 2.0 ** max(0, STORED_EXPONENT - self._meant(largest, weight))

    def _meant(self, largest: float, weight: float) -> int:
        """The exponent that a connection's weights call for."""
        if self.exponent is None or weight <= NO_CONNECTION:
            return 0
        return self.exponent - floor(log2(largest / weight))


def cell_of(spiking: Spiking, dt: float) -> Cell:
    """Return what the neurons of a layer share.

    Parameters
    ----------
    spiking
        The layer's neurons and synapse.
    dt
        Seconds of a step.
    """
    decay = -expm1(-dt / spiking.synapse) if spiking.synapse > 0 else 1.0
    current = 1 / decay_sum(max(0, _stored_decay(decay, 1)), 1)
    if not isinstance(spiking.neuron, Lif):
        return Cell(float(np.float32(1 / dt)), current, 1.0)
    leak = -expm1(-dt / spiking.neuron.tau_rc)
    return Cell(1.0, current, 1 / decay_sum(_stored_decay(leak)))


def _stored_decay(decay: float, offset: int = 0) -> int:
    """Round a decay as nengo-loihi does, which computes in float32."""
    exact = np.float32(decay) * np.float32(DECAY_ONE - 1) - np.float32(offset)
    return int(np.round(exact))


def decay_sum(decay: int, offset: int = 0, start: float = 2**21) -> float:
    """Return the sum of a decaying integer's values over its first.

    Each step rounds down; `decay_magnitude` of nengo-loihi estimates what is lost.
    """
    ratio = (DECAY_ONE - offset - decay) / DECAY_ONE
    steps = -log1p(start * (1 - ratio) / LOSS) / log(ratio)
    principal: float = (1 - ratio ** (steps + 1)) / (1 - ratio)
    lost: float = LOSS / ((1 - ratio) * start) * (steps + 1 - principal)
    return principal - lost


def grid_of(cell: Cell, weight: float, bias: float) -> Grid:
    """Return the integers of a core; where nothing fits, those that come closest.

    Parameters
    ----------
    cell
        What its neurons share.
    weight, bias
        The largest magnitudes in the core.
    """
    if weight > NO_WEIGHT:
        grids = (_with_weights(cell, weight, bias, e) for e in EXPONENTS)
    elif bias > NO_BIAS:
        grids = (_with_biases(cell, bias, BIAS_MOST / 2**k) for k in range(19))
    else:
        return Grid(None, RESET_THRESHOLD * cell.threshold / (cell.threshold + 1), 0)
    grid = next(grids)
    for smaller in grids:
        if grid.threshold <= THRESHOLD_MOST and grid.bias <= BIAS_MOST:
            break
        grid = smaller
    return grid


def largest_weight(cell: Cell) -> float:
    """Return the weight of a core beside which its threshold does not vanish yet."""
    unit = cell.current * cell.voltage * THRESHOLD_LEAST
    return WEIGHT_MOST * 2**6 * cell.threshold / unit


def _with_weights(cell: Cell, weight: float, bias: float, exponent: int) -> Grid:
    scale = WEIGHT_MOST / weight * 2.0 ** (6 + exponent) / cell.current
    threshold = cell.threshold * (scale / cell.voltage)
    return Grid(exponent, float(round(threshold)), float(round(bias * scale)))


def _with_biases(cell: Cell, bias: float, top: float) -> Grid:
    scale = top / bias
    threshold = round(cell.threshold * scale / cell.voltage)
    return Grid(None, float(threshold), float(round(bias * scale)))
