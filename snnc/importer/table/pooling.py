"""Pooling: averages become part of kernels, and neurons compute maxima.

A maximum compares the outputs of neurons or of kernels.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from math import prod

from snnc.importer.builder import CurrentLayer
from snnc.importer.decisions import AppliedRewrite, RefusedLayerError
from snnc.importer.linear import (
    AxisWindow,
    Fitted,
    LinearStep,
    Shape,
    Term,
    Windows,
    fit,
    joint,
    per_channel,
    points,
)
from snnc.importer.model import KerasLayer
from snnc.importer.neurons import BORDER, UnfitError, add_relu, identity_neurons, pooled
from snnc.importer.table import dims, each_rank, reads
from snnc.importer.table.activations import NARROWER, refuse_unfit, unpadded
from snnc.importer.table.arithmetic import larger
from snnc.importer.table.convolutions import Axes, axes_of, normed, slide
from snnc.importer.values import INPUT, StatementDraft, Value, View
from snnc.rules.imports import MaxPoolRefused
from snnc.text import tables

NEGATIVE = "its input may be below 0, but rates can't be negative"
PADDED = (
    "its `padding` ignores positions beyond the edges, where neurons would compare "
    "with 0, but its input may be below 0"
)
BEFORE = "put a `ReLU` before the pool"
ODD = (
    "`maxpool` does not support its windows, which are too large to compare value by "
    "value"
)
SAME = "put neurons before the pool, and use `padding='same'`"
MOST_LEVELS = 16
"""The most neurons per value of a maximum that is not a `maxpool` statement: windows
of up to 4x4 values."""


def maximum(layer: CurrentLayer, value: Value, windows: Windows, view: View) -> Value:
    """Return a maximum: a `maxpool` over neurons, or neurons that compare values."""
    if value.is_input and layer.spec.input.seen[0] >= 0:
        value = replace(value, is_positive=True)
    # A ReLU after the pool commutes with it, and gives it neurons to compare.
    value = rectified(layer, value)
    value, windows = _join_padding(value, windows)
    statement = _statement(layer, value, windows, view)
    if statement is not None:
        layer.keep("`maxpool`, with neurons that compare its inputs")
        return statement
    if value.is_positive and not value.is_input:
        statement = _statement(layer, _kept(layer, value), windows, view)
        if statement is not None:
            layer.rewrite("`maxpool`, with a neuron for each value that it reads")
            return statement
    _check_comparisons(layer, value, windows)
    layer.rewrite("max(a, b) is b + relu(a - b): neurons for each of its values")
    try:
        return replace(_compared(layer, value, windows), view=view)
    except UnfitError as error:
        if error.layer:
            return refuse_unfit(layer, value, error)
        remedy = NARROWER if str(error) == BORDER else BEFORE
        raise RefusedLayerError(str(error), remedy, rule=MaxPoolRefused) from error


def _kept(layer: CurrentLayer, value: Value) -> Value:
    """Return neurons that keep a value, or the same value if no kernel computes it."""
    if value.parts or value.flat_norms:
        return value
    try:
        return identity_neurons(layer.spec, layer.name, value)
    except UnfitError:
        return value


def _join_padding(value: Value, windows: Windows) -> tuple[Value, Windows]:
    """Move the padding before a pool into its windows, if the result is the same.

    If no value is below 0, padded zeros are never the only maximum.
    """
    if not value.is_positive:
        return value, windows
    before, pad = unpadded(value)
    padded = None if pad is None else joint(pad.windows, windows)
    return (value, windows) if padded is None else (before, padded)


def _check_comparisons(layer: CurrentLayer, value: Value, windows: Windows) -> None:
    """Refuse a maximum that neurons can't compute by comparing its values."""
    levels = prod(window.taps for window in windows) - 1
    is_padded = any(window.pads for window in windows)
    if value.is_positive:
        why = ODD
        first = SAME
    elif is_padded:
        why = PADDED
        first = f"use `padding='valid'`, {BEFORE}"
    else:
        why = NEGATIVE
        first = BEFORE
    if levels <= MOST_LEVELS and why != PADDED:
        return
    pool = "globalmaxpool" if layer.kind.startswith("Global") else "maxpool"
    mean = f"add `--rewrite {pool}=avgpool` (its readers compute the mean)"
    remedy = f"{first}, or {mean}, and retrain"
    raise RefusedLayerError(why, remedy, rule=MaxPoolRefused)


