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
from snnc.ir.shapes import triple_of
from snnc.loihi.axis import Axis
from snnc.loihi.depth import Depth
from snnc.loihi.image_link import ImageLink
from snnc.loihi.link import Link
from snnc.loihi.matrix_link import MatrixLink
from snnc.loihi.taps import Taps, full_taps, window_taps


@dataclass(frozen=True, slots=True)
class Inlet:
    """The geometry of one projection.

    ``source`` is the volume read, ``kernel`` the reader's own kernel without pools
    and zeros.
    """

    source: Volume
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
    return Inlet(source, kernel, projection.pools, projection.reach)


@lru_cache(maxsize=4096)
def build_links(inlet: Inlet, target: Volume, profile: Profile) -> dict[bool, Link]:
    """The forms that a projection may take: ``True`` is a convolution.

    A window is always a convolution. A full reach is a Dense or a convolution whose
    kernel is as large as the source's image.
    """
    if isinstance(inlet.reach, Window):
        return {True: _window(inlet, inlet.reach, target, profile)}
    return {
        False: MatrixLink(inlet.source, inlet.pools, profile),
        True: _full(inlet, profile),
    }


@lru_cache(maxsize=256)
def _axis(inputs: int, outputs: int, stride: int, before: int, taps: Taps) -> Axis:
    """Equal axes are one object, so that what was found for it is shared."""
    return Axis(inputs, outputs, stride, before, taps)


def _window(
    inlet: Inlet, window: Window, target: Volume, profile: Profile
) -> ImageLink:
    zeros = (0, *window.zeros_before)
    taps = [
        window_taps(window.kernel[i], inlet.kernel[i], zeros[i], inlet.pools, i)
        for i in range(3)
    ]
    axes = []
    for i in (1, 2):
        inputs, outputs, stride = inlet.source[i], target[i], window.stride[i]
        # TensorFlow's and Nengo's padding (`conv2d_loihi_weights`, conv.py:205-208)
        room = (outputs - 1) * stride + len(taps[i]) - inputs
        before = max(room, 0) // 2 if window.padding == "same" else 0
        axes.append(_axis(inputs, outputs, stride, before, taps[i]))
    depth = Depth(window.stride[0], window.depth_before, taps[0])
    return ImageLink(inlet.source, axes[0], axes[1], depth, profile)


def _full(inlet: Inlet, profile: Profile) -> ImageLink:
    depth, height, width, _ = inlet.source
    return ImageLink(
        inlet.source,
        _axis(height, 1, 1, 0, full_taps(height, inlet.pools, 1)),
        _axis(width, 1, 1, 0, full_taps(width, inlet.pools, 2)),
        Depth(1, 0, full_taps(depth, inlet.pools, 0)),
        profile,
    )
