"""The generated `_statistics.py` and `_tables.py`, against NumPy."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from types import ModuleType

import numpy as np
import pytest

from tests.agreement.built import imported
from tests.support import SPECS, sound


@pytest.fixture(scope="module")
def package() -> Iterator[str]:
    (spec,) = (spec for spec in SPECS if spec.stem == "drift")
    with imported(sound(spec.read_text(encoding="utf-8"), "emit")) as made:
        yield made.nengo.__package__


@pytest.fixture(scope="module")
def statistics(package: str) -> ModuleType:
    return importlib.import_module(f"{package}._statistics")


def ranked(statistics: ModuleType, values: np.ndarray, percentile: float) -> object:
    found = statistics.Ranked(percentile)
    for part in np.array_split(values, 7):
        found.count(part)
    for part in np.array_split(values, 3):
        found.refine(part)
    return found


@pytest.mark.parametrize("percentile", [0.0, 10.0, 50.0, 99.9, 100.0])
@pytest.mark.parametrize("size", [1, 2, 10_001])
def test_ranks_are_those_of_numpy(
    statistics: ModuleType, percentile: float, size: int
) -> None:
    random = np.random.default_rng(size)
    values = np.maximum(random.normal(size=size), -0.0).astype(np.float32)
    found = ranked(statistics, values, percentile)
    want = np.percentile(values.astype(np.float64), percentile)
    low, high, share = found.around()  # type: ignore[attr-defined]
    assert low + (high - low) * share == pytest.approx(want, rel=1e-12)
    assert found.highest() == values.max()  # type: ignore[attr-defined]


def test_minus_zero_is_not_the_highest(statistics: ModuleType) -> None:
    values = np.array([-0.0, 2.0, 1.0], np.float32)
    found = ranked(statistics, values, 50.0)
    assert found.around() == (1.0, 1.0, 0.0)  # type: ignore[attr-defined]
    assert found.highest() == 2.0  # type: ignore[attr-defined]


def test_a_correlation_in_batches_is_that_of_all(statistics: ModuleType) -> None:
    random = np.random.default_rng(0)
    # Far from 0, plain sums of squares would lose what varies.
    first = 1e6 + random.normal(size=1000)
    second = first + random.normal(size=1000)
    found = statistics.Correlation()
    for batch in (slice(0, 1), slice(1, 400), slice(400, None)):
        found.add(first[batch], second[batch])
    want = np.corrcoef(first, second)[0, 1]
    assert found.value() == pytest.approx(want, rel=1e-9)


def test_what_does_not_vary_correlates_with_nothing(statistics: ModuleType) -> None:
    found = statistics.Correlation()
    found.add(np.zeros(5), np.arange(5))
    assert found.value() is None


def test_spikes_are_counted_over_batches(statistics: ModuleType) -> None:
    firing = statistics.Firing()
    firing.add(np.array([[0, 3, 0, 10]]))
    firing.add(np.array([[0, 0, 0, 11], [0, 0, 1, 9]]))
    assert firing.spikes() == pytest.approx(34 / 3)
    assert firing.silent() == 0.25
    assert firing.saturated(10) == pytest.approx(2 / 12)
    assert firing.percentile(50) == 0
    assert firing.percentile(100) == 11


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (999.4, "999"),
        (999.6, "1.00 k"),
        (85_800, "85.8 k"),
        (1e6, "1.00 M"),
        (7.5e13, "7.50e+04 G"),
    ],
)
def test_large_numbers_have_three_digits(package: str, value: float, text: str) -> None:
    tables = importlib.import_module(f"{package}._tables")
    assert tables.thousands(value) == text