def _statement(
    layer: CurrentLayer, value: Value, windows: Windows, view: View
) -> Value | None:
    """Return a `maxpool` of one source, with norms moved after the pool."""
    if not _has_one_source(value):
        return None
    (term,) = value.terms
    first = _first_commuting(layer, term)
    after = term.steps[first:]
    before = replace(term, steps=term.steps[:first])
    if len(before.steps) == 1:
        before = pooled(layer.spec, before)
    window = _exact_window(windows)
    # A max pool compares spikes, and the input has none.
    if window is None or before.steps or layer.spec.reads_input(before.source):
        return None
    shape = (*(window.places for window in windows), before.read[-1])
    key = layer.spec.free(layer.name)
    layer.spec.add(
        StatementDraft(
            layer=key,
            kind="maxpool",
            sources=(before.source,),
            shape=shape,
            window=window,
            is_global=window.kernel == before.read[:-1] and set(shape[:-1]) == {1},
        )
    )
    steps = tuple(replace(step, windows=points(shape)) for step in after)
    largest = Value((Term(key, shape, steps),), (*shape[:-1], value.shape[-1]), view)
    return replace(largest, is_positive=value.is_positive)


def _has_one_source(value: Value) -> bool:
    """Whether a value is computed from the output of one statement."""
    sources = [term.source for term in value.terms]
    return len(sources) == 1 and sources != [INPUT] and not value.flat_norms


def _exact_window(windows: Windows) -> Fitted | None:
    """Return a statement's window that reads exactly these windows, or None."""
    fitted = fit(windows)
    taps = tuple(window.taps for window in windows)
    return fitted if fitted is not None and fitted.kernel == taps else None


def _first_commuting(layer: CurrentLayer, term: Term) -> int:
    """Return the index of the step from which on all steps commute with a maximum."""
    first = len(term.steps)
    while first and _commutes(layer, term.steps[first - 1]):
        first -= 1
    return first


def _commutes(layer: CurrentLayer, step: LinearStep) -> bool:
    """Whether a step commutes with a maximum: its factors are at least 0."""
    if step.op == "norm":
        return layer.context.is_rising(layer.context.layers[step.layer])
    return step.op == "scale" and min(step.factors) >= 0


