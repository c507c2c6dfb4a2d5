"""Examples that were run together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice, pairwise
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from snnc.evaluate.alike import Batch
from snnc.exact import Engine, Outcome
from snnc.exact.outcome import join
from snnc.runtime.data import Examples

Decide = Literal["mean", "last"]
Span = tuple[int, int]  # the first example, and that behind the last
IN_A_ROW = 8  # examples of a part, where each goes on from the one before it


@dataclass(frozen=True, slots=True)
class Compared:
    """What Keras says of a part.

    Attributes
    ----------
    outputs : (examples, units)
        Of the model.
    alike
        Activations and numbers of spikes of each layer, as `alike` counts them.
    """

    outputs: NDArray[np.float64]
    alike: dict[str, Batch]


@dataclass(frozen=True, slots=True)
class Part:
    """What examples ``start`` to ``stop`` gave.

    Attributes
    ----------
    outputs : (moments, examples, units)
        What the readout decides by after each of `snnc.exact.readout.moments`; the
        last is the end of the example.
    spikes : (most spikes + 1,) of each layer
        How many neurons gave each number of spikes in an example.
    fired : uint8 of each layer
        Which neurons have fired, in `numpy.packbits`.
    overflows : (3,)
        As in `snnc.exact.Outcome`.
    cores : int
        How many nengo-loihi has used.
    keras
        None without TensorFlow.
    """

    start: int
    stop: int
    outputs: NDArray[np.float64]
    spikes: dict[str, NDArray[np.int64]]
    fired: dict[str, NDArray[np.uint8]]
    overflows: NDArray[np.int64]
    cores: int
    keras: Compared | None = None


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
    counts = outcome.counts
    part = Part(
        start,
        start + len(outcome.outputs),
        outcome.early,
        {name: np.bincount(each.ravel()) for name, each in counts.items()},
        {name: np.packbits(each.any(axis=0)) for name, each in counts.items()},
        outcome.overflows,
        cores,
    )
    return Fresh(part, counts)


def spans_left(done: Sequence[Part], count: int, size: int) -> list[Span]:
    """Return what is missing of ``count`` examples, in spans of at most ``size``."""
    edges = [(0, 0), *sorted((p.start, p.stop) for p in done), (count, count)]
    return [
        (start, min(start + size, after))
        for (_, before), (after, _) in pairwise(edges)
        for start in range(before, after, size)
    ]
