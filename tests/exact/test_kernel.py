"""The arithmetic of a step against nengo-loihi's own functions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from nengo_loihi.builder.discretize import decay_int, overflow_signed

from snnc.exact.kernel import _decay, _wrap

INT32 = np.iinfo(np.int32)
words = arrays(np.int32, 20, elements=st.integers(INT32.min + 1, INT32.max))

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::UserWarning:nengo"),
]


@given(words, st.integers(0, 4095), st.sampled_from([0, 1]))
def test_decay_is_the_emulators(values: np.ndarray, decay: int, offset: int) -> None:
    want = decay_int(values, np.full_like(values, decay), offset=offset)
    keep = np.int32(4096 - offset - decay)
    assert [_decay(value, keep) for value in values] == want.tolist()


@given(words, st.sampled_from([21, 23]))
def test_overflow_is_the_emulators(values: np.ndarray, bits: int) -> None:
    want, _ = overflow_signed(values, bits)
    assert [_wrap(value, bits) for value in values] == want.tolist()
