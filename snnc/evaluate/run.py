"""Run one evaluation, from paths to the result.

It runs the exact engine, Keras, or a simulator of Nengo: nengo, nengo_dl, or
nengo-loihi's emulator.
"""

from __future__ import annotations

import csv
import importlib.util
import io
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import add
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from snnc.evaluate.exact import RunSettings, run_exact
from snnc.evaluate.part import ExactPart, SpanResult
from snnc.evaluate.refusals import MissingExtraError, NoFolderError, RefusedRunError
from snnc.evaluate.task import Task
from snnc.runtime.examples import Presentation
from snnc.runtime.files import write_file
from snnc.runtime.labels import Examples
from snnc.runtime.layout import source_of
from snnc.runtime.nengo.simulators import (
    Presented,
    RefusedError,
    Simulator,
    require,
    run_examples,
)
from snnc.runtime.network import Network
from snnc.tools.measures import (
    BeforeSpikes,
    EvaluatedPart,
    Reference,
    keras_of,
    outputs_of,
    result_of,
)
from snnc.tools.results import Result
from snnc.tools.scores import Reader, confusion, contrast, decide_early, score
from snnc.tools.statistics import Firing


def run_other(
    task: Task,
    simulator: Simulator,
    presentation: Presentation,
    progress: Callable[[int], None],
) -> Result:
    """Evaluate the spikes of a simulator of Nengo.

    Raises
    ------
    RefusedRunError
        If the network or the simulator can't run.
    """
    package, examples = task.package, task.examples
    network, program = package.network, package.module("nengo_network")
    if not network.for_loihi and simulator == "loihi":
        raise RefusedRunError(
            "this network has no simulator loihi, only nengo and nengo_dl: its spec "
            "says `target nengo`"
        )
    started = time.perf_counter()
    trained = Trained(task) if has_keras() else None
    parts: list[EvaluatedPart] = []
    cores, reader = None, Reader(network, carries=True)
    try:
        require(simulator, network)
        for given in run_examples(
            program.build_network,
            network,
            task.tensors,
            examples,
            simulator,
            presentation,
        ):
            if given.at_rest:
                reader = Reader(network, carries=True)
            parts.append(_judged(given, network, reader, trained))
            progress(len(given.rows))
            cores = given.cores
    except ModuleNotFoundError as error:
        if error.name is None:
            raise RefusedRunError(error) from error
        raise MissingExtraError([error.name], "all") from error
    except RefusedError as error:
        raise RefusedRunError(error) from error
    return result_of(
        network,
        parts,
        examples.y,
        simulator=simulator,
        presentation=presentation,
        model=source_of(task.weights) or "smooth",
        before=None if trained is None else trained.before_spikes(task),
        cores=cores,
        energy=package.energy,
        seconds=time.perf_counter() - started,
    )


def _judged(
    given: Presented, network: Network, reader: Reader, trained: Trained | None
) -> EvaluatedPart:
    keras = None
    if trained is not None:
        keras = trained.reference.compared(given.x, given.spikes)
    return EvaluatedPart(
        given.start,
        given.start + len(given.rows),
        decide_early(given.rows, network.readout.decide),
        reader.read(given.rows),
        {name: Firing.of(spikes) for name, spikes in given.spikes.items()},
        keras,
    )


def has_keras() -> bool:
    """Return whether TensorFlow is installed."""
    return importlib.util.find_spec("tensorflow") is not None


def reference_of(task: Task) -> Reference:
    """Return the Keras model with the weights."""
    package = task.package
    return Reference(
        package.network, lambda: package.module("keras_model"), task.tensors
    )


class Trained:
    """The Keras model with the weights; ``seconds`` is the time that it took."""

    def __init__(self, task: Task) -> None:
        self.seconds = 0.0
        self.reference = reference_of(task)

    def compared(self, fresh: SpanResult) -> SpanResult:
        """Return results together with the model's outputs."""
        started = time.perf_counter()
        keras = self.reference.compared(fresh.images, fresh.counts)
        self.seconds += time.perf_counter() - started
        return replace(fresh, part=replace(fresh.part, keras=keras))

    def before_spikes(self, task: Task) -> BeforeSpikes:
        """Return the model's outputs with the weights that entered `spikes`."""
        layout, examples = task.package.layout, task.examples
        return self.reference.before_spikes(layout, task.weights, examples)


