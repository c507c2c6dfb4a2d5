"""Pooling: averages become part of kernels, and neurons compute maxima."""

from __future__ import annotations

from dataclasses import replace

from snnc.importer.draft import BROKEN, StatementDraft, Value, View
from snnc.importer.linear import (
    AxisWindow,
    LinearStep,
    Op,
    Shape,
    Term,
    Windows,
    per_channel,
    point,
)
from snnc.importer.model import KerasLayer
from snnc.importer.state import ConversionState
from snnc.importer.table.axes import Axes, axes_of, extended, slide
from snnc.importer.table.maxima import maximum, rectified
from snnc.importer.table.options import dims, tell_options
from snnc.text import tables


def read_average_pooling(layer: KerasLayer, state: ConversionState) -> Value:
    """Read an average over windows."""
    pooled = _windows(layer, state)
    if pooled is None:
        return BROKEN
    value, windows, axes = pooled
    if all(window.is_point for window in windows):
        state.keep(layer, "with windows of one value, its output equals its input")
        return replace(value, view=axes.view)
    is_padded = any(window.pads for window in windows)
    if is_padded and state.request.rewrite("avgpool") == "zeros":
        why = (
            "`avgpool=zeros`: windows at an edge also average the padded zeros; retrain"
        )
        state.rewrite(layer, why)
    elif is_padded:
        state.keep(
            layer,
            "part of its reader's matrix, with the number of averaged values "
            "per window",
        )
        return extended(value, _mean(layer, value, windows, True), axes.view)
    else:
        state.keep(layer, "`avgpool`, without neurons or cores")
    step = _mean(layer, value, windows)
    return extended(value, step, axes.view, value.is_positive)


def read_max_pooling(layer: KerasLayer, state: ConversionState) -> Value:
    """Read a maximum over windows, or the user's replacement."""
    by = state.request.rewrite("maxpool")
    rank = int(layer.kind[-2])
    size = dims(layer.options.get("pool_size", 2), rank)
    pooled = _windows(layer, state, is_replaced=by is not None)
    if pooled is None:
        return BROKEN
    value, windows, axes = pooled
    if set(size) == {1}:
        state.keep(
            layer, "with windows of one value, its reader skips the other values"
        )
        return extended(
            value, per_channel("window", layer.name, value.shape, windows), axes.view
        )
    if by is None:
        return maximum(layer, state, value, windows, axes.view)
    stride = dims(layer.options.get("strides") or size, rank)
    rewritten = f"{layer.kind} of {tables.dims(size)}, stride {tables.dims(stride)}"
    value = rectified(layer, state, value)
    is_tiled = all(window.taps == window.stride for window in windows)
    if by == "downsample" and value.spikes is not None and is_tiled:
        return _downsample(layer, state, value, windows, axes, rewritten)
    why = "`maxpool=avgpool`: its readers compute the mean; retrain"
    if by == "downsample":
        why = (
            "`maxpool=downsample` needs neurons before the pool and a stride equal to "
            "its window, so an `avgpool` replaces this pool; retrain"
        )
    state.rewrite(layer, why)
    state.stands[layer.name] = (rewritten,)
    return extended(value, _mean(layer, value, windows), axes.view, value.is_positive)


def read_global_average(layer: KerasLayer, state: ConversionState) -> Value:
    """Read the average over all pixels."""
    tell_options(layer, state)
    value = state.source(layer)
    if value.broken:
        return BROKEN
    averaged = _average_all(layer, value)
    state.keep(layer, "`avgpool { window all }`, without neurons or cores")
    return averaged


def read_global_max(layer: KerasLayer, state: ConversionState) -> Value:
    """Read the maximum over all pixels."""
    tell_options(layer, state)
    value = state.source(layer)
    if value.broken:
        return BROKEN
    if state.request.rewrite("globalmaxpool") is None:
        return maximum(layer, state, value, *_whole(layer, value))
    state.rewrite(layer, "`globalmaxpool=avgpool`: the mean; retrain")
    state.stands[layer.name] = (layer.kind,)
    return _average_all(layer, rectified(layer, state, value))


def _average_all(layer: KerasLayer, value: Value) -> Value:
    windows, view = _whole(layer, value)
    return extended(value, _mean(layer, value, windows), view, value.is_positive)


def _whole(layer: KerasLayer, value: Value) -> tuple[Windows, View]:
    """Return the windows over all pixels, and the view of their output."""
    axes = axes_of(layer, value, int(layer.kind[-2]))
    windows = list(map(point, value.shape[:-1]))
    for axis, size in zip(axes.of, axes.sizes, strict=True):
        if axis is not None:
            windows[axis] = _whole_axis(size)
    channels = len(value.shape) - 1
    view = axes.view if layer.options.get("keepdims") else ((channels,),)
    return tuple(windows), view


def _whole_axis(size: int) -> AxisWindow:
    return AxisWindow(size, size, size, 0, 1)


def _windows(
    layer: KerasLayer, state: ConversionState, is_replaced: bool = False
) -> tuple[Value, Windows, Axes] | None:
    """Return a pool's input and windows; None if its input is unknown."""
    tell_options(layer, state, "pool_size", "strides", "padding")
    value = state.source(layer)
    if value.broken:
        return None
    rank = int(layer.kind[-2])
    window = dims(layer.options.get("pool_size", 2), rank)
    stride = dims(layer.options.get("strides") or window, rank)
    padding = str(layer.options.get("padding") or "valid")
    axes = axes_of(layer, value, rank)
    windows, _ = slide(axes, value, window, stride, padding, (1,) * rank)
    windows = tuple(
        _whole_axis(w.size)
        if w.pads and w.places == 1 and min(w.before, w.overhang) >= 0
        else w
        for w in windows
    )
    if is_replaced:
        windows = tuple(map(_inside, windows))
    return value, windows, axes


def _inside(window: AxisWindow) -> AxisWindow:
    """Return a window for the mean that replaces a padded maximum.

    An average may not cross the edge, so its window has the size of the stride.
    """
    if not window.pads:
        return window
    if window.places * window.stride <= window.size:
        return AxisWindow(window.size, window.stride, window.stride, 0, window.places)
    return AxisWindow(window.size, 1, window.stride, 0, window.places)


def _mean(
    layer: KerasLayer, value: Value, windows: Windows, is_edged: bool = False
) -> LinearStep:
    op: Op = "edge mean" if is_edged else "mean"
    return per_channel(op, layer.name, value.shape, windows, is_uniform=not is_edged)


def _downsample(
    layer: KerasLayer,
    state: ConversionState,
    value: Value,
    windows: Windows,
    axes: Axes,
    rewritten: str,
) -> Value:
    state.rewrite(
        layer,
        "`maxpool=downsample`: a learned strided convolution, which initially "
        "computes the mean; retrain",
    )
    shape: Shape = (*(window.places for window in windows), value.shape[-1])
    (term,) = value.terms
    taps = tuple(window.taps for window in windows)
    state.add(
        StatementDraft(
            layer=layer.name,
            kind="downsample",
            sources=(term.source,),
            shape=shape,
            main=(replace(term, steps=(_mean(layer, value, windows),)),),
            reads=(term.source,),
            kernel=taps,
            stride=taps,
            before=(0,) * len(taps),
            rewritten=(rewritten,),
        )
    )
    return Value((Term(layer.name, shape),), shape, axes.view, is_positive=True)
