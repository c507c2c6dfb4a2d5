"""Readouts that learn do so as on nengo-loihi's emulator, to the last bit."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.fuzz.harness import fuzz
from tests.learning.proof import compare, draw

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]


@fuzz(1)
@given(seed=st.integers(1, 10**6))
def test_drawn_networks_learn_the_same(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    package = draw(seed, tmp_path_factory.getbasetemp() / "learning")
    compared = None if package is None else compare(package, seed)
    assume(compared is not None)
    assert compared is not None
    assert compared.differences == []
