"""Kernels between ensembles, against convolutions that are written out.

`tests/agreement` compares the other kernels with Keras.
"""

from math import prod

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from snnc.runtime.examples import Array
from snnc.runtime.nengo import kernels

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
