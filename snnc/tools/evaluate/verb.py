"""Run a package on data: `snnc evaluate` and `snnc predict`, and their options."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from snnc.text.arguments import check_choice, check_count, given_weights
from snnc.tools.opening import FileName, Tensors, as_package, require_simulator

if TYPE_CHECKING:
    from snnc.tools.evaluate.evaluation import Evaluation
    from snnc.tools.evaluate.run import Prediction
    from snnc.tools.package import Package

Simulator = Literal["exact", "loihi", "nengo", "nengo_dl", "keras"]
Presentation = Literal["row", "rest"]


class OptionError(ValueError):
    """Raised if an option only works with the exact engine."""

    def __init__(self, option: str, simulator: str) -> None:
        super().__init__(
            f"{option} works only with the simulator exact, not with {simulator}"
        )
        self.option = option


@dataclass(frozen=True)
class EvaluateOptions:
    """The options of an evaluation; see `evaluate`.

    Values that are unknown or too small raise ValueError, and options without effect
    raise `OptionError`.
    """

    simulator: Simulator = "exact"
    examples: int | None = None
    seed: int = 0
    steps: int | None = None
    presentation: Presentation = "row"
    workers: int | None = None
    dask: str | None = None
    output: FileName | None = None
    examples_out: FileName | None = None

    def __post_init__(self) -> None:
        check_count("examples", self.examples, 1)
        check_count("seed", self.seed, 0)
        check_count("steps", self.steps, 2)
        check_count("workers", self.workers, 1)
        check_choice("simulator", self.simulator, get_args(Simulator))
        check_choice("presentation", self.presentation, get_args(Presentation))
        for name in ("steps", "workers", "dask", "output", "examples_out"):
            is_given = getattr(self, name) is not None
            if is_given and self.simulator != "exact":
                raise OptionError(name, self.simulator)

    @property
    def uses_workers(self) -> bool:
        """Whether the engine runs in other processes."""
        return self.dask is not None or (self.workers or 1) > 1


def evaluate(
    package: Package | FileName,
    x: object,
    y: object = None,
    weights: Tensors | FileName | None = None,
    *,
    simulator: Simulator = "exact",
    examples: int | None = None,
    seed: int = 0,
    steps: int | None = None,
    presentation: Presentation = "row",
    workers: int | None = None,
    dask: str | None = None,
    output: FileName | None = None,
    examples_out: FileName | None = None,
    progress: bool | None = None,
) -> Evaluation:
    """Run a package on data, spike for spike like the chip.

    Parameters
    ----------
    package
        A package, or its folder.
    x : array (examples, *input shape), a data file, or an iterable
        A file is ``.npz`` with ``x`` and ``y``, or a folder with an ``.npy`` file for
        each. An iterable, such as a tf.data.Dataset, yields examples or batches, or
        pairs of these and their ``y``. It may be larger than memory: a temporary file
        stores the examples.
    y : array (examples,) of integers, or (examples, units) of floats
        None for a file or an iterable of pairs.
    weights : path or mapping
        A safetensors file, or its tensors by name.
    simulator
        ``exact`` computes the spikes of nengo-loihi's emulator (``loihi``), 100 times
        faster. ``nengo`` and ``nengo_dl`` don't round weights, and ``keras`` has no
        spikes.
    examples
        The number of examples to run, drawn with the seed; by default, all.
    seed
        The seed for shuffling the examples.
    steps
        The number of steps per example; by default, that of the spec. This and the
        following options need the exact simulator, unless noted.
    presentation
        ``row``: each example starts from the state after the previous example, as on
        the chip, but every 200th starts from rest. ``rest``: each example starts from
        rest. This option applies to all simulators except Keras.
    workers, dask
        The number of processes, or the address of a Dask cluster, for running examples.
    output
        A file to write, with the outputs of each example as JSON lines.
    examples_out
        A CSV file to write, with one row per example: the label and the predictions of
        Keras and the chip.
    progress
        Whether to show a progress bar; by default, on terminals and in notebooks.

    Raises
    ------
    ValueError
        If package, data, weights and options don't match; the message says why.
    """
    run = simulator, examples, seed, steps, presentation
    files = output, examples_out
    options = EvaluateOptions(*run, workers, dask, *files)
    return evaluate_with(options, package, (x, y), weights, progress)


def evaluate_with(
    options: EvaluateOptions,
    package: Package | FileName,
    data: tuple[object, object],
    weights: Tensors | FileName | None,
    progress: bool | None = None,
) -> Evaluation:
    """Run a package on data with checked options, like `evaluate`."""
    if weights is None:
        raise ValueError("weights: name a safetensors file, or give its tensors")
    source = given_weights(weights)
    require_simulator(options.simulator, options.dask is not None)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # hide TensorFlow messages
    from snnc.tools.evaluate.run import run_evaluation  # imports NumPy and nengo-loihi

    given = Path(data[0]) if isinstance(data[0], str | os.PathLike) else data
    return run_evaluation(as_package(package), given, source, options, progress)


def predict(
    package: Package | FileName,
    x: object,
    weights: Tensors | FileName,
    *,
    simulator: Simulator = "exact",
    over_time: bool = False,
    progress: bool | None = None,
) -> Prediction:
    """Run a package on new examples without labels.

    Parameters
    ----------
    package, weights, simulator, progress
        As for `evaluate`.
    x : array (examples, *input shape), a data file, or an iterable
        As for `evaluate`, or an ``.npy`` file.
    over_time
        Whether to also return the outputs of each step.

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
    require_simulator(simulator)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # hide TensorFlow messages
    from snnc.tools.evaluate.run import run_prediction  # imports NumPy and nengo-loihi

    opened = as_package(package).opened
    return run_prediction(opened, x, source, simulator, over_time, progress)
