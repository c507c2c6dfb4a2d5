# The run-time library of snnc. SPDX-License-Identifier: MIT
"""Layers as populations in parts, and the connections between them.

Each kind of connection connects parts of its source to parts of its reader.
Kernels are tensors of the weight file, by default ``<reader>.kernel``.
"""

# mypy: disable-error-code="import-not-found,import-untyped"

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any

import nengo
import numpy as np

from ..examples import Array
from ..layout import Tensors
from ..maxima import EVERY, Grid, Level, Nodes, Padding, Triple, entries
from ..network import Volume, along_axes, triple
from . import kernels
from .kernels import Pool

if TYPE_CHECKING:
    from typing import TypeAlias

# The two ends and the transform between them.
Link: TypeAlias = "tuple[Part, Part, Any]"


@dataclass(frozen=True)
class Part:
    """The depth slices ``slices`` of a layer or of the input.

    ``neurons`` is the end of a connection: the neurons of an ensemble, a node,
    or a slice of these.
    """

    label: str
    neurons: Any
    slices: range

    def shape(self, volume: Volume) -> tuple[int, int, int, int]:
        """Return height, width, slices and channels, for a layer's volume."""
        return volume[1], volume[2], len(self.slices), volume[3]


@dataclass(frozen=True)
class SplitLayer:
    """The parts of a layer or of the input, in depth order."""

    name: str
    volume: Volume
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Connection(ABC):
    """The inputs of a layer from one source.

    ``tensor`` names the kernel; None is ``<reader>.kernel``. ``rows`` are its
    input channels for the source; None for all. ``pools`` are the average
    pools in between, source first. ``picked`` contains the positions of the
    source that pools and kernel read. ``pop_type`` are the bits per axon onto
    the chip, for convolutions, where an axon carries a pixel with all its
    channels. 16-bit axons take half the memory of 32-bit ones, but the
    channels of blocks must be a multiple of 4.

    ``sparse`` stores the weights of a convolution one by one. On the chip,
    this stores no zeros between groups or taps, but needs one input axon per
    neuron instead of one per pixel. Max pools and matrices use such axons too.
    NxSDK does not allow both kinds of axons for a neuron, so set it if one of
    these reads the same neurons.
    """

    source: SplitLayer
    tensor: str | None = None
    rows: tuple[int, int] | None = None
    pools: tuple[Pool, ...] = ()
    pop_type: int | None = None
    picked: Grid | None = None
    sparse: bool = False

    def kernel(self, reader: SplitLayer, tensors: Tensors) -> Array:
        """Return the tensor that is read."""
        return tensors[self.tensor or f"{reader.name}.kernel"]

    @abstractmethod
    def links(self, reader: SplitLayer, tensors: Tensors) -> Iterator[Link]:
        """Return the connections from the source's parts to the reader's."""

    @property
    def read(self) -> SplitLayer:
        """The part of the source that is read."""
        if self.picked is None:
            return self.source
        return sub_population(self.source, self.picked)

    def _fold_pools(self, kernel: Array) -> Array:
        """Return the kernel's rows for the source, with pools folded in."""
        if self.rows is not None:
            kernel = kernel[..., slice(*self.rows), :]
        for pool in reversed(self.pools):
            kernel = kernels.fold_pool(kernel, pool)
        return kernel

    def _convolve(
        self,
        reader: SplitLayer,
        kernel: Array,
        stride: Triple = (1, 1, 1),
        padding: Padding = "valid",
        depth_before: int = 0,
        used: Array | None = None,
    ) -> Iterator[Link]:
        """Yield 2-D convolutions, or sparse matrices of ``used`` weights."""
        source = self.read
        room = source.volume
        out = reader.volume
        taps = kernel.shape
        reach = [(out[i] - 1) * stride[i] + taps[i] for i in (1, 2)]
        zeros = [0, 0]
        if padding == "same":  # TensorFlow's
            zeros = [max(reach[i] - room[i + 1], 0) // 2 for i in (0, 1)]
        # nengo-loihi's allocator fails if a core's last axon leads nowhere, so
        # cut off what padding never reaches.
        size = min(room[1], reach[0]), min(room[2], reach[1])
        if used is None and size != room[1:3]:
            source = sub_population(source, (*map(range, (room[0], *size)),))
        for pre, post in product(source.parts, reader.parts):
            plane_of = partial(
                kernels.plane,
                read=pre.slices,
                written=post.slices,
                stride=stride[0],
                before=depth_before,
            )
            plane = plane_of(kernel)
            if plane is None:
                continue
            if used is not None:
                mask = plane_of(used)
                assert mask is not None
                places, weights = kernels.scatter(
                    plane,
                    mask,
                    image=room[1:3],
                    outputs=out[1:3],
                    stride=stride[1:],
                    before=zeros,
                )
                yield from link_sparse(pre, post, places, weights)
                continue
            transform = nengo.Convolution(
                plane.shape[3],
                (*size, plane.shape[2]),
                kernel_size=plane.shape[:2],
                strides=stride[1:],
                padding=padding,
                init=plane,
            )
            yield pre, post, transform


def link_sparse(
    pre: Part,
    post: Part,
    places: Array,
    weights: Array,
) -> Iterator[Link]:
    """Yield a sparse matrix, unless all taps are in the padding.

    ``places`` are the positions of the ``weights``, reader first.
    """
    if len(places):
        # The chip counts each neuron of a source, read or not.
        read, columns = np.unique(places[:, 1], return_inverse=True)
        pairs = np.stack([places[:, 0], columns], axis=1)
        shape = (post.neurons.size_in, len(read))
        transform = nengo.Sparse(shape, indices=pairs, init=weights)
        yield sub_part(pre, read), post, transform


def grid_of(picked: Grid) -> tuple[range, range, range]:
    """Return positions along depth, height and width."""
    return along_axes(picked, range(1))


def sub_population(source: SplitLayer, picked: Grid) -> SplitLayer:
    """Return a population with only the picked positions."""
    depth, height, width = grid_of(picked)
    channels = source.volume[3]
    parts = []
    for part in source.parts:
        inside = [i for i, place in enumerate(depth) if place in part.slices]
        if inside:
            shape = part.shape(source.volume)
            slices = [depth[i] - part.slices.start for i in inside]
            places = np.arange(prod(shape)).reshape(shape)[:, :, slices]
            seen = sub_part(part, places[np.ix_(height, width)].ravel())
            numbers = range(inside[0], inside[-1] + 1)
            parts.append(replace(seen, slices=numbers))
    volume = (len(depth), len(height), len(width), channels)
    return replace(source, volume=volume, parts=tuple(parts))


def sub_part(part: Part, read: Array) -> Part:
    """Return a part with only some of its neurons."""
    neurons = part.neurons
    every = np.arange(part.neurons.size_out)
    if isinstance(neurons, nengo.base.ObjView):
        whole = np.arange(neurons.obj.size_out)
        neurons, every = neurons.obj, whole[neurons.slice]
    read = every[read]
    if np.array_equal(read, np.arange(neurons.size_out)):
        return replace(part, neurons=neurons)
    return replace(part, neurons=neurons[read.tolist()])


@dataclass(frozen=True)
class Convolve(Connection):
    """A convolution.

    ``stride`` is over the source, pools included; None is 1. ``padding`` is
    for height and width; ``depth_before`` slices of zeros precede the source.
    The kernel has ``zeros_before`` and ``zeros_behind`` rows and columns of
    zeros around it. ``dilation`` is the step between its taps, after pools.
    ``groups`` of channels and filters are convolved separately.
    """

    stride: tuple[int, ...] | None = None
    padding: Padding = "valid"
    depth_before: int = 0
    zeros_before: tuple[int, int] = (0, 0)
    zeros_behind: tuple[int, int] = (0, 0)
    dilation: tuple[int, ...] | None = None
    groups: int = 1

    def links(self, reader: SplitLayer, tensors: Tensors) -> Iterator[Link]:
        """Return the connections between parts that overlap."""
        tensor = self.kernel(reader, tensors)
        kernel = self._compose_kernel(tensor, reader)
        used = None
        if self.sparse:
            # Not `kernel != 0`, because a trained weight may be 0.
            ones = np.ones_like(tensor)
            used = self._compose_kernel(ones, reader) != 0
        return self._convolve(
            reader,
            kernel,
            stride=triple(self.stride or ()),
            padding=self.padding,
            depth_before=self.depth_before,
            used=used,
        )

    def _compose_kernel(self, tensor: Array, reader: SplitLayer) -> Array:
        """Return the kernel over the source, padded with zeros."""
        kernel = kernels.lift(tensor)
        if self.groups > 1:
            filters = reader.volume[-1]
            kernel = kernels.ungroup(kernel, filters, self.groups)
        if self.dilation is not None:
            kernel = kernels.dilate(kernel, triple(self.dilation))
        kernel = self._fold_pools(kernel)
        return kernels.pad(kernel, self.zeros_before, self.zeros_behind)


@dataclass(frozen=True)
class ConvolveUpsampled(Convolve):
    """A convolution over repeated positions, stored weight by weight.

    Each position of the source is repeated ``factor`` times along each axis,
    with ``before`` rows and columns of zeros before the repeated image.
    """

    factor: tuple[int, ...] = (1,)
    before: tuple[int, int] = (0, 0)

    def links(self, reader: SplitLayer, tensors: Tensors) -> Iterator[Link]:
        """Return a sparse matrix for each pair of parts that overlap."""
        source = self.read
        stride = triple(self.stride or ())
        tensor = self.kernel(reader, tensors)
        kernel = self._compose_kernel(tensor, reader)
        used = self._compose_kernel(np.ones_like(tensor), reader) != 0
        repeats = triple(self.factor)[1:]
        image = source.volume[1] * repeats[0], source.volume[2] * repeats[1]
        for pre, post in product(source.parts, reader.parts):
            plane_of = partial(
                kernels.plane,
                read=pre.slices,
                written=post.slices,
                stride=stride[0],
                before=self.depth_before,
            )
            plane = plane_of(kernel)
            mask = plane_of(used)
            if plane is None or mask is None:
                continue
            places, weights = kernels.scatter(
                plane,
                mask,
                image=image,
                outputs=reader.volume[1:3],
                stride=stride[1:],
                before=self.before,
            )
            shape = (*image, plane.shape[2])
            places, weights = kernels.merge_repeats(
                places,
                weights,
                image=shape,
                repeats=repeats,
            )
            yield from link_sparse(pre, post, places, weights)


@dataclass(frozen=True)
class ConvolveTransposed(Connection):
    """A transposed convolution, stored weight by weight.

    ``stride`` is the step between its inputs, and ``crop`` the number of
    positions removed at the start.
    """

    stride: tuple[int, int] = (1, 1)
    crop: tuple[int, int] = (0, 0)

    def links(self, reader: SplitLayer, tensors: Tensors) -> Iterator[Link]:
        """Return a sparse matrix for each pair of parts that overlap."""
        source = self.read
        rows = slice(*(self.rows or (None,)))
        kernel = self.kernel(reader, tensors)[..., rows]
        # It is the transpose of a convolution from reader to source.
        used = np.ones_like(kernel, bool)
        places, weights = kernels.scatter(
            kernel,
            used,
            reader.volume[1:3],
            source.volume[1:3],
            self.stride,
            self.crop,
        )
        for pre, post in product(source.parts, reader.parts):
            yield from link_sparse(pre, post, places[:, ::-1], weights)


@dataclass(frozen=True)
class Identity(Connection):
    """Reads each channel unchanged, or its average over pools.

    ``rows`` are the reader's channels that read the source; None for all.
    """

    def links(self, reader: SplitLayer, tensors: Tensors) -> Iterator[Link]:
        """Return the connections between parts that overlap."""
        kernel = self._fold_pools(kernels.identity(reader.volume[-1]))
        steps = [triple(pool.stride) for pool in self.pools]
        depth, height, width = map(prod, zip((1, 1, 1), *steps))
        used = kernel != 0 if self.sparse else None
        stride = depth, height, width
        return self._convolve(reader, kernel, stride, used=used)


@dataclass(frozen=True)
class Rectify(Connection):
    """Values divided by the largest of ``bounds``, then negative ones."""

    bounds: tuple[float, float] = (0.0, 1.0)

    def links(self, reader: SplitLayer, tensors: Tensors) -> Iterator[Link]:
        """Return the connections between parts that overlap."""
        kernel = kernels.signs(self.read.volume[-1], *self.bounds)
        return self._convolve(reader, kernel)


@dataclass(frozen=True)
class Compare(Connection):
    """Inputs of a max pool, for each channel separately.

    ``grid`` contains the positions of the pools' output that are read.
    ``level`` and ``nodes`` describe the neurons that read: see `maxima.Level`.
    """

    grid: Grid = ()
    level: Level | None = None
    nodes: Nodes = EVERY

    def values(self, values: Array) -> Array:
        """Return the values (rows, *volume) of the source that are read."""
        if self.picked is not None:
            values = kernels.take(values, grid_of(self.picked))
        for pool in self.pools:
            values = kernels.average(values, pool)
        return kernels.take(values, self.grid)

    def links(self, reader: SplitLayer, tensors: Tensors) -> Iterator[Link]:
        """Return a sparse matrix for each pair of parts that overlap."""
        source = self.read
        level = self.level
        assert level is not None
        sizes = [(triple(p.window), triple(p.stride)) for p in self.pools]
        axes = []
        for axis, seen in enumerate(self.grid):
            pools = [(window[axis], stride[axis]) for window, stride in sizes]
            nodes = EVERY
            windows = reader.volume[axis]
            if axis == level.axis:
                nodes = self.nodes
                windows = level.windows
            rows = enumerate(entries(nodes, windows, seen, pools))
            read = [(i, *each) for i, row in rows for each in row.items()]
            out, into, weights = np.array(read, np.int64).reshape(-1, 3).T
            axes.append((out, into, weights))
        first = 0 if self.rows is None else self.rows[0]
        channel = np.arange(source.volume[3])
        channels = channel + first, channel, np.ones_like(channel)
        shares = prod(prod(window) for window, _ in sizes)
        for pre, post in product(source.parts, reader.parts):
            out, into, weights = axes[0]
            inside = np.isin(out, post.slices) & np.isin(into, pre.slices)
            out = out - post.slices.start
            into = into - pre.slices.start
            slices = out[inside], into[inside], weights[inside]
            several = axes[1], axes[2], slices, channels
            places, weights = kernels.join_axes(
                several,
                post.shape(reader.volume),
                pre.shape(source.volume),
            )
            yield from link_sparse(pre, post, places, weights / shares)


@dataclass(frozen=True)
class ConnectAll(Connection):
    """Every unit reads every neuron, through a matrix."""

    def links(self, reader: SplitLayer, tensors: Tensors) -> Iterator[Link]:
        """Return a transform for each part of the source."""
        source = self.read
        unit = reader.parts[0]
        matrix = self.kernel(reader, tensors)
        kernel = kernels.unflatten(matrix, source.volume, self.pools)
        # Pools may leave out the last pixels, which then have no reader.
        whole = kernels.extend(self._fold_pools(kernel), source.volume)
        for part in source.parts:
            slices = part.slices
            rows = np.moveaxis(whole[slices.start : slices.stop], 0, 2)
            shape = *rows.shape[:2], -1, rows.shape[-1]
            yield part, unit, self._transform(rows.reshape(shape))

    def _transform(self, rows: Array) -> nengo.transforms.Transform:
        matrix = rows.reshape(-1, rows.shape[-1]).T
        return nengo.Dense(matrix.shape, init=matrix)


@dataclass(frozen=True)
class ConvolveAll(ConnectAll):
    """Every unit reads every neuron, through a kernel as large as the image.

    On the chip, this needs one input axon per pixel instead of one per neuron.
    """

    def _transform(self, rows: Array) -> nengo.transforms.Transform:
        *image, units = rows.shape
        size = image[:2]
        return nengo.Convolution(units, image, kernel_size=size, init=rows)
