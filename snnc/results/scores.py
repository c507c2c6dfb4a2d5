"""The results of an evaluation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from snnc.runtime.examples import Verdict
    from snnc.runtime.network import Decide

# Smooth: a model without spikes; imported: weights that were not trained here.
KerasModel = Literal["smooth", "imported"]
Interval = tuple[float, float]

# Registers of the chip that may overflow, in the order of the overflow counts.
REGISTERS = ("input", "current", "current with bias")


@dataclass(frozen=True)
class LayerResult:
    """The activity of a layer: rates in Hz, and spikes per example.

    ``low`` and ``high`` are the budget: bounds for the ``percentile`` of the neurons'
    rates in an example. ``rate`` is the measured percentile, and ``verdict`` says
    whether it is within the budget, slightly outside, or outside. ``slack`` is the
    tolerance below and above the bounds. ``spikes`` is the mean number of
    spikes of the whole layer per example.
    ``silent`` is the fraction of neurons that never fired, and ``saturated`` the
    fraction of pairs of neuron and example with a spike in every step. ``correlation``
    is Pearson's, between spikes and Keras activations over neurons and examples; None
    if either is constant or Keras is unavailable.
    """

    name: str
    low: float
    high: float
    percentile: float
    rate: float
    verdict: Verdict
    slack: tuple[float, float]
    spikes: float
    silent: float
    saturated: float
    correlation: float | None

    @property
    def holds(self) -> bool:
        """Whether the rate is within the budget or tolerated."""
        return self.verdict != "missed"


@dataclass(frozen=True)
class Score:
    """The quality of outputs: the accuracy, or the root mean square error.

    ``interval`` is the 95 % interval of the value. ``r2`` is the explained fraction of
    the targets' variance over all units. ``keras`` is the value for the Keras model
    with the same weights, and ``model`` is the kind of Keras model. ``agreement`` is
    the fraction of equal decisions, or the root mean square difference. ``before`` is
    the value for Keras with the weights from before the phase `spikes`; ``unknown``
    says why it is missing. ``loss`` is the 95 % interval of the loss of accuracy, or of
    the increase of the error, compared with Keras on the same examples. For the
    comparison, Keras uses the weights from before `spikes`, or the same weights
    without such a phase.
    """

    value: float
    interval: Interval | None = None
    keras: float | None = None
    agreement: float | None = None
    model: KerasModel | None = None
    loss: Interval | None = None
    before: float | None = None
    unknown: str | None = None
    r2: float | None = None


@dataclass(frozen=True)
class ScoreAtTime:
    """The quality of outputs if examples ended after ``steps``.

    ``gain``, here and below, is the 95 % interval of an improvement on the same
    examples: an increase of accuracy, or a decrease of the mean square error. Here it
    is the improvement in the remaining steps.
    """

    steps: int
    value: float
    gain: Interval | None = None


@dataclass(frozen=True)
class ReadoutVariant:
    """The quality of outputs if the readout had this ``decide`` and this ``synapse``.

    The synapse is in seconds.
    """

    decide: Decide
    synapse: float | None
    value: float
    gain: Interval | None = None


@dataclass(frozen=True)
class ClassResult:
    """A class; without ``examples`` or decisions, recall or precision is None."""

    name: str
    examples: int
    recall: float | None
    precision: float | None


@dataclass(frozen=True)
class UnitResult:
    """The error of a unit of a regression; a constant target has no ``r2`` (None)."""

    rmse: float
    r2: float | None


@dataclass(frozen=True)
class Work:
    """The chip's work per example."""

    synaptic_operations: float
    energy_joules: float
