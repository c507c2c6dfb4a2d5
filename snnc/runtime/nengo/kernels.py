# The run-time library of snnc. SPDX-License-Identifier: MIT
"""Converts kernels of a weight file to kernels between ensembles.

Kernels have all three spatial axes: (depth, height, width, channels read,
filters). Axes that a layer lacks have size 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.typing import NDArray

from ..examples import Array
from ..maxima import Grid, Triple
from ..network import Volume, triple


@dataclass(frozen=True)
class Pool:
    """An average pool without padding: the mean of each window."""

    window: tuple[int, ...]
    stride: tuple[int, ...]


def lift(tensor: Array) -> Array:
    """Return a kernel of one to three spatial axes with all three."""
    *sizes, channels, filters = tensor.shape
    return tensor.reshape(*triple(tuple(sizes)), channels, filters)


def ungroup(kernel: Array, filters: int, groups: int) -> Array:
    """Return the kernel over all channels, with zeros between groups.

    ``kernel`` has the input channels of one group. In a depthwise kernel, the
    outputs of a channel are on the next axis.
    """
    taps = kernel.shape[:3]
    parts = kernel.reshape(*taps, -1, groups, filters // groups)
    read = parts.shape[3]
    whole = np.zeros((*taps, groups, read, *parts.shape[4:]), kernel.dtype)
    for group in range(groups):
        whole[:, :, :, group, :, group] = parts[:, :, :, :, group]
    return whole.reshape(*taps, groups * read, filters)


def dilate(kernel: Array, dilation: Triple) -> Array:
    """Return the kernel dilated with zeros between its taps."""
    pairs = zip(kernel.shape[:3], dilation)
    size = [(taps - 1) * step + 1 for taps, step in pairs]
    wide = np.zeros((*size, *kernel.shape[3:]), kernel.dtype)
    wide[tuple(slice(None, None, step) for step in dilation)] = kernel
    return wide


def unflatten(tensor: Array, volume: Volume, pools: Iterable[Pool]) -> Array:
    """Return a matrix as a kernel over the output of pools on a volume.

    ``tensor`` has the shape (values, units), with values flattened in Keras
    order. It covers the channels of the volume, or of a concatenation that
    contains the volume.
    """
    size = np.array(volume[:3])
    for pool in pools:
        window = triple(pool.window)
        stride = triple(pool.stride)
        size = (size - window) // stride + 1
    return tensor.reshape(*size, -1, tensor.shape[-1])


def fold_pool(kernel: Array, pool: Pool) -> Array:
    """Return the kernel over the source of an average pool."""
    window = triple(pool.window)
    stride = triple(pool.stride)
    taps = kernel.shape[:3]
    axes = zip(taps, stride, window)
    size = [(k - 1) * s + w for k, s, w in axes]
    # In float64, equal taps stay equal, and nengo-loihi stores them once.
    spread = np.zeros((*size, *kernel.shape[3:]))
    for offset in np.ndindex(window):
        axes = zip(offset, taps, stride)
        spread[tuple(slice(o, o + k * s, s) for o, k, s in axes)] += kernel
    return spread / np.prod(window)


def average(values: Array, pool: Pool) -> Array:
    """Return the output (rows, *volume) of an average pool."""
    axes = zip(triple(pool.window), triple(pool.stride))
    for axis, (size, step) in enumerate(axes, 1):
        moved = np.lib.stride_tricks.sliding_window_view(values, size, axis)
        kept = range(0, moved.shape[axis], step)
        values = moved.take(kept, axis).mean(axis=-1)
    return values


def take(values: Array, grid: Grid) -> Array:
    """Return the values (rows, *volume) at the positions of a grid."""
    for axis, places in enumerate(grid, 1):
        values = values.take(places, axis)
    return values


def extend(kernel: Array, volume: Volume) -> Array:
    """Return the kernel, padded with zeros at the end to a volume's size."""
    pads = [(0, n - k) for n, k in zip(volume, kernel.shape[:3])]
    return np.pad(kernel, [*pads, (0, 0), (0, 0)])


def pad(kernel: Array, before: Sequence[int], after: Sequence[int]) -> Array:
    """Return the kernel padded with rows and columns of zeros."""
    plane = zip(before, after)
    return np.pad(kernel, [(0, 0), *plane, (0, 0), (0, 0)])


def identity(channels: int) -> Array:
    """Return a kernel of one tap that changes nothing."""
    return np.eye(channels, dtype=np.float32)[None, None, None]


