"""Run an evaluation, from paths to the result.

The simulator is the exact engine, Keras, or a Nengo simulator: nengo, nengo_dl, or
nengo-loihi's emulator.
"""

from __future__ import annotations

import importlib.util
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, reduce
from math import prod
from operator import add
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

from snnc.exact import make_engine
from snnc.exact.package import not_stored, why_not_stored
from snnc.runtime.data import Examples
from snnc.runtime.layout import Weights
from snnc.runtime.nengo.simulators import (
    Presented,
    RefusedError,
    Simulator,
    require,
    run_examples,
)
from snnc.runtime.network import Network
from snnc.text.progress import Moved, progress_bar
from snnc.text.tables import counted
from snnc.tools.evaluate.evaluation import Evaluation
from snnc.tools.evaluate.exact import run_exact, runs_of
from snnc.tools.evaluate.measures import (
    EvaluatedPart,
    KerasReference,
    TrainedOutputs,
    UsedChip,
    keras_of,
    outputs_of,
    result_of,
)
from snnc.tools.evaluate.options import (
    EvaluateOptions,
    RefusedRunError,
    not_installed,
)
from snnc.tools.evaluate.part import SpanResult
from snnc.tools.evaluate.predict import Prediction, name_classes
from snnc.tools.evaluate.task import (
    Data,
    Record,
    Task,
    list_records,
    open_task,
    write_records,
)
from snnc.tools.provenance import source_of
from snnc.tools.scores import (
    Reader,
    confusion,
    contrast,
    decide_early,
    score,
    unit_results,
)
from snnc.tools.statistics import Array, LayerFiring

if TYPE_CHECKING:
    from snnc.tools.package import Package

CHUNK_BYTES = 2**22  # bytes of examples to handle at once
CHUNK_EXAMPLES = 64  # the most examples to handle at once


@dataclass(frozen=True, eq=False)
class EvaluatedRun:
    """The results of a run for each example, in the order of the run.

    ``raw`` contains the outputs, of shape (examples, units), and ``keras`` contains
    the Keras model's outputs for comparison. ``firing``, the spikes of each layer, is
    only known for the exact engine.
    """

    package: Package
    task: Task
    simulator: str
    steps: int | None
    raw: Array
    keras: Array | None = None
    firing: Mapping[str, LayerFiring] = field(default_factory=dict)

    @property
    def dt(self) -> float:
        """The time step in seconds."""
        return self.task.package.network.dt

    @property
    def targets(self) -> Array:
        """The true values or classes, in the order of ``raw``."""
        y: Array = self.task.examples.y
        return y

    @cached_property
    def prediction(self) -> Prediction:
        """The outputs in the order of the data."""
        order = np.argsort(self.task.examples.rows)
        outputs = np.asarray(self.raw[order], np.float32)
        return Prediction(outputs, name_classes(self.task.package.network.readout))

    @cached_property
    def records(self) -> list[Record]:
        """One record per example, in the order of the data."""
        who = "chip" if self.simulator in ("exact", "loihi") else self.simulator
        answers = {"keras": self.keras, who: self.raw}
        classifies = self.task.package.network.readout.classes
        return list_records(self.task.examples, answers, classifies)

    def raster(self, example: int) -> dict[str, NDArray[np.uint8]]:
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
        opened = self.task.package
        with make_engine(opened, self.task.tensors, self.steps) as engine:
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
    if task.examples.warning is not None:
        print(f"warning: {task.examples.warning}", file=sys.stderr)
    each = None if options.examples_out is None else Path(options.examples_out)
    if each is not None and not each.parent.is_dir():
        raise RefusedRunError(
            f"there is no folder {each.parent} for {each.name}; create the folder, "
            "or choose another name with `--examples-out`"
        )
    count, label = len(task.examples), "examples"
    if options.simulator == "exact":  # some examples run both in a row and from rest
        count, label = runs_of(options, count), f"runs of {counted(count, 'example')}"
    with progress_bar(count, label, progress) as bar:
        if options.simulator == "keras":
            evaluation = on_keras(package, task, bar)
        elif options.simulator == "exact":
            evaluation = on_engine(package, task, options, bar)
        else:
            evaluation = on_nengo(package, task, options, bar)
    if each is not None:
        write_records(each, evaluation.records)
    return evaluation


def on_nengo(
    package: Package, task: Task, options: EvaluateOptions, progress: Moved
) -> Evaluation:
    """Evaluate a package on a Nengo simulator.

    Raises
    ------
    RefusedRunError
        If the simulator can't run the network.
    """
    network, program = task.package.network, task.package.module("nengo_network")
    simulator = cast("Simulator", options.simulator)
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
            task.examples,
            simulator,
            options.presentation,
        ):
            if given.at_rest:
                reader = Reader(network, carries=True)
            parts.append(_judge(given, network, reader, trained))
            progress(len(given.rows))
            cores = given.cores
    except ModuleNotFoundError as error:
        if error.name is None:
            raise RefusedRunError(error) from error
        raise not_installed([error.name], "all") from error
    except RefusedError as error:
        net = program.build_network(task.tensors).net
        layers = not_stored(net, network.dt, task.tensors)
        raise RefusedRunError(why_not_stored(layers) if layers else error) from error
    result = result_of(
        network,
        parts,
        task.examples.y,
        simulator=simulator,
        presentation=options.presentation,
        trained=_trained_outputs(task, trained),
        chip=None if cores is None else UsedChip(cores, task.package.energy),
    )
    result = replace(result, seconds=time.perf_counter() - started)
    return _with_run(result, package, task, parts)


