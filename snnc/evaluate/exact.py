"""Runs examples on the exact engine, here or in other processes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from snnc.evaluate.journal import Journal, Run, open_journal
from snnc.evaluate.others import Trained
from snnc.evaluate.part import Fresh, Part, Span, run_part, run_row, spans_left
from snnc.evaluate.records import Scope
from snnc.evaluate.refusals import NotBuiltError
from snnc.evaluate.task import Task
from snnc.exact import Engine, make_engine
from snnc.runtime.results import Presentation

SHARE = 4  # pieces for each worker at least, so that all end at about the same time


@dataclass(frozen=True, slots=True)
class How:
    """How to run.

    ``workers`` processes on this machine, or those of the Dask cluster at the address
    ``dask``, or this process with as many threads as there are cores.
    """

    steps: int
    presentation: Presentation
    workers: int | None
    dask: str | None
    out: Path
    resume: bool

    @property
    def shared(self) -> bool:
        """Whether other processes run the engine."""
        return self.dask is not None or (self.workers or 1) > 1


def run_exact(
    task: Task,
    how: How,
    progress: Callable[[int], None],
    trained: Trained | None = None,
) -> list[Part]:
    """Return the parts of all examples, those of an interrupted run included.

    ``progress`` is told how many examples are done, now and again. ``trained``, if
    given, is compared with.

    Raises
    ------
    RefusedError, snnc.exact.CannotRunError
        If something does not fit; the text is for users.
    """
    compares = trained is not None
    run = _identity(task, how, compares)
    with open_journal(how.out, run, how.resume, _scope(task, how, compares)) as journal:
        return _fill(journal, task, how, progress, trained)


def _fill(
    journal: Journal,
    task: Task,
    how: How,
    progress: Callable[[int], None],
    trained: Trained | None,
) -> list[Part]:
    parts, examples = list(journal.done), task.examples
    progress(sum(part.stop - part.start for part in parts))
    size = examples.chunk_size
    if how.workers is not None:
        size = max(1, min(size, len(examples) // (SHARE * how.workers)))
    spans = spans_left(parts, len(examples), size)
    if not spans:
        return parts
    for fresh, x in _parts(task, spans, how, compares=trained is not None):
        part = fresh.part if trained is None else trained.compared(fresh, x)
        journal.add(part)
        parts.append(part)
        progress(part.stop - part.start)
    return parts


def _parts(
    task: Task, spans: list[Span], how: How, compares: bool
) -> Iterator[tuple[Fresh, NDArray[Any]]]:
    package, examples = task.package, task.examples
    decide = package.network.readout.decide
    if how.shared:
        from snnc.evaluate import cluster  # importing Dask takes a second

        program = cluster.Program.of(package, task.weights, how.steps, compares)
        with cluster.open_client(how.workers, how.dask) as client:
            yield from cluster.run_spans(client, program, examples, spans, how.out)
        return
    with _opened(task, how.steps) as engine:
        if how.presentation == "row":
            yield from run_row(engine, decide, examples)
            return
        for start, stop in spans:
            x = examples[start:stop]
            yield run_part(engine, decide, start, x, how.workers), x


@contextmanager
def _opened(task: Task, steps: int) -> Iterator[Engine]:
    from nengo.exceptions import BuildError

    try:
        engine = make_engine(task.package, task.tensors, steps)
    except BuildError as error:
        raise NotBuiltError(error) from error
    with engine:
        yield engine


def _scope(task: Task, how: How, compares: bool) -> Scope:
    network = task.package.network
    return Scope(
        examples=len(task.examples),
        steps=how.steps,
        units=network.readout.units,
        neurons={name: prod(layer.shape) for name, layer in network.layers.items()},
        compares=compares,
    )


def _identity(task: Task, how: How, compares: bool) -> Run:
    """Return what has to agree for a run to be the same."""
    return {
        "package": task.package.hash,
        "weights": hashlib.sha256(task.weights.read_bytes()).hexdigest(),
        "data": task.examples.identity,
        "examples": len(task.examples),
        "steps": how.steps,
        "presentation": how.presentation,
        "tensorflow": compares,
    }
