"""Convert projections to the linear operations of NIR: convolutions and matrices.

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
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from math import prod

import numpy as np

from snnc.importer.linear import AxisWindow
from snnc.ir.lowered import LoweredNetwork, Projection
from snnc.ir.reach import Full, Pairwise, Window
from snnc.ir.shapes import Shape, Volume, same_pad, volume_of
from snnc.runtime.examples import Array
from snnc.runtime.maxima import Grid
from snnc.runtime.maxima import whole as all_places
from snnc.runtime.nengo import kernels
from snnc.runtime.network import triple
from snnc.weight_files.cores import Tensors, compose, fold_pools

SPARE = 4
"""The maximum number of taps that may be added to an axis to make a kernel square."""


@dataclass(frozen=True, slots=True)
class Linear:
    """A convolution ``weight`` (out, in, rows, columns), or a matrix (out, in).

    ``moves`` is how the convolution moves over an image, as arguments of `Conv2d`, and
    ``flattens`` the shape that is flattened before the matrix, if any.
    """

    weight: Array
    moves: Mapping[str, object] = field(default_factory=dict)
    flattens: Shape | None = None


def channels_first(shape: Shape) -> Shape:
    """Convert a channels-last shape to NIR's order."""
    if len(shape) == 1:
        return shape
    depth, height, width, channels = volume_of(shape)
    return depth * channels, height, width


def nodes_of(lowered: LoweredNetwork, name: str) -> tuple[int, int]:
    """Return a population's number of neurons per window, and their axis.

    A level of a max pool has several neurons per window; each becomes a node in NIR.
    """
    for projection in lowered.into(name):
        if isinstance(projection.reach, Pairwise):
            return len(projection.reach.nodes), projection.reach.axis
    return 1, 0


def linears_of(
    lowered: LoweredNetwork, projection: Projection, tensors: Tensors, node: int
) -> Iterator[tuple[int, Linear]]:
    """Yield the linear operations of a projection, from activations to sums.

    ``node`` is the index of the target's node, if it has several. Yield each operation
    with the index of the source's node. Taps outside the source yield nothing.
    """
    network, reach = lowered.network, projection.reach
    population = lowered.by_name.get(projection.source)
    shape = network.input.shape if population is None else population.layer.shape
    whole = volume_of(shape) if population is None else population.volume
    nodes, axis = nodes_of(lowered, projection.source)
    read = node_volume(whole, nodes, axis)
    # A comparison that reads a level of a max pool reads its nodes one by one.
    is_level = isinstance(reach, Pairwise) and projection.picked is None
    number, picked = 0, all_places(read[:3])
    if not is_level:
        everywhere = projection.picked or all_places(whole[:3])
        number, picked = _node_picked(everywhere, axis, nodes)
    if isinstance(reach, Full):
        own = _matrix(projection, tensors, read, picked)
        flattens = channels_first(read) if len(shape) > 1 else None
        yield number, Linear(own, flattens=flattens)
        return
    target = lowered.by_name[projection.target]
    given = node_volume(target.volume, *nodes_of(lowered, projection.target))
    if isinstance(reach, Pairwise):
        count = nodes if is_level else 1
        compared = _compare(projection, reach, node, given[-1], count)
        reads = [(number + n, moving) for n, moving in compared]
    else:
        assert isinstance(reach, Window)
        kernel = compose(projection, read, given[-1], tensors)
        if projection.source == network.input.name and projection.tensor is None:
            kernel = kernels.signs(read[3], *network.input.bounds)
        reads = [(number, _move(kernel, reach, picked))]
    for number, moving in reads:
        if len(shape) == 1:
            yield number, Linear(moving[0][0, 0, 0].T)
        elif (conv := _convolve(moving, picked, read, given)) is not None:
            yield number, conv


def node_volume(volume: Volume, nodes: int, axis: int) -> Volume:
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
    projection: Projection, tensors: Tensors, read: Volume, picked: Grid
) -> Array:
    depth, height, width = map(len, picked)
    volume = (depth, height, width, read[3])
    filters = tensors[str(projection.tensor)].shape[-1]
    kernel = compose(projection, volume, filters, tensors)
    whole = np.zeros((*read, kernel.shape[-1]))
    whole[np.ix_(*picked)] = kernel
    # (depth, height, width, channels, units): flattened channels first.
    return whole.transpose(0, 3, 1, 2, 4).reshape(prod(read), -1).T


class NoNodeError(ValueError):
    """Raised if no NIR convolution can express how a layer reads its source."""


MovingKernel = tuple[Array, Array, Array]
"""A kernel (depth, height, width, in, out), and how it moves over a source: its stride
and the zeros before the source, on each of the three axes."""


