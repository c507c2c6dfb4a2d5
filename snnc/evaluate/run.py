"""One evaluation, from paths to the result."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from snnc.evaluate.each import write_examples
from snnc.evaluate.exact import How, run_exact
from snnc.evaluate.keras import Trained, has_keras, keras_outputs
from snnc.evaluate.others import Simulator, run_other
from snnc.evaluate.part import Part
from snnc.evaluate.refusals import NoFolderError
from snnc.evaluate.result import Result
from snnc.evaluate.score import over_time, score
from snnc.evaluate.subject import Subject
from snnc.evaluate.sums import (
    clipped_of,
    keras_of,
    layers_of,
    outputs_of,
    overflows_of,
    spikes_of,
    work_of,
)
from snnc.runtime.data import Examples, open_data

Progress = Callable[[int], None]


def opened(data: Path, limit: int | None, subject: Subject) -> Examples:
    """Return the first examples of the data, all of them checked.

    Raises
    ------
    snnc.runtime.data.DataError
        If they are not what the package reads.
    """
    return open_data(data, subject.accepts, limit)


def on_engine(
    subject: Subject,
    weights: Path,
    examples: Examples,
    how: How,
    progress: Progress,
    each: Path | None = None,
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
    trained = Trained(subject, weights) if has_keras() else None
    started = time.perf_counter()
    parts = run_exact(subject, weights, examples, how, progress, trained)
    seconds = time.perf_counter() - started
    if trained is not None and not how.shared:
        seconds -= trained.seconds
    if each is not None:
        outputs, keras = outputs_of(parts)[-1], keras_of(parts)
        write_examples(each, outputs, examples.y, keras, subject.classifies)
    return _result(parts, subject, examples, how, seconds)


def _result(
    parts: Sequence[Part],
    subject: Subject,
    examples: Examples,
    how: How,
    seconds: float,
) -> Result:
    count, steps, y = len(examples), how.steps, examples.y
    outputs, spikes = outputs_of(parts), spikes_of(parts, len(examples))
    return Result(
        network=subject.name,
        simulator="exact",
        presentation=how.presentation,
        examples=count,
        steps=steps,
        classifies=subject.classifies,
        score=score(outputs[-1], y, keras_of(parts), subject.classifies),
        over_time=over_time(outputs, y, steps, subject.classifies),
        layers=layers_of(parts, subject, count, steps),
        spikes=sum(spikes.values()),
        work=work_of(spikes, subject, steps),
        clipped=clipped_of(parts, subject, steps),
        overflows=overflows_of(parts),
        cores=parts[0].cores,
        seconds=seconds,
    )


def on_package(
    subject: Subject,
    weights: Path,
    examples: Examples,
    simulator: Simulator,
    progress: Progress,
) -> Result:
    """Run the package's own evaluation."""
    started = time.perf_counter()
    result = run_other(subject, weights, examples, simulator, progress)
    return dataclasses.replace(result, seconds=time.perf_counter() - started)


def on_keras(
    subject: Subject, weights: Path, examples: Examples, progress: Progress
) -> Result:
    """Judge the Keras model that was trained."""
    started = time.perf_counter()
    outputs = keras_outputs(subject, weights, examples, progress)
    return Result(
        network=subject.name,
        simulator="keras",
        presentation=None,
        examples=len(examples),
        steps=None,
        classifies=subject.classifies,
        score=score(outputs, examples.y, None, subject.classifies),
        over_time=(),
        layers=(),
        spikes=None,
        work=None,
        clipped=None,
        overflows=None,
        cores=None,
        seconds=time.perf_counter() - started,
    )
