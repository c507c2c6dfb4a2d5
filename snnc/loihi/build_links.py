"""Build links for the projections to a population."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

from snnc.ir.device import Profile
from snnc.ir.logical import Convolution
from snnc.ir.lowered import (
    ChannelGroups,
    Compare,
    Full,
    Pool,
    Population,
    Projection,
    Triple,
    Volume,
    Window,
)
from snnc.ir.mapped import AxonKind, Form, kind_of
from snnc.ir.shapes import triple_of
from snnc.loihi.axis import Axis, Picked, Picks
from snnc.loihi.bands import Bands, one_band
from snnc.loihi.depth import Depth
from snnc.loihi.fans import ComparedDepth, Entries, Fans
from snnc.loihi.image_link import ImageLink
from snnc.loihi.link import Link
from snnc.loihi.matrix_link import MatrixLink
from snnc.loihi.sparse_link import (
    ComparedAxis,
    ScatterAxis,
    SparseLink,
    TransposedAxis,
    transposed_entries,
)
from snnc.loihi.taps import Taps, full_taps, window_taps
from snnc.runtime.maxima import EVERY, entries


@dataclass(frozen=True, slots=True)
class Inlet:
    """The geometry of one projection.

    ``source`` is the volume read: all of the source, or the part that is ``picked``.
    ``first`` is the reader's channel that reads its first one, ``kernel`` the reader's
    own kernel without pools and zeros. ``axons`` is the required kind of axon; None for
    any.
    """

    source: Volume
    first: int
    kernel: Triple
    pools: tuple[Pool, ...]
    reach: Window | Compare | Full
    picked: Picks | None = None
    axons: AxonKind | None = None


def inlet_of(
    projection: Projection,
    source: Volume,
    target: Population,
    axons: AxonKind | None = None,
) -> Inlet:
    """Return the properties of a projection that affect its costs."""
    operation = target.layer.operation
    own = projection.tensor is not None and projection.tensor.endswith(".kernel")
    kernel: Triple = (1, 1, 1)
    if own and isinstance(operation, Convolution):
        kernel = triple_of(operation.kernel)
    reach = projection.reach
    if isinstance(reach, Window) and projection.tensor is None and axons == "discrete":
        # A Sparse stores no zero weights between the channels of an identity.
        reach = replace(reach, group=ChannelGroups(1, 1, target.volume[3]))
    each = isinstance(reach, Compare)
    grouped = isinstance(reach, Window) and reach.group is not None
    first = projection.rows[0] if grouped or each else 0
    inlet = Inlet(source, first, kernel, projection.pools, reach, axons=axons)
    if projection.picked is None:
        return inlet
    depth, height, width = map(Picked, source[:3], projection.picked)
    high, tall, wide = map(len, projection.picked)
    seen = high, tall, wide, source[3]
    return replace(inlet, source=seen, picked=(depth, height, width))


@lru_cache(maxsize=4096)
def build_links(inlet: Inlet, target: Volume, profile: Profile) -> dict[Form, Link]:
    """Return the possible forms of a projection, in order of preference.

    A window is a convolution; if some places that it covers are not read, a convolution
    stores zeros there and a Sparse does not. A full reach is a Dense or a convolution
    whose kernel is as large as the source's image. If the source's axons must be of one
    kind, only forms of that kind remain; a comparison has a single form.
    """
    links = _every_link(inlet, target, profile)
    fit = {f: link for f, link in links.items() if kind_of(f) == inlet.axons}
    if inlet.axons == "discrete" and isinstance(inlet.reach, Window) and not fit:
        return {"sparse": _sparse(inlet, inlet.reach, target, profile)}
    return fit or links


def _every_link(inlet: Inlet, target: Volume, profile: Profile) -> dict[Form, Link]:
    if isinstance(inlet.reach, Compare):
        return {"sparse": _compared(inlet, inlet.reach, target, profile)}
    if not isinstance(inlet.reach, Window):
        return {
            "dense": MatrixLink(inlet.source, inlet.pools, profile, inlet.picked),
            "convolution": _full(inlet, target, profile),
        }
    if inlet.reach.is_transposed:
        return {"sparse": _transposed(inlet, inlet.reach, target, profile)}
    links: dict[Form, Link] = {}
    if inlet.reach.is_sparse:
        links["sparse"] = _sparse(inlet, inlet.reach, target, profile)
    links["convolution"] = _window(inlet, inlet.reach, target, profile)
    if any(inlet.reach.zeros_behind) and not inlet.reach.is_sparse:
        links["sparse"] = _sparse(inlet, inlet.reach, target, profile)
    return links


# Equal axes are one object, so that results are shared.
_axis = lru_cache(maxsize=256)(Axis)
_scattered = lru_cache(maxsize=256)(ScatterAxis)


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


def _transposed(
    inlet: Inlet, window: Window, target: Volume, profile: Profile
) -> SparseLink:
    picked = inlet.picked or (None, None, None)
    read = transposed_taps(window, inlet.source, target)
    rows, columns = (
        TransposedAxis(inlet.source[i], entries, picked[i])
        for i, entries in enumerate(read, start=1)
    )
    depth = Depth(1, 0, Taps(1, 1, 0, ()), picked[0])
    fans = Fans(depth, one_band(inlet.source[3], target[3]))
    return SparseLink(inlet.source, rows, columns, fans, profile)


def transposed_taps(
    window: Window, source: Volume, target: Volume
) -> tuple[Entries, Entries]:
    """Return the places, and their taps, that rows and columns of a target read."""
    assert window.input_before is not None
    rows, columns = (
        transposed_entries(
            source[i], target[i], window.kernel[i], window.input_step[i], before
        )
        for i, before in enumerate(window.input_before, start=1)
    )
    return rows, columns


def _compared(
    inlet: Inlet, reach: Compare, target: Volume, profile: Profile
) -> SparseLink:
    picked = inlet.picked or (None, None, None)
    read = [_entries(inlet, reach, target, axis) for axis in range(3)]
    rows, columns = (ComparedAxis(inlet.source[i], read[i], picked[i]) for i in (1, 2))
    bands = Bands(inlet.first, inlet.source[3], target[3], 1, 1)
    fans = Fans(ComparedDepth(read[0], picked[0]), bands)
    return SparseLink(inlet.source, rows, columns, fans, profile)


def _entries(inlet: Inlet, reach: Compare, target: Volume, axis: int) -> Entries:
    """Return the places and weights that the target reads along an axis."""
    pools = [(pool.window[axis], pool.stride[axis]) for pool in inlet.pools]
    compares = axis == reach.axis
    nodes = reach.nodes if compares else EVERY
    windows = reach.windows if compares else target[axis]
    return entries(nodes, windows, inlet.source[axis], pools)


def _along(
    inlet: Inlet, window: Window, target: Volume, axis: int
) -> tuple[int, int, int, int, Taps, Picked | None]:
    """Return a spatial axis: inputs, outputs, stride, zeros before, taps, places."""
    inputs, outputs, stride = inlet.source[axis], target[axis], window.stride[axis]
    # TensorFlow's and Nengo's padding (`conv2d_loihi_weights`, conv.py:205-208)
    room = (outputs - 1) * stride + window.kernel[axis] - inputs
    before = max(room, 0) // 2 if window.padding == "same" else 0
    picked = inlet.picked and inlet.picked[axis]
    return inputs, outputs, stride, before, _taps(inlet, window, axis), picked


def _depth(inlet: Inlet, window: Window) -> Depth:
    picked = inlet.picked and inlet.picked[0]
    taps = _taps(inlet, window, 0)
    return Depth(window.stride[0], window.depth_before, taps, picked)


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
    picked = inlet.picked or (None, None, None)
    return ImageLink(
        inlet.source,
        _axis(height, 1, 1, 0, full_taps(height, inlet.pools, 1), picked[1]),
        _axis(width, 1, 1, 0, full_taps(width, inlet.pools, 2), picked[2]),
        Depth(1, 0, full_taps(depth, inlet.pools, 0), picked[0]),
        one_band(channels, target[3]),
        profile,
    )
