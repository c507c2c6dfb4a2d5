# The run-time library of snnc. SPDX-License-Identifier: MIT
"""The kinds of connections between layers, and their transforms.

Each kind connects parts of its source to parts of its reader. Kernels are
tensors of the weight file, by default ``<reader>.kernel``.
"""

# mypy: disable-error-code="import-not-found,import-untyped"

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from math import prod

import nengo
import numpy as np

from ..examples import Array
from ..layout import Tensors
from ..maxima import EVERY, Grid, Level, Nodes, entries
from ..network import triple
from . import kernels
from .kernels import Sizes
from .populations import (
    Connection,
    Link,
    Padding,
    SplitLayer,
    grid_of,
    link_sparse,
)


@dataclass(frozen=True)
class Convolve(Connection):
    """A convolution.

    ``stride`` is over the source, pools included; None is 1. ``padding`` is
    for height and width; ``depth_before`` slices of zeros precede the source.
    The kernel has ``zeros_before`` and ``zeros_behind`` rows and columns of
    zeros around it. ``dilation`` is the step between its taps, after pools.
    ``groups`` of channels and filters are convolved separately.
    """

    stride: Sizes | None = None
    padding: Padding = "valid"
    depth_before: int = 0
    zeros_before: tuple[int, int] = (0, 0)
    zeros_behind: tuple[int, int] = (0, 0)
    dilation: Sizes | None = None
    groups: int = 1

    def links(self, reader: SplitLayer, tensors: Tensors) -> Iterator[Link]:
        """Return the connections between parts that overlap."""
        tensor = self.kernel(reader, tensors)
        kernel, used = self._compose_kernel(tensor, reader), None
        if self.sparse:
            used = self._compose_kernel(np.ones_like(tensor), reader) != 0
        stride, before = triple(self.stride or ()), self.depth_before
        given = reader, kernel, stride, self.padding, before, used
        return self._convolve(*given)

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
        sizes = reader.volume[1:3], source.volume[1:3], self.stride, self.crop
        matrix = kernels.scatter(kernel, np.ones_like(kernel, bool), *sizes)
        for pre, post in product(source.parts, reader.parts):
            yield from link_sparse(pre, post, (matrix[0][:, ::-1], matrix[1]))


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
    """Values divided by the largest: positive values, then negative ones.

    Values are in ``bounds``.
    """

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
        source, level = self.read, self.level
        assert level is not None
        sizes = [(triple(p.window), triple(p.stride)) for p in self.pools]
        axes = []
        for axis, seen in enumerate(self.grid):
            pools = [(window[axis], stride[axis]) for window, stride in sizes]
            nodes, windows = EVERY, reader.volume[axis]
            if axis == level.axis:
                nodes, windows = self.nodes, level.windows
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
            out, into = out - post.slices.start, into - pre.slices.start
            slices = out[inside], into[inside], weights[inside]
            several = axes[1], axes[2], slices, channels
            shapes = post.shape(reader.volume), pre.shape(source.volume)
            places, weights = kernels.join_axes(several, *shapes)
            yield from link_sparse(pre, post, (places, weights / shares))


@dataclass(frozen=True)
class ConnectAll(Connection):
    """Every unit reads every neuron, through a matrix."""

    def links(self, reader: SplitLayer, tensors: Tensors) -> Iterator[Link]:
        """Return a transform for each part of the source."""
        source, unit = self.read, reader.parts[0]
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
