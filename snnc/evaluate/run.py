"""Run one evaluation, from paths to the result.

It runs the exact engine, Keras, or a simulator of Nengo: nengo, nengo_dl, or
nengo-loihi's emulator.
"""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from operator import add
from typing import Any

import numpy as np
from numpy.typing import NDArray

from snnc.evaluate.exact import RunSettings, run_exact
from snnc.evaluate.part import ExactPart, SpanResult
from snnc.evaluate.refusals import MissingExtraError, RefusedRunError
from snnc.evaluate.task import Task
from snnc.exact.package import NotStoredError, not_stored
from snnc.runtime.examples import Presentation
from snnc.runtime.labels import Examples
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
from snnc.tools.provenance import source_of
from snnc.tools.results import Result
from snnc.tools.scores import (
    Reader,
    confusion,
    contrast,
    decide_early,
    score,
    unit_results,
)
from snnc.tools.statistics import Firing

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """The result of a run, and what it gave for each example.

    ``outputs`` are (examples, units), in the order in which the examples ran, ``keras``
    those of the Keras model that they were compared with. Only the exact engine says
    how each layer's neurons fired: ``firing``.
    """

    result: Result
    outputs: NDArray[Any]
    keras: NDArray[Any] | None = None
    firing: Mapping[str, Firing] = field(default_factory=dict)


def run_other(
    task: Task,
    simulator: Simulator,
    presentation: Presentation,
    progress: Progress,
) -> Measured:
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
        net = program.build_network(task.tensors).net
        layers = not_stored(net, network.dt, task.tensors)
        raise RefusedRunError(NotStoredError(layers) if layers else error) from error
    result = result_of(
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
    return _measured(result, parts)


def _measured(result: Result, parts: Sequence[EvaluatedPart], **more: Any) -> Measured:
    keras = keras_of(parts)
    said = None if keras is None else keras.outputs
    return Measured(result, outputs_of(parts)[-1], said, **more)


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
    reference: Reference, examples: Examples, progress: Progress
) -> NDArray[np.float64]:
    """Return the outputs of a model, (examples, units)."""
    outputs = []
    for start in range(0, len(examples), examples.chunk_size):
        x = examples[start : start + examples.chunk_size]
        outputs.append(reference.outputs(x))
        progress(len(x))
    return np.concatenate(outputs)


def on_engine(task: Task, how: RunSettings, progress: Progress) -> Measured:
    """Run the exact engine.

    ``seconds`` excludes Keras's time; with workers, which continue while Keras runs, it
    includes it.

    Raises
    ------
    RefusedRunError, snnc.exact.CannotRunError
        If something does not fit; the text is for users.
    """
    trained = Trained(task) if has_keras() else None
    started = time.perf_counter()
    parts = run_exact(task, how, progress, trained)
    seconds = time.perf_counter() - started
    if trained is not None and not how.shared:
        seconds -= trained.seconds
    shown = [part for part in parts if part.presentation == how.presentation]
    before = None if trained is None else trained.before_spikes(task)
    result = _result(shown, task, how, seconds, before)
    names = shown[0].firing
    firing = {name: reduce(add, (p.firing[name] for p in shown)) for name in names}
    others = [part for part in parts if part.presentation != how.presentation]
    if others:
        rows, rests = outputs_of(shown)[-1], outputs_of(others)[-1]
        y = task.examples.y[: len(rests)]
        contrasted = contrast(rows[: len(y)], rests, y, result.classes)
        result = replace(result, contrast=contrasted)
    return _measured(result, shown, firing=firing)


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


def on_keras(task: Task, progress: Progress) -> Measured:
    """Evaluate the Keras model with the weights."""
    started = time.perf_counter()
    package, y = task.package, task.examples.y
    reference = reference_of(task)
    outputs = keras_outputs(reference, task.examples, progress)
    model = source_of(task.weights) or "smooth"
    classes = package.network.readout.classes
    result = Result(
        network=package.name,
        simulator="keras",
        presentation=None,
        examples=len(y),
        steps=None,
        classes=classes,
        score=replace(score(outputs, y, classes), model=model),
        confusion=confusion(outputs, y) if classes else (),
        units=() if classes else unit_results(outputs, y),
        names=package.network.readout.names,
        seconds=time.perf_counter() - started,
    )
    return Measured(result, outputs)
