"""The input, layers that scale values, and layers that only change the shape."""

from __future__ import annotations

from dataclasses import replace
from math import prod
from typing import Any

from snnc.importer.draft import (
    BROKEN,
    INPUT,
    RELU,
    Bias,
    StatementDraft,
    Value,
    channels_first,
    order,
    plain,
    regrouped,
)
from snnc.importer.layer_config import LARGEST_INPUT
from snnc.importer.linear import LinearStep, Shape, Term, per_channel, points
from snnc.importer.model import KerasLayer
from snnc.importer.state import ConversionState
from snnc.importer.table.axes import once
from snnc.importer.table.convolutions import keras_sizes, normalized
from snnc.importer.table.options import numbers, shown


def read_input(layer: KerasLayer, state: ConversionState) -> Value:
    """Return the input, which must have fixed sizes and at most 4 axes."""
    shape = _sizes(layer)
    if layer.name not in state.inputs:
        state.rewrite(layer, "removed: no layer reads it")
        return BROKEN
    if len(state.inputs) > 1:
        return _channels_of_input(layer, state) or _several(layer, state, tuple(shape))
    asked = state.request.shape
    sizes = "x".join("?" if size is None else str(size) for size in shape)
    if asked is not None and not _agree(shape, asked):
        size = "x".join(map(str, asked))
        return state.refuse(
            layer,
            f"its shape is {sizes}",
            f"`--input-shape {size}` is different",
            rule="input",
        )
    shape = shape if asked is None else list(asked)
    if not shape or None in shape:
        return state.refuse(
            layer,
            f"its shape is {sizes or 'a single number'}, but snnc must know the "
            "number of neurons",
            f"set its sizes, such as `--input-shape {sizes.replace('?', '64')}`"
            if shape
            else "give `keras.Input` a shape, copy the weights, and save the model "
            "again",
            rule="input",
        )
    if len(shape) > 4 and sum(size > 1 for size in shape) > 4:
        return state.refuse(
            layer,
            f"it has {len(shape)} axes",
            "use at most depth x height x width x channels",
            rule="input",
        )
    if "int" in str(layer.options.get("dtype")):
        state.train(layer, "specs read float32", f"dtype {layer.options['dtype']}")
    state.keep(layer, "the spec's input")
    if len(shape) > 4:
        kept = [axis for axis, size in enumerate(shape) if size > 1]
        laid_out = _laid_out(state, tuple(shape[axis] for axis in kept))
        view = regrouped(laid_out.view, laid_out.shape, tuple(shape))
        return replace(laid_out, view=view or laid_out.view)
    if _is_channels_first(layer, state) and len(shape) > 1:
        return _first(layer, state, tuple(shape))
    return _laid_out(state, tuple(shape))


def _agree(shape: list[int | None], asked: Shape) -> bool:
    """Whether a requested shape has all the sizes that the model fixes."""
    is_near = len(shape) == len(asked) and prod(asked) < LARGEST_INPUT
    return is_near and all(a in (None, b) for a, b in zip(shape, asked, strict=True))


def _sizes(layer: KerasLayer) -> list[Any]:
    """Return an input's shape in Keras, without the batch."""
    return list(layer.options.get("batch_input_shape") or [None, None])[1:]


def _channels_of_input(layer: KerasLayer, state: ConversionState) -> Value | None:
    """Return one of several inputs as channels of the spec's input, or None."""
    shapes = [_shape_of_part(state.layers[name], state) for name in state.inputs]
    known = [shape for shape in shapes if shape is not None]
    places = {shape[:-1] for shape in known}
    if len(known) < len(shapes) or len(places) > 1 or len(known[0]) > 4:
        return None
    number = state.inputs.index(layer.name)
    own, start = known[number], sum(shape[-1] for shape in known[:number])
    whole = sum(shape[-1] for shape in known)
    state.input_shape = (*own[:-1], whole)
    state.parts[layer.name] = own[-1]
    step = LinearStep("select", layer.name, points(own), whole, own[-1], start=start)
    is_first = len(own) > 1 and _is_channels_first(layer, state)
    why = f"channels {start}..{start + own[-1] - 1} of the spec's input"
    state.rewrite(layer, why, "data_format channels_first" if is_first else "")
    view = channels_first(len(own)) if is_first else plain(len(own))
    return Value((Term(INPUT, state.input_shape, (step,)),), own, view)


