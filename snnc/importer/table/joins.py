"""Sums, concatenations and similar layers; dropout and noise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import prod

from snnc.importer.draft import BROKEN, INPUT, StatementDraft, Value, order, plain
from snnc.importer.linear import LinearStep, Term, per_channel, points
from snnc.importer.model import KerasLayer
from snnc.importer.neurons import UnfitError, add_relu, identity_neurons
from snnc.importer.state import ConversionState
from snnc.importer.table.options import tell_options

MOST_SOURCES = 64
"""The most sources of a sum for readers; for more sources, neurons keep the sum."""


def read_add(layer: KerasLayer, state: ConversionState) -> Value:
    """Read a sum: an `add` if the inputs are spikes, otherwise part of kernels."""
    values = _equal_values(layer, state)
    if not values:
        return BROKEN
    keys = [value.spikes for value in values]
    sources = tuple(key for key in keys if key is not None)
    if len(sources) == len(set(sources)) == len(values):
        state.keep(layer, "`add`: its readers read all inputs with one kernel")
        return _join_layer(layer, state, values[0], sources, "add", values[0].shape)
    total = summed(values, [1.0] * len(values), layer.name)
    if len({term.source for term in total.terms}) <= MOST_SOURCES:
        state.keep(layer, "its readers compute the sum")
        return total
    state.rewrite(layer, "neurons hold the sum, because it has so many sources")
    try:
        return identity_neurons(state, layer.name, total)
    except UnfitError as error:
        return state.refuse(
            layer, str(error), "put `Activation('relu')` after this layer"
        )


def read_subtract(layer: KerasLayer, state: ConversionState) -> Value:
    """Read a difference, which its readers' kernels compute."""
    values = _equal_values(layer, state)
    if not values:
        return BROKEN
    state.keep(layer, "its readers compute the difference")
    return summed(values, [1.0, -1.0], layer.name)


def read_average(layer: KerasLayer, state: ConversionState) -> Value:
    """Read a mean of values, which its readers' kernels compute."""
    values = _equal_values(layer, state)
    if not values:
        return BROKEN
    state.keep(layer, "its readers compute the mean")
    return summed(values, [1.0 / len(values)] * len(values), layer.name)


def read_maximum(layer: KerasLayer, state: ConversionState) -> Value:
    """Read a maximum or minimum of values: max(a, b) is b + relu(a - b)."""
    values = _equal_values(layer, state)
    if not values:
        return BROKEN
    sign = 1.0 if layer.kind == "Maximum" else -1.0
    largest, *others = values
    state.rewrite(layer, "max(a, b) is b + relu(a - b): one neuron per value")
    try:
        for other in others:
            apart = summed([largest, other], [sign, -sign], layer.name)
            above = add_relu(state, layer.name, apart)
            larger = summed([other, above], [1.0, sign], layer.name)
            positive = largest.is_positive and other.is_positive
            largest = replace(larger, is_positive=positive)
    except UnfitError as error:
        return state.refuse(layer, str(error), "use `Concatenate` and a convolution")
    return largest


def summed(values: Sequence[Value], gains: Sequence[float], layer: str) -> Value:
    """Return the sum of values of one shape, multiplied by their gains."""
    terms: list[Term] = []
    for value, gain in zip(values, gains, strict=True):
        step = per_channel("scale", layer, value.shape, factors=(gain,), shifts=(0.0,))
        for term in value.terms:
            times = term if gain == 1.0 else replace(term, steps=(*term.steps, step))
            terms.append(times)
    positive = all(v.is_positive for v in values) and min(gains) >= 0
    first = values[0]
    return Value(tuple(terms), first.shape, first.view, is_positive=positive)


def read_concatenate(layer: KerasLayer, state: ConversionState) -> Value:
    """Read a concatenation of channels, or of values that are then flat."""
    values = [state.values[name] for name in layer.reads]
    if any(value.broken for value in values):
        return BROKEN
    axis, rank = layer.options.get("axis", -1), len(values[0].view)
    axis = axis if axis < 0 else axis - 1 - rank
    if axis == -1 and all(len(v.view) == 1 for v in values):
        return _concatenated_vectors(layer, state, values)
    if axis == -rank and _is_flattened(layer, state):
        flat = [replace(value, view=(order(value.view),)) for value in values]
        return _concatenated_vectors(layer, state, flat)
    is_same = len({(v.shape[:-1], v.view) for v in values}) == 1
    channels = len(values[0].shape) - 1
    if not is_same or not -rank <= axis < 0 or values[0].view[axis] != (channels,):
        return state.refuse(
            layer,
            "`concat` joins channels of equal pixels",
            "concatenate along the last axis, or put `Flatten` directly after this "
            "layer",
            f"axis {layer.options.get('axis', -1)}",
        )
    return _concatenate(layer, state, values)


