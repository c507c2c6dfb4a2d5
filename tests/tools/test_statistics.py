"""Statistics that are added up, against NumPy on all values at once."""

from __future__ import annotations

from functools import reduce
from operator import add

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from snnc.tools.scores import Correlation, LayerFiring, interval

COUNTS = st.lists(st.integers(0, 20), min_size=1, max_size=50)


@given(COUNTS, st.floats(0, 100))
def test_percentiles_of_spikes_are_numpys(values: list[int], percent: float) -> None:
    firing = LayerFiring.of(np.array(values)[:, np.newaxis])
    want = np.percentile(values, percent)
    assert firing.percentile(percent) == pytest.approx(want, abs=1e-9)


def test_spikes_are_counted_over_batches_in_any_order() -> None:
    spikes = np.random.default_rng(0).integers(0, 9, (12, 3, 5)) ** 2
    spikes[:, 1, 2] = 0
    parts = [LayerFiring.of(spikes[i : i + 5].astype(np.uint16)) for i in (10, 0, 5)]
    found = reduce(add, parts)
    assert found.examples == 12
    assert found.spikes == pytest.approx(spikes.sum() / 12)
    assert found.silent == 1 / 15
    assert found.at_least(36) == (spikes >= 36).sum()
    assert found.saturation(64) == (spikes == 64).mean() > 0
    assert found.percentile(50) == np.percentile(spikes, 50)


def test_a_correlation_in_batches_is_that_of_all() -> None:
    random = np.random.default_rng(0)
    # Far from 0, plain sums of squares would lose what varies.
    first = 1e6 + random.normal(size=(100, 10))
    second = (3 * (first - 1e6) + random.normal(size=(100, 10)) + 7).round(3)
    cuts = [slice(90, None), slice(0, 1), slice(1, 90)]
    parts = [Correlation.of(first[cut], second[cut]) for cut in cuts]
    want = np.corrcoef(first.ravel(), second.ravel())[0, 1]
    assert reduce(add, parts).value == pytest.approx(want, rel=1e-9)


def test_what_does_not_vary_correlates_with_nothing() -> None:
    assert Correlation.of(np.zeros(5), np.arange(5)).value is None
    assert Correlation.of(np.arange(5), np.ones(5)).value is None


@pytest.mark.parametrize(
    ("share", "count", "low", "high"),
    [
        # R. G. Newcombe, Statistics in Medicine 17, 1998, table I, method 3.
        (81 / 263, 263, 0.2553, 0.3662),
        (15 / 148, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1 / 29, 29, 0.0061, 0.1718),
        (1, 20, 0.8389, 1.0),
    ],
)
def test_the_interval_is_wilsons(
    share: float, count: int, low: float, high: float
) -> None:
    assert interval(share, count) == pytest.approx((low, high), abs=5e-5)
