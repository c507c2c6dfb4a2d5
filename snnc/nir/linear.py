"""Convert projections to NIR nodes: `Conv2d`, or `Affine` after `Flatten`.

A layer's output has the shape (channels, height, width). The slices of a depth axis are
concatenated along the channels, and an axis that a layer lacks has size 1. Pools,
dilation and groups are part of the kernels, because not all tools support them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from snnc.ir.logical import Shape
from snnc.ir.lowered import Full, LoweredNetwork, Pairwise, Projection, Volume
from snnc.ir.shapes import volume_of
from snnc.nir import moving
from snnc.runtime.maxima import Grid
from snnc.runtime.maxima import whole as all_places
from snnc.runtime.nengo import kernels
from snnc.weight_files.kernels import compose

if TYPE_CHECKING:
    from snnc.runtime.examples import Array


@dataclass(frozen=True, slots=True)
class Matrix:
    """A matrix ``weight`` (out, in); ``flattens`` is the input's shape, unless flat."""

    weight: Array
    flattens: Shape | None


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
) -> Iterator[tuple[int, moving.Convolution2d | Matrix]]:
    """Yield the linear operations of a projection, from activations to sums.

    Parameters
    ----------
    node
        The index of the target's node, if it has several.

    Yields
    ------
    tuple of int and Convolution2d or Matrix
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
    if isinstance(reach, Full):
        number, picked = _node_picked(picked, axis, nodes)
        own = _matrix(projection, tensors, read, picked)
        yield number, Matrix(own, nir_shape_of(read) if len(shape) > 1 else None)
        return
    target = lowered.by_name[projection.target]
    count, along = nodes_of(lowered, projection.target)
    given = cut(target.volume, along, count)
    if isinstance(reach, Pairwise):
        compares = projection.picked is None and nodes > 1
        reads = moving.compare_kernels(
            projection, reach, node, given[-1], nodes if compares else 1
        )
    else:
        kernel = compose(projection, read, given[-1], tensors)
        if projection.source == network.input.name and projection.tensor is None:
            kernel = kernels.signs(read[3], *network.input.bounds)
        reads = [(0, moving.move_window(kernel, reach, picked))]
    for number, read_by in reads:
        here = picked
        if nodes > 1 and isinstance(reach, Pairwise) and projection.picked is None:
            here = all_places(read[:3])  # handle each node of a level separately
        elif nodes > 1:
            number, here = _node_picked(picked, axis, nodes)
        over = moving.expand_to_source(read_by, here, read, given)
        if len(shape) == 1:
            yield number, Matrix(over.kernel[0, 0, 0].T, None)
        elif (conv := moving.convolution(over, read, given)) is not None:
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
        raise moving.NoNodeError("one kernel reads the neurons of several nodes")
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
