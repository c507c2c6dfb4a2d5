"""Projections as nodes of NIR: `Conv2d`, and `Affine` behind `Flatten`.

What a layer gives is (channels, height, width): the slices of a depth axis lie side by
side in the channels, slice by slice, and an axis that a layer lacks has size 1. Pools,
dilation and groups are in the kernels, since readers differ in what else they know.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from snnc.ir.logical import Input, Shape
from snnc.ir.lowered import (
    Compare,
    Full,
    LoweredNetwork,
    Pool,
    Projection,
    Triple,
    Volume,
    Window,
)
from snnc.ir.shapes import same_pad, volume_of
from snnc.nir.padding import Axis, even
from snnc.runtime import kernels
from snnc.runtime.maxima import Grid

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


@dataclass(frozen=True, slots=True)
class Moving:
    """A kernel (depth, height, width, in, out) and how it moves over a source."""

    kernel: Array
    stride: Triple
    before: Triple


class NoNodeError(ValueError):
    """What a layer reads that no convolution of NIR does."""


def nodes_of(lowered: LoweredNetwork, name: str) -> tuple[int, int]:
    """Return how many neurons of a window a population has, and along which axis.

    Those of a level of a max pool stand side by side; in NIR each is a node.
    """
    for projection in lowered.into(name):
        if isinstance(projection.reach, Compare):
            return len(projection.reach.nodes), projection.reach.axis
    return 1, 0


def linears_of(
    lowered: LoweredNetwork,
    projection: Projection,
    tensors: Mapping[str, Array],
    node: int = 0,
) -> Iterator[tuple[int, Conv | Matrix]]:
    """Give what a projection computes, activations in, sums out.

    Parameters
    ----------
    node
        That of the target which reads, if it has several.

    Yields
    ------
    tuple of int and Conv or Matrix
        The node of the source that is read, and how. Nothing if no tap ever meets what
        is read.
    """
    network, reach = lowered.network, projection.reach
    population = lowered.by_name.get(projection.source)
    shape = network.input.shape if population is None else population.layer.shape
    whole = volume_of(shape) if population is None else population.volume
    nodes, axis = nodes_of(lowered, projection.source)
    read = _cut(whole, axis, nodes)
    picked = projection.picked or places(whole[:3])
    if isinstance(reach, Full):
        assert projection.tensor is not None
        number, picked = _node_picked(picked, axis, nodes)
        own = _matrix(projection, tensors[projection.tensor], read, picked)
        yield number, Matrix(own, nir_shape_of(read) if len(shape) > 1 else None)
        return
    target = lowered.by_name[projection.target]
    count, along = nodes_of(lowered, projection.target)
    given = _cut(target.volume, along, count)
    if isinstance(reach, Compare):
        compares = projection.picked is None and nodes > 1
        found = _compared(projection, reach, node, given[-1], nodes if compares else 1)
    else:
        kernel = _kernel(projection, reach, tensors, given[-1], network.input)
        found = [(0, _moved(kernel, reach, picked))]
    for number, moving in found:
        here = picked
        if nodes > 1 and isinstance(reach, Compare) and projection.picked is None:
            here = places(read[:3])  # all nodes of a level, each by itself
        elif nodes > 1:
            number, here = _node_picked(picked, axis, nodes)
        over = _behind(moving, here, read, given)
        if len(shape) == 1:
            yield number, Matrix(over.kernel[0, 0, 0].T, None)
        elif (conv := _convolution(over, read, given)) is not None:
            yield number, conv


def places(size: Sequence[int]) -> Grid:
    """Return all places along three axes."""
    depth, height, width = map(range, size)
    return depth, height, width


def nir_shape_of(volume: Volume) -> Shape:
    depth, height, width, channels = volume
    return depth * channels, height, width


def _cut(volume: Volume, axis: int, nodes: int) -> Volume:
    sizes = [n // nodes if i == axis else n for i, n in enumerate(volume[:3])]
    return sizes[0], sizes[1], sizes[2], volume[3]


def _node_picked(picked: Grid, axis: int, nodes: int) -> tuple[int, Grid]:
    """Return the node that is picked of those side by side, and its own places."""
    if nodes == 1:
        return 0, picked
    along = picked[axis]
    if along.step % nodes:
        raise NoNodeError("neurons of several nodes are read by one kernel")
    own = range(
        along.start // nodes,
        along.start // nodes + (len(along) - 1) * (along.step // nodes) + 1,
        along.step // nodes,
    )
    axes = [own if i == axis else old for i, old in enumerate(picked)]
    return along.start % nodes, (axes[0], axes[1], axes[2])


def _matrix(projection: Projection, tensor: Array, read: Volume, picked: Grid) -> Array:
    sizes = [len(axis) for axis in picked]
    volume = (sizes[0], sizes[1], sizes[2], read[3])
    kernel = kernels.unflattened(tensor, volume, _pools(projection))
    kernel = kernels.extended(_folded(kernel, projection), volume)
    whole = np.zeros((*read, kernel.shape[-1]))
    whole[np.ix_(*picked)] = kernel
    # (depth, height, width, channels, units): flattened channels first.
    flat = whole.transpose(0, 3, 1, 2, 4).reshape(prod(read), -1)
    matrix: Array = flat.T
    return matrix


def _compared(
    projection: Projection, reach: Compare, node: int, channels: int, nodes: int
) -> list[tuple[int, Moving]]:
    """Return what a neuron of a window compares, by the nodes that it reads."""
    found = []
    entries = reach.nodes[node]
    for number in sorted({first % nodes for _, first, _ in entries}):
        own = [
            (w, f // nodes, s // nodes) for w, f, s in entries if f % nodes == number
        ]
        low, high = min(f for _, f, _ in own), max(f for _, f, _ in own)
        sizes = [high - low + 1 if i == reach.axis else 1 for i in range(3)]
        kernel = np.zeros((*sizes, channels, channels))
        for weight, first, _ in own:
            at = [first - low if i == reach.axis else 0 for i in range(3)]
            kernel[tuple(at)] += weight * np.eye(channels)
        stride = _along(reach.axis, own[0][2], 1)
        before = _along(reach.axis, -low, 0)
        found.append((number, _over_pools(projection, kernel, stride, before)))
    return found


def _over_pools(
    projection: Projection, kernel: Array, stride: Triple, before: Triple
) -> Moving:
    shrink = (1, 1, 1)
    for pool in projection.pools:
        shrink = _triple(a * s for a, s in zip(shrink, pool.stride, strict=True))
        if any(w > s for w, s in zip(pool.window, pool.stride, strict=True)) and any(
            b > 0 for b in before
        ):
            raise NoNodeError("a padded maximum of averages that overlap")
    return Moving(
        _folded(kernel, projection),
        _triple(a * b for a, b in zip(stride, shrink, strict=True)),
        _triple(a * b for a, b in zip(before, shrink, strict=True)),
    )


def _moved(kernel: Array, window: Window, picked: Grid) -> Moving:
    """Return how a window moves over the places that are read."""
    pads = [
        same_pad(len(n), k, s)[0] if window.padding == "same" else 0
        for n, k, s in zip(picked, kernel.shape, window.stride, strict=False)
    ]
    return Moving(kernel, window.stride, (window.depth_before, pads[1], pads[2]))


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


def _behind(moving: Moving, picked: Grid, read: Volume, given: Volume) -> Moving:
    """Return a kernel over some places of a source as one over all of them."""
    for n, m, k, s, b, axis in zip(
        read[:3],
        given[:3],
        moving.kernel.shape[:3],
        moving.stride,
        moving.before,
        picked,
        strict=True,
    ):
        reaches = (m - 1) * s - b + k > len(axis) and axis.start + axis.step * len(
            axis
        ) < n
        if reaches or (b > 0 and axis.start >= axis.step):
            raise NoNodeError("zeros are padded to some of its places")
    steps = _triple(axis.step for axis in picked)
    starts = [axis.start for axis in picked]
    befores = zip(moving.before, steps, starts, strict=True)
    return Moving(
        kernels.dilated(moving.kernel, steps),
        _triple(a * b for a, b in zip(moving.stride, steps, strict=True)),
        _triple(b * step - start for b, step, start in befores),
    )


def _convolution(moving: Moving, read: Volume, given: Volume) -> Conv | None:
    slices = range(read[0]), range(given[0])
    stride, before = moving.stride, moving.before
    plane = kernels.plane(moving.kernel, *slices, stride[0], before[0])
    if plane is None:
        return None
    axes = [
        Axis(n, m, k, s, b)
        for n, m, k, s, b in zip(
            read[1:3], given[1:3], plane.shape, stride[1:], before[1:], strict=False
        )
    ]
    rows, columns = even((axes[0], axes[1]))
    ends = [
        (axis.front, axis.taps - axis.front - taps)
        for axis, taps in zip((rows, columns), plane.shape, strict=False)
    ]
    return Conv(
        np.pad(plane.transpose(3, 2, 0, 1), [(0, 0), (0, 0), *ends]),
        (stride[1], stride[2]),
        (rows.padding, columns.padding),
        (read[1], read[2]),
    )


def _along(axis: int, value: int, other: int) -> Triple:
    return _triple(value if i == axis else other for i in range(3))


def _triple(values: Iterable[int]) -> Triple:
    depth, height, width = values
    return depth, height, width