def signs(channels: int, low: float, high: float) -> Array:
    """Return a kernel of one tap that scales ``low..high`` to at most 1.

    If values can be negative, channels with the negated values follow.
    """
    kernel = identity(channels) / max(abs(low), abs(high))
    return kernel if low >= 0 else np.concatenate([kernel, -kernel], axis=-1)


def plane(
    kernel: Array,
    read: range,
    written: range,
    stride: int,
    before: int,
) -> Array | None:
    """Return the 2-D kernel between two ensembles; None if they don't overlap.

    ``read`` and ``written`` are the depth slices of the source and the target.
    The kernel moves along depth by ``stride``, and ``before`` slices of zeros
    precede the source. The slices of an ensemble are concatenated along its
    channels. Weights outside the depth taps of a slice are zero.
    """
    depth, height, width, channels, filters = kernel.shape
    shape = (height, width, len(read), channels, len(written), filters)
    flat = np.zeros(shape, kernel.dtype)
    overlap = False
    for out, tap in np.ndindex(len(written), depth):
        source = written[out] * stride - before + tap
        if source in read:
            overlap = True
            flat[:, :, source - read.start, :, out] = kernel[tap]
    return (
        flat.reshape(
            height,
            width,
            len(read) * channels,
            len(written) * filters,
        )
        if overlap
        else None
    )


def scatter(
    plane: Array,
    used: Array,
    image: tuple[int, ...],
    outputs: tuple[int, ...],
    stride: tuple[int, ...],
    before: Sequence[int],
) -> tuple[NDArray[np.int64], Array]:
    """Return the positions and values of a 2-D convolution's matrix.

    Positions have the shape (weights, 2): the reader and the neuron that it
    reads. ``plane`` is the kernel between two ensembles, limited to ``used``
    weights. ``image`` and ``outputs`` are the (height, width) of the source
    and the reader, and ``before`` rows and columns of zeros precede the
    source.
    """
    channels, filters = plane.shape[2:]
    found = []
    for tap in np.ndindex(plane.shape[:2]):
        into, out = np.nonzero(used[tap])
        axes: list[tuple[Array, ...]] = []
        for i, offset in enumerate(tap):
            writes = np.arange(outputs[i])
            reads = writes * stride[i] - before[i] + offset
            inside = (reads >= 0) & (reads < image[i])
            ones = np.ones(inside.sum(), np.int8)
            axes.append((writes[inside], reads[inside], ones))
        axes.append((out, into, plane[tap][into, out]))
        found.append(join_axes(axes, (*outputs, filters), (*image, channels)))
    places, weights = zip(*found)
    return np.concatenate(places), np.concatenate(weights)


def merge_repeats(
    places: NDArray[np.int64],
    weights: Array,
    image: tuple[int, ...],
    repeats: tuple[int, ...],
) -> tuple[NDArray[np.int64], Array]:
    """Return a matrix over an image from the matrix over repeated pixels.

    ``image`` is the (height, width, channels) with repeats. Weights between
    the same neurons are added.
    """
    height, width, channels = image
    size = height // repeats[0], width // repeats[1], channels
    row, column, channel = np.unravel_index(places[:, 1], image)
    pixel = row // repeats[0], column // repeats[1], channel
    read = np.ravel_multi_index(pixel, size)
    pairs = places[:, 0] * prod(size) + read
    found, index = np.unique(pairs, return_inverse=True)
    # In float64, equal sums stay equal, and nengo-loihi stores them once.
    sums = np.zeros(len(found))
    np.add.at(sums, index, weights)
    return np.stack(np.divmod(found, prod(size)), axis=1), sums


def join_axes(
    axes: Sequence[tuple[Array, ...]],
    outputs: tuple[int, ...],
    image: tuple[int, ...],
) -> tuple[NDArray[np.int64], Array]:
    """Return the positions and values of a matrix, like `scatter`.

    Each axis has pairs of positions in ``outputs`` and ``image``, and their
    weights. The pairs of all axes are combined, and their weights are
    multiplied.
    """
    pairs = np.ix_(*(range(len(written)) for written, _, _ in axes))
    combined = list(zip(axes, pairs))
    rows = [written[i] for (written, _, _), i in combined]
    columns = [read[i] for (_, read, _), i in combined]
    weights = np.asarray(prod(values[i] for (_, _, values), i in combined))
    row = np.ravel_multi_index(rows, outputs).ravel()
    column = np.ravel_multi_index(columns, image).ravel()
    return np.stack([row, column], axis=1), weights.ravel()
