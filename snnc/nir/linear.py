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

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import prod
from typing import NamedTuple

import numpy as np

from snnc.importer.linear import AxisWindow, all_known
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
"""The maximum number of taps that may be added to an axis to make a kernel square.

Up to nir 1.0.8, `nir.read` refuses other kernels (decision 029)."""


@dataclass(frozen=True, slots=True)
class Linear:
    """A convolution ``weight`` (out, in, rows, columns), or a matrix (out, in).

    ``moves`` is how the convolution moves over an image, as arguments of `Conv2d`, and
    ``flattens`` the shape that is flattened before the matrix, if any.
    """

    weight: Array
    moves: Mapping[str, object] = field(default_factory=dict)
    flattens: Shape | None = None


NumberedLinear = tuple[int, Linear]
"""An operation, after the index of the source's node that it reads."""


def channels_first(shape: Shape) -> Shape:
    """Convert a channels-last shape to NIR's order."""
    if len(shape) == 1:
        return shape
    depth, height, width, channels = volume_of(shape)
    return depth * channels, height, width


def nodes_of(lowered: LoweredNetwork, name: str) -> tuple[int, int]:
    """Return a population's number of neurons per window, and their axis.

    A level of a max pool has several neurons per window. Each becomes a node in NIR,
    because no convolution reads only every second neuron (decision 029).
    """
    for projection in lowered.into(name):
        return projection.reach.neurons_per_window
    return 1, 0


def linears_of(
    lowered: LoweredNetwork, projection: Projection, tensors: Tensors, node: int
) -> Iterator[NumberedLinear]:
    """Yield the linear operations of a projection, from activations to sums.

    ``node`` is the index of the target's node, if it has several. Taps outside the
    source yield nothing.
    """
    return projection.reach.visit(_LinearMaker(lowered, projection, tensors, node))


