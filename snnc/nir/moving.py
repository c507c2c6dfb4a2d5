"""Compute how kernels move over their input, with the even padding of NIR.

Pools, maxima and picked positions are part of the kernels. Axes are depth, height and
width; the last step moves depth into the channels.

NIR pads both ends of an axis equally, and tools interpret the word ``same``
differently. TensorFlow's padding is uneven if the number of zeros is odd; a zero tap
before the kernel compensates for this. NIR's shape check (up to 1.0.8) uses the number
of rows of a kernel for its columns too, so `nir.read` only accepts square kernels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import TYPE_CHECKING

import numpy as np

from snnc.importer.linear import AxisWindow
from snnc.ir.lowered import Pairwise, Projection, Triple, Volume, Window
from snnc.ir.shapes import same_pad
from snnc.runtime.maxima import Grid
from snnc.runtime.nengo import kernels
from snnc.runtime.network import triple
from snnc.weight_files.kernels import fold_pools

if TYPE_CHECKING:
    from snnc.runtime.examples import Array


SPARE = 4
"""The maximum number of taps that may be added to an axis to make a kernel square."""


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


@dataclass(frozen=True, slots=True)
class Convolution2d:
    """A 2-D convolution: ``weight`` (out, in, rows, columns) over ``image``."""

    weight: Array
    stride: tuple[int, ...]
    padding: tuple[int, ...]
    image: tuple[int, ...]


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


def move_window(kernel: Array, window: Window, picked: Grid) -> MovingKernel:
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


def convolution(
    moving: MovingKernel, read: Volume, given: Volume
) -> Convolution2d | None:
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
    return Convolution2d(
        np.pad(plane.transpose(3, 2, 0, 1), [(0, 0), (0, 0), *ends]),
        stride[1:],
        tuple(padding for *_, padding in padded),
        read[1:3],
    )


def _along(axis: int, value: int, other: int) -> Triple:
    return triple(tuple(value if i == axis else other for i in range(3)))


def _times(one: Triple, other: Triple) -> Triple:
    return triple(tuple(a * b for a, b in zip(one, other, strict=True)))
