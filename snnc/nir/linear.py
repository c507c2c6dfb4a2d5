"""Convert projections to NIR nodes: `Conv2d`, or `Affine` after `Flatten`.

A layer's output has the shape (channels, height, width). The slices of a depth axis are
concatenated along the channels, and an axis that a layer lacks has size 1. Pools,
maxima, dilation, groups and picked positions are part of the kernels, because not all
tools support them.

NIR pads both ends of an axis equally, and tools interpret the word ``same``
differently. TensorFlow's padding is uneven if the number of zeros is odd; a zero tap
before the kernel compensates for this. NIR's shape check (up to 1.0.8) uses the number
of rows of a kernel for its columns too, so `nir.read` only accepts square kernels.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from snnc.importer.linear import AxisWindow
from snnc.ir import lowered as ir
from snnc.ir.logical import Shape
from snnc.ir.lowered import LoweredNetwork, Pairwise, Projection, Triple, Volume
from snnc.ir.shapes import same_pad, volume_of
from snnc.runtime.maxima import Grid
from snnc.runtime.maxima import whole as all_places
from snnc.runtime.nengo import kernels
from snnc.runtime.network import triple
from snnc.weight_files.kernels import compose, fold_pools

if TYPE_CHECKING:
    from snnc.runtime.examples import Array


SPARE = 4
"""The maximum number of taps that may be added to an axis to make a kernel square."""


@dataclass(frozen=True, slots=True)
class Linear:
    """A convolution ``weight`` (out, in, rows, columns), or a matrix (out, in).

    Attributes
    ----------
    stride, padding, image
        How the convolution moves over an image; empty for a matrix.
    flattens
        The shape that is flattened before the matrix, if any.
    """

    weight: Array
    stride: tuple[int, ...] = ()
    padding: tuple[int, ...] = ()
    image: tuple[int, ...] = ()
    flattens: Shape | None = None


def nir_shape(shape: Shape) -> Shape:
    """Convert a channels-last shape to NIR's order."""
    return shape if len(shape) == 1 else nir_shape_of(volume_of(shape))


def nodes_of(lowered: LoweredNetwork, name: str) -> tuple[int, int]:
    """Return a population's number of neurons per window, and their axis.

    A level of a max pool has several neurons per window; each becomes a node in NIR.
    """
    for projection in lowered.into(name):
        if isinstance(projection.reach, Pairwise):
            return len(projection.reach.nodes), projection.reach.axis
    return 1, 0


def linears_of(
    lowered: LoweredNetwork,
    projection: Projection,
    tensors: Mapping[str, Array],
    node: int = 0,
) -> Iterator[tuple[int, Linear]]:
    """Yield the linear operations of a projection, from activations to sums.

    Parameters
    ----------
    node
        The index of the target's node, if it has several.

    Yields
    ------
    tuple of int and Linear
        The index of the source's node, and the operation. Nothing is yielded if all
        taps are outside the source.
    """
    network, reach = lowered.network, projection.reach
    population = lowered.by_name.get(projection.source)
    shape = network.input.shape if population is None else population.layer.shape
    whole = volume_of(shape) if population is None else population.volume
    nodes, axis = nodes_of(lowered, projection.source)
    read = cut(whole, axis, nodes)
    picked = projection.picked or all_places(whole[:3])
    if isinstance(reach, ir.Full):
        number, picked = _node_picked(picked, axis, nodes)
        own = _matrix(projection, tensors, read, picked)
        flattens = nir_shape_of(read) if len(shape) > 1 else None
        yield number, Linear(own, flattens=flattens)
        return
    target = lowered.by_name[projection.target]
    count, along = nodes_of(lowered, projection.target)
    given = cut(target.volume, along, count)
    if isinstance(reach, Pairwise):
        compares = projection.picked is None and nodes > 1
        reads = compare_kernels(
            projection, reach, node, given[-1], nodes if compares else 1
        )
    else:
        kernel = compose(projection, read, given[-1], tensors)
        if projection.source == network.input.name and projection.tensor is None:
            kernel = kernels.signs(read[3], *network.input.bounds)
        reads = [(0, move_window(kernel, reach, picked))]
    for number, read_by in reads:
        here = picked
        if nodes > 1 and isinstance(reach, Pairwise) and projection.picked is None:
            here = all_places(read[:3])  # handle each node of a level separately
        elif nodes > 1:
            number, here = _node_picked(picked, axis, nodes)
        over = expand_to_source(read_by, here, read, given)
        if len(shape) == 1:
            yield number, Linear(over.kernel[0, 0, 0].T)
        elif (conv := convolution(over, read, given)) is not None:
            yield number, conv


def nir_shape_of(volume: Volume) -> Shape:
    depth, height, width, channels = volume
    return depth * channels, height, width