def _shape_of_part(layer: KerasLayer, state: ConversionState) -> Shape | None:
    """Return the channels-last shape of one of several inputs; None if it is open."""
    sizes = tuple(_sizes(layer))
    if not sizes or None in sizes:
        return None
    first_reader = state.layers[state.readers[layer.name][0]]
    width = first_reader.options.get("output_dim")
    if first_reader.kind == "Embedding" and isinstance(width, int):
        return (*sizes, width)
    if len(sizes) > 1 and _is_channels_first(layer, state):
        return (*sizes[1:], sizes[0])
    return sizes


def _several(layer: KerasLayer, state: ConversionState, shape: Shape) -> Value:
    """Refuse inputs with different shapes once, but still check their readers."""
    if layer.name == state.inputs[0]:
        count, names = len(state.inputs), ", ".join(state.inputs)
        state.refuse(
            layer,
            f"the model has {count} inputs ({names}) of different shapes; a spec has "
            "one",
            "compute the layer that joins the inputs on the host, and import the "
            "layers after it as a model with one input",
            rule="inputs",
        )
    if not shape or None in shape:
        return BROKEN
    key = state.free(layer.name)
    state.add(
        StatementDraft(layer=key, kind="downsample", sources=(INPUT,), shape=shape)
    )
    return Value((Term(key, shape),), shape, plain(len(shape)), is_positive=True)


def _laid_out(state: ConversionState, shape: Shape) -> Value:
    state.input_shape = shape
    return Value((Term(INPUT, shape),), shape, plain(len(shape)), is_alone=True)


def _is_channels_first(layer: KerasLayer, state: ConversionState) -> bool:
    """Whether the input's readers use channels-first."""
    names, seen = list(state.readers[layer.name]), set[str]()
    while names:
        name = names.pop()
        after = state.layers[name]
        if name in seen or after.kind in ("Reshape", "Permute"):
            continue
        seen.add(name)
        if after.options.get("data_format") is not None:
            return bool(after.options["data_format"] == "channels_first")
        names += state.readers[name]
    return False


def _first(layer: KerasLayer, state: ConversionState, shape: Shape) -> Value:
    """Lay out an input as channels-last, and record that the data must match."""
    last = (*shape[1:], shape[0])
    size = "x".join(map(str, last))
    why = f"the input is {size}, channels last: transpose the data"
    state.rewrite(layer, why, "data_format channels_first")
    return replace(_laid_out(state, last), view=channels_first(len(last)))


def read_rescaling(layer: KerasLayer, state: ConversionState) -> Value:
    """Read a `Rescaling`, which becomes `as` of the input or part of kernels."""
    value = state.source(layer)
    scale, offset = layer.options.get("scale", 1), layer.options.get("offset", 0)
    factors, shifts = numbers(scale), numbers(offset)
    if value.broken:
        return value
    if not factors or not shifts:
        return state.refuse(
            layer,
            "its scale is not a number",
            "scale the data instead, and remove this layer",
        )
    return scaled(layer, state, value, factors, shifts)


def scaled(
    layer: KerasLayer,
    state: ConversionState,
    value: Value,
    factors: tuple[float, ...],
    shifts: tuple[float, ...],
) -> Value:
    """Return a value that is scaled and shifted, equally or per channel."""
    is_one = len(factors) == len(shifts) == 1
    if value.is_input and is_one and factors[0] > 0 and _is_sole(state, layer):
        before, added = state.scaling
        state.scaling = (before * factors[0], added * factors[0] + shifts[0])
        state.keep(layer, "as `in LO..HI as LO..HI` of the input")
        return value
    channels = value.shape[-1]
    fits = all(len(numbers) in (1, channels) for numbers in (factors, shifts))
    if (
        value.parts
        or not fits
        or (not is_one and value.view[-1] != (len(value.shape) - 1,))
    ):
        return state.refuse(
            layer,
            "it scales each position of an image separately",
            "scale the data instead, and remove this layer",
        )
    step = per_channel("scale", layer.name, value.shape, bias=any(shifts))
    step = replace(step, factors=factors, shifts=shifts)
    terms = tuple(
        replace(term, steps=(*term.steps, step if number == 0 else once(step)))
        for number, term in enumerate(value.terms)
    )
    state.keep(layer, "in the kernels that read it")
    positive = value.is_positive and min(*factors, *shifts) >= 0
    return replace(value, terms=terms, is_positive=positive, is_alone=False)


