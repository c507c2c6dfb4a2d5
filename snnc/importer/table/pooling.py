"""Pooling: averages become part of kernels, and neurons compute maxima."""

from __future__ import annotations

from dataclasses import replace

from snnc.importer.draft import StatementDraft, Value, View
from snnc.importer.linear import (
    AxisWindow,
    LinearStep,
    Op,
    Shape,
    Term,
    Windows,
    per_channel,
)
from snnc.importer.model import KerasLayer
from snnc.importer.state import CurrentLayer
from snnc.importer.table.axes import Axes, axes_of, slide
from snnc.importer.table.maxima import maximum, rectified
from snnc.importer.table.options import dims
from snnc.importer.table.readers import each_rank, reads
from snnc.text import tables

_WINDOW = ("pool_size", "strides", "padding")


@reads(*each_rank("AveragePooling"), keeps=_WINDOW)
def read_average_pooling(layer: CurrentLayer, value: Value) -> Value:
    """Read an average over windows."""
    windows, axes = _windows(layer, value)
    if all(window.is_point for window in windows):
        layer.keep("with windows of one value, its output equals its input")
        return replace(value, view=axes.view)
    if not any(window.pads for window in windows):
        layer.keep("`avgpool`, without neurons or cores")
    elif layer.state.request.rewrite("avgpool") == "zeros":
        why = (
            "`avgpool=zeros`: windows at an edge also average the padded zeros; retrain"
        )
        layer.rewrite(why)
    else:
        layer.keep(
            "part of its reader's matrix, with the number of averaged values "
            "per window",
        )
        return value.then(_mean(layer, value, windows, "edge mean"), axes.view)
    return value.then(_mean(layer, value, windows), axes.view, value.is_positive)


@reads(*each_rank("MaxPooling"), keeps=_WINDOW)
def read_max_pooling(layer: CurrentLayer, value: Value) -> Value:
    """Read a maximum over windows, or the user's replacement."""
    by = layer.state.request.rewrite("maxpool")
    windows, axes = _windows(layer, value)
    if by is not None:
        windows = tuple(map(_inside, windows))
    size, stride = _size_and_stride(layer)
    if set(size) == {1}:
        layer.keep("with windows of one value, its reader skips the other values")
        step = per_channel("window", layer.name, value.shape, windows)
        return value.then(step, axes.view)
    if by is None:
        return maximum(layer, value, windows, axes.view)
    rewritten = f"{layer.kind} of {tables.dims(size)}, stride {tables.dims(stride)}"
    value = rectified(layer, value)
    is_tiled = all(window.taps == window.stride for window in windows)
    if by == "downsample" and value.spikes is not None and is_tiled:
        return _downsample(layer, value, windows, axes, rewritten)
    why = "`maxpool=avgpool`: its readers compute the mean; retrain"
    if by == "downsample":
        why = (
            "`maxpool=downsample` needs neurons before the pool and a stride equal to "
            "its window, so an `avgpool` replaces this pool; retrain"
        )
    layer.rewrite(why)
    layer.state.stands[layer.name] = (rewritten,)
    return value.then(_mean(layer, value, windows), axes.view, value.is_positive)


@reads(*each_rank("GlobalAveragePooling"), keeps=())
def read_global_average(layer: CurrentLayer, value: Value) -> Value:
    """Read the average over all pixels."""
    averaged = _average_all(layer, value)
    layer.keep("`avgpool { window all }`, without neurons or cores")
    return averaged


@reads(*each_rank("GlobalMaxPooling"), keeps=())
def read_global_max(layer: CurrentLayer, value: Value) -> Value:
    """Read the maximum over all pixels."""
    if layer.state.request.rewrite("globalmaxpool") is None:
        return maximum(layer, value, *_whole(layer, value))
    layer.rewrite("`globalmaxpool=avgpool`: the mean; retrain")
    layer.state.stands[layer.name] = (layer.kind,)
    return _average_all(layer, rectified(layer, value))


def _average_all(layer: KerasLayer, value: Value) -> Value:
    windows, view = _whole(layer, value)
    return value.then(_mean(layer, value, windows), view, value.is_positive)


def _whole(layer: KerasLayer, value: Value) -> tuple[Windows, View]:
    """Return the windows over all pixels, and the view of their output."""
    axes = axes_of(layer, value)
    windows = axes.windows(value.shape, map(_whole_axis, axes.sizes))
    view = axes.view if layer.options.get("keepdims") else ((len(value.shape) - 1,),)
    return windows, view


def _whole_axis(size: int) -> AxisWindow:
    return AxisWindow(size, size, size, 0, 1)


def _size_and_stride(layer: KerasLayer) -> tuple[Shape, Shape]:
    is_given = layer.options.get("strides") is not None
    size = dims(layer, "pool_size", 2)
    return size, dims(layer, "strides") if is_given else size


def _windows(layer: KerasLayer, value: Value) -> tuple[Windows, Axes]:
    """Return a pool's windows, and the axes over which they slide."""
    axes = axes_of(layer, value)
    windows, _ = slide(layer, value, axes, *_size_and_stride(layer))
    windows = tuple(
        _whole_axis(w.size)
        if w.pads and w.places == 1 and min(w.before, w.overhang) >= 0
        else w
        for w in windows
    )
    return windows, axes


def _inside(window: AxisWindow) -> AxisWindow:
    """Return a window for the mean that replaces a padded maximum.

    An average may not cross the edge, so its window has the size of the stride.
    """
    if not window.pads:
        return window
    is_inside = window.places * window.stride <= window.size
    taps = window.stride if is_inside else 1
    return AxisWindow(window.size, taps, window.stride, 0, window.places)


def _mean(
    layer: KerasLayer, value: Value, windows: Windows, op: Op = "mean"
) -> LinearStep:
    is_uniform = op == "mean"
    return per_channel(op, layer.name, value.shape, windows, is_uniform=is_uniform)


def _downsample(
    layer: CurrentLayer,
    value: Value,
    windows: Windows,
    axes: Axes,
    rewritten: str,
) -> Value:
    layer.rewrite(
        "`maxpool=downsample`: a learned strided convolution, which initially "
        "computes the mean; retrain",
    )
    mean = value.then(_mean(layer, value, windows), axes.view, is_positive=True)
    (term,) = mean.terms
    taps = tuple(window.taps for window in windows)
    layer.state.add(
        StatementDraft(
            layer=layer.name,
            kind="downsample",
            sources=(term.source,),
            shape=mean.shape,
            main=(term,),
            reads=(term.source,),
            kernel=taps,
            stride=taps,
            before=(0,) * len(taps),
            rewritten=(rewritten,),
        )
    )
    return replace(mean, terms=(Term(layer.name, mean.shape),))
