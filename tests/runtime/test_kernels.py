"""Kernels between ensembles, against convolutions and pools that are written out."""

from __future__ import annotations

from math import prod

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from snnc.runtime.examples import Array
from snnc.runtime.nengo import kernels
from snnc.runtime.nengo.kernels import Pool
from snnc.runtime.network import triple

Sizes = tuple[int, ...]


def draw(*shape: int) -> NDArray[np.float64]:
    return np.random.default_rng(prod(shape)).normal(size=shape)


def convolve(x: Array, kernel: Array, stride: Sizes) -> Array:
    """Return a valid convolution of (depth, height, width, channels)."""
    taps = kernel.shape[:3]
    sizes = zip(x.shape, taps, stride, strict=False)
    size = [(n - k) // s + 1 for n, k, s in sizes]
    out = np.zeros((*size, kernel.shape[-1]))
    for place in np.ndindex(*size):
        corner = zip(place, stride, taps, strict=True)
        window = x[tuple(slice(p * s, p * s + k) for p, s, k in corner)]
        out[place] = np.tensordot(window, kernel, axes=4)
    return out


def average(x: Array, pool: Pool) -> Array:
    window, stride = triple(pool.window), triple(pool.stride)
    channels = x.shape[-1]
    mean = np.zeros((*window, channels, channels))
    mean[...] = np.eye(channels) / prod(window)
    return convolve(x, mean, stride)


@given(st.data())
def test_planes_between_groups_are_a_convolution(data: st.DataObject) -> None:
    number = data.draw
    depth, taps = number(st.integers(3, 7)), number(st.integers(1, 3))
    stride, before = number(st.integers(1, 3)), number(st.integers(0, 2))
    groups = number(st.integers(1, 4)), number(st.integers(1, 4))
    x, kernel = draw(depth, 4, 3, 2), draw(taps, 2, 3, 2, 3)
    padded = np.pad(x, [(before, 0), *[(0, 0)] * 3])
    want = convolve(padded, kernel, (stride, 1, 1))
    found = np.zeros_like(want)
    for read in ranges(depth, groups[0]):
        flat = np.moveaxis(x[read.start : read.stop], 0, 2).reshape(1, 4, 3, -1)
        for written in ranges(len(want), groups[1]):
            plane = kernels.plane(kernel, read, written, stride, before)
            if plane is None:
                continue
            assert plane.any()
            out = convolve(flat, plane[np.newaxis], (1, 1, 1))
            slices = np.moveaxis(out[0].reshape(3, 1, len(written), 3), 2, 0)
            found[written.start : written.stop] += slices
    np.testing.assert_allclose(found, want, atol=1e-12)


def ranges(size: int, group: int) -> list[range]:
    return [range(i, min(i + group, size)) for i in range(0, size, group)]


def test_parts_that_are_apart_have_no_kernel() -> None:
    kernel = draw(2, 1, 1, 1, 1)
    assert kernels.plane(kernel, range(4, 5), range(1), 1, 0) is None
    assert kernels.plane(kernel, range(1, 2), range(1), 1, 0) is not None


POOLS = [Pool((1, 2, 3), (1, 2, 3)), Pool((2, 3, 2), (1, 2, 1)), Pool((2, 2), (2, 2))]


@pytest.mark.parametrize("pool", POOLS)
def test_a_kernel_over_a_pool_is_one_over_what_the_pool_reads(pool: Pool) -> None:
    x, kernel = draw(5, 8, 9, 2), draw(2, 2, 2, 2, 3)
    found = kernels.fold_pool(kernel.astype(np.float32), pool)
    assert found.dtype == np.float64
    want = convolve(average(x, pool), kernel, (1, 1, 1))
    stride = triple(pool.stride)
    np.testing.assert_allclose(convolve(x, found, stride), want, atol=1e-6)


@pytest.mark.parametrize("pools", [POOLS[:1], POOLS[1:], []])
def test_a_matrix_over_pools_is_a_kernel_over_the_volume(pools: list[Pool]) -> None:
    shape = (4, 9, 10, 2)
    x = left = draw(*shape)
    for pool in pools:
        left = average(left, pool)
    matrix = draw(left.size, 3)
    kernel = kernels.unflatten(matrix, shape, pools)
    for pool in reversed(pools):
        kernel = kernels.fold_pool(kernel, pool)
    whole = kernels.extend(kernel, shape)
    assert whole.shape == (*x.shape, 3)
    np.testing.assert_allclose(
        np.tensordot(x, whole, axes=4), left.ravel() @ matrix, atol=1e-12
    )


def test_a_matrix_may_be_that_of_a_concatenation() -> None:
    matrix = draw(2 * 3 * 5, 4)
    kernel = kernels.unflatten(matrix, (1, 2, 3, 2), [])
    assert kernel.shape == (1, 2, 3, 5, 4)
    assert np.array_equal(kernel[0, 1, 2, 4], matrix[-1])


@pytest.mark.parametrize(
    ("shape", "lifted"),
    [
        ((5, 2, 3), (1, 5, 1, 2, 3)),
        ((5, 4, 2, 3), (1, 5, 4, 2, 3)),
        ((3, 5, 4, 2, 3), (3, 5, 4, 2, 3)),
    ],
)
def test_kernels_get_the_axes_that_they_lack(shape: Sizes, lifted: Sizes) -> None:
    assert kernels.lift(draw(*shape)).shape == lifted


def test_groups_read_channels_of_theirs() -> None:
    kernel = draw(1, 2, 3, 2, 6)
    whole = kernels.ungroup(kernel, 6, 3)
    x = draw(1, 2, 3, 6)
    want = [
        convolve(x[..., 2 * g : 2 * g + 2], kernel[..., 2 * g : 2 * g + 2], (1, 1, 1))
        for g in range(3)
    ]
    got = convolve(x, whole, (1, 1, 1))
    np.testing.assert_allclose(got, np.concatenate(want, axis=-1), atol=1e-12)


def test_a_depthwise_kernel_has_the_multiples_of_each_channel() -> None:
    kernel = draw(1, 2, 3, 4, 2)
    whole = kernels.ungroup(kernel, 8, 4)
    x = draw(1, 2, 3, 4)
    want = np.einsum("dhwc,dhwcm->cm", x, kernel).reshape(1, 1, 1, 8)
    np.testing.assert_allclose(convolve(x, whole, (1, 1, 1)), want, atol=1e-12)


@given(st.data())
def test_scattered_weights_are_a_convolution(data: st.DataObject) -> None:
    number = data.draw
    taps = number(st.integers(1, 3)), number(st.integers(1, 3))
    step = number(st.integers(1, 3)), number(st.integers(1, 3))
    before = number(st.integers(0, 2)), number(st.integers(0, 2))
    x, plane = draw(5, 4, 2), draw(*taps, 2, 3)
    used = draw(*taps, 2, 3) > 0
    padded = np.pad(x, [(before[0], 2), (before[1], 2), (0, 0)])[np.newaxis]
    want = convolve(padded, np.where(used, plane, 0)[np.newaxis], (1, *step))[0]
    places, weights = kernels.scatter(plane, used, (5, 4), want.shape[:2], step, before)
    matrix = np.zeros((want.size, x.size))
    np.add.at(matrix, tuple(places.T), weights)
    np.testing.assert_allclose(matrix @ x.ravel(), want.ravel(), atol=1e-12)
    assert len(np.unique(places, axis=0)) == len(places)


def test_taps_are_spread() -> None:
    wide = kernels.dilate(draw(1, 2, 3, 1, 1), (1, 3, 2))
    assert wide.shape == (1, 4, 5, 1, 1)
    np.testing.assert_array_equal(wide[:, ::3, ::2], draw(1, 2, 3, 1, 1))
    assert np.count_nonzero(wide) == 6


def test_zeros_stand_around() -> None:
    kernel = draw(1, 2, 2, 1, 1)
    found = kernels.pad(kernel, (1, 3), (2, 0))
    assert found.shape == (1, 5, 5, 1, 1)
    assert np.array_equal(found[:, 1:3, 3:], kernel)
    assert np.count_nonzero(found) == kernel.size


def test_values_have_one_sign_or_two() -> None:
    assert np.array_equal(kernels.identity(2)[0, 0, 0], np.eye(2))
    assert np.array_equal(kernels.signs(2, 0.0, 4.0)[0, 0, 0], np.eye(2) / 4)
    both = kernels.signs(1, -8.0, 4.0)[0, 0, 0]
    assert np.array_equal(both, [[0.125, -0.125]])