def cut(volume: Volume, axis: int, nodes: int) -> Volume:
    """Return the volume of one of several nodes, which divide an axis."""
    sizes = [n // nodes if i == axis else n for i, n in enumerate(volume)]
    return sizes[0], sizes[1], sizes[2], sizes[3]


def _node_picked(picked: Grid, axis: int, nodes: int) -> tuple[int, Grid]:
    """Return the index of the picked node, and the positions inside this node."""
    if nodes == 1:
        return 0, picked
    along = picked[axis]
    if along.step % nodes:
        raise NoNodeError("one kernel reads the neurons of several nodes")
    first, step = along.start // nodes, along.step // nodes
    own = range(first, first + (len(along) - 1) * step + 1, step)
    return along.start % nodes, (*picked[:axis], own, *picked[axis + 1 :])


def _matrix(
    projection: Projection, tensors: Mapping[str, Array], read: Volume, picked: Grid
) -> Array:
    depth, height, width = map(len, picked)
    volume = (depth, height, width, read[3])
    filters = tensors[str(projection.tensor)].shape[-1]
    kernel = compose(projection, volume, filters, tensors)
    whole = np.zeros((*read, kernel.shape[-1]))
    whole[np.ix_(*picked)] = kernel
    # (depth, height, width, channels, units): flattened channels first.
    flat = whole.transpose(0, 3, 1, 2, 4).reshape(prod(read), -1)
    matrix: Array = flat.T
    return matrix


@dataclass(frozen=True, slots=True)
class MovingKernel:
    """A kernel (depth, height, width, in, out), and how it moves over a source."""

    kernel: Array
    stride: Triple
    before: Triple


class NoNodeError(ValueError):
    """Raised if no NIR convolution can express how a layer reads its source."""


def compare_kernels(
    projection: Projection, reach: Pairwise, node: int, channels: int, nodes: int
) -> list[tuple[int, MovingKernel]]:
    """Return the kernel of a comparison neuron for each node that it reads."""
    reads = []
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
        reads.append((number, _over_pools(projection, kernel, stride, before)))
    return reads


def _over_pools(
    projection: Projection, kernel: Array, stride: Triple, before: Triple
) -> MovingKernel:
    overlaps = any(
        window > step
        for pool in projection.pools
        for window, step in zip(pool.window, pool.stride, strict=True)
    )
    if overlaps and max(before) > 0:
        raise NoNodeError("a padded maximum of averages that overlap")
    for pool in projection.pools:
        stride, before = _times(stride, pool.stride), _times(before, pool.stride)
    return MovingKernel(fold_pools(kernel, projection), stride, before)


def move_window(kernel: Array, window: ir.Window, picked: Grid) -> MovingKernel:
    """Return how a window moves over the picked positions."""
    pads = [
        same_pad(len(n), k, s)[0] if window.padding == "same" else 0
        for n, k, s in zip(picked, kernel.shape, window.stride, strict=False)
    ]
    return MovingKernel(kernel, window.stride, (window.depth_before, pads[1], pads[2]))


def expand_to_source(
    moving: MovingKernel, picked: Grid, read: Volume, given: Volume
) -> MovingKernel:
    """Convert a kernel over picked positions to a kernel over the whole source."""
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
            raise NoNodeError("only some of its positions are padded with zeros")
    steps = triple(tuple(axis.step for axis in picked))
    before = _times(moving.before, steps)
    return MovingKernel(
        kernels.dilate(moving.kernel, steps),
        _times(moving.stride, steps),
        triple(tuple(b - axis.start for b, axis in zip(before, picked, strict=True))),
    )


def convolution(moving: MovingKernel, read: Volume, given: Volume) -> Linear | None:
    slices = range(read[0]), range(given[0])
    stride, before = moving.stride, moving.before
    plane = kernels.plane(moving.kernel, *slices, stride[0], before[0])
    if plane is None:
        return None
    axes = [
        AxisWindow(n, k, s, b, m)
        for n, m, k, s, b in zip(
            read[1:3], given[1:3], plane.shape, stride[1:], before[1:], strict=False
        )
    ]
    padded = pad_evenly(axes)
    ends = [(front, behind) for front, behind, _ in padded]
    return Linear(
        np.pad(plane.transpose(3, 2, 0, 1), [(0, 0), (0, 0), *ends]),
        stride[1:],
        tuple(padding for *_, padding in padded),
        read[1:3],
    )


def _along(axis: int, value: int, other: int) -> Triple:
    return triple(tuple(value if i == axis else other for i in range(3)))


def _times(one: Triple, other: Triple) -> Triple:
    return triple(tuple(a * b for a, b in zip(one, other, strict=True)))


Padding = tuple[int, int, int]
"""Zero taps before and after a kernel, and zeros at both ends of the axis it reads."""


def pad_evenly(axes: Sequence[AxisWindow]) -> list[Padding]:
    """Pad rows and columns evenly, with a square kernel if possible.

    Output ``o`` still reads ``o * stride - before + tap``. With ``front`` zero taps,
    the padding is ``p = before + front``. PyTorch's formula ``(size + 2 p - taps) //
    stride + 1`` must result in the same number of outputs.
    """
    fewest = [axis.taps + max(0, -axis.before) for axis in axes]
    spare = range(SPARE + max(axis.stride for axis in axes))
    for taps in (max(fewest) + more for more in spare):
        padded = [_pad(axis, taps) for axis in axes]
        square = [padding for padding in padded if padding is not None]
        if len(square) == len(axes):
            return square
    trials = zip(axes, fewest, strict=True)
    return [next(filter(None, map(partial(_pad, a), count(n)))) for a, n in trials]


def _pad(axis: AxisWindow, taps: int) -> Padding | None:
    for front in range(taps - axis.taps + 1):
        padding = axis.before + front
        room = axis.size + 2 * padding - taps
        if min(padding, room) >= 0 and room // axis.stride + 1 == axis.places:
            return front, taps - axis.taps - front, padding
    return None
