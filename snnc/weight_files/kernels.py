"""Compute the weights of a projection on the chip, and the part on each core."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from snnc.ir.logical import Spiking
from snnc.ir.lowered import Projection, Volume, Window
from snnc.loihi.axis import Axis, Interval
from snnc.loihi.link import Link
from snnc.loihi.tiling import PlacedBlock
from snnc.runtime import network
from snnc.runtime.examples import Array
from snnc.runtime.nengo import kernels


def gain_and_rest(spiking: Spiking) -> tuple[float, float]:
    """Return the gain from activation to current, and the current at activation 0."""
    high, lif = spiking.rate.high, spiking.neuron
    return (high, 0.0) if lif is None else (lif.gain(high), network.REST)


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
    link: Link
    kernel: Array
    factor: float

    @property
    def tensor(self) -> str:
        """The tensor's name, or the source of a shortcut without a tensor."""
        return self.projection.tensor or f"shortcut {self.projection.source}"

    def stored(self, piece: PlacedBlock, source: Interval) -> StoredTaps:
        """Return the taps that a core stores of the weights from slices of the source.

        Parameters
        ----------
        piece
            The core's part of the target.
        source
            The slices of one ensemble of the source.
        """
        link, part, strip = self.link, piece.part, piece.strip
        depths: dict[Interval, set[int]] = {}
        for out in range(*part.slices_of(strip)):
            if taps := _depth_taps(link.depth, out, source):
                depths.setdefault(part.channels_of(strip, out), set()).update(taps)
        return StoredTaps(
            link.rows.taps_of(piece.rows),
            link.columns.taps_of(piece.columns),
            tuple((filters, tuple(sorted(taps))) for filters, taps in depths.items()),
        )

    def largest(self, taps: StoredTaps) -> float:
        """Return the largest magnitude of stored weights."""
        parts = (self._magnitudes[np.ix_(*where)] for where in taps.where)
        return max((float(part.max(initial=0.0)) for part in parts), default=0.0)

    @cached_property
    def _magnitudes(self) -> Array:
        """The largest magnitude over the source's channels, per tap and filter."""
        largest: Array = np.abs(self.kernel).max(axis=3)
        return largest

    def values(self, taps: StoredTaps) -> tuple[Array, Array]:
        """Return stored weights and their target channels, both flat."""
        weights, channels = [np.zeros(0)], [np.zeros(0, np.int64)]
        for *sides, filters in taps.where:
            part = self.kernel[np.ix_(*sides, range(self.kernel.shape[3]), filters)]
            weights.append(part.ravel())
            channels.append(np.broadcast_to(filters, part.shape).ravel())
        return np.concatenate(weights), np.concatenate(channels)


class StoredTaps(NamedTuple):
    """The taps of a kernel that a core stores; ``depths`` depend on the filters."""

    rows: tuple[int, ...]
    columns: tuple[int, ...]
    depths: tuple[tuple[Interval, tuple[int, ...]], ...]

    @property
    def where(self) -> Iterator[tuple[Sequence[int], ...]]:
        """The depths, rows, columns and filters of each part of the kernel."""
        for filters, depths in self.depths:
            yield depths, self.rows, self.columns, range(*filters)


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


def _depth_taps(depth: Axis, out: int, source: Interval) -> range:
    """Return the taps through which an output slice reads slices of the source."""
    first, size = out * depth.stride - depth.before, len(depth.taps)
    start = min(size, max(0, source[0] - first))
    return range(start, max(start, min(size, source[1] - first)))
