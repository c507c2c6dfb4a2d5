"""Run a package on data: `snnc evaluate` in Python."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypedDict, get_args

from snnc.api.display import Displayed
from snnc.api.packages import Package, as_package
from snnc.api.problems import missing
from snnc.api.specs import FileName
from snnc.text.arguments import check_choice, check_count, given_weights
from snnc.text.progress import progress_bar
from snnc.text.tables import counted

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from snnc.api.packages import GivenWeights
    from snnc.evaluate.predict import Prediction
    from snnc.evaluate.records import Record
    from snnc.evaluate.run import Measured
    from snnc.evaluate.task import Task
    from snnc.tools.results import LayerResult, Result
    from snnc.tools.statistics import Firing

Simulator = Literal["exact", "loihi", "nengo", "nengo_dl", "keras"]
Presentation = Literal["row", "rest"]


@dataclass(frozen=True, eq=False, repr=False)
class Evaluation(Displayed):
    """The result of a run on data; prints and displays as ``snnc evaluate`` does.

    Attributes
    ----------
    package : Package
        What was run.
    measured
        What the run gave: internal.
    task
        Package, weights and examples: internal.
    """

    _internal = frozenset(("firing", "measured", "task"))

    package: Package
    measured: Measured
    task: Task

    @property
    def result(self) -> Result:
        """All that was measured; `accuracy` and the others here are the first of it."""
        return self.measured.result

    @property
    def firing(self) -> Mapping[str, Firing]:
        """How many neurons gave each number of spikes, by layer: internal.

        It is empty if the exact engine did not run.
        """
        return self.measured.firing

    @cached_property
    def _prediction(self) -> Prediction:
        import numpy as np

        from snnc.evaluate.predict import Prediction, name_classes

        order = np.argsort(self.task.examples.rows)
        outputs = np.asarray(self.measured.outputs[order], np.float32)
        return Prediction(outputs, name_classes(self.task.package.network.readout))

    @property
    def outputs(self) -> NDArray[np.float32]:
        """What the readout gave, (examples, units), in the order of the data."""
        return self._prediction.outputs

    @property
    def labels(self) -> NDArray[np.int64]:
        """The class that was decided for each example, in the order of the data.

        Raises
        ------
        ValueError
            For a regression, which has no classes.
        """
        return self._prediction.labels

    @cached_property
    def records(self) -> list[Record]:
        """A dictionary per example, in the order of the data, as pandas takes them.

        ``example`` is its place in the data, ``label`` what it is; ``keras`` and
        ``chip``, or the name of another simulator, are what these decide. For a
        regression, each unit has entries of its own, such as ``chip_0``.
        """
        from snnc.evaluate.records import list_records

        simulator, measured = self.result.simulator, self.measured
        who = "chip" if simulator in ("exact", "loihi") else simulator
        answers = {"keras": measured.keras, who: measured.outputs}
        return list_records(self.task.examples, answers, self.result.classes)

    @property
    def accuracy(self) -> float | None:
        """The share of right decisions; None in a regression."""
        return self.result.accuracy

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % interval of the accuracy, or of the root mean square error."""
        return self.result.score.interval

    @property
    def keras_accuracy(self) -> float | None:
        """Keras's accuracy with these weights and examples; None without TensorFlow."""
        return self.result.score.keras if self.result.classes else None

    @property
    def keras_accuracy_before(self) -> float | None:
        """Keras's accuracy with the weights before phase `spikes`; None if unknown."""
        return self.result.score.before if self.result.classes else None

    @property
    def rmse(self) -> float | None:
        """The root mean square error; None in a classification."""
        return self.result.rmse

    @property
    def balanced_accuracy(self) -> float | None:
        """The mean recall of the classes; None of a regression."""
        return self.result.balanced_accuracy

    @property
    def r2(self) -> float | None:
        """The share of the targets' variance that is explained; for a regression."""
        return self.result.score.r2

    @property
    def examples(self) -> int:
        """The number of examples that ran."""
        return self.result.examples

    @property
    def layers(self) -> tuple[LayerResult, ...]:
        """How each layer fired: rates in Hz, spikes per example."""
        return self.result.layers

    @property
    def rates(self) -> dict[str, float]:
        """The percentile of the rates of each layer, in Hz."""
        return self.result.rates

    @property
    def missed(self) -> tuple[str, ...]:
        """The layers that miss their rate budgets."""
        return self.result.missed

    @property
    def spikes(self) -> float | None:
        """The mean number of spikes of all layers per example."""
        return self.result.spikes

    @property
    def energy(self) -> float | None:
        """Joules per example on the chip; None without a chip."""
        return None if self.result.work is None else self.result.work.energy_joules

    @property
    def cores(self) -> int | None:
        """The number of cores that nengo-loihi used; None without a chip."""
        return self.result.cores

    @property
    def confusion(self) -> tuple[tuple[int, ...], ...]:
        """The number of examples of each class (rows) by decision (columns)."""
        return self.result.confusion

    def raster(self, example: int = 0) -> dict[str, NDArray[Any]]:
        """Run one example from rest on the exact engine, and return its spikes.

        Parameters
        ----------
        example
            Its place among the examples that ran.

        Returns
        -------
        dict of uint8 array (steps, *the layer's shape)
            One per layer, the encoder included; for a max pool (steps, neurons).

        Raises
        ------
        IndexError
            If there are fewer examples.
        """
        import numpy as np

        from snnc.exact import make_engine

        x = self.task.examples.x
        if not 0 <= example < x.shape[0]:
            raise IndexError(
                f"the data have {x.shape[0]} examples, not number {example}"
            )
        one = np.asarray(x[example : example + 1], np.float32)
        opened = self.task.package
        with make_engine(opened, self.task.tensors, self.result.steps) as engine:
            outcome = engine.run(one, keep=("spikes",), threads=1)
        return {name: spikes[0] for name, spikes in outcome.spikes.items()}

    def plot_raster(self, example: int = 0, ax: Axes | None = None) -> Axes:
        """Draw the spikes of an example, layer by layer: see `raster`."""
        from snnc.api.pictures import drawn
        from snnc.plots.spikes import raster

        return drawn(raster, self.raster(example), self._dt, ax=ax)

    def plot_rates(self, ax: Axes | None = None) -> Axes:
        """Draw the rates of neurons with the budgets of their layers.

        Raises
        ------
        ValueError
            If the exact engine did not run.
        """
        from snnc.api.pictures import drawn
        from snnc.plots.spikes import rates

        if not self.firing:
            raise ValueError("only the simulator exact counts what neurons give")
        present = (self.result.steps or 0) * self._dt
        return drawn(rates, self.firing, self.result.layers, present, ax=ax)

    def plot_accuracy(self, ax: Axes | None = None) -> Axes:
        """Draw accuracy, or error, and energy over the length of an example."""
        from snnc.api.pictures import drawn
        from snnc.plots.results import accuracy

        return drawn(accuracy, self.result, self._dt, ax=ax)

    def plot_confusion(self, ax: Axes | None = None) -> Axes:
        """Draw the number of examples of each class by decision.

        Raises
        ------
        ValueError
            If the network has no classes.
        """
        from snnc.api.pictures import drawn
        from snnc.plots.results import confusion

        return drawn(confusion, self.result, ax=ax)

    def plot_correlation(self, ax: Axes | None = None) -> Axes:
        """Draw the correlation of each layer's spikes with Keras's activations.

        Raises
        ------
        ValueError
            If nothing was compared with Keras.
        """
        from snnc.api.pictures import drawn
        from snnc.plots.results import correlation

        return drawn(correlation, self.result, ax=ax)

    @property
    def _dt(self) -> float:
        return self.task.package.network.dt

    def html(self) -> str:
        """Return a self-contained page with tables and pictures."""
        from snnc.api.pictures import evaluation_page

        return evaluation_page(self)

    def as_dict(self) -> dict[str, Any]:
        """Return what ``snnc evaluate --format json`` prints."""
        return self.result.as_dict()

    def __str__(self) -> str:
        return str(self.result)

    def __repr__(self) -> str:
        kind = "rmse" if self.accuracy is None else "accuracy"
        of = f"{self.package.name} on {self.result.simulator}"
        return f"<snnc.Evaluation of {of}: {kind} {self.result.score.value:.4g}>"