@dataclass(frozen=True)
class _LinearMaker:
    """Makes the linear operations of each reach."""

    lowered: LoweredNetwork
    projection: Projection
    tensors: Tensors
    node: int

    def full(self, reach: Full) -> Iterator[NumberedLinear]:
        number, picked = self._picked_node()
        depth, height, width = map(len, picked)
        volume = (depth, height, width, self._read[3])
        filters = self.tensors[str(self.projection.tensor)].shape[-1]
        kernel = compose(self.projection, volume, filters, self.tensors)
        whole = np.zeros((*self._read, kernel.shape[-1]))
        whole[np.ix_(*picked)] = kernel
        # (depth, height, width, channels, units): flattened channels first.
        flat = whole.transpose(0, 3, 1, 2, 4).reshape(prod(self._read), -1)
        flattens = None if self._is_flat else channels_first(self._read)
        yield number, Linear(flat.T, flattens=flattens)

    def pairwise(self, reach: Pairwise) -> Iterator[NumberedLinear]:
        if self.projection.picked is None:
            # A comparison that reads a level of a max pool reads its nodes one by one.
            first = 0
            picked = all_places(self._read[:3])
            nodes, _ = nodes_of(self.lowered, self.projection.source)
        else:
            first, picked = self._picked_node()
            nodes = 1
        for number, moving in self._compare(reach, nodes):
            yield from self._convolution(first + number, moving, picked)

    def window(self, reach: Window) -> Iterator[NumberedLinear]:
        number, picked = self._picked_node()
        network_input = self.lowered.network.input
        kernel = compose(self.projection, self._read, self._output[-1], self.tensors)
        reads_input = self.projection.source == network_input.name
        if reads_input and self.projection.tensor is None:
            kernel = kernels.signs(self._read[3], *network_input.bounds)
        before = [reach.depth_before, 0, 0]
        if reach.padding == "same":
            for axis in (1, 2):
                places = len(picked[axis])
                taps = kernel.shape[axis]
                before[axis], _ = same_pad(places, taps, reach.stride[axis])
        moving = MovingKernel(kernel, np.array(reach.stride), np.array(before))
        yield from self._convolution(number, moving, picked)

    def transposed(self, reach: Window) -> Iterator[NumberedLinear]:
        raise NoNodeError(reach.not_in_nir)

    def repeated(self, reach: Window) -> Iterator[NumberedLinear]:
        raise NoNodeError(reach.not_in_nir)

    def _compare(
        self, reach: Pairwise, nodes: int
    ) -> Iterator[tuple[int, MovingKernel]]:
        """Yield the kernel of a comparing neuron for each node that it reads.

        ``reach.nodes`` numbers the values of all ``nodes`` of the source in turn: value
        p is the position p // nodes of the node p % nodes.
        """
        pools = self.projection.pools
        overlaps = any(np.greater(p.window, p.stride).any() for p in pools)
        reads_of_node: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
        for weight, first, step in reach.nodes[self.node]:
            reads_of_node[first % nodes].append((weight, first // nodes, step // nodes))
        for number, reads in sorted(reads_of_node.items()):
            kernel, stride, before = _comparing_kernel(
                reads, reach.axis, self._output[-1]
            )
            if overlaps and before.max() > 0:
                raise NoNodeError("a padded maximum of averages that overlap")
            for pool in pools:
                stride = stride * pool.stride
                before = before * pool.stride
            kernel = fold_pools(kernel, self.projection)
            yield number, MovingKernel(kernel, stride, before)

    def _convolution(
        self, number: int, moving: MovingKernel, picked: Grid
    ) -> Iterator[NumberedLinear]:
        if self._is_flat:
            yield number, Linear(moving.kernel[0, 0, 0].T)
            return
        convolution = _convolve(moving, picked, self._read, self._output)
        if convolution is not None:
            yield number, convolution

    @cached_property
    def _shape(self) -> Shape:
        """The shape of the source in the spec."""
        population = self.lowered.by_name.get(self.projection.source)
        if population is None:
            return self.lowered.network.input.shape
        return population.layer.shape

    @property
    def _is_flat(self) -> bool:
        return len(self._shape) == 1

    @cached_property
    def _whole(self) -> Volume:
        """The volume of the source."""
        population = self.lowered.by_name.get(self.projection.source)
        return volume_of(self._shape) if population is None else population.volume

    @cached_property
    def _read(self) -> Volume:
        """The volume of a node of the source."""
        return node_volume(self._whole, *nodes_of(self.lowered, self.projection.source))

    @cached_property
    def _output(self) -> Volume:
        """The volume of a node of the target."""
        target = self.projection.target
        volume = self.lowered.by_name[target].volume
        return node_volume(volume, *nodes_of(self.lowered, target))

    def _picked_node(self) -> tuple[int, Grid]:
        """Return the index of the node that is read, and the positions inside it."""
        nodes, axis = nodes_of(self.lowered, self.projection.source)
        picked = self.projection.picked or all_places(self._whole[:3])
        return _node_picked(picked, axis, nodes)


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
    first = along.start // nodes
    step = along.step // nodes
    inside = range(first, first + (len(along) - 1) * step + 1, step)
    return along.start % nodes, (*picked[:axis], inside, *picked[axis + 1 :])


class NoNodeError(ValueError):
    """Raised if no NIR convolution can express how a layer reads its source."""


class MovingKernel(NamedTuple):
    """A kernel (depth, height, width, in, out), and how it moves over a source.

    ``stride`` and ``before``, the zeros before the source, have three axes.
    """

    kernel: Array
    stride: Array
    before: Array


def _comparing_kernel(
    reads: Sequence[tuple[int, int, int]], axis: int, channels: int
) -> MovingKernel:
    """Return the kernel along an axis that adds up several strided reads.

    A read is (weight, first position, step), and all steps are equal.
    """
    firsts = [first for _, first, _ in reads]
    low = min(firsts)
    taps = np.ones(3, int)
    stride = np.ones(3, int)
    before = np.zeros(3, int)
    taps[axis] = max(firsts) - low + 1
    stride[axis] = reads[0][2]
    before[axis] = -low
    kernel = np.zeros((*taps, channels, channels))
    for weight, first, _ in reads:
        kernel.swapaxes(0, axis)[first - low] += weight * np.eye(channels)
    return MovingKernel(kernel, stride, before)


def _convolve(
    moving: MovingKernel, picked: Grid, read: Volume, output: Volume
) -> Linear | None:
    """Return the convolution over the whole source; None if it reads only padding."""
    windows = []
    for axis, places in enumerate(picked):
        pick = AxisWindow(read[axis], 1, places.step, -places.start, len(places))
        window = pick.then(
            AxisWindow(
                len(places),
                moving.kernel.shape[axis],
                int(moving.stride[axis]),
                int(moving.before[axis]),
                output[axis],
            )
        )
        if window is None:
            raise NoNodeError("only some of its positions are padded with zeros")
        windows.append(window)
    depth, *axes = windows
    steps = triple(tuple(places.step for places in picked))
    plane = kernels.plane(
        kernels.dilate(moving.kernel, steps),
        range(read[0]),
        range(output[0]),
        depth.stride,
        depth.before,
    )
    if plane is None:
        return None
    rows, columns = _pad_evenly(axes)
    taps = [(0, 0), (0, 0), rows[:2], columns[:2]]
    weight = np.pad(plane.transpose(3, 2, 0, 1), taps)
    padding = (rows[2], columns[2])
    stride = tuple(axis.stride for axis in axes)
    return Linear(weight, conv_options(read[1:3], stride, padding))


def conv_options(image: Shape, stride: Shape, padding: Shape) -> Mapping[str, object]:
    """Return the arguments of a `Conv2d` except its weights."""
    # Not all tools support other values: Spyx ignores dilation and groups (decision
    # 029).
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
    fewest = max(axis.taps + max(0, -axis.before) for axis in axes)
    spare = SPARE + max(axis.stride for axis in axes)
    for taps in range(fewest, fewest + spare):
        square = all_known(_pad(axis, taps) for axis in axes)
        if square is not None:
            return square
    return [_pad_least(axis) for axis in axes]


def _pad_least(axis: AxisWindow) -> Shape:
    """Return the padding of an axis with the fewest taps; see `_pad_evenly`."""
    taps = axis.taps
    while (padding := _pad(axis, taps)) is None:
        taps += 1
    return padding


def _pad(axis: AxisWindow, taps: int) -> Shape | None:
    """Return the padding of an axis with this number of taps, or None."""
    for front in range(taps - axis.taps + 1):
        padding = axis.before + front
        room = axis.size + 2 * padding - taps
        if min(padding, room) >= 0 and room // axis.stride + 1 == axis.places:
            return front, taps - axis.taps - front, padding
    return None
