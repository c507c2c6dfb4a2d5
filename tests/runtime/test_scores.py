"""What outputs decide, and how right that is."""

from __future__ import annotations

import numpy as np
import pytest

from snnc.runtime.scores import decide, decide_early, moments, over_time, score
from snnc.runtime.statistics import interval

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
    found = score(outputs, np.array([0, 1, 1, 2]), True, keras, "aware")
    assert (found.value, found.keras, found.agreement) == (0.5, 0.75, 0.5)
    assert found.interval == interval(0.5, 4)
    assert found.model == "aware"


def test_values_are_scored_by_their_errors() -> None:
    y = np.array([[1.0], [1.0]])
    found = score(np.array([[1.0], [3.0]]), y, False, np.zeros((2, 1)), "smooth")
    assert found.value == pytest.approx(2**0.5)
    assert found.keras == 1.0
    assert found.agreement == pytest.approx(5**0.5)
    assert found.interval is None


def test_without_keras_nothing_is_said_of_it() -> None:
    found = score(np.eye(2), np.arange(2), True, None, "aware")
    assert (found.keras, found.agreement, found.model) == (None, None, None)


def test_a_score_for_each_moment() -> None:
    outputs = np.stack([np.eye(2)[[0, 0]], np.eye(2)[[0, 1]], np.eye(2)[[1, 0]]])
    found = over_time(outputs, np.arange(2), True, 3)
    assert [(moment.steps, moment.value) for moment in found] == [
        (1, 0.5),
        (2, 1.0),
        (3, 0.0),
    ]
