"""Examples that were run together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from itertools import pairwise
from operator import add
from typing import Any

import numpy as np
from numpy.typing import NDArray

from snnc.exact import Engine
from snnc.exact.outcome import Kept
from snnc.runtime import measures
from snnc.runtime.examples import Presentation, Span
from snnc.runtime.readings import Reader
from snnc.runtime.statistics import Firing

KEPT: tuple[Kept, ...] = ("counts", "early", "rows")


@dataclass(frozen=True, kw_only=True)
class ExactPart(measures.EvaluatedPart):
    """What examples ``start`` to ``stop`` gave on the exact engine.

    Attributes
    ----------
    presentation
        How they were presented.
    overflows
        As in `snnc.exact.Outcome`.
    cores
        How many nengo-loihi has used.
    """

    presentation: Presentation
    overflows: tuple[int, ...]
    cores: int


@dataclass(frozen=True, slots=True)
class SpanResult:
    """A few examples of a span, and their spikes for Keras to compare with.

    ``counts`` are (examples, *shape) of each layer, ``images`` (examples, *input
    shape).
    """

    span: Span
    part: ExactPart
    counts: dict[str, NDArray[Any]]
    images: NDArray[Any]


def run_spans(
    engine: Engine,
    presentation: Presentation,
    images: Any,
    spans: Sequence[Span],
    threads: int | None = None,
) -> Iterator[SpanResult]:
    """Run spans of examples side by side, a few examples at a time."""
    carries, network = presentation == "row", engine.network
    how = network.readout.decide
    readers = {span: Reader(network, carries) for span in spans}
    for chunk in engine.stream(images, spans, presentation, how, KEPT, threads):
        outcome = chunk.outcome
        assert outcome.early is not None
        assert outcome.rows is not None
        part = ExactPart(
            chunk.start,
            chunk.start + len(outcome.outputs),
            outcome.early,
            readers[chunk.span].read(outcome.rows),
            {name: Firing.of(counts) for name, counts in outcome.counts.items()},
            presentation=presentation,
            overflows=tuple(map(int, outcome.overflows)),
            cores=engine.cores,
        )
        yield SpanResult(chunk.span, part, outcome.counts, chunk.images)


def moved(fresh: SpanResult, by: int, images: NDArray[Any]) -> SpanResult:
    """Return examples with their numbers among all, and with themselves."""
    start, stop = fresh.part.start, fresh.part.stop
    part = replace(fresh.part, start=start + by, stop=stop + by)
    span = fresh.span[0] + by, fresh.span[1] + by
    return SpanResult(span, part, fresh.counts, images[start:stop])


def whole_spans(results: Iterable[SpanResult]) -> Iterator[ExactPart]:
    """Yield the part of each span once the last of its examples is there."""
    building: dict[tuple[Presentation, Span], list[ExactPart]] = defaultdict(list)
    for fresh in results:
        key = fresh.part.presentation, fresh.span
        building[key].append(fresh.part)
        if fresh.part.stop == fresh.span[1]:
            yield _joined(building.pop(key))


def _joined(parts: Sequence[ExactPart]) -> ExactPart:
    """Return parts that follow one another as one."""
    compared = [part.keras for part in parts if part.keras is not None]
    names = parts[0].firing
    return replace(
        parts[0],
        stop=parts[-1].stop,
        outputs=measures.outputs_of(parts),
        others=measures.others_of(parts),
        firing={name: reduce(add, (p.firing[name] for p in parts)) for name in names},
        keras=reduce(add, compared) if compared else None,
        overflows=tuple(np.sum([part.overflows for part in parts], axis=0).tolist()),
    )


def spans_left(
    done: Sequence[measures.EvaluatedPart], count: int, size: int
) -> list[Span]:
    """Return what is missing of ``count`` examples, in spans of at most ``size``."""
    edges = [(0, 0), *sorted((p.start, p.stop) for p in done), (count, count)]
    return [
        (start, min(start + size, after))
        for (_, before), (after, _) in pairwise(edges)
        for start in range(before, after, size)
    ]