def _is_sole(state: ConversionState, layer: KerasLayer) -> bool:
    """Whether the layer's source has no other reader."""
    name = layer.reads[0]
    while state.is_read_once(name):
        before = state.layers[name]
        if not before.reads:
            return True
        name = before.reads[0]
    return False


def read_normalization(layer: KerasLayer, state: ConversionState) -> Value:
    """Fold a normalization of each channel into the layers that read it."""
    value = state.source(layer)
    if value.broken:
        return value
    axis = layer.options.get("axis", -1)
    axes = list(axis) if isinstance(axis, list) else [axis]
    if layer.options.get("invert"):
        return state.refuse(
            layer, "it multiplies where it should divide", "normalize the data"
        )
    scaled_value = _scalar(layer, state, value)
    if scaled_value is not None:
        return scaled(layer, state, value, *scaled_value)
    if axis is None or axis == []:
        axes = [] if value.parts else [-1]
    keras = [a if a < 0 else a - 1 - len(value.view) for a in axes]
    return normalized(layer, state, value, keras, f"axis {shown(axis)}")


def _scalar(
    layer: KerasLayer, state: ConversionState, value: Value
) -> tuple[tuple[float], tuple[float]] | None:
    """Return the factor and the shift of an input's norm if all channels share them.

    Return None if they differ by channel, or are unknown.
    """
    if not (value.is_input and _is_sole(state, layer)):
        return None
    arrays = state.weights.of(layer.name) if state.weights is not None else {}
    if any(arrays.get(k, layer.options.get(k)) is None for k in ("mean", "variance")):
        return None
    from snnc.importer.kernels import batch_norm

    channels = value.shape[-1]
    try:
        factors, shifts = batch_norm(layer.kind, layer.options, arrays, channels)
    except (TypeError, ValueError):  # the statistics do not match the channels
        return None
    if (factors != factors[0]).any() or (shifts != shifts[0]).any():
        return None
    return (float(factors[0]),), (float(shifts[0]),)


def read_flatten(layer: KerasLayer, state: ConversionState) -> Value:
    """Read a `Flatten`: its reader orders the rows of its matrix as Keras does."""
    value = state.source(layer)
    if value.broken:
        return BROKEN
    state.keep(layer, "its reader flattens in the same order")
    view = value.view
    if layer.options.get("data_format") == "channels_first" and len(view) > 1:
        view = (*view[1:], view[0])  # as Keras does
    return replace(value, view=(order(view),), is_alone=False)


def read_reshape(layer: KerasLayer, state: ConversionState) -> Value:
    """Read a `Reshape` that only renames axes, or that reshapes the input."""
    value = state.source(layer)
    if value.broken:
        return value
    sizes = layer.options.get("target_shape") or []
    target = list(sizes) if isinstance(sizes, list) else [sizes]
    return reshaped(layer, state, value, target)


