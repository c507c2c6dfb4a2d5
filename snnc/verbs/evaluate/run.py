"""Run a package on data, from paths to the result: `snnc evaluate` and `snnc predict`.

The simulator is the exact engine, Keras, nengo, nengo_dl or nengo-loihi's emulator.
"""

from __future__ import annotations

import importlib.util
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from snnc.exact import make_engine
from snnc.exact.engine import why_not_stored
from snnc.output.imported import CannotRunError, ImportedPackage
from snnc.results.evaluation import Evaluation
from snnc.results.prediction import EvaluatedRun, Prediction
from snnc.runtime.data import open_data, select
from snnc.runtime.examples import ROW, Array, Presentation, decide
from snnc.runtime.files import warn, write_file
from snnc.runtime.layout import Tensors, Weights
from snnc.runtime.nengo import simulators
from snnc.runtime.network import Readout
from snnc.text.installing import needs
from snnc.text.progress import Moved, progress_bar
from snnc.text.tables import csv_table
from snnc.verbs import scores
from snnc.verbs.evaluate import measures
from snnc.verbs.evaluate.exact import run_exact
from snnc.verbs.evaluate.measures import EvaluatedPart, KerasReference
from snnc.verbs.evaluate.task import (
    Data,
    Task,
    is_array,
    open_task,
    source_of,
    store_examples,
)

if TYPE_CHECKING:
    from snnc.results.statistics import LayerFiring
    from snnc.verbs.evaluate.options import EvaluateOptions, PredictOptions


def name_classes(readout: Readout) -> tuple[str, ...]:
    """Return the names or numbers of classes; empty for a regression."""
    numbers = tuple(map(str, range(readout.units)))
    return (readout.names or numbers) if readout.classes else ()


def run_evaluation(
    package: ImportedPackage,
    data: Data,
    weights: Weights,
    options: EvaluateOptions,
    progress: bool | None,
) -> Evaluation:
    """Run an evaluation, and write the table of its examples if ``options`` ask for it.

    With ``progress``, show a bar; None shows it on a terminal.

    Raises
    ------
    ValueError
        If the package was built again after it was opened.
    CannotRunError
        If the folder of the table is missing, or the simulator can't run the network.
    DataError, LayoutError
        If the data or the weights don't match the package.
    """
    task = open_task(package.folder, weights, data, options.examples, options.seed)
    if task.package.hash != package.hash:
        raise ValueError(f"{package.folder} was built again: open the Package again")
    warn(task.examples.warning)
    each = None if options.examples_out is None else Path(options.examples_out)
    if each is not None and not each.parent.is_dir():
        raise CannotRunError(
            f"there is no folder {each.parent} for {each.name}; create the folder, "
            "or choose another name with `--examples-out`"
        )
    count = len(task.examples)
    label = "examples"
    evaluate = _on_keras if options.simulator == "keras" else _on_spikes
    with progress_bar(count, label, progress) as bar:
        evaluation = evaluate(task, options, bar)
    if each is not None:
        records = evaluation.records
        write_file(each, csv_table(records[0], map(dict.values, records)))
    return evaluation


def has_keras() -> bool:
    """Return whether TensorFlow is installed."""
    return importlib.util.find_spec("tensorflow") is not None


def _on_spikes(task: Task, options: EvaluateOptions, progress: Moved) -> Evaluation:
    """Evaluate a task on the exact engine or on a Nengo simulator."""
    reference = KerasReference(task.package, task.tensors) if has_keras() else None
    started = time.perf_counter()
    is_exact = options.simulator == "exact"
    if is_exact:
        parts = run_exact(task, options, progress, reference)
    else:
        parts = [*_nengo_parts(task, options, progress, reference)]
    seconds = time.perf_counter() - started
    model = source_of(task.weights) or "smooth"
    before = None
    unknown = None
    if reference is not None:
        # Leave out the time for Keras; workers continue while Keras runs.
        seconds -= 0 if options.uses_workers else reference.seconds
        before, unknown = reference.before_spikes(task.weights, task.examples)
    y = task.examples.y
    network = task.package.network
    part = measures.join(parts)
    raw = part.outputs[-1]
    classes = network.readout.classes
    firing = part.firing if is_exact else {}
    score = scores.score(
        raw,
        y,
        classes,
        keras=part.keras,
        model=model,
        before=before,
        unknown=unknown,
    )
    result = measures.result_of(
        network,
        part,
        y,
        simulator=options.simulator,
        score=score,
        steps=options.steps,
        device=task.package.device,
    )
    run = _examples(task, raw, part.keras, firing, options.steps)
    return replace(result, seconds=seconds, run=run)


def _examples(
    task: Task,
    raw: Array,
    keras: Array | None = None,
    firing: Mapping[str, LayerFiring] | None = None,
    steps: int | None = None,
) -> EvaluatedRun:
    """Return the results of each example, for records and pictures."""
    network = task.package.network
    return EvaluatedRun(
        folder=task.package.folder,
        dt=network.dt,
        host=frozenset(n for n, each in network.layers.items() if not each.on_chip),
        rows=task.examples.rows,
        y=task.examples.y,
        names=name_classes(network.readout),
        raw=raw,
        keras=keras,
        firing=firing or {},
        raster=partial(_raster, task, steps),
    )


