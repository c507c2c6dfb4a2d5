"""Examples that were run together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from snnc.exact import Engine, Outcome
from snnc.exact.outcome import join
from snnc.runtime import measures
from snnc.runtime.data import Examples
from snnc.runtime.scores import Decide
from snnc.runtime.statistics import Firing

Span = tuple[int, int]  # the first example, and that behind the last
IN_A_ROW = 8  # examples of a part, where each goes on from the one before it


@dataclass(frozen=True, kw_only=True)
class Part(measures.Part):
    """What examples ``start`` to ``stop`` gave on the exact engine.

    Attributes
    ----------
    overflows
        As in `snnc.exact.Outcome`.
    cores
        How many nengo-loihi has used.
    """

    overflows: tuple[int, ...]
    cores: int


@dataclass(frozen=True, slots=True)
class Fresh:
    """A part, and the spikes of each neuron and example for Keras to compare with."""

    part: Part
    counts: dict[str, NDArray[Any]] = field(default_factory=dict)


def run_part(
    engine: Engine, decide: Decide, start: int, x: NDArray[Any], threads: int | None
) -> Fresh:
    """Run examples, each from rest; ``start`` is the number of the first."""
    outcome = engine.run(x, "rest", decide, ("counts", "early"), threads)
    return _fresh(start, outcome, engine.cores)


def run_row(
    engine: Engine, decide: Decide, examples: Examples
) -> Iterator[tuple[Fresh, NDArray[Any]]]:
    """Run examples one after another, the state carried over; give them as well."""
    smallest = 1  # byte, so that each example is a batch of its own
    x: Any = _Noted(examples)
    outcomes = engine.batches(x, "row", decide, ("counts", "early"), budget=smallest)
    for start in range(0, len(examples), IN_A_ROW):
        outcome = join(list(islice(outcomes, IN_A_ROW)))
        yield _fresh(start, outcome, engine.cores), x.taken()


class _Noted:
    """Examples that remember what was read, for files that are read forwards."""

    def __init__(self, examples: Examples) -> None:
        self.shape = examples.shape
        self._examples = examples
        self._read: list[NDArray[Any]] = []

    def __len__(self) -> int:
        return len(self._examples)

    def __getitem__(self, part: slice) -> NDArray[Any]:
        self._read.append(self._examples[part])
        return self._read[-1]

    def taken(self) -> NDArray[Any]:
        """Return what was read since the last time."""
        read, self._read = self._read, []
        return np.concatenate(read)


def _fresh(start: int, outcome: Outcome, cores: int) -> Fresh:
    assert outcome.early is not None
    part = Part(
        start,
        start + len(outcome.outputs),
        outcome.early,
        {name: Firing.of(counts) for name, counts in outcome.counts.items()},
        overflows=tuple(map(int, outcome.overflows)),
        cores=cores,
    )
    return Fresh(part, outcome.counts)


def spans_left(done: Sequence[measures.Part], count: int, size: int) -> list[Span]:
    """Return what is missing of ``count`` examples, in spans of at most ``size``."""
    edges = [(0, 0), *sorted((p.start, p.stop) for p in done), (count, count)]
    return [
        (start, min(start + size, after))
        for (_, before), (after, _) in pairwise(edges)
        for start in range(before, after, size)
    ]
