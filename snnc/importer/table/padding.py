"""`ZeroPadding` and `Cropping`: windows of their own, which go into what reads them."""

from __future__ import annotations

from typing import Any

from snnc.importer.draft import Value
from snnc.importer.linear import Step, Window, point
from snnc.importer.model import Layer
from snnc.importer.table.axes import AxesError, axes_of, extended
from snnc.importer.walk import Walk


def read_zero_padding(layer: Layer, walk: Walk) -> Value:
    """Hand zeros on to what reads them."""
    return _shift(layer, walk, _pairs(layer.options.get("padding", 1), layer), 1)


def read_cropping(layer: Layer, walk: Walk) -> Value:
    """Leave out what is cut off: the kernel that reads it has zeros there."""
    return _shift(layer, walk, _pairs(layer.options.get("cropping", 1), layer), -1)


def _pairs(pads: Any, layer: Layer) -> list[tuple[int, int]]:
    rank = int(layer.kind[-2])
    if isinstance(pads, int):
        pads = [pads] * rank
    if rank == 1 and len(pads) == 2 and all(isinstance(pad, int) for pad in pads):
        pads = [pads]
    return [(p, p) if isinstance(p, int) else (p[0], p[1]) for p in pads]


def _shift(layer: Layer, walk: Walk, pairs: list[tuple[int, int]], sign: int) -> Value:
    value = walk.source(layer)
    if value.broken:
        return value
    try:
        axes = axes_of(layer, value, len(pairs))
    except AxesError as error:
        return walk.refuse(layer, str(error), "pad before `Permute` or `Reshape`")
    windows = list(map(point, value.shape[:-1]))
    for axis, size, (before, behind) in zip(axes.of, axes.sizes, pairs, strict=True):
        before, behind = sign * before, sign * behind
        if axis is None and (before or behind):
            return walk.refuse(layer, "it pads an axis of size 1", "leave it out")
        if axis is not None and size + before + behind < 1:
            return walk.refuse(layer, "it leaves nothing", "crop less")
        if axis is not None:
            windows[axis] = Window(size, 1, 1, before, size + before + behind)
    channels = value.shape[-1]
    step = Step(
        "window", layer.name, tuple(windows), channels, channels, groups=channels
    )
    walk.keep(layer, "its reader pads" if sign > 0 else "its reader skips what it cuts")
    return extended(value, step, axes.view, value.is_positive)
