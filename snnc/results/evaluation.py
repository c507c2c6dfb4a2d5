"""The result of a run of a package on data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from math import sqrt
from typing import TYPE_CHECKING, Any, Literal

from snnc.results import scores as results
from snnc.results.base import Result, to_json
from snnc.results.scores import REGISTERS, ClassResult, Interval
from snnc.text.display import Json, data_frame

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from snnc.loihi.timing import ChipTime
    from snnc.results.prediction import EvaluatedRun, Record
    from snnc.results.statistics import LayerFiring

UNEVEN = 2  # classes are uneven if one has twice the examples of another


@dataclass(frozen=True, repr=False)
class Evaluation(Result):
    """The result of a run on data; prints and displays like ``snnc evaluate``.

    Results that a simulator does not provide are None or empty.

    Attributes
    ----------
    network, simulator : str
        The names of the network and the simulator.
    presentation : str or None
        ``row`` or ``rest``; None for Keras.
    examples : int
        The number of examples.
    steps : int or None
        The number of steps per example.
    classes : bool
        Whether the score is an accuracy.
    score : Score
        The accuracy or root mean square error, its interval, and the value for Keras.
    over_time : tuple of ScoreAtTime
        The scores for shorter examples.
    readings : tuple of ReadoutVariant
        The score of the other ``decide`` for the same spikes.
    confusion : tuple of tuple of int
        The number of examples by class (rows) and decision (columns).
    units : tuple of UnitResult
        The errors of the units of a regression.
    names : tuple of str
        The names of classes.
    layers : tuple of LayerResult
        The activity of each layer: rates in Hz, and spikes per example.
    spikes : float or None
        The mean number of spikes of all layers per example.
    clipped : float or None
        The fraction of encoder values that would need more than one spike per step.
    resting : tuple of str
        The encoders whose initial voltages are all 0.
    decide : str or None
        How the readout decides, ``mean`` or ``last``.
    work : Work or None
        Synaptic operations and energy per example on the chip.
    time : ChipTime or None
        The estimated time on the chip; only the simulator exact provides it.
    cores : int or None
        The number of cores that nengo-loihi used; None without a chip.
    overflows : tuple of int or None
        The overflows of each of the chip's registers.
    seconds : float or None
        The duration of the run.
    run : EvaluatedRun or None
        Internal: the results of each example.
    """

    _internal = frozenset(("firing", "run", "source"))

    network: str
    simulator: str
    presentation: Literal["row", "rest"] | None
    examples: int
    steps: int | None
    classes: bool
    score: results.Score
    over_time: tuple[results.ScoreAtTime, ...] = ()
    readings: tuple[results.ReadoutVariant, ...] = ()
    confusion: tuple[tuple[int, ...], ...] = ()
    units: tuple[results.UnitResult, ...] = ()
    names: tuple[str, ...] = ()
    layers: tuple[results.LayerResult, ...] = ()
    spikes: float | None = None
    clipped: float | None = None
    resting: tuple[str, ...] = ()
    decide: str | None = None
    work: results.Work | None = None
    time: ChipTime | None = None
    cores: int | None = None
    overflows: tuple[int, ...] | None = None
    seconds: float | None = None
    run: EvaluatedRun | None = field(default=None, compare=False)

    @property
    def _run(self) -> EvaluatedRun:
        assert self.run is not None, "a run has its examples"
        return self.run

    @property
    def source(self) -> str:
        """Internal: the package's folder."""
        return self._run.folder.as_posix()

    @property
    def firing(self) -> Mapping[str, LayerFiring]:
        """Internal: the spikes of each layer; empty if the exact engine did not run."""
        return self._run.firing

    @property
    def outputs(self) -> NDArray[np.float32]:
        """The readout's outputs (examples, units), in the order of the data."""
        return self._run.prediction.outputs

    @property
    def labels(self) -> NDArray[np.int64]:
        """The predicted class of each example, in the order of the data.

        Raises
        ------
        ValueError
            For a regression, which has no classes.
        """
        return self._run.prediction.labels

    @property
    def records(self) -> list[Record]:
        """A dictionary per example, in the order of the data, in a format for pandas.

        ``example`` is the index in the data, and ``label`` the true class. ``keras``
        and ``chip``, or the name of another simulator, are the predictions. For a
        regression, each unit has its own entries, such as ``chip_0``.
        """
        return self._run.records(self.simulator)

    @property
    def interval(self) -> Interval | None:
        """The 95 % interval of the accuracy, or of the root mean square error."""
        return self.score.interval

    @property
    def keras_accuracy(self) -> float | None:
        """Keras's accuracy with the same weights; None without TensorFlow."""
        return self.score.keras if self.classes else None

    @property
    def keras_accuracy_before(self) -> float | None:
        """Keras's accuracy with the weights before `spikes`; None if unknown."""
        return self.score.before if self.classes else None

    @property
    def r2(self) -> float | None:
        """The explained fraction of the targets' variance, for a regression."""
        return self.score.r2

    @property
    def energy(self) -> float | None:
        """The energy per example on the chip, in joules; None without a chip."""
        return None if self.work is None else self.work.energy_joules

    @property
    def accuracy(self) -> float | None:
        """The fraction of correct decisions; None for a regression."""
        return self.score.value if self.classes else None

    @property
    def rmse(self) -> float | None:
        """The root mean square error; None for a classification."""
        return None if self.classes else self.score.value

    @property
    def by_class(self) -> tuple[ClassResult, ...]:
        """The result of each class; empty for a regression."""
        decided = map(sum, zip(*self.confusion, strict=True))
        classes = []
        for i, (row, taken) in enumerate(zip(self.confusion, decided, strict=True)):
            name = self.names[i] if self.names else str(i)
            count = sum(row)
            recall = row[i] / count if count else None
            precision = row[i] / taken if taken else None
            classes.append(ClassResult(name, count, recall, precision))
        return tuple(classes)

    @property
    def balanced_accuracy(self) -> float | None:
        """The mean recall of the classes that have examples; None for a regression."""
        recalls = [c.recall for c in self.by_class if c.recall is not None]
        return sum(recalls) / len(recalls) if recalls else None

    @property
    def is_uneven(self) -> bool:
        """Whether a class has twice as many examples as another, not just by chance."""
        counts = [each.examples for each in self.by_class if each.examples]
        least = min(counts, default=0)
        most = max(counts, default=0)
        # Counts vary by chance by about the square root of their sum.
        return most >= UNEVEN * least and most - least > 2 * sqrt(most + least)

    @property
    def rates(self) -> dict[str, float]:
        """The percentile of each layer's rates, in Hz."""
        return {layer.name: layer.rate for layer in self.layers}

    @property
    def missed(self) -> tuple[str, ...]:
        """The layers that miss their rate budgets."""
        return tuple(layer.name for layer in self.layers if not layer.holds)

    def as_dict(self) -> Json:
        """Return a mapping for JSON; scores are named after their kind."""
        score = self.score
        work = self.work
        overflows = self.overflows
        kind = "rmse"
        alike = "difference"
        more: Json = {
            "rmse_interval": score.interval,
            "r2": score.r2,
            "units": to_json(self.units),
        }
        if self.classes:
            kind = "accuracy"
            alike = "agreement"
            more = {
                "accuracy_interval": score.interval,
                "balanced_accuracy": self.balanced_accuracy,
                "classes": to_json(self.by_class),
                "confusion": self.confusion,
            }
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
            f"{kind}_over_time": [_name_value(each, kind) for each in self.over_time],
            "readings": [_name_value(each, kind) for each in self.readings],
            "contrast": None,  # keys stay within a JSON version
            "layers": [{**asdict(each), "holds": each.holds} for each in self.layers],
            "spikes": self.spikes,
            "clipped": self.clipped,
            "synaptic_operations": work and work.synaptic_operations,
            "energy_joules": self.energy,
            "time": to_json(self.time),
            "cores": self.cores,
            "overflows": overflows and dict(zip(REGISTERS, overflows, strict=True)),
            "seconds": self.seconds,
        }

    def raster(self, example: int = 0) -> dict[str, NDArray[np.uint8]]:
        """Run one example from rest on the exact engine, and return its spikes.

        Parameters
        ----------
        example
            The index among the examples that ran.

        Returns
        -------
        dict of uint8 array (steps, *the layer's shape)
            The spikes of each layer, including the encoder; for a max pool, (steps,
            neurons).

        Raises
        ------
        IndexError
            If there is no such example.
        """
        return self._run.raster(example)

    def plot_raster(self, example: int = 0, ax: Axes | None = None) -> Axes:
        """Plot the spikes of an example, layer by layer; see `raster`."""
        run = self._run
        return self._drawn("raster", self.raster(example), run.dt, ax, run.host)

    def plot_rates(self, ax: Axes | None = None) -> Axes:
        """Plot the rates of neurons with the budgets of their layers.

        Raises
        ------
        ValueError
            If the exact engine did not run.
        """
        if not self.firing:
            raise ValueError("only the simulator exact records the rates of neurons")
        run = self._run
        present = (self.steps or 0) * run.dt
        return self._drawn("rates", self.firing, self.layers, present, ax, run.host)

    def plot_accuracy(self, ax: Axes | None = None) -> Axes:
        """Plot accuracy, or error, and energy against the length of an example."""
        return self._drawn("accuracy", self, self._run.dt, ax)

    def plot_confusion(self, ax: Axes | None = None) -> Axes:
        """Plot the number of examples by class and decision.

        Raises
        ------
        ValueError
            If the network has no classes.
        """
        return self._drawn("confusion", self, ax)

    def plot_correlation(self, ax: Axes | None = None) -> Axes:
        """Plot the correlation of each layer's spikes with Keras's activations.

        Raises
        ------
        ValueError
            If the run was not compared with Keras.
        """
        host = frozenset() if self.run is None else self.run.host
        return self._drawn("correlation", self, ax, host)

    def plot_predictions(self, ax: Axes | None = None) -> Axes:
        """Plot the outputs of a regression against the true values.

        Raises
        ------
        ValueError
            If the network has classes.
        """
        if self.classes:
            raise ValueError("only a regression has values to compare")
        run = self._run
        return self._drawn("predictions", run.raw, run.y, self.network, ax)

    def html(self) -> str:
        """Return a self-contained page with tables and pictures."""
        return self._written("page")

    def to_pandas(self, table: Literal["layers", "records"] = "layers") -> Any:
        """Return a table as a pandas data frame; install pandas separately.

        Parameters
        ----------
        table
            The activity of each layer, or the `records` of the examples.

        Raises
        ------
        ModuleNotFoundError
            If pandas is not installed.
        """
        rows = self.as_dict()["layers"] if table == "layers" else self.records
        return data_frame(rows)

    def __repr__(self) -> str:
        kind = "rmse" if self.accuracy is None else "accuracy"
        of = f"{self.network} on {self.simulator}"
        return f"<snnc.Evaluation of {of}: {kind} {self.score.value:.4g}>"


def _name_value(
    result: results.ScoreAtTime | results.ReadoutVariant, kind: str
) -> Json:
    """Return a mapping for JSON, with the value under the name of its kind."""
    names = {"value": kind, "gain": "gain_interval"}
    return {names.get(key, key): value for key, value in asdict(result).items()}
