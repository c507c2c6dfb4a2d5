"""Percentiles of values that come in batches."""

from __future__ import annotations

import numpy as np
import pytest

from snnc.runtime.examples import Largest

PERCENTILES = [0.0, 37.5, 50.0, 99.0, 99.9, 100.0]


@pytest.mark.parametrize("percent", PERCENTILES)
@pytest.mark.parametrize("batches", [1, 4])
def test_percentiles_are_numpys_of_all_batches(batches: int, percent: float) -> None:
    x = np.random.default_rng(batches).normal(0.5, 1, (101, 5, 4)).astype("f4")
    largest = Largest(x.size, percent)
    for batch in np.array_split(x, batches):
        largest.add(batch)
    wanted = np.percentile(x.astype("f8"), percent)
    assert largest.percentile == pytest.approx(wanted, rel=1e-6, abs=1e-6)
    assert largest.values.max() == x.max()


@pytest.mark.parametrize("percent", PERCENTILES)
def test_percentiles_of_counts_are_numpys(percent: float) -> None:
    numbers = np.random.default_rng(0).poisson(3, 201)
    largest = Largest(len(numbers), percent)
    for part in np.array_split(numbers, 3):
        largest.add(part)
    assert largest.percentile == pytest.approx(np.percentile(numbers, percent))
