"""Runs the package's own ``evaluate.py``: nengo, nengo_dl, or nengo-loihi's emulator.

All examples are in memory there.
"""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from snnc.evaluate.part import SpanResult
from snnc.evaluate.refusals import MissingExtraError, RefusedRunError
from snnc.evaluate.task import Task
from snnc.runtime.data import Examples
from snnc.runtime.examples import Presentation
from snnc.runtime.results import Result

if TYPE_CHECKING:
    from snnc.runtime.measures import Reference


Simulator = Literal["loihi", "nengo", "nengo_dl"]


def run_other(
    task: Task,
    simulator: Simulator,
    presentation: Presentation,
    progress: Callable[[int], None],
) -> Result:
    """Return what the package's ``evaluate`` found.

    Raises
    ------
    RefusedRunError
        If it refuses the network or the simulator.
    """
    package, examples = task.package, task.examples
    if not package.network.for_loihi and simulator == "loihi":
        raise RefusedRunError(
            "this network has no simulator loihi, only nengo and nengo_dl: its spec "
            "says `target nengo`"
        )
    reported = 0

    def tell(done: int, _: int) -> None:
        nonlocal reported
        progress(done - reported)
        reported = done

    try:
        result: Result = package.module("evaluate").evaluate(
            examples[:],
            examples.y,
            task.weights,
            simulator,
            progress=tell,
            presentation=presentation,
            seed=None,  # the examples are drawn
        )
    except ModuleNotFoundError as error:
        if error.name is None:
            raise RefusedRunError(error) from error
        raise MissingExtraError([error.name], "all") from error
    except package.library("simulators").RefusedError as error:
        raise RefusedRunError(error) from error
    return result


def has_keras() -> bool:
    """Tell whether TensorFlow is installed."""
    return importlib.util.find_spec("tensorflow") is not None


def reference_of(task: Task) -> Reference:
    """Return the model as it was trained."""
    package = task.package
    measures = package.library("measures")
    reference: Reference = measures.Reference(
        package.network,
        lambda: package.module("keras_model"),
        task.tensors,
        measures.model_of(package.network, task.weights, "keras"),
    )
    return reference


class Trained:
    """The model as it was trained; ``seconds`` is the time that it took so far."""

    def __init__(self, task: Task) -> None:
        self.seconds = 0.0
        self.reference = reference_of(task)

    def compared(self, fresh: SpanResult) -> SpanResult:
        """Return examples with what the model says of them."""
        started = time.perf_counter()
        keras = self.reference.compared(fresh.images, fresh.counts)
        self.seconds += time.perf_counter() - started
        return replace(fresh, part=replace(fresh.part, keras=keras))


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
