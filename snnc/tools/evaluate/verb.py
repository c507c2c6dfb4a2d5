"""Run a package on data: `snnc evaluate`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from snnc.text.arguments import given_weights
from snnc.tools.evaluate.evaluation import Evaluation
from snnc.tools.evaluate.options import (
    EvaluateOptions,
    Presentation,
    Simulator,
    require_simulator,
)
from snnc.tools.opening import FileName, Tensors, as_package

if TYPE_CHECKING:
    from snnc.tools.package import Package


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
    options = EvaluateOptions(
        simulator,
        examples,
        seed,
        steps,
        presentation,
        workers,
        dask,
        output,
        resume,
        examples_out,
    )
    return evaluate_with(options, package, (x, y), weights, progress)


def evaluate_with(
    options: EvaluateOptions,
    package: Package | FileName,
    data: tuple[object, object],
    weights: Tensors | FileName | None,
    progress: bool | None = None,
) -> Evaluation:
    """Run a package on data with checked options, as `evaluate` does."""
    if weights is None:
        raise ValueError("weights: name a safetensors file, or give its tensors")
    source = given_weights(weights)
    require_simulator(options.simulator, options.dask is not None)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # hide TensorFlow's log
    from snnc.tools.evaluate.run import run  # needs NumPy and nengo-loihi

    x, y = data
    given = Path(x) if isinstance(x, str | os.PathLike) else (x, y)
    return run(as_package(package), given, source, options, progress)