class EvaluateOptions(TypedDict, total=False):
    """The options of `evaluate`, for type checkers."""

    simulator: Simulator
    examples: int | None
    seed: int
    steps: int | None
    presentation: Presentation
    workers: int | None
    dask: str | None
    output: FileName | None
    resume: bool
    examples_out: FileName | None
    progress: bool | None


def evaluate(
    package: Package | FileName,
    x: Any,
    y: Any = None,
    weights: GivenWeights | None = None,
    *,
    simulator: Simulator = "exact",
    examples: int | None = None,
    seed: int = 0,
    steps: int | None = None,
    presentation: Presentation = "row",
    workers: int | None = None,
    dask: str | None = None,
    output: FileName | None = None,
    resume: bool = False,
    examples_out: FileName | None = None,
    progress: bool | None = None,
) -> Evaluation:
    """Run a package on data, spike for spike as the chip does.

    Parameters
    ----------
    package
        A package, or its folder.
    x : array (examples, *input shape), a data file, or an iterable
        A file is ``.npz`` with ``x`` and ``y``, or a folder with ``.npy`` of each. An
        iterable, such as a tf.data.Dataset, gives examples or batches, or pairs of
        these and their ``y``. It need not fit memory: a temporary file keeps it.
    y : array (examples,) of integers, or (examples, units) of floats
        None with a file, or an iterable of pairs.
    weights : path or mapping
        A safetensors file, or its tensors by name.
    simulator
        ``exact`` gives the spikes of nengo-loihi's emulator, ``loihi``, a hundred times
        faster; ``nengo`` and ``nengo_dl`` don't round weights, ``keras`` has no spikes.
    examples
        Run only this many, drawn by the seed.
    seed
        Shuffles the examples before they run.
    steps
        Steps per example, by default the spec's; exact only, as are the next options.
    presentation
        ``row``: one after another, the state carried over as on the chip, from rest
        after 200; ``rest``: each from rest. For all simulators but Keras.
    workers, dask
        The number of processes, or the address of a Dask cluster, that run examples.
    output, resume
        A file that keeps partial results, and whether to continue from it.
    examples_out
        A CSV file to write: a row per example with label, Keras and the chip.
    progress
        Whether to show a bar; by default on terminals and in notebooks.

    Raises
    ------
    ValueError
        If package, data, weights and options do not fit each other; the text says how.
    """
    package = as_package(package)
    if weights is None:
        raise ValueError("weights: name a safetensors file, or give its tensors")
    source = given_weights(weights)
    check_count("examples", examples, 1)
    check_count("seed", seed, 0)
    check_count("steps", steps, 2)
    check_count("workers", workers, 1)
    check_choice("simulator", simulator, get_args(Simulator))
    check_choice("presentation", presentation, get_args(Presentation))
    if simulator != "exact":
        options = {
            "steps": steps,
            "workers": workers,
            "dask": dask,
            "output": output,
            "resume": resume or None,
            "examples_out": examples_out,
        }
        for name, value in options.items():
            if value is not None:
                raise ValueError(f"{name} is for the simulator exact, not {simulator}")
    require_extras(simulator, dask is not None)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # hide TensorFlow's log
    from snnc.evaluate import run
    from snnc.evaluate.exact import RunSettings
    from snnc.evaluate.records import write_records
    from snnc.evaluate.refusals import NoFolderError
    from snnc.evaluate.task import open_task

    data = Path(x) if isinstance(x, str | os.PathLike) else (x, y)
    task = open_task(package.folder, source, data, examples, seed)
    if task.package.hash != package.opened.hash:
        raise ValueError(f"{package.folder} was built anew: open it as Package again")
    if task.examples.warning is not None:
        print(f"warning: {task.examples.warning}", file=sys.stderr)
    if simulator == "exact":
        how = RunSettings(
            steps=steps or task.package.network.steps,
            presentation=presentation,
            workers=workers,
            dask=dask,
            out=None if output is None else Path(output),
            resume=resume,
        )
        each = None if examples_out is None else Path(examples_out)
        if each is not None and not each.parent.is_dir():
            raise NoFolderError(each)
        count = len(task.examples)  # some of them run in a row and from rest
        label = f"runs of {counted(count, 'example')}"
        with progress_bar(how.runs(count), label, progress) as bar:
            measured = run.on_engine(task, how, bar)
        evaluation = Evaluation(package, measured, task)
        if each is not None:
            write_records(each, evaluation.records)
        return evaluation
    with progress_bar(len(task.examples), "examples", progress) as bar:
        if simulator == "keras":
            measured = run.on_keras(task, bar)
        else:
            measured = run.run_other(task, simulator, presentation, bar)
    return Evaluation(package, measured, task)


