"""Compute the weights of a projection on the chip, and the part on each core."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np

from snnc.ir.logical import LifNeuron, Spiking
from snnc.ir.lowered import Projection, Volume, Window
from snnc.loihi.axis import Axis, Interval
from snnc.loihi.image_link import ImageLink
from snnc.loihi.scatter_axis import ScatterAxis
from snnc.loihi.sparse_link import SparseLink
from snnc.loihi.tiling import EnsembleTiling, PlacedBlock
from snnc.runtime import network
from snnc.runtime.examples import Array
from snnc.runtime.nengo import kernels


def gain_and_rest(spiking: Spiking) -> tuple[float, float]:
    """Return the gain from activation to current, and the current at activation 0."""
    neuron = spiking.neuron
    if not isinstance(neuron, LifNeuron):
        return spiking.rate.high, 0.0
    kind = network.Lif(neuron.tau_rc, neuron.tau_ref)
    return kind.gain(spiking.rate.high), network.REST


@dataclass(frozen=True, eq=False)
class IncomingKernel:
    """The weights of one projection.

    Attributes
    ----------
    projection
        The projection.
    link
        How the target reads the source.
    kernel
        The weights in Keras's units: (depth, height, width, source's channels, target's
        channels), in float64.
    factor
        The factor from Keras's to nengo-loihi's units.
    """

    projection: Projection
    link: ImageLink | SparseLink
    kernel: Array
    factor: float

    @property
    def tensor(self) -> str:
        """The tensor's name, or the source of a shortcut without a tensor."""
        return self.projection.tensor or f"shortcut {self.projection.source}"

    def meets(self, part: EnsembleTiling, source: Interval) -> bool:
        """Return whether an ensemble reads any of the source's slices."""
        if isinstance(self.link, SparseLink):
            return True
        reading = self.link.depth.reading(part.slices, source)
        return source[0] < source[1] and len(reading) > 0

    def boxes(self, piece: PlacedBlock, source: Interval) -> tuple[Box, ...]:
        """Return the weights from slices of the source that a core stores.

        Parameters
        ----------
        piece
            The core's part of the target.
        source
            The slices of one ensemble of the source.
        """
        if isinstance(self.link, SparseLink):
            return transposed_parts(self.link, piece)
        return kernel_parts(self.link, piece, source)

    def within(self, slices: Interval) -> Interval:
        """Return the positions, within some slices of the source, that are read."""
        if isinstance(self.link, SparseLink):
            return slices
        return self.link.depth.within(slices)

    def largest(self, boxes: Iterable[Box]) -> float:
        """Return the largest magnitude in boxes."""
        parts = (self._magnitudes[_sides(box)] for box in boxes)
        return max((float(part.max(initial=0.0)) for part in parts), default=0.0)

    @cached_property
    def _magnitudes(self) -> Array:
        """The largest magnitude over the source's channels, per tap and filter."""
        largest: Array = np.abs(self.kernel).max(axis=3)
        return largest

    def values(self, boxes: Iterable[Box]) -> tuple[Array, Array]:
        """Return the weights in boxes and their target channels, both flat."""
        weights, channels = [np.zeros(0)], [np.zeros(0, np.int64)]
        for box in boxes:
            *sides, filters = _sides(box)
            part = self.kernel[(*sides, slice(None), filters)]
            weights.append(part.ravel())
            own = np.arange(*box.filters)
            channels.append(np.broadcast_to(own, part.shape).ravel())
        return np.concatenate(weights), np.concatenate(channels)


def _sides(box: Box) -> tuple[slice, ...]:
    sides = (box.depth, box.rows, box.columns, box.filters)
    return tuple(slice(*side) for side in sides)


