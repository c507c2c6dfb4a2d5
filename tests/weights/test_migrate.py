"""Carrying weights over to a changed network."""

from __future__ import annotations

from math import prod, sqrt

import numpy as np
import pytest

from snnc.ir.layout import tensors
from snnc.tools.migrate import migrate, plan
from tests.weights.files import SMALL, WIDER, logical, weights_of

OLD, NEW = tensors(logical(SMALL)), tensors(logical(WIDER))


def test_what_fits_is_kept_and_the_rest_begins_anew() -> None:
    moves = {move.name: move for move in plan(OLD, NEW, 5)}
    kept = {name for name, move in moves.items() if move.was}
    assert kept == {"pixels.kernel", "pixels.bias", "b.bias", "y.kernel", "y.bias"}
    values = weights_of(SMALL)
    made = migrate(list(moves.values()), values)
    assert list(made) == [tensor.name for tensor in NEW]
    for name in kept:
        np.testing.assert_array_equal(made[name], values[name])
    assert not made["a.bias"].any()


@pytest.mark.slow
def test_new_kernels_are_he_uniform_as_in_keras() -> None:
    tensorflow = pytest.importorskip("tensorflow")
    big = tensors(logical(SMALL.replace("filters 3", "filters 400")))
    kernel = migrate(plan((), big, 0), {})["a.kernel"]
    limit = sqrt(6 / prod(kernel.shape[:-1]))
    theirs = tensorflow.keras.initializers.HeUniform(0)(kernel.shape).numpy()
    for drawn in (kernel, theirs):
        assert 0.99 * limit < np.abs(drawn).max() <= limit
        assert drawn.std() == pytest.approx(limit / sqrt(3), rel=0.02)
    assert kernel.dtype == theirs.dtype


def test_the_same_seed_draws_the_same_and_each_kernel_its_own() -> None:
    one, two = (migrate(plan((), OLD, 7), {}) for _ in range(2))
    other = migrate(plan((), OLD, 8), {})
    for name, drawn in one.items():
        np.testing.assert_array_equal(drawn, two[name])
    assert (one["a.kernel"] != other["a.kernel"]).any()
    seeds = [move.seed for move in plan((), OLD, 7) if move.seed is not None]
    assert seeds == [7, 8, 9, 10]


def test_what_the_new_network_lacks_is_gone() -> None:
    moves = plan(OLD, OLD[:-2], 0)
    assert [m.name for m in moves if m.after is None] == ["y.kernel", "y.bias"]
    assert "y.kernel" not in migrate(moves, weights_of(SMALL))
