# The run-time library of snnc. SPDX-License-Identifier: MIT
"""Layers as populations in parts, and the parts that connections read."""

# mypy: disable-error-code="import-not-found,import-untyped"

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any, Literal

import nengo
import numpy as np

from ..examples import Array
from ..layout import Tensors
from ..maxima import Grid, Triple
from ..network import Volume
from . import kernels
from .kernels import Pool

if TYPE_CHECKING:
    from typing import TypeAlias

Channels: TypeAlias = "tuple[int, int]"  # the first, and one after the last
Padding = Literal["valid", "same"]
# along a layer's spatial axes
Places: TypeAlias = "tuple[range, ...]"


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


# the positions of weights, reader first, and the weights
Sparse: TypeAlias = "tuple[Array, Array]"
# The two ends and the transform between them.
Link: TypeAlias = "tuple[Part, Part, Any]"


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
    rows: Channels | None = None
    pools: tuple[Pool, ...] = ()
    pop_type: int | None = None
    picked: Places | None = None
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
        """Yield the transform for each pair of parts that overlap.

        The transform is a 2-D convolution, or a sparse matrix of the weights
        that ``used`` marks.
        """
        source = self.read
        room, out, taps = source.volume, reader.volume, kernel.shape
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
            cut = pre.slices, post.slices, stride[0], depth_before
            plane = kernels.plane(kernel, *cut)
            if plane is None:
                continue
            if used is not None:
                mask = kernels.plane(used, *cut)
                assert mask is not None
                sizes = room[1:3], out[1:3], stride[1:], zeros
                matrix = kernels.scatter(plane, mask, *sizes)
                yield from link_sparse(pre, post, matrix)
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


def link_sparse(pre: Part, post: Part, matrix: Sparse) -> Iterator[Link]:
    """Yield a sparse matrix, unless all taps are in the padding."""
    places, weights = matrix
    if len(places):
        # The chip counts each neuron of a source, read or not.
        read, columns = np.unique(places[:, 1], return_inverse=True)
        pairs = np.stack([places[:, 0], columns], axis=1)
        shape = (post.neurons.size_in, len(read))
        transform = nengo.Sparse(shape, indices=pairs, init=weights)
        yield sub_part(pre, read), post, transform


def grid_of(picked: Places) -> Grid:
    """Return positions along depth, height and width."""
    one = range(1)
    if len(picked) == 1:
        return one, picked[0], one
    depth, height, width = (one, *picked)[-3:]
    return depth, height, width


def sub_population(source: SplitLayer, picked: Places) -> SplitLayer:
    """Return a population with only the picked positions."""
    depth, height, width = grid_of(picked)
    channels, parts = source.volume[3], []
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
    neurons, every = part.neurons, np.arange(part.neurons.size_out)
    if isinstance(neurons, nengo.base.ObjView):
        whole = np.arange(neurons.obj.size_out)
        neurons, every = neurons.obj, whole[neurons.slice]
    read = every[read]
    if np.array_equal(read, np.arange(neurons.size_out)):
        return replace(part, neurons=neurons)
    return replace(part, neurons=neurons[read.tolist()])
