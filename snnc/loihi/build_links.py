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
from snnc.loihi.axis import Axis, Picked, Picks, Taps, steps_of
from snnc.loihi.link import ImageLink, Link
from snnc.loihi.sparse_link import (
    EntryAxis,
    Reads,
    ScatterAxis,
    SparseLink,
    transposed_axis,
)
from snnc.loihi.tiling import Bands, one_band
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
    return fit or links


def _every_link(
    geometry: ProjectionGeometry, target: Volume, profile: Profile
) -> dict[Form, Link]:
    reach, source = geometry.reach, geometry.source
    picked = geometry.picked or (None, None, None)
    channels = one_band(source[3], target[3])
    if isinstance(reach, Pairwise):
        entries = [_entries(geometry, reach, target, i) for i in range(3)]
        compared = list(map(EntryAxis, source[:3], entries, picked))
        bands = Bands(geometry.first, source[3], target[3], 1, 1)
        return {"sparse": SparseLink(compared, bands, profile)}
    if not isinstance(reach, Window):
        whole = []
        for i in range(3):
            pools = steps_of(geometry.pools, i)
            taps = Taps(source[i], output_size(source[i], pools), 0, pools)
            whole.append(_axis(source[i], 1, 1, 0, taps, picked[i]))
        dense = SparseLink(whole, channels, profile, dense=True)
        return {"dense": dense, "convolution": ImageLink(whole, channels, profile)}
    depth, *plane = (_along(geometry, reach, target, i) for i in range(3))
    if reach.input_before is not None:
        steps = zip(
            reach.kernel[1:], reach.input_step[1:], reach.input_before, strict=True
        )
        sizes = zip(source[1:3], target[1:3], steps, picked[1:], strict=True)
        enlarged = (transposed_axis(n, m, *step, some) for n, m, step, some in sizes)
        return {"sparse": SparseLink((_axis(*depth), *enlarged), channels, profile)}
    if (group := reach.group) is not None:
        read, given = group.read, group.given
        channels = Bands(geometry.first, source[3], target[3], read, given)
    axes = [_axis(*each) for each in (depth, *plane)]
    image = ImageLink(axes, channels, profile)
    if not (reach.is_sparse or any(reach.zeros_behind) or geometry.axons == "discrete"):
        return {"convolution": image}
    scattered = (_scattered(*each) for each in plane)
    sparse = SparseLink((axes[0], *scattered), channels, profile)
    if reach.is_sparse:
        return {"sparse": sparse, "convolution": image}
    return {"convolution": image, "sparse": sparse}


# Equal axes are one object, so that cached results are shared.
_axis = lru_cache(maxsize=256)(Axis)
_scattered = lru_cache(maxsize=256)(ScatterAxis)


def _entries(
    geometry: ProjectionGeometry, reach: Pairwise, target: Volume, axis: int
) -> list[Reads]:
    """Return the positions and weights that the target reads along an axis."""
    pools = steps_of(geometry.pools, axis)
    compares = axis == reach.axis
    nodes = reach.nodes if compares else EVERY
    windows = reach.windows if compares else target[axis]
    inside = range(output_size(geometry.source[axis], pools))
    weights = entries(nodes, windows, inside, pools)
    return [{place: ((0, n),) for place, n in read.items()} for read in weights]


def _along(
    geometry: ProjectionGeometry, window: Window, target: Volume, axis: int
) -> tuple[int, int, int, int, Taps, Picked | None]:
    """Return an axis: inputs, outputs, stride, zeros before, taps, picked."""
    inputs, outputs, stride = geometry.source[axis], target[axis], window.stride[axis]
    # Padding as in TensorFlow and Nengo (`conv2d_loihi_weights`, conv.py:205-208).
    room = (outputs - 1) * stride + window.kernel[axis] - inputs
    before = max(room, 0) // 2 if window.padding == "same" else 0
    taps = Taps(
        window.kernel[axis],
        geometry.kernel[axis],
        (0, *window.zeros_before)[axis],
        steps_of(geometry.pools, axis),
        window.dilation[axis],
    )
    picked = geometry.picked and geometry.picked[axis]
    before = before if axis else window.depth_before
    return inputs, outputs, stride, before, taps, picked
