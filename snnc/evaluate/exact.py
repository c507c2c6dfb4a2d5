"""Runs examples on the exact engine, here or in other processes."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from snnc.evaluate.journal import Journal, Run, open_journal
from snnc.evaluate.part import (
    ExactPart,
    Scope,
    SpanResult,
    run_spans,
    spans_left,
    whole_spans,
)
from snnc.evaluate.refusals import NotBuiltError
from snnc.evaluate.task import Task
from snnc.exact import Engine, make_engine
from snnc.runtime.examples import ROW, Presentation, Span
from snnc.tools.scores import ways_of

if TYPE_CHECKING:
    from snnc.evaluate.run import Trained

SHARE = 4  # spans for each worker at least, so that all end at about the same time
SAMPLE = 100  # examples of those in a row that are run from rest too, to compare

Spans = Mapping[Presentation, list[Span]]
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class RunSettings:
    """How to run; what is done is kept in ``out``, if anywhere.

    ``workers`` processes on this machine, or those of the Dask cluster at the address
    ``dask``, or this process with as many threads as there are cores.
    """

    steps: int
    presentation: Presentation
    workers: int | None
    dask: str | None
    out: Path | None
    resume: bool

    @property
    def shared(self) -> bool:
        """Whether other processes run the engine."""
        return self.dask is not None or (self.workers or 1) > 1

    def counts(self, examples: int) -> dict[Presentation, int]:
        """Return how many of the first examples are presented in each way.

        What the state that is carried over does is told by those that are in both.
        """
        if self.presentation == "rest":
            return {"rest": examples}
        return {"row": examples, "rest": min(SAMPLE, examples)}

    def runs(self, examples: int) -> int:
        """Return how many examples are run in all ways together."""
        return sum(self.counts(examples).values())


def run_exact(
    task: Task, how: RunSettings, progress: Progress, trained: Trained | None = None
) -> list[ExactPart]:
    """Return the parts of all examples, those of an interrupted run included.

    ``progress`` is told how many examples are done, now and again. ``trained``, if
    given, is compared with.

    Raises
    ------
    RefusedRunError, snnc.exact.CannotRunError
        If something does not fit; the text is for users.
    """
    compares = trained is not None
    run, scope = _identity(task, how, compares), _scope(task, how, compares)
    kept: AbstractContextManager[Journal | NoJournal] = nullcontext(NoJournal())
    if how.out is not None:
        kept = open_journal(how.out, run, how.resume, scope)
    with kept as journal:
        parts = list(journal.done)
        progress(sum(part.stop - part.start for part in parts))
        left = _left(parts, task, how)
        if not any(left.values()):
            return parts
        fresh = _fresh(task, left, how, compares, progress)
        compared = fresh if trained is None else map(trained.compared, fresh)
        for part in whole_spans(compared):
            journal.add(part)
            parts.append(part)
    return parts


class NoJournal:
    """Takes parts, and keeps none of them on disk."""

    done: tuple[ExactPart, ...] = ()

    def add(self, part: ExactPart) -> None:
        """Leave it to who adds it."""


def _left(parts: list[ExactPart], task: Task, how: RunSettings) -> Spans:
    """Return which examples are yet to run in each way."""
    threads = how.workers or os.cpu_count() or 1
    left: dict[Presentation, list[Span]] = {}
    for presentation, count in how.counts(len(task.examples)).items():
        size = min(task.examples.chunk_size, count // (SHARE * threads))
        if presentation == "row":
            size = ROW
        done = [part for part in parts if part.presentation == presentation]
        left[presentation] = spans_left(done, count, max(1, size))
    return left


def _fresh(
    task: Task, left: Spans, how: RunSettings, compares: bool, progress: Progress
) -> Iterator[SpanResult]:
    package, examples = task.package, task.examples
    if how.shared:
        from snnc.evaluate import cluster  # importing Dask takes a second

        program = cluster.Program.of(package, task.stored, how.steps, compares)
        with cluster.open_client(how.workers, how.dask) as client:
            yield from cluster.run_there(
                client, program, examples, left, how.out, progress
            )
        return
    with _opened(task, how.steps) as engine:
        for presentation, spans in left.items():
            for fresh in run_spans(engine, presentation, examples, spans, how.workers):
                progress(fresh.part.stop - fresh.part.start)
                yield fresh


@contextmanager
def _opened(task: Task, steps: int) -> Iterator[Engine]:
    from nengo.exceptions import BuildError

    try:
        engine = make_engine(task.package, task.tensors, steps)
    except BuildError as error:
        raise NotBuiltError(error) from error
    with engine:
        yield engine


def _scope(task: Task, how: RunSettings, compares: bool) -> Scope:
    network = task.package.network
    return Scope(
        counts=how.counts(len(task.examples)),
        steps=how.steps,
        units=network.readout.units,
        ways=len(ways_of(network.readout)),
        neurons={name: layer.neurons for name, layer in network.layers.items()},
        compares=compares,
    )


def _identity(task: Task, how: RunSettings, compares: bool) -> Run:
    """Return what has to agree for a run to be the same."""
    counts = how.counts(len(task.examples))
    return {
        "package": task.package.hash,
        "weights": hashlib.sha256(task.stored).hexdigest(),
        "data": task.examples.identity,
        "examples": counts.pop(how.presentation),
        "sample": sum(counts.values()),
        "seed": task.seed,
        "steps": how.steps,
        "presentation": how.presentation,
        "tensorflow": compares,
    }
