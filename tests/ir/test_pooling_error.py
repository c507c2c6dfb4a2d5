"""The error of a maximum: the table, and interpolation between its entries."""

import math

import pytest

from snnc.ir.pooling_error import expected_error, measurements


def test_the_table_has_an_entry_for_each_point() -> None:
    table = measurements()
    values, rates, synapses = (sorted(set(axis)) for axis in zip(*table, strict=True))
    assert len(table) == len(values) * len(rates) * len(synapses)
    assert (values[0], rates[0], synapses[0]) == (2, 50, 0.0025)


def test_at_its_points_the_table_is_what_is_expected() -> None:
    bias, lasting, counted = measurements()[4, 150, 0.005]
    found = expected_error(4, 150.0, 0.005, 0.1)
    assert found.bias == pytest.approx(bias)
    assert found.deviation == pytest.approx(math.hypot(lasting, counted / 0.1**0.5))
    assert found.size == pytest.approx(math.hypot(*found))


def test_between_them_it_is_between() -> None:
    low, high = (expected_error(n, 150.0, 0.005, 0.1).bias for n in (16, 25))
    assert low < expected_error(20, 150.0, 0.005, 0.1).bias < high
    ends = expected_error(1000, 1.0, 1.0, 0.1), expected_error(100, 50.0, 0.02, 0.1)
    assert ends[0] == ends[1]


def test_longer_examples_average_more_out() -> None:
    short, long = (expected_error(4, 150.0, 0.005, t).deviation for t in (0.05, 0.5))
    assert short > 1.5 * long
