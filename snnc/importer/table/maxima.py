"""Maxima: neurons that compare the outputs of neurons or of kernels."""

from __future__ import annotations

from dataclasses import replace
from itertools import product, takewhile
from math import prod

from snnc.importer.decisions import RefusedLayerError
from snnc.importer.draft import INPUT, StatementDraft, Value, View
from snnc.importer.fitting import fit
from snnc.importer.linear import (
    AxisWindow,
    LinearStep,
    Term,
    Windows,
    joint,
    per_channel,
    points,
)
from snnc.importer.model import KerasLayer
from snnc.importer.neurons import BORDER, UnfitError, add_relu, identity_neurons
from snnc.importer.state import CurrentLayer
from snnc.importer.table.activations import NARROWER
from snnc.importer.table.axes import unpadded
from snnc.importer.table.convolutions import normed
from snnc.importer.table.joins import larger

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
"""The most neurons per value of a maximum that is not a `maxpool` statement."""


def maximum(
    layer: CurrentLayer,
    value: Value,
    windows: Windows,
    view: View,
) -> Value:
    """Return a maximum: a `maxpool` over neurons, or neurons that compare values."""
    if value.is_input and layer.state.seen[0] >= 0:
        value = replace(value, is_positive=True)
    value, windows = _padding(rectified(layer, value), windows)
    statement = _statement(layer, value, windows, view)
    if statement is not None:
        layer.keep("`maxpool`, with neurons that compare its inputs")
        return statement
    levels = prod(window.taps for window in windows) - 1
    is_padded = any(window.pads for window in windows)
    if levels > MOST_LEVELS or (is_padded and not value.is_positive):
        why, first = (ODD, SAME) if value.is_positive else (NEGATIVE, BEFORE)
        if is_padded and not value.is_positive:
            why, first = PADDED, f"use `padding='valid'`, {BEFORE}"
        mean = "add `--rewrite maxpool=avgpool` (its readers compute the mean)"
        remedy = f"{first}, or {mean}; both need retraining"
        raise RefusedLayerError(why, remedy, rule="maxpool")
    layer.rewrite("max(a, b) is b + relu(a - b): neurons for each of its values")
    try:
        return replace(_compared(layer, value, windows), view=view)
    except UnfitError as error:
        remedy = NARROWER if str(error) == BORDER else BEFORE
        raise RefusedLayerError(str(error), remedy, rule="maxpool") from error


def _padding(value: Value, windows: Windows) -> tuple[Value, Windows]:
    """Return a value before its padding, and windows that pad instead.

    If no value is below 0, padded zeros are never the only maximum.
    """
    before, pad = unpadded(value) if value.is_positive else (value, None)
    both = None if pad is None else joint(pad.windows, windows)
    return (value, windows) if both is None else (before, both)


def _statement(
    layer: CurrentLayer,
    value: Value,
    windows: Windows,
    view: View,
) -> Value | None:
    """Return a `maxpool` of one source, with norms moved after the pool."""
    if len(value.terms) != 1 or value.flat or value.terms[0].source == INPUT:
        return None
    (term,) = value.terms

    def commutes(step: LinearStep) -> bool:
        if step.op == "norm":
            return layer.state.is_rising(layer.state.layers[step.layer])
        return step.op == "scale" and min(step.factors) >= 0

    after = tuple(takewhile(commutes, reversed(term.steps)))[::-1]
    before = replace(term, steps=term.steps[: len(term.steps) - len(after)])
    if len(before.steps) == 1 and before.steps[0].is_pool:
        key = layer.state.pool(before.source, before.steps[0])
        before = Term(key, (*before.sizes(1), before.channels))
    fitted = fit(windows)
    taps = tuple(window.taps for window in windows)
    is_own = fitted is not None and fitted.kernel == taps
    if (
        before.steps
        or fitted is None
        or not is_own
        or layer.state.reads_input(before.source)
    ):
        return None
    shape = (*(window.places for window in windows), before.read[-1])
    key = layer.state.free(layer.name)
    layer.state.add(
        StatementDraft(
            layer=key,
            kind="maxpool",
            sources=(before.source,),
            shape=shape,
            kernel=taps,
            stride=fitted.stride,
            padding=fitted.padding,
            is_global=taps == before.read[:-1] and set(shape[:-1]) == {1},
        )
    )
    steps = tuple(replace(step, windows=points(shape)) for step in after)
    largest = Value((Term(key, shape, steps),), (*shape[:-1], value.shape[-1]), view)
    return replace(largest, is_positive=value.is_positive)


def _compared(layer: CurrentLayer, value: Value, windows: Windows) -> Value:
    """Return a maximum that is computed pairwise.

    Raises
    ------
    UnfitError
        If no kernel computes a difference.
    """
    rows = [
        _read_tap(layer, value, windows, taps)
        for taps in product(*(range(window.taps) for window in windows))
    ]
    while len(rows) > 1:
        pairs = [rows[i : i + 2] for i in range(0, len(rows), 2)]
        rows = [
            larger(layer, pair[0], pair[1]) if pair[1:] else pair[0] for pair in pairs
        ]
    return identity_neurons(layer.state, layer.name, rows[0])


def _read_tap(
    layer: KerasLayer, value: Value, windows: Windows, taps: tuple[int, ...]
) -> Value:
    """Return the values that one tap reads in all windows."""
    views = tuple(
        AxisWindow(window.size, 1, window.stride, window.before - tap, window.places)
        for window, tap in zip(windows, taps, strict=True)
    )
    step = per_channel("window", layer.name, value.shape, views)
    return value.then(step, is_positive=value.is_positive)


def rectified(layer: CurrentLayer, value: Value) -> Value:
    """Return a value after the next ReLU, which commutes with a maximum."""
    after = layer.state.rectified(layer)
    if after is None or value.is_positive:
        return value
    norms, relu = after
    own = value
    try:
        for norm in norms:
            own = normed(norm, own)
        fired = value if own.flat else add_relu(layer.state, relu.name, own)
    except RefusedLayerError:  # the layers report this error themselves
        return value
    if not own.flat:
        layer.state.done |= {norm.name for norm in norms}
    return fired
