"""Build the links of a projection, in each possible form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from snnc.ir.device import Profile
from snnc.ir.logical import Convolution
from snnc.ir.lowered import (
    ChannelGroups,
    Full,
    LoweredNetwork,
    Pairwise,
    Pooling,
    Projection,
    Triple,
    Volume,
    Window,
)
from snnc.ir.mapped import AxonKind, Form, kind_of
from snnc.ir.shapes import triple_of
from snnc.loihi.axis import Axis, Picked
from snnc.loihi.image_link import ImageLink
from snnc.loihi.link import Link
from snnc.loihi.sparse_link import (
    Reads,
    ScatterAxis,
    SparseLink,
    transposed_axis,
    window_axis,
)
from snnc.loihi.taps import Taps, output_size, steps_of
from snnc.loihi.tiling import (
    Bands,
    one_band,
)
from snnc.runtime.maxima import EVERY, entries

Links = Mapping[Form, Link]
"""The possible forms of a projection, in order of preference."""


@dataclass(frozen=True, slots=True)
class ProjectionGeometry:
    """Those properties of a projection that affect its costs.

    ``source`` is the volume that is read: the whole source, or the part that is
    ``picked``. ``first`` is the reader's input channel for the first channel of
    ``source``, and ``kernel`` is the reader's own kernel without pools and zeros.
    ``axons`` is the required kind of axon, or None.
    """

    source: Volume
    target: Volume
    first: int
    kernel: Triple
    pools: tuple[Pooling, ...]
    reach: Window | Pairwise | Full
    picked: tuple[Picked | None, ...]
    axons: AxonKind | None


def links_of(
    lowered: LoweredNetwork, projection: Projection, axons: AxonKind | None = None
) -> Links:
    """Return the possible forms of a projection, in order of preference.

    A window becomes a convolution. If the window skips some positions, a convolution
    stores zeros for these positions, but a Sparse transform does not. A full reach
    becomes a Dense transform, or a convolution whose kernel is as large as the source's
    image. If the source's axons must be of one kind, only forms of this kind remain. A
    comparison has a single form.
    """
    source = lowered.by_name[projection.source].volume
    target = lowered.by_name[projection.target]
    operation, reach = target.layer.operation, projection.reach
    own = projection.tensor is not None and projection.tensor.endswith(".kernel")
    kernel: Triple = (1, 1, 1)
    if own and isinstance(operation, Convolution):
        kernel = triple_of(operation.kernel)
    if isinstance(reach, Window) and projection.tensor is None and axons == "discrete":
        # A Sparse transform stores no zero weights between the channels of an identity.
        reach = replace(reach, group=ChannelGroups(1, 1, target.volume[3]))
    grouped = isinstance(reach, Window) and reach.group is not None
    first = projection.rows[0] if grouped or isinstance(reach, Pairwise) else 0
    picked: tuple[Picked | None, ...] = (None,) * 3
    if projection.picked is not None:
        picked = tuple(map(Picked, source[:3], projection.picked))
        depth, height, width = map(len, projection.picked)
        source = depth, height, width, source[3]
    geometry = ProjectionGeometry(
        source, target.volume, first, kernel, projection.pools, reach, picked, axons
    )
    return _build_links(geometry, lowered.network.device)


@lru_cache(maxsize=4096)
def _build_links(geometry: ProjectionGeometry, profile: Profile) -> Links:
    links = _every_link(geometry, profile)
    fit = {f: link for f, link in links.items() if kind_of(f) == geometry.axons}
    return fit or links


def _every_link(geometry: ProjectionGeometry, profile: Profile) -> dict[Form, Link]:
    reach = geometry.reach
    if isinstance(reach, Pairwise):
        return {"sparse": _comparison(geometry, reach, profile)}
    if isinstance(reach, Full):
        return _full_links(geometry, profile)
    if (before := reach.input_before) is not None:
        return {"sparse": _transposed_link(geometry, reach, before, profile)}
    return _window_links(geometry, reach, profile)


def _comparison(
    geometry: ProjectionGeometry, reach: Pairwise, profile: Profile
) -> Link:
    source, target, picked = geometry.source, geometry.target, geometry.picked
    axes = [
        ScatterAxis(source[i], target[i], _reads(geometry, reach, i), picked[i])
        for i in range(3)
    ]
    bands = Bands(geometry.first, source[3], target[3], 1, 1)
    return SparseLink(axes, bands, profile)


def _full_links(geometry: ProjectionGeometry, profile: Profile) -> dict[Form, Link]:
    source, channels = geometry.source, _one_band(geometry)
    axes = []
    for i in range(3):
        pools = steps_of(geometry.pools, i)
        taps = Taps(source[i], output_size(source[i], pools), 0, pools)
        axes.append(_axis(source[i], 1, 1, 0, taps, geometry.picked[i]))
    dense = SparseLink(axes, channels, profile, dense=True)
    return {"dense": dense, "convolution": ImageLink(axes, channels, profile)}


def _transposed_link(
    geometry: ProjectionGeometry,
    reach: Window,
    before: tuple[int, int],
    profile: Profile,
) -> Link:
    source, target, picked = geometry.source, geometry.target, geometry.picked
    kernel, step = reach.kernel, reach.input_step
    enlarged = [
        transposed_axis(
            source[i], target[i], kernel[i], step[i], before[i - 1], picked[i]
        )
        for i in (1, 2)
    ]
    depth = _axis(*_along(geometry, reach, 0))
    return SparseLink((depth, *enlarged), _one_band(geometry), profile)


def _window_links(
    geometry: ProjectionGeometry, reach: Window, profile: Profile
) -> dict[Form, Link]:
    channels = _one_band(geometry)
    if (group := reach.group) is not None:
        channels = replace(
            channels, first=geometry.first, read=group.read, given=group.given
        )
    along = [_along(geometry, reach, i) for i in range(3)]
    axes = [_axis(*each) for each in along]
    image = ImageLink(axes, channels, profile)
    is_discrete = geometry.axons == "discrete"
    if not (reach.is_sparse or any(reach.zeros_behind) or is_discrete):
        return {"convolution": image}
    scattered = (_scattered(*each) for each in along[1:])
    sparse = SparseLink((axes[0], *scattered), channels, profile)
    if reach.is_sparse:
        return {"sparse": sparse, "convolution": image}
    return {"convolution": image, "sparse": sparse}


def _one_band(geometry: ProjectionGeometry) -> Bands:
    return one_band(geometry.source[3], geometry.target[3])


# Equal axes are one object, so that cached results are shared.
_axis = lru_cache(maxsize=256)(Axis)
_scattered = lru_cache(maxsize=256)(window_axis)


def _reads(
    geometry: ProjectionGeometry, reach: Pairwise, axis: int
) -> Callable[[int], Reads]:
    pools = steps_of(geometry.pools, axis)
    compares = axis == reach.axis
    nodes = reach.nodes if compares else EVERY
    windows = reach.windows if compares else geometry.target[axis]
    inside = range(output_size(geometry.source[axis], pools))
    weights = entries(nodes, windows, inside, pools)
    found = [{place: ((0, n),) for place, n in read.items()} for read in weights]
    return found.__getitem__


def _along(
    geometry: ProjectionGeometry, window: Window, axis: int
) -> tuple[int, int, int, int, Taps, Picked | None]:
    """Return the arguments of an `Axis`."""
    inputs, outputs = geometry.source[axis], geometry.target[axis]
    stride = window.stride[axis]
    # Padding as in TensorFlow and Nengo (`conv2d_loihi_weights`, conv.py:205-208).
    room = (outputs - 1) * stride + window.kernel[axis] - inputs
    before = max(room, 0) // 2 if window.padding == "same" else 0
    zeros, dilation = (0, *window.zeros_before)[axis], window.dilation[axis]
    pools = steps_of(geometry.pools, axis)
    taps = Taps(window.kernel[axis], geometry.kernel[axis], zeros, pools, dilation)
    before = before if axis else window.depth_before
    return inputs, outputs, stride, before, taps, geometry.picked[axis]
