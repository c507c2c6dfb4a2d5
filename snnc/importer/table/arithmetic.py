"""Sums and concatenations of layers, scales, and operations.

Operations of TensorFlow and Keras, such as ``x + y``, are also saved as layers: Keras
2 writes a ``TFOpLambda`` with the function's name, and Keras 3 writes a class for each
function. The other arguments are in the call.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import chain
from math import prod
from typing import Any

from snnc.importer.builder import CurrentLayer
from snnc.importer.decisions import RefusedLayerError
from snnc.importer.functions import FUNCTIONS, SOFTMAXES
from snnc.importer.graph import CALLED_WITH
from snnc.importer.linear import Shape, Term, per_channel
from snnc.importer.model import KerasLayer
from snnc.importer.neurons import UnfitError, add_relu, identity_neurons
from snnc.importer.table import READERS, REFUSED, listed, numbers, reads
from snnc.importer.table.activations import activate, find_activation
from snnc.importer.table.convolutions import normed
from snnc.importer.table.inputs import reshaped
from snnc.importer.values import Kind, StatementDraft, Value, View, plain, side_by_side

MOST_SOURCES = 64
"""The most sources of a sum for readers; for more sources, neurons keep the sum."""
ARITHMETIC = {
    "add": "Add", "addv2": "Add", "biasadd": "Add",
    "subtract": "Subtract", "sub": "Subtract",
    "multiply": "Multiply", "mul": "Multiply",
    "truediv": "Multiply", "truedivide": "Multiply", "true_divide": "Multiply",
    "divide": "Multiply", "div": "Multiply", "realdiv": "Multiply",
}  # fmt: skip
"""The Keras classes that compute, or are refused, as operations on two layers."""
SAME = ("identity", "stop_gradient", "cast", "convert_to_tensor", "ensure_shape")
FUNCTION_CLASSES = tuple(
    "".join(word.capitalize() for word in name.split("_"))
    for function, each in FUNCTIONS.items()
    for name in (function, *each.aliases)
)
"""Keras 3's classes for calls of activation functions, such as ``LeakyRelu``."""
OPERATIONS = (
    "TFOpLambda", "TensorFlowOpLayer", "TrueDivide", "Divide", "Identity", "Cast",
    "Mean", "Transpose", *FUNCTION_CLASSES,
)  # fmt: skip


@reads(("Rescaling",))
def read_rescaling(layer: CurrentLayer, value: Value) -> Value:
    """Read a `Rescaling`, which becomes `as` of the input or part of kernels."""
    factors = numbers(layer.options.get("scale", 1))
    shifts = numbers(layer.options.get("offset", 0))
    if not factors or not shifts:
        raise RefusedLayerError(
            "its scale is not a number", "scale the data instead, and remove this layer"
        )
    return scaled(layer, value, factors, shifts)


def scaled(
    layer: CurrentLayer,
    value: Value,
    factors: tuple[float, ...],
    shifts: tuple[float, ...],
) -> Value:
    """Return a value that is scaled and shifted, equally or per channel.

    If nothing else reads the input, its range takes the scale, and the value stays.
    Raises RefusedLayerError if each position has its own factor.
    """
    is_one = len(factors) == len(shifts) == 1
    # A negative factor would reverse the range of the input.
    if value.is_input and is_one and factors[0] > 0 and _is_sole(layer):
        before = layer.spec.input
        layer.spec.change_input(
            factor=before.factor * factors[0],
            offset=before.offset * factors[0] + shifts[0],
        )
        layer.keep("as `in LO..HI as LO..HI` of the input")
        return value
    is_last = is_one or value.view[-1] == (len(value.shape) - 1,)
    fits = {len(factors), len(shifts)} <= {1, value.shape[-1]}
    if value.parts or not fits or not is_last:
        raise RefusedLayerError(
            "it scales each position of an image separately",
            "scale the data instead, and remove this layer",
        )
    step = per_channel("scale", layer.name, value.shape, bias=any(shifts))
    step = replace(step, factors=factors, shifts=shifts)
    layer.keep("in the kernels that read it")
    positive = value.is_positive and min(factors + shifts) >= 0
    return value.then(step, is_positive=positive)


def _is_sole(layer: CurrentLayer) -> bool:
    """Whether only layers without other readers lie between a layer and an input."""
    return any(not before.reads for before in layer.context.before(layer))


@reads(("Normalization",))
def read_normalization(layer: CurrentLayer, value: Value) -> Value:
    """Fold a normalization of each channel into the layers that read it."""
    if layer.options.get("invert"):
        raise RefusedLayerError(
            "it multiplies where it should divide", "normalize the data"
        )
    scaling = _scalar(layer, value)
    if scaling is None:
        return normed(layer, value)
    factor, shift = scaling
    return scaled(layer, value, (factor,), (shift,))


