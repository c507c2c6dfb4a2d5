"""Runs examples on the exact engine, here or in other processes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any, Literal

from numpy.typing import NDArray

from snnc.evaluate.journal import Journal, Run, open_journal
from snnc.evaluate.keras import Trained
from snnc.evaluate.part import Fresh, Part, Span, run_part, run_row, spans_left
from snnc.evaluate.records import Scope
from snnc.evaluate.refusals import NotBuiltError
from snnc.evaluate.subject import Subject
from snnc.exact import Engine, make_engine
from snnc.runtime.data import Examples

Presentation = Literal["rest", "row"]
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
    subject: Subject,
    weights: Path,
    examples: Examples,
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
    subject.load_weights(weights)  # before anything that takes long
    run = _identity(subject, weights, examples, how, trained is not None)
    scope = _scope(subject, examples, how, trained is not None)
    with open_journal(how.out, run, how.resume, scope) as journal:
        return _fill(journal, subject, weights, examples, how, progress, trained)


def _fill(
    journal: Journal,
    subject: Subject,
    weights: Path,
    examples: Examples,
    how: How,
    progress: Callable[[int], None],
    trained: Trained | None,
) -> list[Part]:
    parts = list(journal.done)
    progress(sum(part.stop - part.start for part in parts))
    size = examples.chunk_size
    if how.workers is not None:
        size = max(1, min(size, len(examples) // (SHARE * how.workers)))
    spans = spans_left(parts, len(examples), size)
    if not spans:
        return parts
    compares = trained is not None
    for fresh, x in _parts(subject, weights, examples, spans, how, compares):
        part = fresh.part if trained is None else trained.compared(fresh, x)
        journal.add(part)
        parts.append(part)
        progress(part.stop - part.start)
    return parts


def _parts(
    subject: Subject,
    weights: Path,
    examples: Examples,
    spans: list[Span],
    how: How,
    compares: bool,
) -> Iterator[tuple[Fresh, NDArray[Any]]]:
    decide = subject.evaluate.DECIDE
    if how.shared:
        from snnc.evaluate import cluster  # importing Dask takes a second

        program = cluster.Program.of(subject, weights, how.steps, compares)
        with cluster.open_client(how.workers, how.dask) as client:
            yield from cluster.run_spans(client, program, examples, spans, how.out)
        return
    with _opened(subject, weights, how.steps) as engine:
        if how.presentation == "row":
            yield from run_row(engine, decide, examples)
            return
        for start, stop in spans:
            x = examples[start:stop]
            yield run_part(engine, decide, start, x, how.workers), x


@contextmanager
def _opened(subject: Subject, weights: Path, steps: int) -> Iterator[Engine]:
    from nengo.exceptions import BuildError

    try:
        engine = make_engine(subject.network, weights, steps)
    except BuildError as error:
        raise NotBuiltError(error) from error
    with engine:
        yield engine


def _scope(subject: Subject, examples: Examples, how: How, compares: bool) -> Scope:
    layers = subject.network.LAYERS
    return Scope(
        examples=len(examples),
        steps=how.steps,
        units=subject.accepts.units,
        neurons={name: prod(layer.shape) for name, layer in layers.items()},
        budgets=tuple(subject.evaluate.BUDGETS),
        compares=compares,
    )


def _identity(
    subject: Subject, weights: Path, examples: Examples, how: How, compares: bool
) -> Run:
    """Return what has to agree for a run to be the same."""
    return {
        "package": subject.hash,
        "weights": hashlib.sha256(weights.read_bytes()).hexdigest(),
        "data": examples.identity,
        "examples": len(examples),
        "steps": how.steps,
        "presentation": how.presentation,
        "tensorflow": compares,
    }
