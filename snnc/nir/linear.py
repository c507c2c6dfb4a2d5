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
from snnc.ir.lowered import LoweredNetwork, Pairwise, Projection, Volume
from snnc.ir.shapes import same_pad, volume_of
from snnc.runtime.maxima import Grid
from snnc.runtime.maxima import whole as all_places
from snnc.runtime.nengo import kernels
from snnc.runtime.network import triple
from snnc.weight_files.cores import compose, fold_pools

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
    read = cut(whole, nodes, axis)
    # A comparison that reads a level of a max pool reads its nodes one by one.
    is_level = isinstance(reach, Pairwise) and projection.picked is None
    number, picked = 0, all_places(read[:3])
    if not is_level:
        everywhere = projection.picked or all_places(whole[:3])
        number, picked = _node_picked(everywhere, axis, nodes)
    if isinstance(reach, ir.Full):
        own = _matrix(projection, tensors, read, picked)
        flattens = nir_shape_of(read) if len(shape) > 1 else None
        yield number, Linear(own, flattens=flattens)
        return
    target = lowered.by_name[projection.target]
    given = cut(target.volume, *nodes_of(lowered, projection.target))
    if isinstance(reach, Pairwise):
        count = nodes if is_level else 1
        compared = _compare(projection, reach, node, given[-1], count)
        reads = [(number + n, moving) for n, moving in compared]
    else:
        kernel = compose(projection, read, given[-1], tensors)
        if projection.source == network.input.name and projection.tensor is None:
            kernel = kernels.signs(read[3], *network.input.bounds)
        reads = [(number, move_window(kernel, reach, picked))]
    for number, moving in reads:
        if len(shape) == 1:
            yield number, Linear(moving.kernel[0, 0, 0].T)
        elif (conv := convolution(moving, picked, read, given)) is not None:
            yield number, conv


def nir_shape_of(volume: Volume) -> Shape:
    depth, height, width, channels = volume
    return depth * channels, height, width


def cut(volume: Volume, nodes: int, axis: int) -> Volume:
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


class NoNodeError(ValueError):
    """Raised if no NIR convolution can express how a layer reads its source."""


@dataclass(frozen=True, slots=True)
class MovingKernel:
    """A kernel (depth, height, width, in, out), and how it moves over a source.

    ``stride`` and ``before`` have a value for each of the three axes.
    """

    kernel: Array
    stride: Array
    before: Array


def _compare(
    projection: Projection, reach: Pairwise, node: int, channels: int, nodes: int
) -> Iterator[tuple[int, MovingKernel]]:
    """Yield the kernel of a comparison neuron for each node that it reads."""
    axis, entries = reach.axis, reach.nodes[node]
    for number in sorted({first % nodes for _, first, _ in entries}):
        own = [
            (w, f // nodes, s // nodes) for w, f, s in entries if f % nodes == number
        ]
        low, high = min(f for _, f, _ in own), max(f for _, f, _ in own)
        taps, stride, before = np.ones(3, int), np.ones(3, int), np.zeros(3, int)
        taps[axis], stride[axis], before[axis] = high - low + 1, own[0][2], -low
        kernel = np.zeros((*taps, channels, channels))
        for weight, first, _ in own:
            kernel.swapaxes(0, axis)[first - low] += weight * np.eye(channels)
        overlaps = any(np.greater(p.window, p.stride).any() for p in projection.pools)
        if overlaps and max(before) > 0:
            raise NoNodeError("a padded maximum of averages that overlap")
        for pool in projection.pools:
            stride, before = stride * pool.stride, before * pool.stride
        folded = fold_pools(kernel, projection)
        yield number, MovingKernel(folded, stride, before)


def move_window(kernel: Array, window: ir.Window, picked: Grid) -> MovingKernel:
    """Return how a window moves over the picked positions."""
    pads = [
        same_pad(len(n), k, s)[0] if window.padding == "same" else 0
        for n, k, s in zip(picked, kernel.shape, window.stride, strict=False)
    ]
    before = np.array([window.depth_before, *pads[1:]])
    return MovingKernel(kernel, np.array(window.stride), before)


def convolution(
    moving: MovingKernel, picked: Grid, read: Volume, given: Volume
) -> Linear | None:
    """Return the convolution over the whole source; None if it reads only padding."""
    sizes = zip(moving.kernel.shape, moving.stride, moving.before, strict=False)
    for size, places, axis, (k, s, b) in zip(read, given, picked, sizes, strict=False):
        overhangs = (places - 1) * s - b + k > len(axis)
        is_cut = axis.start + axis.step * len(axis) < size
        if (overhangs and is_cut) or (b > 0 and axis.start >= axis.step):
            raise NoNodeError("only some of its positions are padded with zeros")
    steps = triple(tuple(axis.step for axis in picked))
    stride = [int(n) for n in moving.stride * steps]
    before = [int(n) for n in moving.before * steps - [axis.start for axis in picked]]
    dilated = kernels.dilate(moving.kernel, steps)
    slices = range(read[0]), range(given[0])
    plane = kernels.plane(dilated, *slices, stride[0], before[0])
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
        tuple(stride[1:]),
        tuple(padding for *_, padding in padded),
        read[1:3],
    )


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
