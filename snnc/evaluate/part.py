"""Examples that were run together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from snnc.exact import Engine, Outcome

Decide = Literal["mean", "last"]
Span = tuple[int, int]  # the first example, and that behind the last


@dataclass(frozen=True, slots=True)
class Part:
    """What examples ``start`` to ``stop`` gave.

    Attributes
    ----------
    outputs : (examples, units)
        What the readout decides by.
    spikes : (most spikes + 1,) of each layer
        How many neurons gave each number of spikes in an example.
    overflows : (3,)
        As in `snnc.exact.Outcome`.
    cores : int
        How many nengo-loihi has used.
    """

    start: int
    stop: int
    outputs: NDArray[np.float64]
    spikes: dict[str, NDArray[np.int64]]
    overflows: NDArray[np.int64]
    cores: int


def run_part(
    engine: Engine, decide: Decide, start: int, x: NDArray[Any], threads: int | None
) -> Part:
    """Run examples, each from rest; ``start`` is the number of the first."""
    outcome = engine.run(x, "rest", decide, ("counts",), threads)
    return _part(start, outcome, engine.cores)


def run_row(engine: Engine, decide: Decide, x: Any) -> Iterator[Part]:
    """Run examples one after another, the state carried over."""
    smallest = 1  # byte, so that each example is a batch of its own
    outcomes = engine.batches(x, "row", decide, ("counts",), budget=smallest)
    for start, outcome in enumerate(outcomes):
        yield _part(start, outcome, engine.cores)


def _part(start: int, outcome: Outcome, cores: int) -> Part:
    stop = start + len(outcome.outputs)
    spikes = {
        name: np.bincount(counts.ravel()) for name, counts in outcome.counts.items()
    }
    return Part(start, stop, outcome.outputs, spikes, outcome.overflows, cores)


def spans_left(done: Sequence[Part], count: int, size: int) -> list[Span]:
    """Return what is missing of ``count`` examples, in spans of at most ``size``."""
    edges = [(0, 0), *sorted((p.start, p.stop) for p in done), (count, count)]
    return [
        (start, min(start + size, after))
        for (_, before), (after, _) in pairwise(edges)
        for start in range(before, after, size)
    ]
