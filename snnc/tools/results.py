"""The result of an evaluation."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import sqrt
from typing import Any, Literal

from snnc.runtime.examples import Presentation, Verdict
from snnc.runtime.network import Decide

# The plain model has smooth rates; its weights may be imported.
KerasModel = Literal["smooth", "imported"]
Interval = tuple[float, float]
UNEVEN = 2  # times as many examples in one class as in another

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

    ``gain`` is the 95 % interval of what the remaining steps add on the same examples:
    to the share, or as a decrease of the mean square error.
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
    """How often a class is found, and how often decisions for it are right.

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


@dataclass(frozen=True)
class Result:
    """The whole result; None, or empty, where a simulator does not know it.

    ``classes`` is true if `score` is an accuracy; ``confusion`` counts the examples of
    each class by decision, (classes, classes); ``units`` has the
    errors of a regression's units; ``names`` are the classes' names, if
    any; ``spikes`` are those of all layers per example; ``clipped`` is the share of
    encoder values above one spike per step; ``resting`` are the encoders whose voltages
    all begin at 0; ``overflows`` has a count for each of `REGISTERS`; ``seconds`` is
    the run's time.
    """

    network: str
    simulator: str
    presentation: Presentation | None
    examples: int
    steps: int | None
    classes: bool
    score: Score
    over_time: tuple[Moment, ...] = ()
    readings: tuple[Reading, ...] = ()
    contrast: Contrast | None = None
    confusion: tuple[tuple[int, ...], ...] = ()
    units: tuple[UnitResult, ...] = ()
    names: tuple[str, ...] = ()
    layers: tuple[LayerResult, ...] = ()
    spikes: float | None = None
    clipped: float | None = None
    resting: tuple[str, ...] = ()
    work: Work | None = None
    cores: int | None = None
    overflows: tuple[int, ...] | None = None
    seconds: float | None = None

    @property
    def accuracy(self) -> float | None:
        """The share of right decisions; None in a regression."""
        return self.score.value if self.classes else None

    @property
    def rmse(self) -> float | None:
        """The root mean square error; None in a classification."""
        return None if self.classes else self.score.value

    @property
    def by_class(self) -> tuple[ClassResult, ...]:
        """The result of each class; empty in a regression."""
        decided = [sum(column) for column in zip(*self.confusion, strict=True)]
        classes = []
        for i, row in enumerate(self.confusion):
            name, count = self.names[i] if self.names else str(i), sum(row)
            recall = row[i] / count if count else None
            precision = row[i] / decided[i] if decided[i] else None
            classes.append(ClassResult(name, count, recall, precision))
        return tuple(classes)

    @property
    def balanced_accuracy(self) -> float | None:
        """The mean recall of the classes that have examples; None of a regression."""
        recalls = [c.recall for c in self.by_class if c.recall is not None]
        return sum(recalls) / len(recalls) if recalls else None

    @property
    def is_uneven(self) -> bool:
        """Whether a class has twice the examples of another, and not by chance."""
        counts = [each.examples for each in self.by_class if each.examples]
        least, most = min(counts, default=0), max(counts, default=0)
        return most >= UNEVEN * least and most - least > 2 * sqrt(most + least)

    @property
    def rates(self) -> dict[str, float]:
        """The percentile of the rates of each layer, in Hz."""
        return {layer.name: layer.rate for layer in self.layers}

    @property
    def missed(self) -> tuple[str, ...]:
        """The layers that miss their rate budgets."""
        return tuple(layer.name for layer in self.layers if not layer.holds)

    def as_dict(self) -> dict[str, Any]:
        """Return a mapping for JSON; scores have the names of their kind."""
        score, work = self.score, self.work
        kind, alike = "rmse", "difference"
        more: dict[str, Any] = {
            "rmse_interval": score.interval,
            "r2": score.r2,
            "units": [asdict(each) for each in self.units],
        }
        if self.classes:
            kind, alike = "accuracy", "agreement"
            more = {
                "accuracy_interval": score.interval,
                "balanced_accuracy": self.balanced_accuracy,
                "classes": [asdict(each) for each in self.by_class],
                "confusion": self.confusion,
            }
        layers = ({**asdict(r), "holds": r.holds} for r in self.layers)
        moments = []
        for m in self.over_time:
            entry = {"steps": m.steps, kind: m.value, "gain_interval": m.gain}
            moments.append(entry)
        readings = []
        for r in self.readings:
            read = {"decide": r.decide, "synapse": r.synapse}
            readings.append({**read, kind: r.value, "gain_interval": r.gain})
        overflows = None
        if self.overflows is not None:
            overflows = dict(zip(REGISTERS, self.overflows, strict=True))
        return {
            "version": 1,
            "network": self.network,
            "simulator": self.simulator,
            "presentation": self.presentation,
            "examples": self.examples,
            "steps": self.steps,
            kind: score.value,
            **more,
            f"keras_{kind}": score.keras,
            f"keras_{kind}_before": score.before,
            "keras_model": score.model,
            "loss_interval": score.loss,
            alike: score.agreement,
            f"{kind}_over_time": moments,
            "readings": readings,
            "contrast": self.contrast and asdict(self.contrast),
            "layers": list(layers),
            "spikes": self.spikes,
            "clipped": self.clipped,
            "synaptic_operations": work and work.synaptic_operations,
            "energy_joules": work and work.energy_joules,
            "cores": self.cores,
            "overflows": overflows,
            "seconds": self.seconds,
        }

    def __str__(self) -> str:
        """Return the tables of the text report."""
        from snnc.tools.summary import text

        return text(self)
