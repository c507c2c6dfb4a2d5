"""The data sets that are drawn: what is tested was not trained on."""

import numpy as np
import pytest

from benchmarks.fidelity.characters import CHARACTERS, HELD_OUT, TRAINED, characters
from benchmarks.fidelity.patches import SIDE, patches


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
