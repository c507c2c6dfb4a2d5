"""Run an evaluation, from paths to the result.

The simulator is the exact engine, Keras, or a Nengo simulator: nengo, nengo_dl, or
nengo-loihi's emulator.
"""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from snnc.exact import make_engine
from snnc.exact.engine import why_not_stored
from snnc.runtime.examples import Array
from snnc.runtime.files import warn, write_file
from snnc.runtime.layout import Weights
from snnc.runtime.nengo.simulators import RefusedError, Simulator, require, run_examples
from snnc.text.progress import Moved, progress_bar
from snnc.text.tables import counted, csv_table
from snnc.tools import scores
from snnc.tools.evaluate.evaluation import Evaluation
from snnc.tools.evaluate.exact import counts_of, run_exact
from snnc.tools.evaluate.measures import EvaluatedPart, KerasReference, join, result_of
from snnc.tools.evaluate.predict import Prediction, name_classes
from snnc.tools.evaluate.task import Data, Task, open_task, source_of
from snnc.tools.opening import RefusedRunError, not_installed

if TYPE_CHECKING:
    from snnc.tools.evaluate.verb import EvaluateOptions
    from snnc.tools.package import Package


Record = dict[str, int | float]
"""An example's index in the data, its label, and predictions. For a regression, each
unit has its own entry."""


@dataclass(frozen=True, eq=False)
class EvaluatedRun:
    """The results of a run for each example, in the order of the run.

    ``raw`` contains the outputs, of shape (examples, units), and ``keras`` contains
    the Keras model's outputs for comparison. ``firing``, the spikes of each layer, is
    only known for the exact engine.
    """

    package: Package
    task: Task
    raw: Array
    keras: Array | None = None
    firing: Mapping[str, scores.LayerFiring] = field(default_factory=dict)

    @cached_property
    def prediction(self) -> Prediction:
        """The outputs in the order of the data."""
        order = np.argsort(self.task.examples.rows)
        outputs = np.asarray(self.raw[order], np.float32)
        return Prediction(outputs, name_classes(self.task.package.network.readout))

    def records(self, simulator: str) -> list[Record]:
        """Return one record per example, in the order of the data."""
        who = "chip" if simulator in ("exact", "loihi") else simulator
        examples, order = self.task.examples, np.argsort(self.task.examples.rows)
        columns: dict[str, list[Any]] = {"example": examples.rows[order].tolist()}
        answers = {"label": examples.y, "keras": self.keras, who: self.raw}
        for name, values in answers.items():
            if values is None:
                continue
            if not self.task.package.network.readout.classes:
                for i, column in enumerate(values[order].T):
                    columns[f"{name}_{i}"] = column.tolist()
            else:
                decided = values if values.ndim == 1 else values.argmax(axis=1)
                columns[name] = decided[order].tolist()
        rows = zip(*columns.values(), strict=True)
        return [dict(zip(columns, row, strict=True)) for row in rows]

    def raster(self, example: int, steps: int | None) -> dict[str, NDArray[np.uint8]]:
        """Run one example from rest on the exact engine, and return its spikes.

        Raises
        ------
        IndexError
            If there is no such example.
        """
        x = self.task.examples.x
        if not 0 <= example < x.shape[0]:
            raise IndexError(
                f"the data have {x.shape[0]} examples, so there is no example {example}"
            )
        one = np.asarray(x[example : example + 1], np.float32)
        with make_engine(self.task.package, self.task.tensors, steps) as engine:
            outcome = engine.run(one, keep=("spikes",), threads=1)
        return {name: spikes[0] for name, spikes in outcome.spikes.items()}


def run(
    package: Package,
    data: Data,
    weights: Weights,
    options: EvaluateOptions,
    progress: bool | None,
) -> Evaluation:
    """Run an evaluation, and write the file of its examples.

    Raises
    ------
    ValueError
        If package, data, weights and options don't match.
    """
    task = open_task(package.folder, weights, data, options.examples, options.seed)
    if task.package.hash != package.opened.hash:
        raise ValueError(f"{package.folder} was built again: open the Package again")
    warn(task.examples.warning)
    each = None if options.examples_out is None else Path(options.examples_out)
    if each is not None and not each.parent.is_dir():
        raise RefusedRunError(
            f"there is no folder {each.parent} for {each.name}; create the folder, "
            "or choose another name with `--examples-out`"
        )
    count, label = len(task.examples), "examples"
    if options.simulator == "exact":  # some examples run both in a row and from rest
        label = f"runs of {counted(count, 'example')}"
        count = sum(counts_of(options, count).values())
    evaluate = _on_keras if options.simulator == "keras" else _on_spikes
    with progress_bar(count, label, progress) as bar:
        evaluation = evaluate(package, task, options, bar)
    if each is not None:
        records = evaluation.records
        rows = (record.values() for record in records)
        write_file(each, csv_table(records[0], rows))
    return evaluation


