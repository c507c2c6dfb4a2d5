# The run-time library of snnc. SPDX-License-Identifier: MIT
"""How one layer reads another: the kinds of connections, and their transforms.

Each kind connects parts of its source to parts of its reader. Kernels are
tensors of the weight file, by default ``<reader>.kernel``.
"""

# mypy: disable-error-code="import-not-found,import-untyped"

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product
from math import prod

import nengo
import numpy as np
from numpy.typing import NDArray

from .. import maxima
from ..examples import Array
from ..layout import Tensors
from ..network import triple
from . import kernels
from .kernels import Pool, Sizes
from .populations import (
    Connection,
    Data,
    Link,
    Padding,
    Part,
    SplitLayer,
    grid_of,
    sparse,
)


@dataclass(frozen=True)
class Convolve(Connection):
    """A convolution.

    ``tensor`` names its kernel; None is the reader's own. ``stride`` is over
    the source, pools included; None is 1. ``padding`` is for height and
    width; ``depth_before`` slices of zeros precede the source. The kernel has
    ``zeros_before`` and ``zeros_behind`` rows and columns of zeros around it.
    ``dilation`` is the step between its taps, after pools. ``groups`` of
    channels and filters are convolved separately.
    """

    tensor: str | None = None
    stride: Sizes | None = None
    padding: Padding = "valid"
    depth_before: int = 0
    zeros_before: tuple[int, int] = (0, 0)
    zeros_behind: tuple[int, int] = (0, 0)
    dilation: Sizes | None = None
    groups: int = 1

    def links(self, reader: SplitLayer, data: Data) -> Iterator[Link]:
        """Return a 2-D convolution for each two parts that overlap."""
        kernel = data.tensors[self.tensor or f"{reader.name}.kernel"]
        return self._convolve(
            reader,
            self._compose_kernel(kernel, reader),
            triple(self.stride or ()),
            self.padding,
            self.depth_before,
        )

    def _compose_kernel(self, tensor: Array, reader: SplitLayer) -> Array:
        """Return the kernel over the source, zero where it reads nothing."""
        kernel = kernels.lift(tensor)
        if self.groups > 1:
            filters = reader.volume[-1]
            kernel = kernels.ungroup(kernel, filters, self.groups)
        if self.dilation is not None:
            kernel = kernels.dilate(kernel, triple(self.dilation))
        kernel = self._fold_pools(kernel)
        return kernels.pad(kernel, self.zeros_before, self.zeros_behind)


@dataclass(frozen=True)
class ConvolveSparse(Convolve):
    """A convolution, stored weight by weight.

    On the chip this stores no zeros between groups or taps, but it takes an
    input axon per neuron that is read instead of one per pixel. Axons of max
    pools and matrices are of this kind; use it if one of them reads the same
    neurons, as NxSDK does not allow both kinds for a neuron.
    """

    def links(self, reader: SplitLayer, data: Data) -> Iterator[Link]:
        """Return a sparse matrix for each two parts that overlap."""
        tensor = data.tensors[self.tensor or f"{reader.name}.kernel"]
        kernel = self._compose_kernel(tensor, reader)
        used = self._compose_kernel(np.ones_like(tensor), reader) != 0
        stride = triple(self.stride or ())
        before = self.depth_before
        same = self.padding == "same"
        return self._scatter(reader, kernel, used, stride, same, before)


@dataclass(frozen=True)
class ConvolveTransposed(Connection):
    """A transposed convolution, stored weight by weight.

    ``stride`` is the step of its input, ``crop`` what is cut off in front.
    """

    stride: tuple[int, int] = (1, 1)
    crop: tuple[int, int] = (0, 0)

    def links(self, reader: SplitLayer, data: Data) -> Iterator[Link]:
        """Return a sparse matrix for each two parts that overlap."""
        source = self.read
        rows = slice(*(self.rows or (None,)))
        kernel = data.tensors[f"{reader.name}.kernel"][..., rows]
        # It is the transpose of a convolution from reader to source.
        sizes = reader.volume[1:3], source.volume[1:3], self.stride, self.crop
        matrix = kernels.scatter(kernel, np.ones_like(kernel, bool), *sizes)
        for pre, post in product(source.parts, reader.parts):
            yield from sparse(pre, post, (matrix[0][:, ::-1], matrix[1]))


@dataclass(frozen=True)
class Identity(Connection):
    """Reads each channel as it is, or as its average over pools.

    ``rows`` are the reader's channels that read the source's; None for all.
    """

    def links(self, reader: SplitLayer, data: Data) -> Iterator[Link]:
        """Return a 2-D convolution for each two parts that overlap."""
        return self._convolve(reader, *self._kernel(reader))

    def _kernel(self, reader: SplitLayer) -> tuple[Array, maxima.Triple]:
        """Return the kernel over the source, and its stride."""
        kernel = self._fold_pools(kernels.identity(reader.volume[-1]))
        steps = [triple(pool.stride) for pool in self.pools]
        depth, height, width = map(prod, zip((1, 1, 1), *steps))
        return kernel, (depth, height, width)


@dataclass(frozen=True)
class IdentitySparse(Identity):
    """An `Identity`, stored weight by weight as in `ConvolveSparse`."""

    def links(self, reader: SplitLayer, data: Data) -> Iterator[Link]:
        """Return a sparse matrix for each two parts that overlap."""
        kernel, stride = self._kernel(reader)
        return self._scatter(reader, kernel, kernel != 0, stride)


