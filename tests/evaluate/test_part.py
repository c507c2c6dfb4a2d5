"""Spans of examples that ran."""

from __future__ import annotations

from typing import Any

import numpy as np

from snnc.tools.evaluate.measures import EvaluatedPart, SpanResult, whole_spans


def part(start: int, stop: int) -> EvaluatedPart:
    known: Any = {"presentation": "row", "overflows": (0, 1, 2), "cores": 1}
    numbers = np.arange(start, stop, dtype=np.float64)
    outputs: np.ndarray[Any, Any] = numbers[np.newaxis, :, np.newaxis]
    return EvaluatedPart(start, stop, outputs, outputs + 1.0, {}, **known)


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
