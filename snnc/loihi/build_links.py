"""Links for the projections that a population reads."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from snnc.ir.device import Profile
from snnc.ir.logical import Convolution
from snnc.ir.lowered import (
    Full,
    Pool,
    Population,
    Projection,
    Triple,
    Volume,
    Window,
)
from snnc.ir.mapped import Form
from snnc.ir.shapes import triple_of
from snnc.loihi.axis import Axis
from snnc.loihi.bands import Bands, one_band
from snnc.loihi.depth import Depth
from snnc.loihi.fans import Fans
from snnc.loihi.image_link import ImageLink
from snnc.loihi.link import Link
from snnc.loihi.matrix_link import MatrixLink
from snnc.loihi.scatter import ScatterAxis
from snnc.loihi.sparse_link import SparseLink
from snnc.loihi.taps import Taps, full_taps, window_taps


@dataclass(frozen=True, slots=True)
class Inlet:
    """The geometry of one projection.

    ``source`` is the volume read, ``first`` the reader's channel that is its first,
    ``kernel`` the reader's own kernel without pools and zeros.
    """

    source: Volume
    first: int
    kernel: Triple
    pools: tuple[Pool, ...]
    reach: Window | Full


def inlet_of(projection: Projection, source: Volume, target: Population) -> Inlet:
    """What matters of a projection for its costs."""
    operation = target.layer.operation
    own = projection.tensor is not None and projection.tensor.endswith(".kernel")
    kernel: Triple = (1, 1, 1)
    if own and isinstance(operation, Convolution):
        kernel = triple_of(operation.kernel)
    reach = projection.reach
    grouped = isinstance(reach, Window) and reach.group is not None
    first = projection.rows[0] if grouped else 0
    return Inlet(source, first, kernel, projection.pools, reach)


@lru_cache(maxsize=4096)
def build_links(inlet: Inlet, target: Volume, profile: Profile) -> dict[Form, Link]:
    """The forms that a projection may take, in order of preference.

    A window is a convolution; where it leaves most of what it covers unread, that has
    zeros which a Sparse does not store. A full reach is a Dense or a convolution whose
    kernel is as large as the source's image.
    """
    if not isinstance(inlet.reach, Window):
        return {
            "dense": MatrixLink(inlet.source, inlet.pools, profile),
            "convolution": _full(inlet, target, profile),
        }
    links: dict[Form, Link] = {}
    if inlet.reach.is_sparse:
        links["sparse"] = _sparse(inlet, inlet.reach, target, profile)
    links["convolution"] = _window(inlet, inlet.reach, target, profile)
    return links


@lru_cache(maxsize=256)
def _axis(inputs: int, outputs: int, stride: int, before: int, taps: Taps) -> Axis:
    """Equal axes are one object, so that what was found for it is shared."""
    return Axis(inputs, outputs, stride, before, taps)


@lru_cache(maxsize=256)
def _scattered(
    inputs: int, outputs: int, stride: int, before: int, taps: Taps
) -> ScatterAxis:
    return ScatterAxis(inputs, outputs, stride, before, taps)


def _window(
    inlet: Inlet, window: Window, target: Volume, profile: Profile
) -> ImageLink:
    rows, columns = (_axis(*_along(inlet, window, target, i)) for i in (1, 2))
    depth, bands = _depth(inlet, window), _bands(inlet, window, target)
    return ImageLink(inlet.source, rows, columns, depth, bands, profile)


def _sparse(
    inlet: Inlet, window: Window, target: Volume, profile: Profile
) -> SparseLink:
    rows, columns = (_scattered(*_along(inlet, window, target, i)) for i in (1, 2))
    fans = Fans(_depth(inlet, window), _bands(inlet, window, target))
    return SparseLink(inlet.source, rows, columns, fans, profile)


def _along(
    inlet: Inlet, window: Window, target: Volume, axis: int
) -> tuple[int, int, int, int, Taps]:
    """An axis in space: inputs, outputs, stride, zeros in front, taps."""
    inputs, outputs, stride = inlet.source[axis], target[axis], window.stride[axis]
    # TensorFlow's and Nengo's padding (`conv2d_loihi_weights`, conv.py:205-208)
    room = (outputs - 1) * stride + window.kernel[axis] - inputs
    before = max(room, 0) // 2 if window.padding == "same" else 0
    return inputs, outputs, stride, before, _taps(inlet, window, axis)


def _depth(inlet: Inlet, window: Window) -> Depth:
    return Depth(window.stride[0], window.depth_before, _taps(inlet, window, 0))


def _taps(inlet: Inlet, window: Window, axis: int) -> Taps:
    return window_taps(
        window.kernel[axis],
        inlet.kernel[axis],
        (0, *window.zeros_before)[axis],
        inlet.pools,
        axis,
        window.dilation[axis],
    )


def _bands(inlet: Inlet, window: Window, target: Volume) -> Bands:
    channels, group = inlet.source[3], window.group
    if group is None:
        return one_band(channels, target[3])
    return Bands(inlet.first, channels, target[3], group.read, group.given)


def _full(inlet: Inlet, target: Volume, profile: Profile) -> ImageLink:
    depth, height, width, channels = inlet.source
    return ImageLink(
        inlet.source,
        _axis(height, 1, 1, 0, full_taps(height, inlet.pools, 1)),
        _axis(width, 1, 1, 0, full_taps(width, inlet.pools, 2)),
        Depth(1, 0, full_taps(depth, inlet.pools, 0)),
        one_band(channels, target[3]),
        profile,
    )