def _is_flattened(layer: KerasLayer, state: ConversionState) -> bool:
    """Whether only a `Flatten` reads a layer, perhaps after dropout."""
    while state.is_read_once(layer.name):
        layer = state.layers[state.readers[layer.name][0]]
        if layer.kind != "Dropout":
            break
    return layer.kind == "Flatten" and layer.options.get("data_format") in (
        None, "channels_last",
    )  # fmt: skip


def _concatenated_vectors(
    layer: KerasLayer, state: ConversionState, values: list[Value]
) -> Value:
    if any(v.parts or v.flat or len(v.shape) > 1 for v in values):
        parts = tuple(p for v in values for p in _parts(v))
        state.keep(layer, "its reader has a matrix for each input")
        positive = all(value.is_positive for value in values)
        size = sum(prod(part.shape) for part in parts)
        return Value((), (size,), plain(1), positive, parts)
    return _concatenate(layer, state, values)


def _parts(value: Value) -> tuple[Value, ...]:
    if value.parts and not value.flat:
        return value.parts
    return (value,)


def _concatenate(
    layer: KerasLayer, state: ConversionState, values: list[Value]
) -> Value:
    first = values[0]
    shape = (*first.shape[:-1], sum(value.shape[-1] for value in values))
    sources = tuple(v.spikes for v in values if v.spikes is not None)
    if len(sources) == len(set(sources)) == len(values):
        state.keep(layer, "`concat`: its readers' kernels are sliced")
        return _join_layer(layer, state, first, sources, "concat", shape)
    state.keep(layer, "its readers' kernels are sliced")
    terms: list[Term] = []
    start = 0
    for value in values:
        step = LinearStep(
            "embed", layer.name, points(value.shape), value.shape[-1], shape[-1],
            start=start,
        )  # fmt: skip
        terms += (replace(term, steps=(*term.steps, step)) for term in value.terms)
        start += value.shape[-1]
    positive = all(value.is_positive for value in values)
    return Value(tuple(terms), shape, first.view, positive)


def _join_layer(
    layer: KerasLayer,
    state: ConversionState,
    first: Value,
    sources: tuple[str, ...],
    kind: str,
    shape: tuple[int, ...],
) -> Value:
    state.add(
        StatementDraft(
            layer=layer.name,
            kind="add" if kind == "add" else "concat",
            sources=sources,
            shape=shape,
        )
    )
    return Value((Term(layer.name, shape),), shape, first.view, is_positive=True)


def _equal_values(layer: KerasLayer, state: ConversionState) -> list[Value]:
    """Return the values that a layer adds; empty if their shapes differ."""
    values = [state.values[name] for name in layer.reads]
    first = values[0]
    if any(value.broken for value in values):
        return []
    if any(v.parts or v.flat for v in values) and len(values) > 1:
        state.refuse(layer, "it adds flat images", "add the images before `Flatten`")
        return []
    if all(v.shape == first.shape and _order(v) == _order(first) for v in values):
        return values
    remedy = "make the shapes equal; a convolution of kernel 1 changes the channels"
    state.refuse(layer, "it adds unequal shapes", remedy)
    return []


def _order(value: Value) -> tuple[tuple[int, ...], ...]:
    """Return the order of axes longer than 1 in Keras."""
    return tuple(
        tuple(axis for axis in group if value.shape[axis] > 1)
        for group in value.view
        if any(value.shape[axis] > 1 for axis in group)
    )


def read_dropout(layer: KerasLayer, state: ConversionState) -> Value:
    """Turn a `Dropout` into a property of the layer before it."""
    tell_options(layer, state)
    value = state.source(layer)
    rate = float(layer.options.get("rate") or 0.0)
    if value.broken or rate == 0:
        state.keep(layer, "it drops nothing" if rate == 0 else "training only")
        return value
    draft = state.drafts.get(value.spikes or INPUT)
    fits = (
        draft is not None
        and state.is_read_once(layer.reads[0])
        and draft.kind in ("conv", "downsample", "dense")
        and not draft.dropout
        and rate < 1
    )
    if draft is None or not fits:
        state.train(layer, "not kept, because there is no single layer before it")
        return value
    state.change(draft.layer, dropout=rate)
    how = "" if layer.kind == "Dropout" else ", which drops single neurons"
    state.train(layer, f"as `dropout {rate:.6g}` of `{draft.layer}`{how}")
    return value


def read_noise(layer: KerasLayer, state: ConversionState) -> Value:
    """Omit noise, image augmentation and penalties, which only training uses."""
    state.train(
        layer,
        "not kept: specs have no such layer, so change the data of `train.py` instead",
    )
    return state.source(layer)
