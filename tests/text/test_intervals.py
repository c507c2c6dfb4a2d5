"""Intervals of means, compared with SciPy's distribution."""

import pytest
from scipy.stats import t

from snnc.text.intervals import interval_of_mean, student


@pytest.mark.parametrize("freedom", [*range(1, 12), 30, 1000])
def test_quantiles_are_those_of_scipy(freedom: int) -> None:
    assert student(freedom) == pytest.approx(t.ppf(0.975, freedom), abs=3e-3)


def test_the_interval_of_one_run_is_its_own() -> None:
    assert interval_of_mean([0.7], [(0.6, 0.75)]) == pytest.approx((0.6, 0.75))
