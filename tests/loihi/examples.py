"""Specs whose cores are known, or that every counter depends on."""

from dataclasses import replace

from snnc.ir.device import Profile
from snnc.ir.mapped import MappedNetwork, RoutedNetwork
from snnc.passes.route import route
from tests.support import ROOT, layered


def read_spec(name: str) -> str:
    return (ROOT / "specs" / f"{name}.snn").read_text(encoding="utf-8")


DRIFT = read_spec("drift")
RESIDUAL = read_spec("residual")
CIFAR10 = read_spec("league/nengo_cifar10")
"""The authors of this example of nengo-loihi mapped it to 90 cores."""
KERAS_TO_LOIHI = read_spec("league/keras_to_loihi")
"""The authors of this one mapped it to 14."""
WIDE_FAN_IN = layered(
    "conv2d a { filters 64, kernel 1 }", "dense d { units 32 }", shape="10x10x1"
)
"""A dense layer over 6400 neurons, which no Dense transform can carry."""
POOLED_DENSE = layered(
    "conv2d a { filters 5, kernel 1 }",
    "avgpool",
    "dense d { units 24, block 10 }",
    shape="7x6x1",
)
"""A dense layer over windows, split so that equal rows are stored once."""
HOST_AFTER_CHIP = layered(
    "conv2d a { filters 4 }",
    "dense b { units 12 }",
    "dense c { units 12, place host, shortcut b }",
    shape="6x6x1",
)
MAXIMUM = layered(
    "conv3d a { filters 4, stride 2, padding same }",
    "conv3d b from e { filters 4, kernel 1, stride 2, padding same }",
    "concat k from a, b",
    "maxpool m { window 2x1x1, stride 1x2x2 }",
    "conv3d d { filters 8, stride 2, padding same, shortcut m }",
    shape="3x3x3x1",
    encode="conv e { filters 1 }",
)
"""A convolution whose shortcut is a maximum over two joined layers."""
DEPTH_GROUPS = layered(
    "conv3d a { filters 6, kernel 3x2x3, stride 1x2x1, padding same, block 2x2x7x12 }",
    "conv3d b { filters 4, kernel 2, stride 2x1x2, block 1x2x2x4 }",
    "dense d { units 10 }",
    shape="5x6x7x1",
    encode="conv e { filters 3 }",
)
"""Depth groups whose kernels hold zeros, and a fan-in over the depth."""
SKIPPING = layered(
    "conv2d a { kernel 2, stride 3, filters 4 }",
    "conv2d b { kernel 1, stride 2, filters 5, block 1x2x5 }",
    shape="11x9x1",
    encode="conv e { filters 3 }",
)
"""Strides above the kernel leave pixels unread; one reader takes all pixels."""
GROUPED = layered(
    "conv2d a { filters 32, stride 2, padding same, groups 32 }",
    shape="16x16x1",
    encode="conv e { filters 32 }",
)
STRIPS = layered(
    "conv2d a { filters 4, padding same, block 3x4x4 }",
    "conv2d b { filters 4, padding same, block 3x4x4 }",
    "conv2d c { filters 8, stride 2, block 2x1x8 }",
    shape="12x4x2",
    encode="conv e { filters 2 }",
)
"""Two layers of strips side by side, which follow one another."""


def route_on(mapping: MappedNetwork, device: Profile) -> RoutedNetwork:
    """Return the network on the chips of a device."""
    lowered = mapping.lowered
    network = replace(lowered.network, device=device)
    return route(replace(mapping, lowered=replace(lowered, network=network)))
