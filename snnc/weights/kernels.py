"""The largest weights of a projection, as the chip gets them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import expm1, prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from snnc.graph.logical import Lif, Spiking
from snnc.graph.lowered import Projection
from snnc.loihi.axis import Interval
from snnc.loihi.held import Box, held
from snnc.loihi.image_link import ImageLink
from snnc.loihi.taps import Tap
from snnc.loihi.tiling import Part, Piece

Array = NDArray[Any]

REST = 63 / 64
"""The current of a LIF neuron for activation 0.0."""


def gain_and_rest(spiking: Spiking) -> tuple[float, float]:
    """Return the current from activation 0.0 to 1.0, and that of 0.0.

    A LIF neuron fires at 1 / (tau_ref + tau_rc log(1 + 1 / (J - 1))) Hz.
    """
    neuron = spiking.neuron
    if not isinstance(neuron, Lif):
        return spiking.rate.high, 0.0
    period = (1 / spiking.rate.high - neuron.tau_ref) / neuron.tau_rc
    return 1 + 1 / expm1(period) - REST, REST


@dataclass(frozen=True, eq=False, slots=True)
class Magnitudes:
    """The magnitudes of one projection's weights, without their signs.

    Attributes
    ----------
    projection
        The projection.
    link
        How the target reads the source.
    taps
        The largest magnitude over the source's channels, in the units of Keras:
        (depth, height, width, target's channels).
    factor
        What makes nengo-loihi's units of them.
    """

    projection: Projection
    link: ImageLink
    taps: Array
    factor: float

    def into(self, piece: Piece, source: Interval) -> float:
        """Return the largest weight from slices of the source into one core.

        Parameters
        ----------
        piece
            What the core holds.
        source
            The slices of one ensemble of the source.
        """
        boxes = held(self.link, piece, source)
        return max((self._largest(box) for box in boxes), default=0.0)

    def _largest(self, box: Box) -> float:
        sides = (box.depth, box.rows, box.columns, box.filters)
        taps = self.taps[tuple(slice(*side) for side in sides)]
        return float(taps.max(initial=0.0))

    def meets(self, part: Part, source: Interval) -> bool:
        """Whether an ensemble reads slices of the source at all."""
        return self.link.depth.meets(part.slices, source)


def compose(
    projection: Projection, link: ImageLink, tensors: Mapping[str, Array]
) -> Array:
    """Return the kernel over what a projection reads, pools and zeros included.

    Returns
    -------
    Array
        (depth, height, width, source's channels, target's channels), in float64.
    """
    taps = (link.depth.taps, link.rows.taps, link.columns.taps)
    kernel = _own_kernel(projection, tuple(map(_extent, taps)), tensors)
    for axis, along in enumerate(taps):
        spread = _counts(along)
        kernel = np.moveaxis(np.tensordot(spread, kernel, (1, axis)), 0, axis)
    # A pool is the mean of its window.
    size = prod(prod(pool.window) for pool in projection.pools)
    return np.asarray(kernel / size)


def _own_kernel(
    projection: Projection, size: tuple[int, ...], tensors: Mapping[str, Array]
) -> Array:
    first, stop = projection.rows
    if projection.tensor is None:
        return np.eye(stop - first)[None, None, None]
    tensor = tensors[projection.tensor].astype(np.float64)
    kernel: Array = tensor.reshape(*size, -1, tensor.shape[-1])
    return kernel[..., first:stop, :]


def _extent(taps: Sequence[Tap]) -> int:
    """How many taps the reader's own kernel has."""
    return 1 + max(own for tap in taps for own, _ in tap)


def _counts(taps: Sequence[Tap]) -> Array:
    """How often each own tap counts in each composed one: (composed, own)."""
    counts = np.zeros((len(taps), _extent(taps)))
    for place, tap in enumerate(taps):
        for own, times in tap:
            counts[place, own] += times
    return counts
