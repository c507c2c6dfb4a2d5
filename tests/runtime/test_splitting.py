"""Which examples are held out, and what labels are like."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from snnc.runtime.data import DataError
from snnc.runtime.keras.pipelines import split_groups
from snnc.runtime.keras.training import balance_classes, unused_ends


@given(
    st.lists(st.integers(0, 9), min_size=2, max_size=60).filter(
        lambda groups: len(set(groups)) > 1
    ),
    st.floats(0.01, 0.99),
    st.integers(0, 99),
)
def test_no_group_is_on_both_sides(groups: list[int], share: float, seed: int) -> None:
    named = np.array(groups)
    held_out, others = split_groups(named, share, seed)
    assert sorted([*held_out, *others]) == [*range(len(groups))]
    assert not set(named[held_out]) & set(named[others])
    assert len(held_out)
    assert len(others)
    without_last = len(held_out) - max(np.bincount(named[held_out]))
    assert without_last < share * len(groups)


def test_both_sides_have_every_class() -> None:
    groups = np.repeat(np.arange(10), 10)
    y = np.where(groups < 2, 1, 0)  # class 1 is in two of ten groups
    for seed in range(20):
        held_out, others = split_groups(groups, 0.2, seed, y)
        assert set(y[held_out]) == set(y[others]) == {0, 1}
    words = np.array(["ann", "bob"])[np.arange(20) % 2]
    held_out, _ = split_groups(words, 0.1, 0, np.arange(20) // 10)
    assert len(held_out) == 10


@pytest.mark.parametrize(
    ("groups", "y", "message"),
    [
        (np.zeros(4, int), np.zeros(4, int), "all examples are of group 0"),
        (
            np.repeat(np.arange(5), 4),
            np.repeat([0, 1, 2, 2, 2], 4),
            r"(validation|training) has no example of class .*, however whole groups",
        ),
    ],
)
def test_groups_that_leave_a_class_out_are_refused(
    groups: np.ndarray, y: np.ndarray, message: str
) -> None:
    with pytest.raises(DataError, match=message):
        split_groups(groups, 0.2, 0, y)


def test_labels_that_may_be_shifted_are_told() -> None:
    every = np.arange(10)
    assert unused_ends(every, 10) is None
    assert unused_ends(every[:-1], 10) == (
        "no example is of class 9, of 0..9: are labels shifted?"
    )
    assert unused_ends(every[1:-1], 10) == (
        "no example is of class 0 nor of class 9, of 0..9: are labels shifted?"
    )
    assert unused_ends(every[:6], 8) == (
        "no example is of class 6 nor of class 7, of 0..7: are labels shifted?"
    )
    assert "class 5, and so on, of 0..9" in str(unused_ends(every[:1], 10))


def test_balanced_weights_are_those_of_scikit_learn() -> None:
    from sklearn.utils.class_weight import compute_class_weight

    y = np.array([0] * 6 + [1] * 3 + [3])
    found = balance_classes("balanced", y, 4)
    there = np.unique(y)
    want = compute_class_weight("balanced", classes=there, y=y)
    assert [found[label] for label in there] == pytest.approx(want)


def test_classes_count_1_unless_told() -> None:
    assert balance_classes({2: 5}, None, 3) == {0: 1.0, 1: 1.0, 2: 5.0}
    with pytest.raises(DataError, match="there is no class 3"):
        balance_classes({0: 1.0, 3: 2.0}, None, 3)
    with pytest.raises(DataError, match="needs y as an array"):
        balance_classes("balanced", None, 3)
