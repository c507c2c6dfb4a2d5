"""Compute how kernels move over their input, with the even padding of NIR.

Pools, maxima and picked positions are part of the kernels. Axes are depth, height and
width; the last step moves depth into the channels.

NIR pads both ends of an axis equally, and tools interpret the word ``same``
differently. TensorFlow's padding is uneven if the number of zeros is odd; a zero tap
before the kernel compensates for this. NIR's shape check (up to 1.0.8) uses the number
of rows of a kernel for its columns too, so `nir.read` only accepts square kernels.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from snnc.ir.lowered import Pairwise, Projection, Triple, Volume, Window
from snnc.ir.shapes import same_pad
from snnc.runtime.maxima import Grid
from snnc.runtime.nengo import kernels
from snnc.weight_files.kernels import fold_pools

if TYPE_CHECKING:
    from snnc.runtime.examples import Array


SPARE = 4
"""The maximum number of taps that may be added to an axis to make a kernel square."""


@dataclass(frozen=True, slots=True)
class PaddedAxis:
    """How a kernel moves along an axis.

    Attributes
    ----------
    size, outputs
        The numbers of inputs and outputs.
    taps, stride
        The number of the kernel's taps, and its stride.
    before
        The number of zeros before the input; a negative number counts skipped
        positions.
    """

    size: int
    outputs: int
    taps: int
    stride: int
    before: int


@dataclass(frozen=True, slots=True)
class EvenPadding:
    """An axis with ``padding`` zeros at both ends.

    The kernel has ``taps`` taps in total: ``front`` zeros, the original taps, and more
    zeros.
    """

    taps: int
    front: int
    padding: int


def even(axes: tuple[PaddedAxis, PaddedAxis]) -> tuple[EvenPadding, EvenPadding]:
    """Pad rows and columns evenly, with a square kernel if possible.

    Output ``o`` still reads ``o * stride - before + tap``. With ``front`` zeros, the
    padding is ``p = before + front``. PyTorch's formula ``(size + 2 p - taps) // stride
    + 1`` must result in the same number of outputs.
    """
    least = max(map(_fewest, axes))
    for taps in range(least, least + SPARE + max(a.stride for a in axes)):
        rows, columns = (_with_taps(axis, taps) for axis in axes)
        if rows is not None and columns is not None:
            return rows, columns
    return _smallest(axes[0]), _smallest(axes[1])


def _smallest(axis: PaddedAxis) -> EvenPadding:
    """Pad one axis evenly, with as few taps as possible."""
    least = _fewest(axis)
    paddings = (_with_taps(axis, least + more) for more in range(SPARE + axis.stride))
    return next(even for even in paddings if even is not None)


def _fewest(axis: PaddedAxis) -> int:
    return axis.taps + max(0, -axis.before)


def _with_taps(axis: PaddedAxis, taps: int) -> EvenPadding | None:
    for front in range(taps - axis.taps + 1):
        padding = axis.before + front
        room = axis.size + 2 * padding - taps
        if min(padding, room) >= 0 and room // axis.stride + 1 == axis.outputs:
            return EvenPadding(taps, front, padding)
    return None


@dataclass(frozen=True, slots=True)
class Convolution2d:
    """A 2-D convolution: ``weight`` (out, in, rows, columns) over ``image``."""

    weight: Array
    stride: tuple[int, int]
    padding: tuple[int, int]
    image: tuple[int, int]


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
    shrink = (1, 1, 1)
    for pool in projection.pools:
        shrink = _triple(a * s for a, s in zip(shrink, pool.stride, strict=True))
        if any(w > s for w, s in zip(pool.window, pool.stride, strict=True)) and any(
            b > 0 for b in before
        ):
            raise NoNodeError("a padded maximum of averages that overlap")
    return MovingKernel(
        fold_pools(kernel, projection),
        _triple(a * b for a, b in zip(stride, shrink, strict=True)),
        _triple(a * b for a, b in zip(before, shrink, strict=True)),
    )


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
    steps = _triple(axis.step for axis in picked)
    starts = [axis.start for axis in picked]
    befores = zip(moving.before, steps, starts, strict=True)
    return MovingKernel(
        kernels.dilate(moving.kernel, steps),
        _triple(a * b for a, b in zip(moving.stride, steps, strict=True)),
        _triple(b * step - start for b, step, start in befores),
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
        PaddedAxis(n, m, k, s, b)
        for n, m, k, s, b in zip(
            read[1:3], given[1:3], plane.shape, stride[1:], before[1:], strict=False
        )
    ]
    rows, columns = even((axes[0], axes[1]))
    ends = [
        (axis.front, axis.taps - axis.front - taps)
        for axis, taps in zip((rows, columns), plane.shape, strict=False)
    ]
    return Convolution2d(
        np.pad(plane.transpose(3, 2, 0, 1), [(0, 0), (0, 0), *ends]),
        (stride[1], stride[2]),
        (rows.padding, columns.padding),
        (read[1], read[2]),
    )


def _along(axis: int, value: int, other: int) -> Triple:
    return _triple(value if i == axis else other for i in range(3))


def _triple(values: Iterable[int]) -> Triple:
    depth, height, width = values
    return depth, height, width
