"""Maxima: neurons that compare the outputs of neurons or of kernels."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from math import prod

from snnc.importer.draft import INPUT, StatementDraft, Value, View
from snnc.importer.fitting import fit
from snnc.importer.linear import (
    AxisWindow,
    LinearStep,
    Term,
    Windows,
    per_channel,
    points,
)
from snnc.importer.model import KerasLayer
from snnc.importer.neurons import BORDER, UnfitError, add_relu, identity_neurons
from snnc.importer.state import ConversionState
from snnc.importer.table.activations import NARROWER
from snnc.importer.table.axes import extended, unpadded
from snnc.importer.table.convolutions import normed
from snnc.importer.table.joins import summed

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
    layer: KerasLayer,
    state: ConversionState,
    value: Value,
    windows: Windows,
    view: View,
) -> Value:
    """Return a maximum: a `maxpool` over neurons, or neurons that compare values."""
    if value.is_input and state.seen[0] >= 0:
        value = replace(value, is_positive=True)
    value, windows = _padding(rectified(layer, state, value), windows)
    statement = _statement(layer, state, value, windows, view)
    if statement is not None:
        state.keep(layer, "`maxpool`, with neurons that compare its inputs")
        return statement
    levels = prod(window.taps for window in windows) - 1
    is_padded = any(window.pads for window in windows)
    if levels > MOST_LEVELS or (is_padded and not value.is_positive):
        why, first = (ODD, SAME) if value.is_positive else (NEGATIVE, BEFORE)
        if is_padded and not value.is_positive:
            why, first = PADDED, f"use `padding='valid'`, {BEFORE}"
        mean = "add `--rewrite maxpool=avgpool` (its readers compute the mean)"
        remedy = f"{first}, or {mean}; both need retraining"
        return state.refuse(layer, why, remedy, rule="maxpool")
    state.rewrite(layer, "max(a, b) is b + relu(a - b): neurons for each of its values")
    try:
        return replace(compared(layer, state, value, windows), view=view)
    except UnfitError as error:
        return state.refuse(
            layer,
            str(error),
            NARROWER if str(error) == BORDER else BEFORE,
            rule="maxpool",
        )


def _padding(value: Value, windows: Windows) -> tuple[Value, Windows]:
    """Return a value before its padding, and windows that pad instead.

    If no value is below 0, padded zeros are never the only maximum.
    """
    before, pad = unpadded(value) if value.is_positive else (value, None)
    if pad is None:
        return value, windows
    both = [a.then(b) for a, b in zip(pad.windows, windows, strict=True)]
    known = tuple(window for window in both if window is not None)
    return (before, known) if len(known) == len(both) else (value, windows)


def _statement(
    layer: KerasLayer,
    state: ConversionState,
    value: Value,
    windows: Windows,
    view: View,
) -> Value | None:
    """Return a `maxpool` of one source, with norms moved after the pool."""
    if len(value.terms) != 1 or value.flat or value.terms[0].source == INPUT:
        return None
    (term,) = value.terms
    norms = _trailing_norms(state, term)
    before = replace(term, steps=term.steps[: len(term.steps) - len(norms)])
    if len(before.steps) == 1 and before.steps[0].is_pool:
        key = state.pool(before.source, before.steps[0])
        before = Term(key, (*before.sizes(1), before.channels))
    fitted = fit(windows)
    taps = tuple(window.taps for window in windows)
    is_own = fitted is not None and fitted.kernel == taps
    if before.steps or fitted is None or not is_own or state.reads_input(before.source):
        return None
    shape = (*(window.places for window in windows), before.read[-1])
    key = state.free(layer.name)
    sizes = before.read[:-1]
    state.add(
        StatementDraft(
            layer=key,
            kind="maxpool",
            sources=(before.source,),
            shape=shape,
            kernel=taps,
            stride=fitted.stride,
            padding=fitted.padding,
            is_global=taps == sizes and set(shape[:-1]) == {1},
        )
    )
    steps = tuple(replace(step, windows=points(shape)) for step in norms)
    compared = Value((Term(key, shape, steps),), (*shape[:-1], value.shape[-1]), view)
    return replace(compared, is_positive=value.is_positive)


def _trailing_norms(state: ConversionState, term: Term) -> tuple[LinearStep, ...]:
    """Return those last steps of a value with which a maximum commutes."""
    count = 0
    for step in reversed(term.steps):
        is_norm = step.op == "norm" and state.is_rising(state.layers[step.layer])
        is_scale = step.op == "scale" and min(step.factors) >= 0
        if not (is_norm or is_scale):
            break
        count += 1
    return term.steps[len(term.steps) - count :] if count else ()


def compared(
    layer: KerasLayer, state: ConversionState, value: Value, windows: Windows
) -> Value:
    """Return a maximum that is computed pairwise, as b + relu(a - b).

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
        rows = [_larger(layer, state, pair) for pair in pairs]
    return identity_neurons(state, layer.name, rows[0])


def _read_tap(
    layer: KerasLayer, value: Value, windows: Windows, taps: tuple[int, ...]
) -> Value:
    """Return the values that one tap reads in all windows."""
    views = tuple(
        AxisWindow(window.size, 1, window.stride, window.before - tap, window.places)
        for window, tap in zip(windows, taps, strict=True)
    )
    step = per_channel("window", layer.name, value.shape, views)
    return extended(value, step, value.view, value.is_positive)


def _larger(layer: KerasLayer, state: ConversionState, pair: list[Value]) -> Value:
    if len(pair) == 1:
        return pair[0]
    first, second = pair
    above = add_relu(
        state, layer.name, summed([first, second], [1.0, -1.0], layer.name)
    )
    sum_of_both = summed([second, above], [1.0, 1.0], layer.name)
    return replace(sum_of_both, is_positive=first.is_positive and second.is_positive)


def rectified(layer: KerasLayer, state: ConversionState, value: Value) -> Value:
    """Return a value after the next ReLU, which commutes with a maximum."""
    after = state.rectified(layer)
    if after is None or value.is_positive:
        return value
    norms, relu = after
    own = value
    for norm in norms:
        own = normed(norm, state, own)
    if own.broken or own.flat:
        return value
    try:
        fired = add_relu(state, relu.name, own)
    except UnfitError:  # the ReLU reports this error itself
        return value
    state.done |= {norm.name for norm in norms}
    return fired
