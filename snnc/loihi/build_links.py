"""Links for the projections that a population reads."""

from __future__ import annotations

from snnc.graph.logical import Convolution
from snnc.graph.lowered import Population, Projection, Triple, Window
from snnc.graph.shapes import triple_of
from snnc.loihi.axis import Axis
from snnc.loihi.depth import Depth
from snnc.loihi.image_link import ImageLink
from snnc.loihi.link import Link
from snnc.loihi.matrix_link import MatrixLink
from snnc.loihi.profile import Profile
from snnc.loihi.taps import full_taps, window_taps


def build_links(
    projection: Projection, source: Population, target: Population, profile: Profile
) -> dict[bool, Link]:
    """The forms that a projection may take: ``True`` is a convolution.

    A window is always a convolution. A full reach is a Dense or a convolution whose
    kernel is as large as the source's image.
    """
    if isinstance(projection.reach, Window):
        return {True: _window(projection, projection.reach, source, target, profile)}
    return {
        False: MatrixLink(source.volume, projection.pools, profile),
        True: _full(projection, source, profile),
    }


def _window(
    projection: Projection,
    window: Window,
    source: Population,
    target: Population,
    profile: Profile,
) -> ImageLink:
    reader = _reader_kernel(projection, target)
    zeros = (0, *window.zeros_before)
    depth, rows, columns = (
        window_taps(
            window.kernel[axis], reader[axis], zeros[axis], projection.pools, axis
        )
        for axis in range(3)
    )
    axes = []
    for axis, taps in ((1, rows), (2, columns)):
        inputs, outputs = source.volume[axis], target.volume[axis]
        stride = window.stride[axis]
        # TensorFlow's and Nengo's padding (`conv2d_loihi_weights`, conv.py:205-208)
        room = (outputs - 1) * stride + len(taps) - inputs
        before = max(room, 0) // 2 if window.padding == "same" else 0
        axes.append(Axis(inputs, outputs, stride, before, taps))
    reach = Depth(window.stride[0], window.depth_before, depth)
    return ImageLink(source.volume, axes[0], axes[1], reach, profile)


def _full(projection: Projection, source: Population, profile: Profile) -> ImageLink:
    depth, height, width, _ = source.volume
    pools = projection.pools
    return ImageLink(
        source.volume,
        Axis(height, 1, 1, 0, full_taps(height, pools, 1)),
        Axis(width, 1, 1, 0, full_taps(width, pools, 2)),
        Depth(1, 0, full_taps(depth, pools, 0)),
        profile,
    )


def _reader_kernel(projection: Projection, target: Population) -> Triple:
    """The kernel of the reader itself, without pools and zeros."""
    operation = target.layer.operation
    own = projection.tensor is not None and projection.tensor.endswith(".kernel")
    if not own or not isinstance(operation, Convolution):
        return (1, 1, 1)
    return triple_of(operation.kernel)
