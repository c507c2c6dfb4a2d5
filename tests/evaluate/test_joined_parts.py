"""Parts of a run that are joined."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from snnc.runtime.examples import Presentation
from snnc.verbs.evaluate.measures import EvaluatedPart, SpanResult, whole_spans
from tests.fuzz import runs


def part(start: int, stop: int, presentation: Presentation = "row") -> EvaluatedPart:
    return replace(runs.part(start, stop), presentation=presentation)


def test_a_span_is_whole_once_its_last_examples_are_there() -> None:
    parts = part(0, 8), part(20, 25), part(8, 16), part(16, 20)
    seen = []

    def fresh() -> Iterator[SpanResult]:
        for each in parts:
            seen.append(each.start)
            span = (20, 25) if each.start == 20 else (0, 20)
            yield SpanResult(span, each, {}, np.zeros(0))

    whole = whole_spans(fresh())
    first = next(whole)
    assert (first.start, first.stop, seen) == (20, 25, [0, 20])
    (second,) = whole
    assert (second.start, second.stop) == (0, 20)
    joined = [parts[i].outputs for i in (0, 2, 3)]
    assert np.array_equal(second.outputs, np.concatenate(joined, axis=1))
    assert second.others.shape[0] == 20
    assert second.overflows == (0, 3, 6)
