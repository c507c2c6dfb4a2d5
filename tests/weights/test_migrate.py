"""Carrying weights over to a changed network."""

from math import prod, sqrt

import numpy as np
import pytest

from snnc.ir.layout import tensors
from snnc.ir.tensor import TensorSpec
from snnc.results.weights import Migration
from snnc.verbs.diff.weights import match_tensors
from snnc.verbs.migrate import migrate
from tests.weights.files import SMALL, WIDER, logical, weights_of

OLD, NEW = tensors(logical(SMALL)), tensors(logical(WIDER))


Layout = tuple[TensorSpec, ...]


def moved(old: Layout, new: Layout, seed: int = 0) -> Migration:
    return migrate(weights_of(SMALL), new, match_tensors(old, new, {}), seed)


def test_what_fits_is_kept_and_the_rest_begins_anew() -> None:
    made = moved(OLD, NEW, 5)
    kept = {tensor.name for tensor in made.tensors if tensor.becomes == "kept"}
    assert kept == {"pixels.kernel", "pixels.bias", "b.bias", "y.kernel", "y.bias"}
    assert list(made.values) == [tensor.name for tensor in NEW]
    for name in kept:
        np.testing.assert_array_equal(made.values[name], weights_of(SMALL)[name])
    assert not made.values["a.bias"].any()


@pytest.mark.slow
def test_new_kernels_are_he_uniform_as_in_keras() -> None:
    tensorflow = pytest.importorskip("tensorflow")
    big = tensors(logical(SMALL.replace("filters 3", "filters 400")))
    kernel = moved((), big).values["a.kernel"]
    limit = sqrt(6 / prod(kernel.shape[:-1]))
    theirs = tensorflow.keras.initializers.HeUniform(0)(kernel.shape).numpy()
    for drawn in (kernel, theirs):
        assert 0.99 * limit < np.abs(drawn).max() <= limit
        assert drawn.std() == pytest.approx(limit / sqrt(3), rel=0.02)
    assert kernel.dtype == theirs.dtype


def test_the_same_seed_draws_the_same_and_each_kernel_its_own() -> None:
    one, two, other = (moved((), OLD, seed) for seed in (7, 7, 8))
    for name, drawn in one.values.items():
        np.testing.assert_array_equal(drawn, two.values[name])
    assert (one.values["a.kernel"] != other.values["a.kernel"]).any()
    seeds = [tensor.seed for tensor in one.tensors if tensor.seed is not None]
    assert seeds == [7, 8, 9, 10]


def test_what_the_new_network_lacks_is_gone() -> None:
    made = moved(OLD, OLD[:-2])
    gone = [tensor.name for tensor in made.tensors if tensor.becomes == "gone"]
    assert gone == ["y.kernel", "y.bias"]
    assert "y.kernel" not in made.values