def _scalar(layer: CurrentLayer, value: Value) -> tuple[float, float] | None:
    """Return the factor and the shift of an input's norm if all channels share them.

    Return None if they differ by channel, or are unknown.
    """
    if not (value.is_input and _is_sole(layer)):
        return None
    weights = layer.context.weights
    arrays = weights.of(layer.name) if weights is not None else {}
    if any(arrays.get(k, layer.options.get(k)) is None for k in ("mean", "variance")):
        return None
    from snnc.importer.batch_norm import batch_norm

    channels = value.shape[-1]
    try:
        factors, shifts = batch_norm(layer, arrays, channels)
    except (TypeError, ValueError):  # the statistics do not match the channels
        return None
    if (factors != factors[0]).any() or (shifts != shifts[0]).any():
        return None
    return float(factors[0]), float(shifts[0])


@reads(OPERATIONS, joins=True)
def read_operation(layer: CurrentLayer, value: Value, *_: Value) -> Value:
    """Read an operation that is linear or a known function; refuse others."""
    name = _function(layer)
    function = name.lower()
    if function in SAME:
        layer.keep("its output equals its input")
        return value
    called = layer.options.get(CALLED_WITH)
    others: Mapping[str, Any] = called if isinstance(called, Mapping) else {}
    settings = {**layer.options, **others}  # where depends on the version of Keras 3
    activation, defaults = find_activation(name)
    if activation in FUNCTIONS or activation in SOFTMAXES:
        return activate(layer, value, (activation, {**defaults, **settings}))
    if function in ARITHMETIC:
        return _arithmetic(layer, ARITHMETIC[function])
    if function in ("concat", "concatenate") and len(layer.reads) > 1:
        return _read_as("Concatenate", layer, axis=others.get("axis", -1))
    return _move_axes(function, layer, value, settings)


def _move_axes(
    function: str, layer: CurrentLayer, value: Value, settings: Mapping[str, Any]
) -> Value:
    """Read a reshape, a transpose or a mean over spatial axes; refuse others."""
    # The shapes and axes of operations include the batch.
    sizes = _sizes(settings)
    if function == "reshape" and sizes:
        return reshaped(layer, value, sizes[1:])
    perm = settings.get("perm", settings.get("axes"))
    if function == "transpose" and isinstance(perm, list):
        return _read_as("Permute", layer, dims=perm[1:])
    if function in ("reduce_mean", "mean") and _is_over_space(value, settings):
        kind = f"GlobalAveragePooling{len(value.view) - 1}D"
        return _read_as(kind, layer, keepdims=bool(settings.get("keepdims")))
    raise RefusedLayerError(
        f"specs do not support `{function}`",
        "replace it with a standard Keras layer, or preprocess the data instead",
    )


def _function(layer: KerasLayer) -> str:
    """Return the function's name without its module, or the class of the layer."""
    name = str(layer.options.get("function") or layer.kind)
    node = layer.options.get("node_def")
    if isinstance(node, Mapping):  # a `TensorFlowOpLayer` of TensorFlow 2.0 to 2.3
        name = str(node.get("op"))
    return name.split(".")[-1]


def _read_as(kind: str, layer: CurrentLayer, **options: Any) -> Value:
    """Read an operation with the reader of the Keras class ``kind`` and its options."""
    as_layer = replace(layer, kind=kind, options={**layer.options, **options})
    return READERS[kind](as_layer)


def _sizes(others: Mapping[str, Any]) -> list[int]:
    """Return the shape in a call of ``reshape``; empty if it is not a list."""
    sizes = others.get("shape", others.get("newshape", others.get("1")))
    if not isinstance(sizes, list) or len(sizes) < 2:
        return []
    return sizes if all(type(size) is int for size in sizes) else []


def _is_over_space(value: Value, others: Mapping[str, Any]) -> bool:
    """Whether an operation reads all spatial axes, and neither batch nor channels."""
    axes = listed(others.get("axis", others.get("1")))
    rank = len(value.view)
    if not 1 < rank <= 4 or not all(type(axis) is int for axis in axes):
        return False
    # Axes below 0 count from the end; axis 0 is the batch.
    from_start = [axis if axis >= 0 else rank + 1 + axis for axis in axes]
    return sorted(from_start) == list(range(1, rank))


def _arithmetic(layer: CurrentLayer, kind: str) -> Value:
    """Read a sum or a difference of layers; refuse arithmetic with a number."""
    if len(layer.reads) == 1:
        raise RefusedLayerError(
            "it computes with a number",
            "use a `Rescaling` layer, or preprocess the data instead",
        )
    if kind in REFUSED:
        raise RefusedLayerError(*REFUSED[kind])
    return _read_as(kind, layer)


@reads(("Add",), joins=True)
def read_add(layer: CurrentLayer, *values: Value) -> Value:
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
    try:
        return identity_neurons(layer.spec, layer.name, total)
    except UnfitError as error:
        error.remedy = "put `Activation('relu')` after this layer"
        raise


@reads(("Average", "Subtract"), joins=True)
def read_difference_or_mean(layer: CurrentLayer, *values: Value) -> Value:
    """Read a difference or a mean, which the readers' kernels compute."""
    _check_equal(values)
    if layer.kind == "Average":
        layer.keep("its readers compute the mean")
        return summed(values, [1.0 / len(values)] * len(values), layer.name)
    layer.keep("its readers compute the difference")
    return summed(values, [1.0, -1.0], layer.name)