def _compared(layer: CurrentLayer, value: Value, windows: Windows) -> Value:
    """Return a maximum that is computed pairwise.

    Raise UnfitError if no kernel computes a difference.
    """
    at_taps: list[Value] = []
    for taps in product(*(range(window.taps) for window in windows)):
        views = tuple(
            replace(window, taps=1, before=window.before - tap, dilation=1)
            for window, tap in zip(windows, taps, strict=True)
        )
        step = per_channel("window", layer.name, value.shape, views)
        at_taps.append(value.then(step, is_positive=value.is_positive))
    # In pairs, so that the number of levels grows with the logarithm.
    while len(at_taps) > 1:
        pairs = zip(at_taps[::2], at_taps[1::2], strict=False)
        alone = at_taps[len(at_taps) // 2 * 2 :]
        at_taps = [*(larger(layer, a, b) for a, b in pairs), *alone]
    return identity_neurons(layer.spec, layer.name, at_taps[0])


def rectified(layer: CurrentLayer, value: Value) -> Value:
    """Return a value after the next ReLU, which commutes with a maximum."""
    after = layer.context.rectified(layer)
    if after is None or value.is_positive:
        return value
    norms, relu = after
    normalized = value
    try:
        for norm in norms:
            normalized = normed(layer.spec.layer(norm.name), normalized)
        if normalized.flat_norms:
            return value
        fired = add_relu(layer.spec, relu.name, normalized)
    except RefusedLayerError:  # the layers report this error themselves
        return value
    # When the norms are read, they must not apply again.
    layer.spec.absorbed |= {norm.name for norm in norms}
    return fired


_WINDOW = ("pool_size", "strides", "padding")


@reads(each_rank("AveragePooling"), keeps=_WINDOW)
def read_average_pooling(layer: CurrentLayer, value: Value) -> Value:
    """Read an average over windows."""
    windows, axes = _windows(layer, value)
    if all(window.is_point for window in windows):
        layer.keep("with windows of one value, its output equals its input")
        return replace(value, view=axes.view)
    is_padded = any(window.pads for window in windows)
    if is_padded and layer.context.request.rewrite("avgpool") is None:
        layer.keep(
            "part of its reader's matrix, with the number of averaged values per window"
        )
        step = per_channel("edge mean", layer.name, value.shape, windows)
        return value.then(replace(step, is_uniform=False), axes.view)
    if is_padded:
        layer.rewrite(
            "`avgpool=zeros`: windows at an edge also average the padded zeros; "
            "retrain",
            topic=AppliedRewrite("avgpool=zeros"),
        )
    else:
        layer.keep("`avgpool`, without neurons or cores")
    return _averaged(layer, value, windows, axes.view)


@reads(each_rank("MaxPooling"), keeps=_WINDOW)
def read_max_pooling(layer: CurrentLayer, value: Value) -> Value:
    """Read a maximum over windows, or the user's replacement."""
    by = layer.context.request.rewrite("maxpool")
    windows, axes = _windows(layer, value)
    # Padded zeros would lower an average, while a maximum ignores them.
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
        return _downsample(layer, value, windows, axes.view, rewritten)
    why = "`maxpool=avgpool`: its readers compute the mean; retrain"
    if by == "downsample":
        why = (
            "`maxpool=downsample` needs neurons before the pool and a stride equal to "
            "its window, so an `avgpool` replaces this pool; retrain"
        )
    layer.rewrite(why, topic=AppliedRewrite(f"maxpool={by}"))
    return _averaged(layer, value, windows, axes.view, replaces=(rewritten,))


@reads(each_rank("GlobalAveragePooling"), keeps=())
def read_global_average(layer: CurrentLayer, value: Value) -> Value:
    """Read the average over all pixels."""
    averaged = _averaged(layer, value, *_whole(layer, value))
    layer.keep("`avgpool { window all }`, without neurons or cores")
    return averaged


@reads(each_rank("GlobalMaxPooling"), keeps=())
def read_global_max(layer: CurrentLayer, value: Value) -> Value:
    """Read the maximum over all pixels; their mean with ``globalmaxpool=avgpool``."""
    if layer.context.request.rewrite("globalmaxpool") is None:
        return maximum(layer, value, *_whole(layer, value))
    layer.rewrite(
        "`globalmaxpool=avgpool`: the mean; retrain",
        topic=AppliedRewrite("globalmaxpool=avgpool"),
    )
    # A ReLU that follows commutes with the maximum, but not with the mean.
    value = rectified(layer, value)
    return _averaged(layer, value, *_whole(layer, value), replaces=(layer.kind,))


def _whole(layer: KerasLayer, value: Value) -> tuple[Windows, View]:
    """Return the windows over all pixels, and the view of their output."""
    axes = axes_of(layer, value)
    windows = axes.windows(value.shape, map(_whole_axis, axes.sizes))
    view = axes.view if layer.options.get("keepdims") else ((len(value.shape) - 1,),)
    return windows, view


def _whole_axis(size: int) -> AxisWindow:
    # A stride equal to the window makes it an even average (`SpecBuilder.is_even`).
    return AxisWindow(size, size, size, 0, 1)


def _size_and_stride(layer: KerasLayer) -> tuple[Shape, Shape]:
    size = dims(layer, "pool_size", 2)
    if layer.options.get("strides") is None:
        return size, size
    return size, dims(layer, "strides")


def _windows(layer: KerasLayer, value: Value) -> tuple[Windows, Axes]:
    """Return a pool's windows, and the axes over which they slide."""
    axes = axes_of(layer, value)
    windows, _ = slide(layer, value, axes, *_size_and_stride(layer))
    # A single window that covers the whole axis doesn't need its padding.
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
    return replace(window, taps=window.stride if is_inside else 1, before=0)


def _averaged(
    layer: KerasLayer,
    value: Value,
    windows: Windows,
    view: View,
    replaces: tuple[str, ...] = (),
) -> Value:
    """Return the mean over windows of the spatial axes."""
    step = per_channel("mean", layer.name, value.shape, windows, replaces=replaces)
    return value.then(step, view, is_positive=value.is_positive)


def _downsample(
    layer: CurrentLayer, value: Value, windows: Windows, view: View, rewritten: str
) -> Value:
    """Replace a maximum by a `downsample`, whose kernel starts as the mean."""
    layer.rewrite(
        "`maxpool=downsample`: a learned strided convolution, which initially "
        "computes the mean; retrain",
        topic=AppliedRewrite("maxpool=downsample"),
    )
    mean = _averaged(layer, value, windows, view)
    (term,) = mean.terms
    taps = tuple(window.taps for window in windows)
    draft = StatementDraft(
        layer=layer.name,
        kind="downsample",
        sources=(term.source,),
        shape=mean.shape,
        main=(term,),
        window=Fitted(kernel=taps, stride=taps, before=(0,) * len(taps)),
        rewritten=(rewritten,),
    )
    return layer.spec.add(draft, view)
