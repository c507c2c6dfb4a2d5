"""Spans of examples: those that are yet to run, and those that ran."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from snnc.evaluate.part import ExactPart, SpanResult, spans_left, whole_spans


def part(start: int, stop: int) -> ExactPart:
    known: Any = {"presentation": "row", "overflows": (0, 1, 2), "cores": 1}
    numbers = np.arange(start, stop, dtype=np.float64)
    outputs: np.ndarray[Any, Any] = numbers[np.newaxis, :, np.newaxis]
    return ExactPart(start, stop, outputs, outputs + 1.0, {}, **known)


@given(st.sets(st.integers(1, 59), max_size=8), st.data(), st.integers(1, 9))
def test_spans_fill_what_is_missing(
    cuts: set[int], data: st.DataObject, size: int
) -> None:
    edges = [0, *sorted(cuts), 60]
    done = [
        part(start, stop) for start, stop in pairwise(edges) if data.draw(st.booleans())
    ]
    spans = spans_left(done, 60, size)
    assert all(0 < stop - start <= size for start, stop in spans)
    examples = [i for start, stop in spans for i in range(start, stop)]
    examples += [i for p in done for i in range(p.start, p.stop)]
    assert sorted(examples) == list(range(60))
    assert spans == sorted(spans)


def test_a_span_is_whole_once_its_last_examples_are_there() -> None:
    pieces = [((0, 20), 0, 8), ((20, 25), 20, 25), ((0, 20), 8, 16), ((0, 20), 16, 20)]
    seen = []

    def fresh() -> Any:
        for span, start, stop in pieces:
            seen.append(start)
            yield SpanResult(span, part(start, stop), {}, np.zeros(0))

    whole = whole_spans(fresh())
    first = next(whole)
    assert (first.start, first.stop, seen) == (20, 25, [0, 20])
    (second,) = whole
    assert (second.start, second.stop) == (0, 20)
    assert second.outputs.ravel().tolist() == [*range(20)]
    assert second.others.ravel().tolist() == [*range(1, 21)]
    assert second.overflows == (0, 3, 6)