def _raster(
    task: Task, steps: int | None, example: int
) -> dict[str, NDArray[np.uint8]]:
    """Run one example on the exact engine, as `Evaluation.raster` does."""
    x = task.examples.x
    if not 0 <= example < x.shape[0]:
        raise IndexError(
            f"the data have {x.shape[0]} examples, so there is no example {example}"
        )
    one = np.asarray(x[example : example + 1], np.float32)
    with make_engine(task.package, task.tensors, steps) as engine:
        outcome = engine.run(one, keep=("spikes",), threads=1)
    return {name: spikes[0] for name, spikes in outcome.spikes.items()}


def _nengo_parts(
    task: Task,
    options: EvaluateOptions,
    progress: Moved,
    reference: KerasReference | None,
) -> Iterator[EvaluatedPart]:
    """Yield the results of a Nengo simulator, a few examples at a time."""
    how = task.package.network.readout.decide
    for shown in _run_nengo(
        task.package,
        task.tensors,
        task.examples,
        options.simulator,
        options.presentation,
    ):
        compared = reference.compare(shown.x, shown.spikes) if reference else {}
        yield EvaluatedPart.of(
            how,
            shown.start,
            shown.rows,
            shown.spikes,
            presentation=options.presentation,
            cores=shown.cores,
            **compared,
        )
        progress(len(shown.rows))


def _run_nengo(
    package: ImportedPackage,
    tensors: Tensors,
    examples: Any,
    simulator: str,
    presentation: Presentation = "row",
    probe: Sequence[str] | None = None,
) -> Iterator[simulators.Presented]:
    """Run examples on a Nengo simulator, or refuse a network that it can't run."""
    network = package.network
    build_network = package.module("nengo_network").build_network
    if network.target != "loihi" and simulator == "loihi":
        raise CannotRunError(
            "this network has no simulator loihi, only nengo and nengo_dl: its spec "
            "says `target nengo`"
        )
    try:
        simulators.require(simulator, network)
        yield from simulators.run_examples(
            build_network,
            network,
            tensors,
            examples,
            simulator=cast("simulators.Simulator", simulator),
            presentation=presentation,
            probe=probe,
        )
    except ModuleNotFoundError as error:
        if error.name is None:
            raise  # the error already says what to install
        raise needs([error.name], "all", f"the simulator {simulator}") from error
    except simulators.RefusedError as error:
        why = why_not_stored(build_network(tensors).net, network.dt, tensors)
        raise CannotRunError(why or error) from error


def _on_keras(task: Task, options: EvaluateOptions, progress: Moved) -> Evaluation:
    """Evaluate the Keras model with the weights."""
    started = time.perf_counter()
    y = task.examples.y
    network = task.package.network
    reference = KerasReference(task.package, task.tensors)
    outputs = reference.outputs(task.examples, progress)
    model = source_of(task.weights) or "smooth"
    score = replace(scores.score(outputs, y, network.readout.classes), model=model)
    return replace(
        measures.scored(network, "keras", outputs, y, score),
        seconds=time.perf_counter() - started,
        run=_examples(task, outputs),
    )


def run_prediction(
    package: ImportedPackage,
    x: object,
    weights: Weights,
    options: PredictOptions,
    progress: bool | None,
) -> Prediction:
    """Run examples in rows of `ROW`; the state carries over within a row.

    ``x`` is as for `predict`, or an iterable of pairs that begin with examples.
    """
    over_time = options.over_time
    if options.simulator == "keras" and over_time:
        raise CannotRunError("over time: Keras has no steps")
    network = package.network
    tensors = package.layout.load(weights)
    if isinstance(x, str | os.PathLike):
        examples = open_data(x, network, labelled=False)
    else:
        stored = x if is_array(x) else store_examples(x, (), network)[0]
        examples = select(stored, None, network)
    warn(examples.warning)
    outputs = []
    steps = []
    with progress_bar(len(examples), "examples", progress) as bar:
        for rows in _rows(package, tensors, examples, options.simulator):
            outputs.append(decide(rows, network.readout.decide).astype(np.float32))
            if over_time:
                steps.append(rows.astype(np.float32))
            bar(len(rows))
    each = np.concatenate(steps) if over_time else None
    return Prediction(np.concatenate(outputs), name_classes(network.readout), each)


def _rows(
    package: ImportedPackage, tensors: Tensors, examples: Any, simulator: str
) -> Iterator[Array]:
    """Yield the readout's rows (examples, steps, units); Keras has one step."""
    # One row per CPU core: the exact engine runs a row on one thread.
    size = ROW * (os.cpu_count() or 1)
    blocks = (examples[i : i + size] for i in range(0, len(examples), size))
    if simulator == "exact":
        with make_engine(package, tensors) as engine:
            for block in blocks:
                yield cast("Array", engine.run(block, "row", keep=("rows",)).rows)
    elif simulator == "keras":
        reference = KerasReference(package, tensors)
        for block in blocks:
            yield reference.outputs(block)[:, np.newaxis]
    else:
        for shown in _run_nengo(package, tensors, examples, simulator, probe=()):
            yield shown.rows
