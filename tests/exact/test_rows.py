"""Rows of weights add what the emulator's indexed sums add."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from snnc.exact.read import GAP, WeightRows

pytestmark = pytest.mark.slow

SIZE = 40


@st.composite
def synapses(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    shape = (draw(st.integers(1, 4)), draw(st.integers(1, 30)))
    weights = arrays(np.int32, shape, elements=st.sampled_from([0, 0, 64, -128, 16256]))
    indices = arrays(np.int32, shape, elements=st.integers(0, SIZE - 1))
    ordered = arrays(np.int32, shape, elements=st.just(1)).map(
        lambda a: np.cumsum(a, axis=1, dtype=np.int32) - 1
    )
    return draw(weights), draw(st.one_of(indices, ordered))


@given(st.lists(synapses(), min_size=1, max_size=3))
def test_rows_add_what_indexing_adds(given_arrays: list) -> None:
    store = WeightRows()
    firsts = [store.add(*pair) for pair in given_arrays]
    rows = store.rows()
    for first, (weights, indices) in zip(firsts, given_arrays, strict=True):
        for atom in range(len(weights)):
            want = np.zeros(SIZE, np.int32)
            want[indices[atom]] += weights[atom]
            got = np.zeros(SIZE, np.int32)
            for r in range(rows.first[first + atom], rows.first[first + atom + 1]):
                n, at, begin = rows.length[r], rows.offset[r], rows.begin[r]
                got[at : at + n] += rows.weights[begin : begin + n]
            assert got.tolist() == want.tolist()


def test_equal_arrays_are_kept_once() -> None:
    store = WeightRows()
    weights = np.full((2, 5), 64, np.int32)
    indices = np.tile(np.arange(5, dtype=np.int32), (2, 1))
    assert store.add(weights, indices) == store.add(weights.copy(), indices.copy()) == 0
    assert len(store.rows().weights) == 10


def test_long_stretches_of_zeros_are_skipped() -> None:
    store = WeightRows()
    weights = np.zeros((1, GAP + 3), np.int32)
    weights[0, [0, -1]] = 64
    indices = np.arange(GAP + 3, dtype=np.int32)[np.newaxis]
    store.add(weights, indices)
    assert store.rows().length.tolist() == [1, 1]
