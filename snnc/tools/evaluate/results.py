"""Define the results of an evaluation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from snnc.runtime.examples import Verdict
    from snnc.runtime.network import Decide

# The plain model has smooth rates; its weights may be imported.
KerasModel = Literal["smooth", "imported"]
Interval = tuple[float, float]

# Registers of the chip that may overflow, in the order of their counts.
REGISTERS = ("input", "current", "current with bias")


@dataclass(frozen=True)
class LayerResult:
    """How a layer fired; rates in Hz, spikes per example.

    ``low``, ``high``, ``percentile``
        The budget: bounds of the percentile of neurons' rates in an example.
    ``rate``
        That percentile.
    ``verdict``
        Whether the budget is held, tolerated outside of its bounds, or missed.
    ``slack``
        How far below and above its bounds a rate is tolerated.
    ``spikes``
        Of all neurons, on average.
    ``silent``
        The share of neurons that have never fired.
    ``saturated``
        The share of neurons and examples with a spike in every step.
    ``correlation``
        Pearson's, of spikes and of Keras's activations over neurons and
        examples; None if one of them does not vary, and without Keras.
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
        """Whether the budget is not missed."""
        return self.verdict != "missed"


@dataclass(frozen=True)
class Score:
    """The quality of outputs: the share of right ones, or a root mean square error.

    ``interval`` is the 95 % interval of either. ``r2`` is the share of the targets'
    variance that the outputs explain, all units together. ``keras`` is the value of the
    Keras model, named by ``model``, with the same weights; ``agreement`` is the share
    of equal decisions, or the root mean square difference. ``before`` is Keras's value
    with the weights that entered the phase `spikes`; ``unknown`` says why there is
    none. ``loss`` is the 95 % interval of the loss against Keras, in the share or the
    error, on the same examples: before `spikes`, or with the same weights if they never
    went through it.
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
class Moment:
    """The quality of outputs if examples ended after ``steps``.

    ``gain`` is the 95 % interval of the improvement by the remaining steps on the same
    examples: an increase of the share, or a decrease of the mean square error.
    """

    steps: int
    value: float
    gain: Interval | None = None


@dataclass(frozen=True)
class Reading:
    """The quality of outputs if the readout decided in another way.

    ``decide`` and ``synapse``, in seconds, would be the readout's; ``gain`` is the 95 %
    interval of the improvement on the same examples: of the share, or as a decrease of
    the mean square error.
    """

    decide: Decide
    synapse: float | None
    value: float
    gain: Interval | None = None


@dataclass(frozen=True)
class Contrast:
    """The effect of the state that carries over, on some of the examples.

    ``row`` and ``rest`` are scores of the same ``examples`` in a row and each from
    rest. ``gain`` is the 95 % interval of the row's advantage: in the share, or as a
    decrease of the mean square error.
    """

    examples: int
    row: float
    rest: float
    gain: Interval | None


@dataclass(frozen=True)
class ClassResult:
    """The recall and precision of a class.

    ``recall`` is None for a class without ``examples``, ``precision`` for a class
    without decisions.
    """

    name: str
    examples: int
    recall: float | None
    precision: float | None


@dataclass(frozen=True)
class UnitResult:
    """The error of one unit of a regression.

    ``r2`` is the share of the target's variance that its values explain; None
    of a target that does not vary.
    """

    rmse: float
    r2: float | None


@dataclass(frozen=True)
class Work:
    """The chip's work per example."""

    synaptic_operations: float
    energy_joules: float
