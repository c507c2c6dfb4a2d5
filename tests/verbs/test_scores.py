"""Decisions from outputs, their scores, and statistics that are added up."""

from functools import reduce
from operator import add

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from snnc.results.statistics import Correlation, LayerFiring
from snnc.runtime.examples import decide
from snnc.text.intervals import interval
from snnc.verbs.scores import (
    decide_early,
    difference,
    moments,
    score,
    unit_results,
)

ROWS = np.random.default_rng(0).normal(size=(3, 20, 2))


def test_the_later_half_or_the_last_row_decides() -> None:
    assert np.array_equal(decide(ROWS, "mean"), ROWS[:, 10:].mean(axis=1))
    assert np.array_equal(decide(ROWS, "last"), ROWS[:, -1])


@pytest.mark.parametrize(
    ("steps", "ends"), [(20, (5, 10, 15, 20)), (2, (1, 2)), (3, (1, 2, 3))]
)
def test_moments_are_quarters(steps: int, ends: tuple[int, ...]) -> None:
    assert moments(steps) == ends


@pytest.mark.parametrize("how", ["mean", "last"])
def test_early_decisions_are_those_of_shorter_examples(how: str) -> None:
    early = decide_early(ROWS, how)  # type: ignore[arg-type]
    assert early.shape == (4, 3, 2)
    for end, outputs in zip(moments(20), early, strict=True):
        shorter = decide(ROWS[:, :end], how)  # type: ignore[arg-type]
        assert np.array_equal(outputs, shorter)


def test_classes_are_scored_by_shares() -> None:
    outputs = np.eye(3)[[0, 1, 2, 0]]
    keras = np.eye(3)[[0, 1, 1, 1]]
    y = np.array([0, 1, 1, 2])
    found = score(outputs, y, True, keras, "imported")
    assert (found.value, found.keras, found.agreement) == (0.5, 0.75, 0.5)
    assert found.interval == interval(0.5, 4)
    assert found.model == "imported"
    alone = score(outputs, y, True, None, "smooth")
    assert (alone.keras, alone.agreement, alone.model) == (None, None, None)


def test_values_are_scored_by_their_errors() -> None:
    y = np.array([[1.0], [1.0]])
    found = score(np.array([[1.0], [3.0]]), y, False, np.zeros((2, 1)), "smooth")
    assert found.value == pytest.approx(2**0.5)
    assert found.keras == 1.0
    assert found.agreement == pytest.approx(5**0.5)
    assert found.r2 is None  # the target does not vary
    assert score(np.zeros((1, 1)), y[:1], False).interval is None


def test_the_interval_of_an_error_holds_it_in_95_percent() -> None:
    random, held = np.random.default_rng(0), 0
    for _ in range(1000):
        y = random.normal(size=(100, 2))
        found = score(y + random.normal(scale=0.5, size=y.shape), y, False)
        low, high = found.interval or (0, 0)
        held += low <= 0.5 <= high
    assert 930 <= held <= 970


def test_a_share_of_the_variance_is_explained() -> None:
    random = np.random.default_rng(0)
    y = random.normal(size=(500, 2)) * [1, 3]
    same = score(y, y, False, y, "smooth")
    assert (same.r2, same.loss) == (1, (0, 0))
    constant = np.broadcast_to(y.mean(axis=0), y.shape)
    assert score(constant, y, False).r2 == pytest.approx(0)
    half = y + np.array([0.5, 0])  # 0.25 of the variances, which are about 1 and 9
    first, second = unit_results(half, y)
    assert first.rmse == pytest.approx(0.5)
    assert second.rmse == 0
    assert first.r2 == pytest.approx(1 - 0.25 / y[:, 0].var())
    assert second.r2 == 1
    assert score(half, y, False).r2 == pytest.approx(1 - 0.25 / y.var(axis=0).sum())


def test_a_loss_is_that_of_the_very_same_examples() -> None:
    y = np.zeros(100, int)
    outputs, keras, before = (
        np.eye(2)[(np.arange(100) % n == 0).astype(int)] for n in (6, 5, 3)
    )
    known = score(outputs, y, True, keras, "smooth", before)
    assert (known.value, known.keras, known.before) == (0.83, 0.8, 0.66)
    right = before.argmax(axis=1) == y, outputs.argmax(axis=1) == y
    assert known.loss == difference(*right)
    assert known.loss != difference(right[0], np.sort(right[1]))
    same = score(outputs, y, True, keras, "smooth")
    assert same.loss == difference(keras.argmax(axis=1) == y, right[1])
    lost = score(outputs, y, True, keras, "smooth", None, "w is missing")
    assert (lost.before, lost.loss, lost.unknown) == (None, None, "w is missing")


def test_a_loss_of_errors_is_that_of_their_root_mean_squares() -> None:
    """95 % of 2,000 data sets of 400 examples are within the error."""
    random = np.random.default_rng(0)
    within = []
    for _ in range(2000):
        shared = random.normal(size=(400, 2))
        chip, before = (shared + random.normal(0, s, shared.shape) for s in (1, 0.2))
        found = score(chip, 0 * shared, False, before, "smooth", before)
        assert found.loss is not None
        assert found.before is not None
        middle = sum(found.loss) / 2
        assert middle == pytest.approx(found.value - found.before, rel=1e-9)
        true = 2**0.5 - 1.04**0.5
        within.append(found.loss[0] < true < found.loss[1])
    assert 0.94 < np.mean(within) < 0.96


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