def larger(layer: CurrentLayer, a: Value, b: Value) -> Value:
    """Return the maximum of two values: max(a, b) is b + relu(a - b)."""
    apart = summed([a, b], [1.0, -1.0], layer.name)
    above = add_relu(layer.spec, layer.name, apart)
    total = summed([b, above], [1.0, 1.0], layer.name)
    return replace(total, is_positive=a.is_positive and b.is_positive)


def summed(values: Sequence[Value], gains: Sequence[float], layer: str) -> Value:
    """Return the sum of ``gain * value`` over values of one shape."""
    terms: list[Term] = []
    for value, gain in zip(values, gains, strict=True):
        step = per_channel("scale", layer, value.shape, factors=(gain,), shifts=(0.0,))
        terms += (term if gain == 1.0 else term.then(step) for term in value.terms)
    positive = all(v.is_positive for v in values) and min(gains) >= 0
    first = values[0]
    return Value(tuple(terms), first.shape, first.view, is_positive=positive)


@reads(("Concatenate",), joins=True)
def read_concatenate(layer: CurrentLayer, *values: Value) -> Value:
    """Read a concatenation of channels, or of values that are then flat."""
    rank = len(values[0].view)
    axis = layer.options.get("axis", -1)
    from_end = axis if axis < 0 else axis - 1 - rank
    if from_end == -1 and all(len(value.view) == 1 for value in values):
        return _concatenate_vectors(layer, values)
    # Values that are joined along their first axis follow one another when flattened.
    if from_end == -rank and _is_flattened(layer):
        flat = [replace(value, view=(value.order,)) for value in values]
        return _concatenate_vectors(layer, flat)
    if not _are_joined_at_channels(values, from_end):
        raise RefusedLayerError(
            "`concat` joins channels of equal pixels",
            "concatenate along the last axis, or put `Flatten` directly after this "
            "layer",
            f"axis {axis}",
        )
    return _concatenate(layer, values)


def _are_joined_at_channels(values: Sequence[Value], axis: int) -> bool:
    """Whether a Keras axis, counted from the end, is the channels of equal pixels."""
    first = values[0]
    if not -len(first.view) <= axis < 0:
        return False
    channels = len(first.shape) - 1
    pixels = {(value.shape[:-1], value.view) for value in values}
    return first.view[axis] == (channels,) and len(pixels) == 1


def _is_flattened(layer: CurrentLayer) -> bool:
    """Whether only a `Flatten` reads a layer, perhaps after dropout."""
    followers = layer.context.followers(layer.name)
    after = next((after for after in followers if after.kind != "Dropout"), layer)
    return after.kind == "Flatten" and not after.is_channels_first


def _concatenate_vectors(layer: CurrentLayer, values: Sequence[Value]) -> Value:
    """Concatenate vectors; flattened images remain separate parts."""
    if not any(v.parts or v.flat_norms or len(v.shape) > 1 for v in values):
        return _concatenate(layer, values)
    parts = tuple(chain.from_iterable(map(_parts_of, values)))
    layer.keep("its reader has a matrix for each input")
    positive = all(value.is_positive for value in values)
    size = sum(prod(part.shape) for part in parts)
    return Value((), (size,), plain(1), positive, parts)


def _parts_of(value: Value) -> tuple[Value, ...]:
    is_joined = value.parts and not value.flat_norms
    return value.parts if is_joined else (value,)


def _concatenate(layer: CurrentLayer, values: Sequence[Value]) -> Value:
    """Concatenate channels, with a `concat` if the values are spikes."""
    first = values[0]
    shape = (*first.shape[:-1], sum(value.shape[-1] for value in values))
    joined = _join_spikes(layer, values, "concat", shape)
    if joined is not None:
        layer.keep("`concat`: its readers' kernels are sliced")
        return joined
    layer.keep("its readers' kernels are sliced")
    return side_by_side(values, layer.name)


def _join_spikes(
    layer: CurrentLayer, values: Sequence[Value], kind: Kind, shape: Shape
) -> Value | None:
    """Join the outputs of different neurons with a statement; None for other values."""
    sources = tuple(v.spikes for v in values if v.spikes is not None)
    # Values without spikes are missing here, and a statement reads each layer once.
    if len(set(sources)) < len(values):
        return None
    draft = StatementDraft(layer.name, kind, sources, shape)
    return layer.spec.add(draft, values[0].view)


def _check_equal(values: Sequence[Value]) -> None:
    """Refuse to add values of different shapes."""
    if any(v.parts or v.flat_norms for v in values) and len(values) > 1:
        remedy = "add the images before `Flatten`"
        raise RefusedLayerError("it adds flat images", remedy)
    if len({(value.shape, _order(value)) for value in values}) > 1:
        remedy = "make the shapes equal; a convolution of kernel 1 changes the channels"
        raise RefusedLayerError("it adds unequal shapes", remedy)


def _order(value: Value) -> View:
    """Return the order in which Keras stores the axes, without those of size 1."""
    groups = (tuple(a for a in group if value.shape[a] > 1) for group in value.view)
    return tuple(filter(None, groups))