def predict(
    package: Package | FileName,
    x: Any,
    weights: GivenWeights,
    *,
    simulator: Simulator = "exact",
    over_time: bool = False,
    progress: bool | None = None,
) -> Prediction:
    """Run a package on new examples, without labels.

    Parameters
    ----------
    package
        A package, or its folder.
    x : array (examples, *input shape), a data file, or an iterable
        A file is ``.npz`` with ``x``, an ``.npy`` file, or a folder with
        ``x.npy``. An iterable, such as a tf.data.Dataset, yields examples or
        batches, and may be larger than memory.
    weights : path or mapping
        A safetensors file, or its tensors by name.
    simulator
        As for `evaluate`.
    over_time
        Whether to keep the outputs of each step too.
    progress
        Whether to show a bar; by default on terminals and in notebooks.

    Returns
    -------
    Prediction
        ``outputs`` (examples, units), ``labels`` (examples,), and
        ``outputs_over_time`` (examples, steps, units). `numpy.asarray` returns the
        outputs.

    Raises
    ------
    ValueError
        If the network does not accept the examples or weights.
    """
    source = given_weights(weights)
    check_choice("simulator", simulator, get_args(Simulator))
    require_extras(simulator, clustered=False)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # hide TensorFlow's log
    from snnc.evaluate import predict as predicting
    from snnc.runtime.data import DataSpec, open_input

    opened = as_package(package).opened
    if isinstance(x, str | os.PathLike):
        x = open_input(x, DataSpec.of(opened.network))
    total = len(x) if hasattr(x, "__len__") else 0
    shown = progress if total else False
    with progress_bar(total, "examples", shown) as bar:
        return predicting.predict(opened, x, source, simulator, over_time, bar)


def require_extras(simulator: Simulator, clustered: bool) -> None:
    """Refuse a run that needs missing packages, before NumPy is imported.

    Raises
    ------
    MissingExtraError
        Says what to install.
    """
    absent = missing(simulator, clustered)
    if absent:
        from snnc.evaluate.refusals import MissingExtraError

        extras = "evaluate,keras" if "tensorflow" in absent else "evaluate"
        raise MissingExtraError(absent, extras)