@dataclass(frozen=True)
class Rectify(Connection):
    """Values as shares of the largest: positive ones, then negative ones."""

    def links(self, reader: SplitLayer, data: Data) -> Iterator[Link]:
        """Return a 2-D convolution for each two parts that overlap."""
        given = data.input
        low, high = given.scaled or (given.low, given.high)
        kernel = kernels.signs(self.read.volume[-1], low, high)
        return self._convolve(reader, kernel)


@dataclass(frozen=True)
class Compare(Connection):
    """Inputs of a max pool, for each channel separately.

    ``level`` and ``nodes`` belong to the neurons that read, as in a level of a
    `maxima.MaxTree`.
    """

    level: maxima.Level | None = None
    nodes: maxima.Nodes = maxima.EVERY

    def of(self, level: maxima.Level, read: maxima.Read) -> Compare:
        """Return the inputs of a level among these."""
        return replace(self.at(read.grid), level=level, nodes=read.nodes)

    def at(self, picked: maxima.Grid) -> Compare:
        """Return the connection for some of the places that this one reads."""
        places = grid_of(self.picked) if self.picked is not None else None
        grid = places or maxima.whole(self.source.volume[:3])
        pools = tuple((triple(p.window), triple(p.stride)) for p in self.pools)
        grid, moved = maxima.compose(grid, pools, picked)
        pooled = tuple(Pool(*one) for one in moved)
        return replace(self, picked=grid, pools=pooled)

    def values(self, values: Array) -> Array:
        """Return the values of the source that this reads: (rows, *volume)."""
        if self.picked is not None:
            rows, channels = (range(values.shape[i]) for i in (0, -1))
            grid = np.ix_(rows, *grid_of(self.picked), channels)
            values = values[grid]
        for pool in self.pools:
            values = kernels.average(values, pool)
        return values

    def links(self, reader: SplitLayer, data: Data) -> Iterator[Link]:
        """Return a sparse matrix for each two parts that overlap."""
        source = self.read
        axes = [self._entries(axis, source, reader) for axis in range(3)]
        first = 0 if self.rows is None else self.rows[0]
        shares = prod(prod(pool.window) for pool in self.pools)
        for pre, post in product(source.parts, reader.parts):
            depth = kernels.within(axes[0], post.slices, pre.slices)
            sizes = (source.volume, reader.volume)
            places, weights = kernels.join_axes(
                (depth, axes[1], axes[2]),
                (len(pre.slices), *sizes[0][1:]),
                (len(post.slices), *sizes[1][1:]),
                first,
            )
            yield from sparse(pre, post, (places, weights / shares))

    def _entries(
        self,
        axis: int,
        source: SplitLayer,
        reader: SplitLayer,
    ) -> NDArray[np.int64]:
        """Return reader, source and weight of pairs on an axis: (pairs, 3)."""
        assert self.level is not None
        pools = [(triple(p.window), triple(p.stride)) for p in self.pools]
        steps = [(window[axis], stride[axis]) for window, stride in pools]
        nodes, windows = maxima.EVERY, reader.volume[axis]
        if axis == self.level.axis:
            nodes, windows = self.nodes, self.level.windows
        rows = maxima.entries(nodes, windows, source.volume[axis], steps)
        triples = []
        for i, row in enumerate(rows):
            triples += [(i, place, weight) for place, weight in row.items()]
        return np.array(triples, np.int64).reshape(-1, 3)


@dataclass(frozen=True)
class ConnectAll(Connection):
    """Every unit reads every neuron, through a matrix.

    ``tensor`` is the name of the matrix; None for the reader's own.
    """

    tensor: str | None = None

    def links(self, reader: SplitLayer, data: Data) -> Iterator[Link]:
        """Return a matrix for each part of the source."""
        for part, rows in self._parts(reader, data.tensors):
            matrix = rows.reshape(-1, rows.shape[-1]).T
            transform = nengo.Dense(matrix.shape, init=matrix)
            yield part, reader.parts[0], transform

    def _parts(
        self,
        reader: SplitLayer,
        tensors: Tensors,
    ) -> Iterator[tuple[Part, Array]]:
        """Yield each part of the source with its rows of the kernel."""
        source = self.read
        volume = source.volume
        matrix = tensors[self.tensor or f"{reader.name}.kernel"]
        kernel = kernels.unflatten(matrix, volume, self.pools)
        # Pools may leave out the last pixels, which then have no reader.
        whole = kernels.extend(self._fold_pools(kernel), volume)
        for part in source.parts:
            yield part, kernels.rows_of(whole, part.slices)


@dataclass(frozen=True)
class ConvolveAll(ConnectAll):
    """Every unit reads every neuron, through a convolution of full extent.

    On the chip this takes one input axon per pixel instead of one per neuron.
    """

    def links(self, reader: SplitLayer, data: Data) -> Iterator[Link]:
        """Return a 2-D convolution for each part of the source."""
        for part, rows in self._parts(reader, data.tensors):
            transform = nengo.Convolution(
                rows.shape[-1],
                rows.shape[:3],
                kernel_size=rows.shape[:2],
                init=rows,
            )
            yield part, reader.parts[0], transform