def _compare(
    projection: Projection, reach: Pairwise, node: int, channels: int, nodes: int
) -> Iterator[tuple[int, MovingKernel]]:
    """Yield the kernel of a comparison neuron for each node that it reads."""
    axis, entries = reach.axis, reach.nodes[node]
    for number in sorted({first % nodes for _, first, _ in entries}):
        own = [(w, f // nodes) for w, f, _ in entries if f % nodes == number]
        steps = [s // nodes for _, f, s in entries if f % nodes == number]
        low, high = min(f for _, f in own), max(f for _, f in own)
        taps, stride, before = np.ones(3, int), np.ones(3, int), np.zeros(3, int)
        taps[axis], stride[axis], before[axis] = high - low + 1, steps[0], -low
        kernel = np.zeros((*taps, channels, channels))
        for weight, first in own:
            kernel.swapaxes(0, axis)[first - low] += weight * np.eye(channels)
        overlaps = any(np.greater(p.window, p.stride).any() for p in projection.pools)
        if overlaps and max(before) > 0:
            raise NoNodeError("a padded maximum of averages that overlap")
        for pool in projection.pools:
            stride, before = stride * pool.stride, before * pool.stride
        yield number, (fold_pools(kernel, projection), stride, before)


def _move(kernel: Array, window: Window, picked: Grid) -> MovingKernel:
    """Return how a window moves over the picked positions."""
    pads = [
        same_pad(len(n), k, s)[0] if window.padding == "same" else 0
        for n, k, s in zip(picked, kernel.shape, window.stride, strict=False)
    ]
    before = np.array([window.depth_before, *pads[1:]])
    return kernel, np.array(window.stride), before


def _convolve(
    moving: MovingKernel, picked: Grid, read: Volume, given: Volume
) -> Linear | None:
    """Return the convolution over the whole source; None if it reads only padding."""
    windows, (kernel, *steps) = [], moving
    sizes = zip(kernel.shape, *steps, strict=False)
    for size, places, axis, own in zip(read, given, picked, sizes, strict=False):
        taps, step, before = map(int, own)
        pick = AxisWindow(size, 1, axis.step, -axis.start, len(axis))
        window = pick.then(AxisWindow(len(axis), taps, step, before, places))
        if window is None:
            raise NoNodeError("only some of its positions are padded with zeros")
        windows.append(window)
    depth, *axes = windows
    dilated = kernels.dilate(kernel, triple(tuple(axis.step for axis in picked)))
    slices = range(read[0]), range(given[0])
    plane = kernels.plane(dilated, *slices, depth.stride, depth.before)
    if plane is None:
        return None
    padded = _pad_evenly(axes)
    ends = [(front, behind) for front, behind, _ in padded]
    weight = np.pad(plane.transpose(3, 2, 0, 1), [(0, 0), (0, 0), *ends])
    padding = tuple(zeros for *_, zeros in padded)
    stride = tuple(axis.stride for axis in axes)
    return Linear(weight, conv_options(read[1:3], stride, padding))


def conv_options(image: Shape, stride: Shape, padding: Shape) -> Mapping[str, object]:
    """Return the arguments of a `Conv2d` except its weights."""
    # Not all tools support other values: Spyx ignores dilation and groups.
    plain = {"dilation": (1, 1), "groups": 1}
    return {"input_shape": image, "stride": stride, "padding": padding, **plain}


def _pad_evenly(axes: Sequence[AxisWindow]) -> list[Shape]:
    """Pad rows and columns evenly, with a square kernel if possible.

    Return the zero taps before and after the kernel, and the zeros at both ends of the
    source, for each axis.

    Output ``o`` still reads ``o * stride - before + tap``. With ``front`` zero taps,
    the padding is ``p = before + front``. PyTorch's formula ``(size + 2 p - taps) //
    stride + 1`` must result in the same number of outputs.
    """
    fewest = [axis.taps + max(0, -axis.before) for axis in axes]
    spare = range(SPARE + max(axis.stride for axis in axes))
    for taps in (max(fewest) + more for more in spare):
        square = [padding for axis in axes if (padding := _pad(axis, taps))]
        if len(square) == len(axes):
            return square
    trials = zip(axes, fewest, strict=True)
    return [next(filter(None, map(partial(_pad, a), count(n)))) for a, n in trials]


def _pad(axis: AxisWindow, taps: int) -> Shape | None:
    for front in range(taps - axis.taps + 1):
        padding = axis.before + front
        room = axis.size + 2 * padding - taps
        if min(padding, room) >= 0 and room // axis.stride + 1 == axis.places:
            return front, taps - axis.taps - front, padding
    return None
