"""Build links for the projections to a population."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

from snnc.ir.device import Profile
from snnc.ir.logical import Convolution
from snnc.ir.lowered import (
    ChannelGroups,
    Full,
    Pairwise,
    Pooling,
    Population,
    Projection,
    Triple,
    Volume,
    Window,
)
from snnc.ir.mapped import AxonKind, Form, kind_of
from snnc.ir.paths import output_size
from snnc.ir.shapes import triple_of
from snnc.loihi.axis import Axis, Picked, Picks
from snnc.loihi.bands import Bands, one_band
from snnc.loihi.depth import Depth
from snnc.loihi.fans import ComparedDepth, Entries, FanOuts
from snnc.loihi.image_link import ImageLink
from snnc.loihi.link import Link
from snnc.loihi.matrix_link import MatrixLink
from snnc.loihi.sparse_link import (
    ComparedAxis,
    ScatterAxis,
    SparseLink,
    TransposedAxis,
)
from snnc.loihi.taps import Taps, full_taps, window_taps
from snnc.runtime.maxima import EVERY, entries


@dataclass(frozen=True, slots=True)
class ProjectionGeometry:
    """The geometry of one projection.

    ``source`` is the volume that is read: the whole source, or the part that is
    ``picked``. ``first`` is the reader's input channel for the first channel of
    ``source``, and ``kernel`` is the reader's own kernel without pools and zeros.
    ``axons`` is the required kind of axon, or None.
    """

    source: Volume
    first: int
    kernel: Triple
    pools: tuple[Pooling, ...]
    reach: Window | Pairwise | Full
    picked: Picks | None = None
    axons: AxonKind | None = None


def geometry_of(
    projection: Projection,
    source: Volume,
    target: Population,
    axons: AxonKind | None = None,
) -> ProjectionGeometry:
    """Return those properties of a projection that affect its costs."""
    operation = target.layer.operation
    own = projection.tensor is not None and projection.tensor.endswith(".kernel")
    kernel: Triple = (1, 1, 1)
    if own and isinstance(operation, Convolution):
        kernel = triple_of(operation.kernel)
    reach = projection.reach
    if isinstance(reach, Window) and projection.tensor is None and axons == "discrete":
        # A Sparse transform stores no zero weights between the channels of an identity.
        reach = replace(reach, group=ChannelGroups(1, 1, target.volume[3]))
    each = isinstance(reach, Pairwise)
    grouped = isinstance(reach, Window) and reach.group is not None
    first = projection.rows[0] if grouped or each else 0
    geometry = ProjectionGeometry(
        source, first, kernel, projection.pools, reach, axons=axons
    )
    if projection.picked is None:
        return geometry
    depth, height, width = map(Picked, source[:3], projection.picked)
    high, tall, wide = map(len, projection.picked)
    seen = high, tall, wide, source[3]
    return replace(geometry, source=seen, picked=(depth, height, width))


@lru_cache(maxsize=4096)
def build_links(
    geometry: ProjectionGeometry, target: Volume, profile: Profile
) -> dict[Form, Link]:
    """Return the possible forms of a projection, in order of preference.

    A window becomes a convolution. If the window skips some positions, a convolution
    stores zeros for these positions, but a Sparse transform does not. A full reach
    becomes a Dense transform, or a convolution whose kernel is as large as the source's
    image. If the source's axons must be of one kind, only forms of this kind remain. A
    comparison has a single form.
    """
    links = _every_link(geometry, target, profile)
    fit = {f: link for f, link in links.items() if kind_of(f) == geometry.axons}
    if geometry.axons == "discrete" and isinstance(geometry.reach, Window) and not fit:
        return {"sparse": _sparse(geometry, geometry.reach, target, profile)}
    return fit or links


def _every_link(
    geometry: ProjectionGeometry, target: Volume, profile: Profile
) -> dict[Form, Link]:
    if isinstance(geometry.reach, Pairwise):
        return {"sparse": _link_compare(geometry, geometry.reach, target, profile)}
    if not isinstance(geometry.reach, Window):
        return {
            "dense": MatrixLink(
                geometry.source, geometry.pools, profile, geometry.picked
            ),
            "convolution": _full(geometry, target, profile),
        }
    if geometry.reach.is_transposed:
        return {"sparse": _link_transposed(geometry, geometry.reach, target, profile)}
    links: dict[Form, Link] = {}
    if geometry.reach.is_sparse:
        links["sparse"] = _sparse(geometry, geometry.reach, target, profile)
    links["convolution"] = _window(geometry, geometry.reach, target, profile)
    if any(geometry.reach.zeros_behind) and not geometry.reach.is_sparse:
        links["sparse"] = _sparse(geometry, geometry.reach, target, profile)
    return links


# Equal axes are one object, so that cached results are shared.
_axis = lru_cache(maxsize=256)(Axis)
_scattered = lru_cache(maxsize=256)(ScatterAxis)


def _window(
    geometry: ProjectionGeometry, window: Window, target: Volume, profile: Profile
) -> ImageLink:
    rows, columns = (_axis(*_along(geometry, window, target, i)) for i in (1, 2))
    depth, bands = _depth(geometry, window), _bands(geometry, window, target)
    return ImageLink(geometry.source, rows, columns, depth, bands, profile)


def _sparse(
    geometry: ProjectionGeometry, window: Window, target: Volume, profile: Profile
) -> SparseLink:
    rows, columns = (_scattered(*_along(geometry, window, target, i)) for i in (1, 2))
    fans = FanOuts(_depth(geometry, window), _bands(geometry, window, target))
    return SparseLink(geometry.source, rows, columns, fans, profile)


def _link_transposed(
    geometry: ProjectionGeometry, window: Window, target: Volume, profile: Profile
) -> SparseLink:
    picked = geometry.picked or (None, None, None)
    assert window.input_before is not None
    rows, columns = (
        TransposedAxis(
            geometry.source[i],
            target[i],
            window.kernel[i],
            window.input_step[i],
            before,
            picked[i],
        )
        for i, before in enumerate(window.input_before, start=1)
    )
    depth = Depth(1, 0, Taps(1, 1, 0, ()), picked[0])
    fans = FanOuts(depth, one_band(geometry.source[3], target[3]))
    return SparseLink(geometry.source, rows, columns, fans, profile)


def _link_compare(
    geometry: ProjectionGeometry, reach: Pairwise, target: Volume, profile: Profile
) -> SparseLink:
    picked = geometry.picked or (None, None, None)
    read = [_entries(geometry, reach, target, axis) for axis in range(3)]
    rows, columns = (
        ComparedAxis(geometry.source[i], read[i], picked[i]) for i in (1, 2)
    )
    bands = Bands(geometry.first, geometry.source[3], target[3], 1, 1)
    fans = FanOuts(ComparedDepth(read[0], picked[0]), bands)
    return SparseLink(geometry.source, rows, columns, fans, profile)


def _entries(
    geometry: ProjectionGeometry, reach: Pairwise, target: Volume, axis: int
) -> Entries:
    """Return the positions and weights that the target reads along an axis."""
    pools = [(pool.window[axis], pool.stride[axis]) for pool in geometry.pools]
    compares = axis == reach.axis
    nodes = reach.nodes if compares else EVERY
    windows = reach.windows if compares else target[axis]
    inside = range(output_size(geometry.source[axis], pools))
    return entries(nodes, windows, inside, pools)


def _along(
    geometry: ProjectionGeometry, window: Window, target: Volume, axis: int
) -> tuple[int, int, int, int, Taps, Picked | None]:
    """Return a spatial axis: inputs, outputs, stride, zeros before, taps, picked."""
    inputs, outputs, stride = geometry.source[axis], target[axis], window.stride[axis]
    # Padding as in TensorFlow and Nengo (`conv2d_loihi_weights`, conv.py:205-208).
    room = (outputs - 1) * stride + window.kernel[axis] - inputs
    before = max(room, 0) // 2 if window.padding == "same" else 0
    picked = geometry.picked and geometry.picked[axis]
    return inputs, outputs, stride, before, _taps(geometry, window, axis), picked


def _depth(geometry: ProjectionGeometry, window: Window) -> Depth:
    picked = geometry.picked and geometry.picked[0]
    taps = _taps(geometry, window, 0)
    return Depth(window.stride[0], window.depth_before, taps, picked)


def _taps(geometry: ProjectionGeometry, window: Window, axis: int) -> Taps:
    return window_taps(
        window.kernel[axis],
        geometry.kernel[axis],
        (0, *window.zeros_before)[axis],
        geometry.pools,
        axis,
        window.dilation[axis],
    )


def _bands(geometry: ProjectionGeometry, window: Window, target: Volume) -> Bands:
    channels, group = geometry.source[3], window.group
    if group is None:
        return one_band(channels, target[3])
    return Bands(geometry.first, channels, target[3], group.read, group.given)


def _full(geometry: ProjectionGeometry, target: Volume, profile: Profile) -> ImageLink:
    depth, height, width, channels = geometry.source
    picked = geometry.picked or (None, None, None)
    return ImageLink(
        geometry.source,
        _axis(height, 1, 1, 0, full_taps(height, geometry.pools, 1), picked[1]),
        _axis(width, 1, 1, 0, full_taps(width, geometry.pools, 2), picked[2]),
        Depth(1, 0, full_taps(depth, geometry.pools, 0), picked[0]),
        one_band(channels, target[3]),
        profile,
    )
