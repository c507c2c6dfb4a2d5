"""The stored results of a cell, and the table of several cells."""

from typing import Any

import numpy as np
import pytest

from benchmarks.fidelity.characters import CHARACTERS, HELD_OUT, TRAINED, characters
from benchmarks.fidelity.measure import pack, unpack
from benchmarks.fidelity.patches import SIDE, patches
from benchmarks.fidelity.table import HEAD, page
from snnc.tools.scores import difference

NAMES = ("plain", "before", "keras", "last", "mean", "rest")


def _cell(seed: int, rate: float) -> dict[str, Any]:
    random = np.random.default_rng(seed)
    right = {name: pack(random.random(50) < 0.8) for name in NAMES}
    layers = {
        "a": {"rate": 120.0, "holds": True, "agreement": 0.9 - seed / 10},
        "b": {"rate": rate, "holds": rate < 160, "agreement": None},
    }
    named = {"kind": "small", "data": "mnist", "seed": seed, "decide": "mean"}
    return {**named, "right": right, "layers": layers}


@pytest.mark.parametrize("count", [1, 8, 13])
def test_examples_come_back_as_they_were(count: int) -> None:
    right = np.random.default_rng(count).random(count) < 0.5
    assert np.array_equal(unpack(pack(right)), right)


def test_a_row_pools_seeds() -> None:
    cells = [_cell(0, 140.0), _cell(1, 190.0)]
    line = page(cells).splitlines()[-1]
    row = dict(zip(HEAD, line.strip("| ").split(" | "), strict=True))
    pooled = {
        name: np.concatenate([unpack(cell["right"][name]) for cell in cells])
        for name in NAMES
    }
    assert row["seeds x images"] == "2 x 50"
    assert row["plain Keras"] == f"{100 * pooled['plain'].mean():.1f} %"
    for column, (one, other) in {
        "last - before": ("last", "before"),
        "from rest - before": ("rest", "before"),
        "chip - plain": ("mean", "plain"),
    }.items():
        interval = difference(pooled[one], pooled[other])
        assert interval is not None
        apart = 100 * (pooled[one].mean() - pooled[other].mean())
        low, high = (100 * end for end in interval)
        assert row[column] == f"{apart:+.1f} ({low:+.1f} to {high:+.1f})"
    assert row["agreement"] == "0.800, a"
    assert row["budgets"] == "missed: b at 190 Hz"


@pytest.mark.slow
def test_characters_are_drawn_with_other_fonts_for_the_test() -> None:
    assert len(set(CHARACTERS)) == 60
    assert not set(TRAINED) & set(HELD_OUT)
    split = characters()
    assert (len(split.train), len(split.test)) == (5400, 1800)
    for part in (split.train, split.test):
        assert np.bincount(part.y).ptp() == 0
        assert part.x.reshape(len(part), -1).any(axis=1).all()


@pytest.mark.slow
def test_no_patch_of_the_test_shows_what_was_trained_on() -> None:
    split = patches()
    assert set(split.train.y) == set(split.test.y) == set(range(8))
    # Few rows of pixels are equal by chance, such as black ones.
    rows = [
        {row.tobytes() for patch in part.x for row in patch.reshape(-1, SIDE, 3)}
        for part in (split.train, split.test)
    ]
    assert len(rows[0] & rows[1]) < len(rows[1]) / 1000
