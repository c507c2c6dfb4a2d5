"""Shares examples among threads, a few at a time.

A thread takes a span of examples and runs it from its first to its last, so that those
in a row find the state that the one before has left. What a few of them gave is told
as soon as it is there: nobody has to hold what all of them gave, nor to wait for it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from snnc.exact.outcome import Given, Kept, Outcome
from snnc.exact.tables import Bools
from snnc.runtime.presentation import Presentation, Span
from snnc.runtime.results import Decide
from snnc.runtime.scores import decide, decide_early

CHUNK = 8  # examples that a thread runs without asking for the interpreter
AHEAD = 2  # chunks that a thread is given, to have one while the other is looked at


class Images(Protocol):
    """Examples that are read when they are sliced."""

    def __getitem__(self, part: slice, /) -> NDArray[Any]: ...


class Runner(Protocol):
    """A state that runs one example after another, on one thread at a time."""

    def run(
        self, values: NDArray[Any], /, rests: Bools, keep: Sequence[Kept]
    ) -> Given: ...


class Runs(Protocol):
    """A network that makes states to run it."""

    def lanes(self, count: int) -> Sequence[Runner]: ...
    def prepared(self, images: NDArray[Any]) -> NDArray[Any]: ...


@dataclass(frozen=True, slots=True)
class Job:
    """How to run examples, and what to keep of them."""

    presentation: Presentation
    decide: Decide
    keep: tuple[Kept, ...]
    threads: int | None


class Chunk(NamedTuple):
    """Some examples of a span, from ``start`` on, and what they gave."""

    span: Span
    start: int
    images: NDArray[Any]
    outcome: Outcome


def share(count: int, threads: int | None) -> int:
    """Return how many of ``count`` examples, each from rest, make a span.

    There are some for each thread, so that all end at about the same time.
    """
    each = 4 * (threads or os.cpu_count() or 1)
    return max(1, min(CHUNK, count // each))


def stream(
    runs: Runs, images: Images, spans: Sequence[Span], job: Job
) -> Iterator[Chunk]:
    """Yield the chunks of spans: those of a span in order, among those of others."""
    lanes = runs.lanes(max(1, min(job.threads or os.cpu_count() or 1, len(spans))))
    waiting = iter(spans)
    ahead = [_pieces(waiting) for _ in lanes]
    running: dict[Future[Outcome], tuple[int, Span, int, NDArray[Any]]] = {}
    with ExitStack() as stack:
        # A pool each, which keeps the chunks of a span in order.
        pools = [stack.enter_context(ThreadPoolExecutor(1)) for _ in lanes]

        def submit(lane: int) -> None:
            for span, start, stop in ahead[lane]:
                x, rests = images[start:stop], np.ones(stop - start, bool)
                if job.presentation == "row":
                    rests[:] = np.arange(start, stop) == span[0]
                values = runs.prepared(x)
                future = pools[lane].submit(_run, lanes[lane], values, rests, job)
                running[future] = lane, span, start, x
                return

        for lane in AHEAD * tuple(range(len(lanes))):
            submit(lane)
        while running:
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in [future for future in running if future in done]:
                lane, span, start, x = running.pop(future)
                submit(lane)
                yield Chunk(span, start, x, future.result())


def _pieces(spans: Iterator[Span]) -> Iterator[tuple[Span, int, int]]:
    """Yield the chunks of a span, then those of the next that nobody took."""
    for start, stop in spans:
        for at in range(start, stop, CHUNK):
            yield (start, stop), at, min(at + CHUNK, stop)


def _run(lane: Runner, values: NDArray[Any], rests: Bools, job: Job) -> Outcome:
    given = lane.run(values, rests, job.keep)
    return Outcome(
        outputs=decide(given.rows, job.decide),
        overflows=given.overflows,
        counts=given.counts if "counts" in job.keep else {},
        spikes=given.spikes if "spikes" in job.keep else {},
        rows=given.rows if "rows" in job.keep else None,
        early=decide_early(given.rows, job.decide) if "early" in job.keep else None,
    )