def keras_outputs(
    reference: Reference, examples: Examples, progress: Callable[[int], None]
) -> NDArray[np.float64]:
    """Return the outputs of a model, (examples, units)."""
    outputs = []
    for start in range(0, len(examples), examples.chunk_size):
        x = examples[start : start + examples.chunk_size]
        outputs.append(reference.outputs(x))
        progress(len(x))
    return np.concatenate(outputs)


def _write_examples(
    path: Path, task: Task, outputs: NDArray[Any], keras: NDArray[Any] | None
) -> None:
    """Write a CSV file with a row per example: number, label, Keras and the chip.

    Numbers are positions in the data. Classes are numbers; in a regression each unit
    has its own columns. Without Keras's outputs, (examples, units), its columns are
    left out.
    """
    examples = task.examples
    order = np.argsort(examples.rows)
    columns_by_name = {"label": examples.y, "keras": keras, "chip": outputs}
    columns: dict[str, list[Any]] = {"example": examples.rows[order].tolist()}
    for name, values in columns_by_name.items():
        if values is not None:
            classifies = task.package.network.readout.classes
            columns |= _columns(name, np.asarray(values)[order], classifies)
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


@dataclass(frozen=True, slots=True)
class EngineResult:
    """The result of a run on the exact engine, and how each layer fired."""

    result: Result
    firing: Mapping[str, Firing]


def on_engine(
    task: Task, how: RunSettings, progress: Progress, each: Path | None = None
) -> EngineResult:
    """Run the exact engine; ``each`` is a file for the decision of each example.

    ``seconds`` excludes Keras's time; with workers, which continue while Keras runs, it
    includes it.

    Raises
    ------
    RefusedRunError, snnc.exact.CannotRunError
        If something does not fit; the text is for users.
    """
    if each is not None and not each.parent.is_dir():
        raise NoFolderError(each)
    trained = Trained(task) if has_keras() else None
    started = time.perf_counter()
    parts = run_exact(task, how, progress, trained)
    seconds = time.perf_counter() - started
    if trained is not None and not how.shared:
        seconds -= trained.seconds
    shown = [part for part in parts if part.presentation == how.presentation]
    if each is not None:
        keras = keras_of(shown)
        said = None if keras is None else keras.outputs
        _write_examples(each, task, outputs_of(shown)[-1], said)
    before = None if trained is None else trained.before_spikes(task)
    result = _result(shown, task, how, seconds, before)
    names = shown[0].firing
    firing = {name: reduce(add, (p.firing[name] for p in shown)) for name in names}
    others = [part for part in parts if part.presentation != how.presentation]
    if not others:
        return EngineResult(result, firing)
    rows, rests = outputs_of(shown)[-1], outputs_of(others)[-1]
    y = task.examples.y[: len(rests)]
    contrasted = contrast(rows[: len(y)], rests, y, result.classes)
    return EngineResult(replace(result, contrast=contrasted), firing)


def _result(
    parts: Sequence[ExactPart],
    task: Task,
    how: RunSettings,
    seconds: float,
    before: BeforeSpikes | None,
) -> Result:
    overflows = np.sum([part.overflows for part in parts], axis=0)
    network = task.package.network
    return result_of(
        network,
        parts,
        task.examples.y,
        simulator="exact",
        presentation=how.presentation,
        model=source_of(task.weights) or "smooth",
        before=before,
        steps=how.steps,
        cores=parts[0].cores,
        energy=task.package.energy,
        overflows=tuple(map(int, overflows)),
        seconds=seconds,
    )


def on_keras(task: Task, progress: Progress) -> Result:
    """Evaluate the Keras model with the weights."""
    started = time.perf_counter()
    package, y = task.package, task.examples.y
    reference = reference_of(task)
    outputs = keras_outputs(reference, task.examples, progress)
    model = source_of(task.weights) or "smooth"
    classes = package.network.readout.classes
    return Result(
        network=package.name,
        simulator="keras",
        presentation=None,
        examples=len(y),
        steps=None,
        classes=classes,
        score=replace(score(outputs, y, classes), model=model),
        confusion=confusion(outputs, y) if classes else (),
        names=package.network.readout.names,
        seconds=time.perf_counter() - started,
    )