def compose(
    projection: Projection, read: Volume, filters: int, tensors: Mapping[str, Array]
) -> Array:
    """Return the kernel over a projection's input, including pools and zeros.

    Parameters
    ----------
    read
        The volume of the source, or of its picked positions.
    filters
        The number of the target's channels.

    Returns
    -------
    Array
        (depth, height, width, source's channels, target's channels).
    """
    if projection.tensor is None:
        return fold_pools(kernels.identity(filters), projection)
    tensor, reach = tensors[projection.tensor], projection.reach
    if isinstance(reach, Window) and reach.is_transposed:
        kernel = kernels.lift(tensor.swapaxes(-1, -2))
        return kernel[..., slice(*projection.rows), :]
    if not isinstance(reach, Window):
        kernel = kernels.unflatten(tensor, read, pools_of(projection))
        return kernels.extend(fold_pools(kernel, projection), read)
    kernel = kernels.lift(tensor)
    if reach.group is not None:
        groups = filters // reach.group.given
        kernel = kernels.ungroup(kernel, filters, groups)
    kernel = kernels.dilate(kernel, reach.dilation)
    kernel = fold_pools(kernel, projection)
    return kernels.pad(kernel, reach.zeros_before, reach.zeros_behind)


def fold_pools(kernel: Array, projection: Projection) -> Array:
    """Return the rows of a kernel for the source, with pools folded in."""
    kernel = kernel[..., slice(*projection.rows), :]
    for pool in reversed(pools_of(projection)):
        kernel = kernels.fold_pool(kernel, pool)
    return kernel


def pools_of(projection: Projection) -> tuple[kernels.Pool, ...]:
    """Return the pools of a projection, from the source."""
    return tuple(kernels.Pool(p.window, p.stride) for p in projection.pools)


@dataclass(frozen=True, slots=True, order=True)
class Box:
    """Ranges of taps (source's depth, height and width) and of target filters."""

    depth: Interval
    rows: Interval
    columns: Interval
    filters: Interval


def kernel_parts(
    link: ImageLink, piece: PlacedBlock, source: Interval
) -> tuple[Box, ...]:
    """Return the parts of a composed kernel that a core stores, without repeats.

    Parameters
    ----------
    link
        How the target reads the source.
    piece
        The core's part of the target.
    source
        The slices of one ensemble of the source.
    """
    rows, columns = (
        _tap_range(link.rows, piece.rows),
        _tap_range(link.columns, piece.columns),
    )
    channels = piece.part.channels
    depths_by_filters: dict[Interval, list[Interval]] = {}
    for out in range(*piece.part.slices_of(piece.strip)):
        start = (out - piece.part.slices[0]) * channels
        low = max(0, piece.strip[0] - start)
        high = min(channels, piece.strip[1] - start)
        taps = _depth_taps(link, out, source)
        if taps[0] < taps[1]:
            depths_by_filters.setdefault((low, high), []).append(taps)
    return tuple(
        Box(depth, rows, columns, filters)
        for filters, depths in depths_by_filters.items()
        for depth in _join(depths)
    )


def transposed_parts(link: SparseLink, piece: PlacedBlock) -> tuple[Box, ...]:
    """Return the taps of a transposed convolution that a core stores, one per box."""
    sides = (link.rows, piece.rows), (link.columns, piece.columns)
    rows, columns = (
        [(tap, tap + 1) for tap in axis.taps_of(tile)]
        for axis, tile in sides
        if isinstance(axis, ScatterAxis)
    )
    channels = (piece.strip[0], piece.strip[1])
    return tuple(Box((0, 1), *taps, channels) for taps in product(rows, columns))


def _join(stretches: list[Interval]) -> list[Interval]:
    """Join adjacent intervals; for a small source, there may be gaps between taps."""
    joined: list[Interval] = []
    for start, stop in sorted(stretches):
        if joined and start <= joined[-1][1]:
            start, stop = joined[-1][0], max(joined.pop()[1], stop)
        joined.append((start, stop))
    return joined


def _depth_taps(link: ImageLink, out: int, source: Interval) -> Interval:
    """Return the taps through which an output slice reads slices of the source."""
    first = out * link.depth.stride - link.depth.before
    size = len(link.depth.taps)
    start = min(size, max(0, source[0] - first))
    return start, max(start, min(size, source[1] - first))


def _tap_range(axis: Axis, tile: Interval) -> Interval:
    """Return the taps through which outputs read the source instead of padding.

    The taps are consecutive: a gap would need a stride larger than the image, which
    would then have a single output.
    """
    runs = axis.view(tile).runs
    taps = [run.tap - i * axis.stride for run in runs for i in range(run.length)]
    return (min(taps), max(taps) + 1) if taps else (0, 0)
