"""Sums, concatenations and similar layers; dropout and noise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import prod

from snnc.importer.draft import (
    INPUT,
    Kind,
    RefusedLayerError,
    StatementDraft,
    Value,
    View,
    order,
    plain,
)
from snnc.importer.linear import LinearStep, Shape, Term, per_channel, points
from snnc.importer.neurons import add_relu, advising, identity_neurons
from snnc.importer.state import CurrentLayer
from snnc.importer.table.readers import (
    READERS,
    LayerReader,
    each_rank,
    reads_all,
    tell_options,
)

MOST_SOURCES = 64
"""The most sources of a sum for readers; for more sources, neurons keep the sum."""
DROPOUTS = ("Dropout", *each_rank("SpatialDropout"), "GaussianDropout")
NOISE = (
    "AlphaDropout", "ActivityRegularization", "RandomFlip", "RandomRotation",
    "RandomZoom", "RandomTranslation", "RandomContrast", "RandomBrightness",
)  # fmt: skip


@reads_all("Add")
def read_add(layer: CurrentLayer, values: list[Value]) -> Value:
    """Read a sum: an `add` if the inputs are spikes, otherwise part of kernels."""
    _check_equal(values)
    joined = _join_spikes(layer, values, "add", values[0].shape)
    if joined is not None:
        layer.keep("`add`: its readers read all inputs with one kernel")
        return joined
    total = summed(values, [1.0] * len(values), layer.name)
    if len({term.source for term in total.terms}) <= MOST_SOURCES:
        layer.keep("its readers compute the sum")
        return total
    layer.rewrite("neurons hold the sum, because it has so many sources")
    with advising("put `Activation('relu')` after this layer"):
        return identity_neurons(layer.state, layer.name, total)


@reads_all("Average")
@reads_all("Subtract")
def read_difference_or_mean(layer: CurrentLayer, values: list[Value]) -> Value:
    """Read a difference or a mean, which the readers' kernels compute."""
    _check_equal(values)
    name, gains = "difference", [1.0, -1.0]
    if layer.kind == "Average":
        name, gains = "mean", [1.0 / len(values)] * len(values)
    layer.keep(f"its readers compute the {name}")
    return summed(values, gains, layer.name)


@reads_all("Minimum")
@reads_all("Maximum")
def read_maximum(layer: CurrentLayer, values: list[Value]) -> Value:
    """Read a maximum or minimum of values: max(a, b) is b + relu(a - b)."""
    _check_equal(values)
    sign = 1.0 if layer.kind == "Maximum" else -1.0
    largest, *others = values
    layer.rewrite("max(a, b) is b + relu(a - b): one neuron per value")
    with advising("use `Concatenate` and a convolution"):
        for other in others:
            largest = larger(layer, largest, other, sign)
    return largest


def larger(
    layer: CurrentLayer, first: Value, second: Value, sign: float = 1.0
) -> Value:
    """Return the maximum of two values or, if ``sign`` is -1, their minimum."""
    apart = summed([first, second], [sign, -sign], layer.name)
    above = add_relu(layer.state, layer.name, apart)
    total = summed([second, above], [1.0, sign], layer.name)
    return replace(total, is_positive=first.is_positive and second.is_positive)


def summed(values: Sequence[Value], gains: Sequence[float], layer: str) -> Value:
    """Return the sum of values of one shape, multiplied by their gains."""
    terms: list[Term] = []
    for value, gain in zip(values, gains, strict=True):
        step = per_channel("scale", layer, value.shape, factors=(gain,), shifts=(0.0,))
        terms += (term if gain == 1.0 else term.then(step) for term in value.terms)
    positive = all(v.is_positive for v in values) and min(gains) >= 0
    first = values[0]
    return Value(tuple(terms), first.shape, first.view, is_positive=positive)


@reads_all("Concatenate")
def read_concatenate(layer: CurrentLayer, values: list[Value]) -> Value:
    """Read a concatenation of channels, or of values that are then flat."""
    axis, rank = layer.options.get("axis", -1), len(values[0].view)
    axis = axis if axis < 0 else axis - 1 - rank
    if axis == -1 and all(len(v.view) == 1 for v in values):
        return _concatenate_vectors(layer, values)
    if axis == -rank and _is_flattened(layer):
        flat = [replace(value, view=(order(value.view),)) for value in values]
        return _concatenate_vectors(layer, flat)
    is_same = len({(v.shape[:-1], v.view) for v in values}) == 1
    channels = len(values[0].shape) - 1
    if not is_same or not -rank <= axis < 0 or values[0].view[axis] != (channels,):
        raise RefusedLayerError(
            "`concat` joins channels of equal pixels",
            "concatenate along the last axis, or put `Flatten` directly after this "
            "layer",
            f"axis {layer.options.get('axis', -1)}",
        )
    return _concatenate(layer, values)


