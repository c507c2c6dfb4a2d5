"""Correlations of values that come in batches."""

from __future__ import annotations

from functools import reduce

import numpy as np
import pytest

from snnc.evaluate.alike import batch_of, correlation, merged


def test_a_correlation_in_batches_is_that_of_all() -> None:
    random = np.random.default_rng(0)
    # Far from 0, plain sums of squares would lose what varies.
    first = 1e6 + random.normal(size=(100, 10))
    second = (3 * (first - 1e6) + random.normal(size=(100, 10)) + 7).round(3)
    cuts = [slice(90, None), slice(0, 1), slice(1, 90)]  # parts come in any order
    batches = [batch_of(first[cut], second[cut]) for cut in cuts]
    want = np.corrcoef(first.ravel(), second.ravel())[0, 1]
    assert correlation(reduce(merged, batches)) == pytest.approx(want, rel=1e-9)


def test_what_does_not_vary_correlates_with_nothing() -> None:
    assert correlation(batch_of(np.zeros(5), np.arange(5))) is None
    assert correlation(batch_of(np.arange(5), np.ones(5))) is None