def reshaped(
    layer: KerasLayer, state: ConversionState, value: Value, target: list[int]
) -> Value:
    """Return a value with axes of the target sizes; one size may be -1."""
    option = f"target_shape {'x'.join(map(str, target))}"
    size = prod(keras_sizes(value))
    if -1 in target:
        rest = prod(n for n in target if n != -1)
        target[target.index(-1)] = size // max(1, rest)
    if prod(target) != size or any(n < 1 for n in target):
        return state.refuse(
            layer, f"its input has {size} values", "save the model again", option
        )
    view = None if value.parts else regrouped(value.view, value.shape, tuple(target))
    is_last = not state.readers[layer.name] or (view is None and len(value.shape) == 1)
    if is_last and state.is_end(layer) and not (value.parts or value.flat):
        state.keep(
            layer, "at the end of the model: a readout has the same values as a vector"
        )
        state.cut |= {layer.name} if view is None else set()
        return value
    if value.parts:
        if target == [size]:
            state.keep(layer, "its output equals its input")
            return value
        return state.refuse(
            layer, "it splits a vector", "build the layers without", option
        )
    if view is not None and not (value.is_alone and _is_wider(value, view)):
        state.keep(layer, "it renames axes, which its reader takes into account")
        return replace(value, view=view)
    if value.is_alone and state.is_read_once(layer.reads[0]) and len(target) <= 4:
        shape = "x".join(map(str, target))
        state.rewrite(layer, f"the input is {shape} from the start: reshape the data")
        return _laid_out(state, tuple(target))
    image = _image_of_dense(layer, state, value, tuple(target))
    if image is not None:
        state.keep(layer, "in the `conv2d_transpose` that the dense layer becomes")
        return image
    return state.refuse(
        layer,
        "it splits an axis, and only the input may be reshaped this way",
        "put this layer at the beginning of the model, or build the layers without it",
        option,
    )


def _image_of_dense(
    layer: KerasLayer, state: ConversionState, value: Value, target: Shape
) -> Value | None:
    """Return a dense layer's values as an image, or None if that is impossible.

    A transposed convolution of one pixel computes a matrix whose output is an image.
    """
    draft = state.drafts.get(value.spikes or INPUT)
    if draft is None or draft.kind != "dense" or len(target) != 3:
        return None
    is_first = any(
        other.options.get("data_format") == "channels_first"
        for other in state.model.layers
    )
    reads_image = any(len(term.read) > 1 for term in draft.main)
    if is_first or reads_image or draft.beside or draft.units != RELU:
        return None
    name = layer.reads[0]
    while state.is_read_once(name) and state.layers[name].kind != "Dense":
        name = state.layers[name].reads[0]
    if not state.is_read_once(name):
        return None
    bias: Bias = "off" if draft.bias == "off" and not draft.batchnorm else "neuron"
    state.change(draft.layer, shape=target, image=target, bias=bias, batchnorm=False)
    term = Term(draft.layer, target)
    return Value((term,), target, plain(len(target)), is_positive=True)


def _is_wider(value: Value, view: tuple[tuple[int, ...], ...]) -> bool:
    """Whether an input would lack an axis that convolutions need."""
    return len(view) > len(value.shape) or (len(view) > 1 and view != value.view)


def read_embedding(layer: KerasLayer, state: ConversionState) -> Value:
    """Let the host look up the rows if no other layer reads the input."""
    value = state.source(layer)
    width = layer.options.get("output_dim")
    if value.broken:
        return value
    if isinstance(width, int) and state.is_read_once(layer.reads[0]):
        is_part = layer.reads[0] in state.parts
        if is_part or (value.is_alone and len(value.shape) == 1):
            shape = value.shape if is_part else (*value.shape, width)
            state.is_embedded = True
            size = "x".join(map(str, shape))
            state.rewrite(layer, f"the input is {size}: look up the rows on the host")
            return value if is_part else _laid_out(state, shape)
    return state.refuse(
        layer,
        "it looks up rows, but the chip reads rates",
        "look up the rows before the network: the input of the spec is the "
        "embedded sequence, length x channels",
    )


def read_permute(layer: KerasLayer, state: ConversionState) -> Value:
    """Read a `Permute`, which only renames axes, or transposes the input."""
    value = state.source(layer)
    if value.broken:
        return value
    dims = layer.options.get("dims")
    rank = len(value.view)
    if not isinstance(dims, list) or sorted(dims) != list(range(1, rank + 1)):
        return state.refuse(
            layer, "its dims are not an order of axes", "save the model again"
        )
    view = tuple(value.view[dim - 1] for dim in dims)
    if value.is_alone and state.is_read_once(layer.reads[0]):
        shape = tuple(keras_sizes(replace(value, view=view)))
        size = "x".join(map(str, shape))
        state.rewrite(layer, f"the input is {size} from the start: transpose the data")
        return _laid_out(state, shape)
    state.keep(layer, "it renames axes, which its reader takes into account")
    return replace(value, view=view)