def has_keras() -> bool:
    """Return whether TensorFlow is installed."""
    return importlib.util.find_spec("tensorflow") is not None


def _on_spikes(
    package: Package, task: Task, options: EvaluateOptions, progress: Moved
) -> Evaluation:
    """Evaluate a package on the exact engine or on a Nengo simulator.

    The result's ``seconds`` exclude the time for Keras, except with workers, which
    continue while Keras runs.

    Raises
    ------
    RefusedRunError, snnc.exact.CannotRunError
        If package, data, weights or options don't match; the message is for users.
    """
    reference = KerasReference(task.package, task.tensors) if has_keras() else None
    started = time.perf_counter()
    is_exact = options.simulator == "exact"
    if is_exact:
        parts = run_exact(task, options, progress, reference)
    else:
        parts = [*_run_nengo(task, options, progress, reference)]
    seconds = time.perf_counter() - started
    model, before, unknown = source_of(task.weights) or "smooth", None, None
    if reference is not None:
        seconds -= 0 if options.uses_workers else reference.seconds
        before, unknown = reference.before_spikes(task.weights, task.examples)
    way, y, network = options.presentation, task.examples.y, task.package.network
    part = join([part for part in parts if part.presentation == way])
    raw, classes = part.outputs[-1], network.readout.classes
    keras = None if part.keras is None else part.keras.outputs
    others = [part for part in parts if part.presentation != way]
    effect = None
    if others:
        rests = join(others).outputs[-1]
        effect = scores.contrast(raw[: len(rests)], rests, y[: len(rests)], classes)
    return result_of(
        network,
        part,
        y,
        simulator=options.simulator,
        score=scores.score(raw, y, classes, keras, model, before, unknown),
        steps=options.steps,
        energy=task.package.energy,
        contrast=effect,
        seconds=seconds,
        run=EvaluatedRun(package, task, raw, keras, part.firing if is_exact else {}),
    )


def _run_nengo(
    task: Task,
    options: EvaluateOptions,
    progress: Moved,
    reference: KerasReference | None,
) -> Iterator[EvaluatedPart]:
    """Yield the results of a Nengo simulator, a few examples at a time.

    Raises
    ------
    RefusedRunError
        If the simulator can't run the network.
    """
    network, program = task.package.network, task.package.module("nengo_network")
    simulator = cast("Simulator", options.simulator)
    if network.target != "loihi" and simulator == "loihi":
        raise RefusedRunError(
            "this network has no simulator loihi, only nengo and nengo_dl: its spec "
            "says `target nengo`"
        )
    reader, way = scores.Reader(network, carries=True), options.presentation
    build, tensors, examples = program.build_network, task.tensors, task.examples
    try:
        require(simulator, network)
        for given in run_examples(build, network, tensors, examples, simulator, way):
            if given.at_rest:
                reader = scores.Reader(network, carries=True)
            keras = reference and reference.compare(given.x, given.spikes)
            yield EvaluatedPart.of(
                reader,
                given.start,
                given.rows,
                given.spikes,
                keras=keras,
                presentation=way,
                cores=given.cores,
            )
            progress(len(given.rows))
    except ModuleNotFoundError as error:
        if error.name is None:
            raise RefusedRunError(error) from error
        raise not_installed([error.name], "all") from error
    except RefusedError as error:
        why = why_not_stored(build(tensors).net, network.dt, tensors)
        raise RefusedRunError(why or error) from error


def _on_keras(
    package: Package, task: Task, options: EvaluateOptions, progress: Moved
) -> Evaluation:
    """Evaluate the Keras model with the weights."""
    started = time.perf_counter()
    y, readout = task.examples.y, task.package.network.readout
    reference = KerasReference(task.package, task.tensors)
    outputs, classes = reference.outputs(task.examples, progress), readout.classes
    model = source_of(task.weights) or "smooth"
    return Evaluation(
        network=package.name,
        simulator="keras",
        presentation=None,
        examples=len(y),
        steps=None,
        classes=classes,
        score=replace(scores.score(outputs, y, classes), model=model),
        confusion=scores.confusion(outputs, y) if classes else (),
        units=() if classes else scores.unit_results(outputs, y),
        names=readout.names,
        seconds=time.perf_counter() - started,
        run=EvaluatedRun(package, task, outputs),
    )
