"""`ZeroPadding` and `Cropping`: windows of their own, which go into what reads them.

Neurons that have no kernel where zeros were padded before them come first: what they
make of zeros is padded behind them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from snnc.importer.draft import Unit, Value
from snnc.importer.linear import AxisWindow, LinearStep, Windows, point
from snnc.importer.model import KerasLayer
from snnc.importer.table.axes import AxesError, axes_of, extended
from snnc.importer.walk import Walk


def read_zero_padding(layer: KerasLayer, walk: Walk) -> Value:
    """Hand zeros on to what reads them."""
    return _shift(layer, walk, _pairs(layer.options.get("padding", 1), layer), 1)


def read_cropping(layer: KerasLayer, walk: Walk) -> Value:
    """Leave out what is cut off: the kernel that reads it has zeros there."""
    return _shift(layer, walk, _pairs(layer.options.get("cropping", 1), layer), -1)


def _pairs(pads: Any, layer: KerasLayer) -> list[tuple[int, int]]:
    rank = int(layer.kind[-2])
    if isinstance(pads, int):
        pads = [pads] * rank
    if rank == 1 and len(pads) == 2 and all(isinstance(pad, int) for pad in pads):
        pads = [pads]
    return [(p, p) if isinstance(p, int) else (p[0], p[1]) for p in pads]


def _shift(
    layer: KerasLayer, walk: Walk, pairs: list[tuple[int, int]], sign: int
) -> Value:
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
            windows[axis] = AxisWindow(size, 1, 1, before, size + before + behind)
    channels = value.shape[-1]
    step = LinearStep(
        "window", layer.name, tuple(windows), channels, channels, groups=channels
    )
    walk.keep(layer, "its reader pads" if sign > 0 else "its reader skips what it cuts")
    return extended(value, step, axes.view, value.is_positive)


def unpadded(value: Value) -> tuple[Value, LinearStep | None]:
    """Return a value before zeros were padded last, and the step that pads them.

    The step is None, and the value the same, where that was not last, or cuts besides.
    """
    ends = [term.steps[-1] if term.steps else None for term in value.terms]
    last = ends[0] if ends else None
    if last is None or last.op != "window" or _cuts(last.windows):
        return value, None
    if any(end is None or end.layer != last.layer for end in ends):
        return value, None
    terms = tuple(replace(term, steps=term.steps[:-1]) for term in value.terms)
    sizes = tuple(window.size for window in last.windows)
    return replace(value, terms=terms, shape=(*sizes, value.shape[-1])), last


def padded_under_norm(value: Value) -> tuple[Value, LinearStep, LinearStep] | None:
    """Return a value behind a norm as it is without the zeros padded before that.

    With it come the norm and the step that pads; None if there are none.
    """
    if any(len(t.steps) < 2 or t.steps[-1].op != "norm" for t in value.terms):
        return None
    before = replace(
        value, terms=tuple(replace(t, steps=t.steps[:-1]) for t in value.terms)
    )
    inside, pad = unpadded(before)
    if pad is None or not value.terms:
        return None
    norm = value.terms[0].steps[-1]
    own = replace(norm, windows=tuple(map(point, inside.shape[:-1])))
    return extended(inside, own, value.view), own, pad


def _cuts(windows: Windows) -> bool:
    """Whether windows do more than to pad."""
    return any(
        (w.taps, w.stride) != (1, 1) or w.before < 0 or w.behind < 0 for w in windows
    )


def filled(
    fired: Value,
    norm: LinearStep,
    pad: LinearStep,
    units: Sequence[Unit],
    gains: Sequence[float],
) -> Value:
    """Return what neurons fire, and around it what they would fire of padded zeros.

    Of a norm's zeros that is a number for each channel, c: to pad x with c is to pad
    x - c with zeros, and to add c to all of it.
    """
    inner = _added(fired, norm, units, [-gain for gain in gains])
    return replace(
        _added(extended(inner, pad, inner.view), norm, units, gains),
        is_positive=fired.is_positive,
    )


def _added(
    value: Value, norm: LinearStep, units: Sequence[Unit], gains: Sequence[float]
) -> Value:
    channels = value.shape[-1]
    pairs = zip(gains, units, strict=True)
    triples = [(gain, unit.factor, unit.shift) for gain, unit in pairs]
    fill = LinearStep(
        "fill",
        norm.layer,
        tuple(map(point, value.shape[:-1])),
        channels,
        channels,
        groups=channels,
        bias=True,
        factors=tuple(number for triple in triples for number in triple),
    )
    return extended(value, fill, value.view)
