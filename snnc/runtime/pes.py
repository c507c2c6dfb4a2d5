# The run-time library of snnc. SPDX-License-Identifier: MIT
"""Convert the PES settings of a spec to those of Nengo and the chip.

Sources are nengo-loihi 1.1.0: ``builder/connection.py`` and
``builder/discretize.py``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

EPOCH = 2  # steps from one update of the traces to the next
WEIGHT_EPOCH = 4  # and of the weights
LEVELS = 255  # the largest weight on the chip
LARGEST = 127  # the largest trace, and the largest error
# The chip rounds down a quarter of the product of trace and error. All weights
# would sink: those of a unit's positive and of its negative part, and outputs
# near zero would be lost. Products of such errors have no remainder.
ERROR_STEP = 4
LEAST = 1 / 8  # below this increment, its 7 bits no longer give the rate
ROOM = 128  # spikes of the largest weight in one step that a unit can hold
# What an output would be, in errors, if all weights were the largest that may
# be learned, along a vector of activations: weights of neurons that rarely
# fire grow larger than others.
REACH = 1.5
DOUBLINGS = 3  # at most, of the range of trained weights


class PesError(ValueError):
    """Raised if the chip can't learn with the weights; suggests a remedy."""


@dataclass(frozen=True)
class Learning:
    """The properties of a layer and a readout that determine PES.

    ``high`` and ``percentile`` belong to the layer's rates, ``steps`` is the
    number of steps per example, and ``synapse`` belongs to the readout.
    """

    rate: float
    error: float
    high: float
    percentile: float
    neurons: int
    dt: float
    steps: int
    synapse: float
    softmax: bool = False

    @property
    def learning_rate(self) -> float:
        """The learning rate of `nengo.PES`, for spikes of amplitude 1 / high.

        Within the second half of an example, an error e decreases by ``rate
        e``: de/dt = -slope learning_rate a^2 e, where a^2 is the mean square
        of the activations.
        """
        seconds = (self.steps - self.steps // 2) * self.dt
        return -math.log1p(-self.rate) / (seconds * self.power * self.slope)

    @property
    def slope(self) -> float:
        """The largest possible change of an error with its output."""
        return 1 / 4 if self.softmax else 1.0

    @property
    def chip_rate(self) -> float:
        """The learning rate for nengo-loihi, which ignores the amplitude."""
        return self.learning_rate / self.high**2

    @property
    def power(self) -> float:
        """The mean square of the activations, if rates are exponential.

        The percentile is then the mean times -ln(1 - percentile / 100).
        """
        above = max(1 - self.percentile / 100, 1e-4)
        return 2 / math.log(above) ** 2

    @property
    def trace_steps(self) -> int:
        """The time constant of the traces: the readout's, in whole steps."""
        return max(1, round(self.synapse / self.dt))

    @property
    def error_scale(self) -> float:
        """By what nengo-loihi multiplies errors: ``error`` becomes 127."""
        return LARGEST / self.error

    @property
    def error_steps(self) -> float:
        """The factor of errors that compensates for whole numbers of steps."""
        return LARGEST // ERROR_STEP / self.error

    def coarse(self, errors: NDArray[Any]) -> NDArray[Any]:
        """Round errors to multiples of the smallest error that can be sent."""
        clipped = errors.clip(-self.error, self.error)
        steps: NDArray[Any] = (clipped * self.error_steps).round()
        return steps * (ERROR_STEP / self.error_scale)

    @property
    def reach(self) -> float:
        """An estimate of the largest weight that may be learned."""
        length = math.sqrt(self.neurons * self.power)
        return REACH * self.error / self.slope / length

    def increment(self, reach: float | None = None) -> float:
        """Return what a spike adds to its trace on the chip.

        This is the ``tracing_mag`` of ``build_full_chip_connection`` in
        nengo-loihi, as ``discretize_synapse`` scales it. ``reach`` is the
        largest weight that may be learned.
        """
        largest = (self.reach if reach is None else reach) / self.step
        per_spike = -math.expm1(-1 / self.trace_steps) / self.dt
        share = self.chip_rate * 2**11 / (self.neurons * self.error_scale)
        return per_spike * share * LEVELS / largest

    @property
    def step(self) -> float:
        """The divisor that converts a weight to its value on the chip."""
        return self.high * self.dt

    @property
    def most_increment(self) -> float:
        """The largest increment with which no trace is ever clipped.

        A neuron may spike in each epoch, and its trace may be rounded up.
        """
        lost = -math.expm1(-EPOCH / self.trace_steps)
        return min(LARGEST, LARGEST * lost - 1)

    def nearest_rate(
        self,
        increment: float,
        reach: float | None = None,
    ) -> float:
        """Return the ``rate`` of the nearest increment in range, in two digits.

        It is rounded into the range.
        """
        is_high = increment > self.most_increment
        rate = self.rate_of(self.most_increment if is_high else LEAST, reach)
        digits = 10.0 ** (1 - math.floor(math.log10(rate)))
        round_off = math.floor if is_high else math.ceil
        return round_off(rate * digits) / digits

    def rate_of(self, increment: float, reach: float | None = None) -> float:
        """Return the ``rate`` that leads to an increment."""
        share = increment / self.increment(reach)
        return -math.expm1(share * math.log1p(-self.rate))


@dataclass(frozen=True)
class ChipLearning:
    """The settings of nengo-loihi for a learning connection.

    ``exponent`` is its ``pes_wgt_exp``, and ``threshold`` its
    ``vth_nonspiking``: units that reach it fall to zero. ``reach`` is the
    largest weight that can be learned, in activations.
    """

    exponent: int
    threshold: float
    reach: float


def on_chip(learning: Learning, largest: float) -> ChipLearning:
    """Return the nengo-loihi settings if ``largest`` is the largest weight.

    The exponent doubles the range of the initial weights; for zero weights, it
    follows from the threshold. Raises PesError if traces would be clipped or
    lost.
    """
    if largest == 0:
        reach = learning.reach
        exponent = 0
        scaled = (2**21 - 1) / 2**6  # what the chip makes of the threshold
        threshold = scaled * reach / learning.step / LEVELS - 1
    else:
        exponent = 1
        while exponent < DOUBLINGS and largest * 2**exponent < learning.reach:
            exponent += 1
        reach = largest * 2**exponent
        threshold = ROOM * largest / learning.step
    increment = learning.increment(reach)
    if not LEAST / 2 <= increment <= learning.most_increment:
        raise PesError(
            f"the weights of the readout reach {largest:.3g}, with which the "
            f"chip can't learn at a rate of {learning.rate:g}: "
            f"{_advise(learning, reach)}"
        )
    return ChipLearning(exponent, threshold, reach)


def _advise(learning: Learning, reach: float) -> str:
    """Suggest settings that make the increment neither too large nor small."""
    increment = learning.increment(reach)
    rate = learning.nearest_rate(increment, reach)
    # The rate in a spec must also work from zero weights.
    lowest = learning.rate_of(LEAST)
    if not lowest <= rate <= learning.rate_of(learning.most_increment):
        return "write `from zero` in `learn pes`"
    word = "at most" if increment > learning.most_increment else "at least"
    return f"write a `rate` of {word} {rate:.2g}, or `from zero`"
