"""Projections as nodes of NIR: `Conv2d`, and `Affine` behind `Flatten`.

What a layer gives is (channels, height, width): the slices of a depth axis lie side by
side in the channels, slice by slice, and an axis that a layer lacks has size 1. Pools,
dilation and groups are in the kernels, since readers differ in what else they know.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from snnc.ir.logical import Input, Shape
from snnc.ir.lowered import LoweredNetwork, Pool, Projection, Volume, Window
from snnc.ir.shapes import same_pad, volume_of
from snnc.nir.padding import Axis, even
from snnc.runtime import kernels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Conv:
    """A 2-D convolution: ``weight`` (out, in, rows, columns) over ``image``."""

    weight: Array
    stride: tuple[int, int]
    padding: tuple[int, int]
    image: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Matrix:
    """A matrix, ``weight`` (out, in); it reads what is flattened if ``flattens``."""

    weight: Array
    flattens: Shape | None


def nir_shape(shape: Shape) -> Shape:
    """Return a channels-last shape as NIR's nodes have it."""
    if len(shape) == 1:
        return shape
    depth, height, width, channels = volume_of(shape)
    return depth * channels, height, width


def linear_of(
    lowered: LoweredNetwork, projection: Projection, tensors: Mapping[str, Array]
) -> Conv | Matrix | None:
    """Return what a projection computes, activations in, sums out.

    None if none of its taps ever meets what is read.
    """
    network = lowered.network
    shape = network.shape_of(projection.source)
    reach = projection.reach
    target = lowered.by_name.get(projection.target)
    if not isinstance(reach, Window):
        assert projection.tensor is not None
        return _matrix(projection, tensors[projection.tensor], shape)
    assert target is not None
    kernel = _kernel(projection, reach, tensors, target.volume[-1], network.input)
    if len(shape) == 1:
        return Matrix(kernel[0, 0, 0].T, None)
    return _convolution(kernel, reach, volume_of(shape), target.volume)


def _matrix(projection: Projection, tensor: Array, shape: Shape) -> Matrix:
    volume, pools = volume_of(shape), _pools(projection)
    kernel = kernels.unflattened(tensor, volume, pools)
    kernel = kernels.extended(_folded(kernel, projection), volume)
    # (depth, height, width, channels, units): flattened channels first.
    flat = kernel.transpose(0, 3, 1, 2, 4).reshape(prod(shape), -1)
    return Matrix(flat.T, nir_shape(shape) if len(shape) > 1 else None)


def _kernel(
    projection: Projection,
    window: Window,
    tensors: Mapping[str, Array],
    filters: int,
    given: Input,
) -> Array:
    """Return the kernel over what is read: all channels, pools and dilation in it."""
    if projection.tensor is None:
        if projection.source != given.name:
            return _folded(kernels.identity(filters), projection)
        low, high = given.bounds
        return kernels.signs(given.shape[-1], low, high)
    kernel = kernels.lifted(tensors[projection.tensor])
    if window.group is not None:
        groups = filters // window.group.given
        kernel = kernels.ungrouped(kernel, filters, groups)
    kernel = kernels.dilated(kernel, window.dilation)
    return kernels.shifted(_folded(kernel, projection), *window.zeros_before)


def _folded(kernel: Array, projection: Projection) -> Array:
    kernel = kernel[..., slice(*projection.rows), :]
    for pool in reversed(_pools(projection)):
        kernel = kernels.pooled(kernel, pool)
    return kernel


def _pools(projection: Projection) -> tuple[kernels.Pool, ...]:
    return tuple(_pool(pool) for pool in projection.pools)


def _pool(pool: Pool) -> kernels.Pool:
    return kernels.Pool(pool.window, pool.stride)


def _convolution(
    kernel: Array, window: Window, read: Volume, given: Volume
) -> Conv | None:
    slices = range(read[0]), range(given[0])
    plane = kernels.plane(kernel, *slices, window.stride[0], window.depth_before)
    if plane is None:
        return None
    axes = [
        Axis(n, m, k, s, same_pad(n, k, s)[0] if window.padding == "same" else 0)
        for n, m, k, s in zip(
            read[1:3], given[1:3], plane.shape, window.stride[1:], strict=False
        )
    ]
    rows, columns = even((axes[0], axes[1]))
    weight = plane.transpose(3, 2, 0, 1)
    ends = [
        (axis.front, axis.taps - axis.front - taps)
        for axis, taps in zip((rows, columns), plane.shape, strict=False)
    ]
    return Conv(
        np.pad(weight, [(0, 0), (0, 0), *ends]),
        (window.stride[1], window.stride[2]),
        (rows.padding, columns.padding),
        (read[1], read[2]),
    )
