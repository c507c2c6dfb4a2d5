"""What a run gives."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from snnc.exact.tables import Int64
from snnc.runtime.scores import Decide, decide, decide_early

Kept = Literal["counts", "spikes", "rows", "early"]
Layers = dict[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Given:
    """What a lane gives: rows, and the rest as in `Outcome`."""

    rows: NDArray[np.float64]
    overflows: Int64
    counts: Layers
    spikes: Layers


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outputs of examples, and what was asked to be kept.

    Attributes
    ----------
    outputs : (examples, units)
        What the readout decides by.
    overflows : (3,)
        How often, over compartments and steps, the input, the current and the
        current with its bias did not fit the chip's registers and wrapped around;
        the emulator warns where it does.
    counts : uint16 (examples, *shape) of each layer
        Spikes an example.
    spikes : uint8 (examples, steps, *shape) of each layer
        Spikes a step.
    rows : (examples, steps, units)
        The readout at each step.
    early : (moments, examples, units)
        What the readout decides by if an example ends after each of its quarters,
        the last of which is all of it.
    """

    outputs: NDArray[np.float64]
    overflows: Int64
    counts: Layers = field(default_factory=dict)
    spikes: Layers = field(default_factory=dict)
    rows: NDArray[np.float64] | None = None
    early: NDArray[np.float64] | None = None


def join(parts: Sequence[Outcome]) -> Outcome:
    """Return outcomes of the same kind, one after another, as one."""
    rows = [part.rows for part in parts if part.rows is not None]
    early = [part.early for part in parts if part.early is not None]
    return Outcome(
        np.concatenate([part.outputs for part in parts]),
        np.sum([part.overflows for part in parts], axis=0),
        _join([part.counts for part in parts]),
        _join([part.spikes for part in parts]),
        np.concatenate(rows) if rows else None,
        np.concatenate(early, axis=1) if early else None,
    )


def _join(layers: list[Layers]) -> Layers:
    return {name: np.concatenate([part[name] for part in layers]) for name in layers[0]}


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