def _with_run(
    result: Evaluation,
    package: Package,
    task: Task,
    parts: Sequence[EvaluatedPart],
    firing: Mapping[str, LayerFiring] | None = None,
) -> Evaluation:
    compared = keras_of(parts)
    keras = None if compared is None else compared.outputs
    raw, how = outputs_of(parts)[-1], (result.simulator, result.steps)
    ran = EvaluatedRun(package, task, *how, raw, keras, firing or {})
    return replace(result, run=ran)


def _trained_outputs(task: Task, trained: Trained | None) -> TrainedOutputs:
    model = source_of(task.weights) or "smooth"
    if trained is None:
        return TrainedOutputs(model)
    layout, examples = task.package.layout, task.examples
    return trained.reference.before_spikes(layout, task.weights, examples, model)


def _judge(
    given: Presented, network: Network, reader: Reader, trained: Trained | None
) -> EvaluatedPart:
    keras = None
    if trained is not None:
        keras = trained.reference.compare(given.x, given.spikes)
    return EvaluatedPart(
        given.start,
        given.start + len(given.rows),
        decide_early(given.rows, network.readout.decide),
        reader.read(given.rows),
        {name: LayerFiring.of(spikes) for name, spikes in given.spikes.items()},
        keras,
    )


def has_keras() -> bool:
    """Return whether TensorFlow is installed."""
    return importlib.util.find_spec("tensorflow") is not None


def reference_of(task: Task) -> KerasReference:
    """Return the Keras model with the task's weights."""
    package = task.package
    return KerasReference(
        package.network, lambda: package.module("keras_model"), task.tensors
    )


class Trained:
    """The Keras model and its weights; ``seconds`` is the time spent in Keras."""

    def __init__(self, task: Task) -> None:
        self.seconds = 0.0
        self.reference = reference_of(task)

    def compare(self, fresh: SpanResult) -> SpanResult:
        """Add the model's outputs to results."""
        started = time.perf_counter()
        keras = self.reference.compare(fresh.images, fresh.counts)
        self.seconds += time.perf_counter() - started
        return replace(fresh, part=replace(fresh.part, keras=keras))


def keras_outputs(
    reference: KerasReference, examples: Examples, progress: Moved
) -> NDArray[np.float64]:
    """Return the outputs of a model, of shape (examples, units)."""
    outputs = []
    each = max(1, 4 * prod(examples.shape[1:]))
    size = max(1, min(CHUNK_EXAMPLES, CHUNK_BYTES // each))
    for start in range(0, len(examples), size):
        x = examples[start : start + size]
        outputs.append(reference.outputs(x))
        progress(len(x))
    return np.concatenate(outputs)


def on_engine(
    package: Package, task: Task, options: EvaluateOptions, progress: Moved
) -> Evaluation:
    """Evaluate a package on the exact engine.

    ``seconds`` excludes the time for Keras, except with workers, which continue while
    Keras runs.

    Raises
    ------
    RefusedRunError, snnc.exact.CannotRunError
        If package, data, weights or options don't match; the message is for users.
    """
    trained = Trained(task) if has_keras() else None
    started = time.perf_counter()
    compare = None if trained is None else trained.compare
    parts = run_exact(task, options, progress, compare)
    seconds = time.perf_counter() - started
    if trained is not None and not options.uses_workers:
        seconds -= trained.seconds
    way, y = options.presentation, task.examples.y
    shown = [part for part in parts if part.presentation == way]
    result = result_of(
        task.package.network,
        shown,
        y,
        simulator="exact",
        presentation=way,
        trained=_trained_outputs(task, trained),
        steps=options.steps,
        chip=UsedChip(shown[0].cores, task.package.energy),
    )
    overflows = np.sum([part.overflows for part in shown], axis=0)
    result = replace(result, overflows=tuple(map(int, overflows)), seconds=seconds)
    names = shown[0].firing
    firing = {name: reduce(add, (p.firing[name] for p in shown)) for name in names}
    others = [part for part in parts if part.presentation != way]
    if others:
        rows, rests = outputs_of(shown)[-1], outputs_of(others)[-1]
        count = len(rests)
        contrasted = contrast(rows[:count], rests, y[:count], result.classes)
        result = replace(result, contrast=contrasted)
    return _with_run(result, package, task, shown, firing)


def on_keras(package: Package, task: Task, progress: Moved) -> Evaluation:
    """Evaluate the Keras model with the weights."""
    started = time.perf_counter()
    y, readout = task.examples.y, task.package.network.readout
    outputs = keras_outputs(reference_of(task), task.examples, progress)
    model = source_of(task.weights) or "smooth"
    classes = readout.classes
    return Evaluation(
        network=package.name,
        simulator="keras",
        presentation=None,
        examples=len(y),
        steps=None,
        classes=classes,
        score=replace(score(outputs, y, classes), model=model),
        confusion=confusion(outputs, y) if classes else (),
        units=() if classes else unit_results(outputs, y),
        names=readout.names,
        seconds=time.perf_counter() - started,
        run=EvaluatedRun(package, task, "keras", None, outputs),
    )
