"""Shares examples among threads, a batch of bounded memory at a time."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any, Literal, Protocol

from numpy.typing import NDArray

from snnc.exact.outcome import Given, Kept, Outcome, join
from snnc.runtime.scores import Decide, decide, decide_early

Presentation = Literal["rest", "row"]
BUDGET = 2**28  # bytes of a batch, unless told
CHUNK = 8  # examples at most that a thread runs without asking for the interpreter


@dataclass(frozen=True, slots=True)
class Batch:
    """Examples ``start`` to ``stop``, and the bytes that running them takes."""

    start: int
    stop: int
    nbytes: int


@dataclass(frozen=True, slots=True)
class Job:
    """How to run examples; ``each`` is the bytes of one, beside the lanes."""

    presentation: Presentation
    decide: Decide
    keep: tuple[Kept, ...]
    workers: int | None
    each: int


class Runner(Protocol):
    """A state that runs one example after another, on one thread at a time."""

    def run(
        self, values: NDArray[Any], /, from_rest: bool, keep: Sequence[Kept]
    ) -> Given: ...
    @property
    def nbytes(self) -> int: ...


class Runs(Protocol):
    """A network that makes states to run it; ``prepared`` is for one thread."""

    def lanes(self, count: int) -> Sequence[Runner]: ...
    def prepared(self, images: NDArray[Any]) -> NDArray[Any]: ...


def run_batches(
    runs: Runs,
    images: NDArray[Any],
    job: Job,
    announce: Callable[[Batch], None] | None,
    budget: int,
) -> Iterator[Outcome]:
    """Yield the outcomes of batches of the examples."""
    lanes = runs.lanes(job.workers or os.cpu_count() or 1)
    fixed = sum(lane.nbytes for lane in lanes)
    count = max(1, (budget - fixed) // job.each)
    free: SimpleQueue[Runner] = SimpleQueue()
    for lane in lanes:
        free.put(lane)

    def some(values: NDArray[Any]) -> Outcome:
        lane = free.get()
        try:
            given = lane.run(values, job.presentation == "rest", job.keep)
        finally:
            free.put(lane)
        return _outcome(given, job)

    with ThreadPoolExecutor(len(lanes)) as pool:
        for start in range(0, len(images), count):
            part = images[start : start + count]
            if announce is not None:
                nbytes = fixed + job.each * len(part)
                announce(Batch(start, start + len(part), nbytes))
            # One thread takes chunks in the order in which they were given.
            size = max(1, min(CHUNK, len(part) // (4 * len(lanes))))
            chunks = (part[at : at + size] for at in range(0, len(part), size))
            done = [pool.submit(some, runs.prepared(chunk)) for chunk in chunks]
            yield join([future.result() for future in done])


def _outcome(given: Given, job: Job) -> Outcome:
    return Outcome(
        outputs=decide(given.rows, job.decide),
        overflows=given.overflows,
        counts=given.counts if "counts" in job.keep else {},
        spikes=given.spikes if "spikes" in job.keep else {},
        rows=given.rows if "rows" in job.keep else None,
        early=decide_early(given.rows, job.decide) if "early" in job.keep else None,
    )