def _is_flattened(layer: CurrentLayer) -> bool:
    """Whether only a `Flatten` reads a layer, perhaps after dropout."""
    while layer.state.is_read_once(layer.name):
        layer = layer.state.layers[layer.state.readers[layer.name][0]]
        if layer.kind != "Dropout":
            break
    return layer.kind == "Flatten" and layer.options.get("data_format") in (
        None, "channels_last",
    )  # fmt: skip


def _concatenate_vectors(layer: CurrentLayer, values: list[Value]) -> Value:
    if not any(v.parts or v.flat or len(v.shape) > 1 for v in values):
        return _concatenate(layer, values)
    known = [v.parts if v.parts and not v.flat else (v,) for v in values]
    parts = tuple(part for several in known for part in several)
    layer.keep("its reader has a matrix for each input")
    positive = all(value.is_positive for value in values)
    size = sum(prod(part.shape) for part in parts)
    return Value((), (size,), plain(1), positive, parts)


def _concatenate(layer: CurrentLayer, values: list[Value]) -> Value:
    first = values[0]
    shape = (*first.shape[:-1], sum(value.shape[-1] for value in values))
    joined = _join_spikes(layer, values, "concat", shape)
    if joined is not None:
        layer.keep("`concat`: its readers' kernels are sliced")
        return joined
    layer.keep("its readers' kernels are sliced")
    terms: list[Term] = []
    start = 0
    for value in values:
        step = LinearStep(
            "embed", layer.name, points(value.shape), value.shape[-1], shape[-1],
            start=start,
        )  # fmt: skip
        terms += (term.then(step) for term in value.terms)
        start += value.shape[-1]
    positive = all(value.is_positive for value in values)
    return Value(tuple(terms), shape, first.view, positive)


def _join_spikes(
    layer: CurrentLayer,
    values: list[Value],
    kind: Kind,
    shape: Shape,
) -> Value | None:
    """Join the outputs of different neurons with a statement; None for other values."""
    sources = tuple(key for value in values if (key := value.spikes) is not None)
    if len(set(sources)) < len(values):
        return None
    layer.state.add(StatementDraft(layer.name, kind, sources, shape))
    term = Term(layer.name, shape)
    return Value((term,), shape, values[0].view, is_positive=True)


def _check_equal(values: list[Value]) -> None:
    """Refuse to add values of different shapes."""
    if any(v.parts or v.flat for v in values) and len(values) > 1:
        raise RefusedLayerError(
            "it adds flat images", "add the images before `Flatten`"
        )
    if len({(value.shape, _order(value)) for value in values}) > 1:
        remedy = "make the shapes equal; a convolution of kernel 1 changes the channels"
        raise RefusedLayerError("it adds unequal shapes", remedy)


def _order(value: Value) -> View:
    """Return the order of axes longer than 1 in Keras."""
    groups = (tuple(a for a in group if value.shape[a] > 1) for group in value.view)
    return tuple(filter(None, groups))


def read_dropout(layer: CurrentLayer) -> Value:
    """Turn a `Dropout` into a property of the layer before it."""
    tell_options(layer)
    value = layer.source
    rate = float(layer.options.get("rate") or 0.0)
    if value.broken or rate == 0:
        layer.keep("it drops nothing" if rate == 0 else "training only")
        return value
    draft = layer.state.drafts.get(value.spikes or INPUT)
    if (
        draft is None
        or not layer.is_read_alone
        or draft.kind not in ("conv", "downsample", "dense")
        or draft.dropout
        or rate == 1
    ):
        layer.train("not kept, because it does not follow the neurons of one layer")
        return value
    layer.state.change(draft.layer, dropout=rate)
    how = "" if layer.kind == "Dropout" else ", which drops single neurons"
    layer.train(f"as `dropout {rate:.6g}` of `{draft.layer}`{how}")
    return value


def read_noise(layer: CurrentLayer) -> Value:
    """Omit noise, image augmentation and penalties, which only training uses."""
    layer.train(
        "not kept: specs have no such layer, so change the data of `train.py` instead",
    )
    return layer.source


READERS.update(dict.fromkeys(DROPOUTS, LayerReader(read_dropout)))
READERS.update(dict.fromkeys(NOISE, LayerReader(read_noise, is_checked=False)))
READERS["GaussianNoise"] = LayerReader(read_noise)
