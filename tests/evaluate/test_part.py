"""Spans of examples that are yet to run."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from snnc.evaluate.part import Part, spans_left


def part(start: int, stop: int) -> Part:
    return Part(start, stop, np.zeros(0), {}, overflows=(), cores=1)


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
