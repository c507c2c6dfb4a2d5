"""One evaluation, from paths to the result."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from pathlib import Path

from snnc.evaluate.data import Examples, check_examples, open_examples
from snnc.evaluate.exact import How, run_exact
from snnc.evaluate.keras import has_keras, keras_outputs
from snnc.evaluate.others import Simulator, run_other
from snnc.evaluate.result import (
    Result,
    clipped_of,
    layers_of,
    outputs_of,
    overflows_of,
    score,
    spikes_of,
)
from snnc.evaluate.subject import Subject

Progress = Callable[[int], None]


def opened(data: Path, limit: int | None, subject: Subject) -> Examples:
    """Return the first examples of the data, all of them checked."""
    examples = open_examples(data, limit)
    check_examples(examples, subject)
    return examples


def on_engine(
    subject: Subject, weights: Path, examples: Examples, how: How, progress: Progress
) -> Result:
    """Run the exact engine; ``seconds`` are those of this run, without Keras's."""
    started = time.perf_counter()
    parts = run_exact(subject, weights, examples, how, progress)
    seconds = time.perf_counter() - started
    count, steps = len(examples), how.steps
    keras = (
        keras_outputs(subject, weights, examples, aware=True) if has_keras() else None
    )
    return Result(
        network=subject.name,
        simulator="exact",
        presentation=how.presentation,
        examples=count,
        steps=steps,
        classifies=subject.classifies,
        score=score(outputs_of(parts), examples.y, keras, subject.classifies),
        layers=layers_of(parts, subject, count, steps),
        spikes=spikes_of(parts, count),
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
    outputs = keras_outputs(subject, weights, examples, True, progress)
    return Result(
        network=subject.name,
        simulator="keras",
        presentation=None,
        examples=len(examples),
        steps=None,
        classifies=subject.classifies,
        score=score(outputs, examples.y, None, subject.classifies),
        layers=(),
        spikes=None,
        clipped=None,
        overflows=None,
        cores=None,
        seconds=time.perf_counter() - started,
    )
