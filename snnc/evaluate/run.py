"""One evaluation, from paths to the result."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from snnc.evaluate.exact import How, run_exact
from snnc.evaluate.others import (
    Simulator,
    Trained,
    has_keras,
    keras_outputs,
    reference_of,
    run_other,
)
from snnc.evaluate.part import Part
from snnc.evaluate.refusals import NoFolderError
from snnc.evaluate.task import Task
from snnc.runtime.files import write_file
from snnc.runtime.measures import keras_outputs_of, outputs_of, result_of
from snnc.runtime.results import Result
from snnc.runtime.scores import score


def write_examples(
    path: Path,
    outputs: NDArray[Any],
    y: NDArray[Any],
    keras: NDArray[Any] | None,
    classifies: bool,
) -> None:
    """Write a CSV file with a row an example: its number, label, Keras and the chip.

    Classes are numbers; of values, each unit has columns of its own. Without Keras's
    outputs, (examples, units), its columns are left out.
    """
    told = {"label": y, "keras": keras, "chip": outputs}
    columns: dict[str, list[Any]] = {"example": list(range(len(y)))}
    for name, values in told.items():
        if values is not None:
            columns |= _columns(name, np.asarray(values), classifies)
    table = io.StringIO(newline="")
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*columns.values(), strict=True))
    write_file(path, table.getvalue())


def _columns(name: str, values: NDArray[Any], classifies: bool) -> dict[str, list[Any]]:
    if classifies:
        decided = values if values.ndim == 1 else values.argmax(axis=1)
        return {name: decided.tolist()}
    return {f"{name}_{i}": column.tolist() for i, column in enumerate(values.T)}


Progress = Callable[[int], None]


def on_engine(
    task: Task, how: How, progress: Progress, each: Path | None = None
) -> Result:
    """Run the exact engine; ``each`` is a file for what is decided of each example.

    ``seconds`` are those of this run, without Keras's. Workers go on while Keras runs,
    so that with those its time is within.

    Raises
    ------
    RefusedError, snnc.exact.CannotRunError
        If something does not fit; the text is for users.
    """
    if each is not None and not each.parent.is_dir():
        raise NoFolderError(each)
    trained = Trained(task.package, task.tensors) if has_keras() else None
    started = time.perf_counter()
    parts = run_exact(task, how, progress, trained)
    seconds = time.perf_counter() - started
    if trained is not None and not how.shared:
        seconds -= trained.seconds
    if each is not None:
        outputs, keras = outputs_of(parts)[-1], keras_outputs_of(parts)
        classes = task.package.network.readout.classes
        write_examples(each, outputs, task.examples.y, keras, classes)
    return _result(parts, task, how, seconds)


def _result(parts: Sequence[Part], task: Task, how: How, seconds: float) -> Result:
    overflows = np.sum([part.overflows for part in parts], axis=0)
    network = task.package.network
    return result_of(
        network,
        parts,
        task.examples.y,
        simulator="exact",
        presentation=how.presentation,
        model="aware" if network.aware else "smooth",
        steps=how.steps,
        cores=parts[0].cores,
        overflows=tuple(map(int, overflows)),
        seconds=seconds,
    )


def on_package(task: Task, simulator: Simulator, progress: Progress) -> Result:
    """Run the package's own evaluation."""
    return run_other(task, simulator, progress)


def on_keras(task: Task, progress: Progress) -> Result:
    """Judge the Keras model that was trained."""
    started = time.perf_counter()
    package, y = task.package, task.examples.y
    reference = reference_of(package, task.tensors)
    outputs = keras_outputs(reference, task.examples, progress)
    classes = package.network.readout.classes
    return Result(
        network=package.name,
        simulator="keras",
        presentation=None,
        examples=len(y),
        steps=None,
        classes=classes,
        score=score(outputs, y, classes),
        seconds=time.perf_counter() - started,
    )
