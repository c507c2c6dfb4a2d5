"""Shapes behind layers with a window or margins along spatial dimensions."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from snnc.importer.converter.network import Shape

Rule = Callable[[Mapping[str, Any], Sequence[Shape]], Shape]
"""From a layer's options and the shapes that it reads to its own."""
Resize = Callable[[Mapping[str, Any], Shape], Sequence[int]]


def _every(value: Any, count: int) -> tuple[int, ...]:
    """Return an option such as ``strides`` for each dimension."""
    values = [value] * count if isinstance(value, int) else list(value)
    if len(values) != count or not all(isinstance(item, int) for item in values):
        raise ValueError(value)
    return tuple(values)


def _channels_first(options: Mapping[str, Any]) -> bool:
    """Whether channels come before the spatial dimensions."""
    return options.get("data_format") == "channels_first"


def _split(
    options: Mapping[str, Any], shape: Shape, count: int
) -> tuple[Shape, Shape, int]:
    """Return leading dimensions, spatial ones and the number of channels."""
    first = _channels_first(options)
    *before, _ = shape[:-count] if first else (*shape[: -count - 1], 0)
    channels = shape[-count - 1] if first else shape[-1]
    return tuple(before), shape[-count:] if first else shape[-count - 1 : -1], channels


def _joined(
    options: Mapping[str, Any], before: Shape, spatial: Shape, channels: int
) -> Shape:
    if _channels_first(options):
        return (*before, channels, *spatial)
    return (*before, *spatial, channels)


def _windows(
    options: Mapping[str, Any], spatial: Shape, size: str, count: int
) -> Shape:
    sizes = _every(options[size], count)
    strides = _every(options.get("strides") or (sizes if "pool" in size else 1), count)
    dilations = _every(options.get("dilation_rate") or 1, count)
    padded = options.get("padding", "valid") != "valid"
    return tuple(
        math.ceil((n if padded else n - (k - 1) * d) / s)
        for n, k, s, d in zip(spatial, sizes, strides, dilations, strict=True)
    )


def convolution(count: int) -> Rule:
    """Return the rule of a convolution, depthwise and separable ones too."""

    def rule(options: Mapping[str, Any], inputs: Sequence[Shape]) -> Shape:
        before, spatial, channels = _split(options, inputs[0], count)
        if "filters" in options:
            channels = options["filters"]
        else:
            channels *= options.get("depth_multiplier") or 1
        windows = _windows(options, spatial, "kernel_size", count)
        return _joined(options, before, windows, channels)

    return rule


def pooling(count: int) -> Rule:
    """Return the rule of a pooling."""

    def rule(options: Mapping[str, Any], inputs: Sequence[Shape]) -> Shape:
        before, spatial, channels = _split(options, inputs[0], count)
        windows = _windows({"pool_size": 2, **options}, spatial, "pool_size", count)
        return _joined(options, before, windows, channels)

    return rule


def global_pooling(count: int) -> Rule:
    """Return the rule of a global pooling."""

    def rule(options: Mapping[str, Any], inputs: Sequence[Shape]) -> Shape:
        _, _, channels = _split(options, inputs[0], count)
        ones = (1,) * count if options.get("keepdims") else ()
        return _joined(options, (), ones, channels)

    return rule


def resized(count: int, resize: Resize) -> Rule:
    """Return the rule of a layer that resizes each spatial dimension."""

    def rule(options: Mapping[str, Any], inputs: Sequence[Shape]) -> Shape:
        before, spatial, channels = _split(options, inputs[0], count)
        return _joined(options, before, tuple(resize(options, spatial)), channels)

    return rule


def _margins(option: Any, count: int) -> list[int]:
    if isinstance(option, int):
        return [2 * option] * count
    if count == 1:
        return [sum(option)]
    return [2 * m if isinstance(m, int) else sum(m) for m in option]


def padded(options: Mapping[str, Any], spatial: Shape) -> Sequence[int]:
    """Return spatial dimensions with zeros around them."""
    margins = _margins(options.get("padding", 1), len(spatial))
    return [n + m for n, m in zip(spatial, margins, strict=True)]


def cropped(options: Mapping[str, Any], spatial: Shape) -> Sequence[int]:
    """Return spatial dimensions without margins."""
    margins = _margins(options.get("cropping", 1), len(spatial))
    return [n - m for n, m in zip(spatial, margins, strict=True)]


def repeated(options: Mapping[str, Any], spatial: Shape) -> Sequence[int]:
    """Return spatial dimensions of repeated elements."""
    sizes = _every(options.get("size", 2), len(spatial))
    return [n * size for n, size in zip(spatial, sizes, strict=True)]
