"""The input, layers that scale values, and layers that only change the shape."""

from __future__ import annotations

from dataclasses import replace
from math import prod
from typing import Any

from snnc.importer.draft import (
    BROKEN,
    INPUT,
    StatementDraft,
    Value,
    channels_first,
    joined,
    plain,
    regrouped,
)
from snnc.importer.layer_config import LARGEST_INPUT
from snnc.importer.linear import LinearStep, Shape, Term, point
from snnc.importer.model import KerasLayer
from snnc.importer.table.axes import once
from snnc.importer.table.convolutions import keras_sizes, normalized
from snnc.importer.table.options import shown
from snnc.importer.walk import Walk


def read_input(layer: KerasLayer, walk: Walk) -> Value:
    """Return the input, which must have fixed sizes and at most 4 axes."""
    shape = list(layer.options.get("batch_input_shape") or [None, None])[1:]
    if len(walk.model.inputs) > 1:
        return _several(layer, walk, shape)
    asked = walk.request.shape
    sizes = "x".join("?" if size is None else str(size) for size in shape)
    if asked is not None and not _agree(shape, asked):
        size = "x".join(map(str, asked))
        return walk.refuse(
            layer,
            f"its shape is {sizes}",
            f"`--input-shape {size}` is another",
            rule="input",
        )
    shape = shape if asked is None else list(asked)
    if not shape or None in shape:
        return walk.refuse(
            layer,
            f"its shape is {sizes or 'a single number'}, and the chip's neurons are"
            f" laid out before it runs",
            f"say its sizes, such as `--input-shape {sizes.replace('?', '64')}`"
            if shape
            else "give `keras.Input` a shape, copy the weights, save anew",
            rule="input",
        )
    if len(shape) > 4 and sum(size > 1 for size in shape) > 4:
        return walk.refuse(
            layer,
            f"it has {len(shape)} axes",
            "use at most depth x height x width x channels",
            rule="input",
        )
    if "int" in str(layer.options.get("dtype")):
        walk.train(layer, "specs read float32", f"dtype {layer.options['dtype']}")
    walk.keep(layer, "the spec's input")
    if len(shape) > 4:
        kept = [axis for axis, size in enumerate(shape) if size > 1]
        laid_out = _laid_out(walk, tuple(shape[axis] for axis in kept))
        view = regrouped(laid_out.view, laid_out.shape, tuple(shape))
        return replace(laid_out, view=view or laid_out.view)
    if _is_channels_first(layer, walk) and len(shape) > 1:
        return _first(layer, walk, tuple(shape))
    return _laid_out(walk, tuple(shape))


def _agree(shape: list[int | None], asked: Shape) -> bool:
    """Whether a requested shape fits the model's, where that is fixed."""
    is_near = len(shape) == len(asked) and prod(asked) < LARGEST_INPUT
    return is_near and all(a in (None, b) for a, b in zip(shape, asked, strict=True))


def _several(layer: KerasLayer, walk: Walk, shape: list[int | None]) -> Value:
    """Refuse several inputs, once, and still judge their readers."""
    if layer.name == walk.model.inputs[0]:
        count, names = len(walk.model.inputs), ", ".join(walk.model.inputs)
        walk.refuse(
            layer,
            f"the model has {count} inputs ({names}); a spec has one",
            "let the host compute what they meet in, and import the layers behind it as"
            " a model of one input",
            rule="inputs",
        )
    sizes = tuple(size for size in shape if size is not None)
    if not sizes or len(sizes) < len(shape):
        return BROKEN
    key = walk.free(layer.name)
    walk.add(
        StatementDraft(layer=key, kind="downsample", sources=(INPUT,), shape=sizes)
    )
    return Value((Term(key, sizes),), sizes, plain(len(sizes)), is_positive=True)


def _laid_out(walk: Walk, shape: Shape) -> Value:
    walk.input_shape = shape
    return Value((Term(INPUT, shape),), shape, plain(len(shape)), is_alone=True)


def _is_channels_first(layer: KerasLayer, walk: Walk) -> bool:
    """Whether the input's readers have channels first."""
    names, seen = list(walk.readers[layer.name]), set[str]()
    while names:
        name = names.pop()
        after = walk.layers[name]
        if name in seen or after.kind in ("Reshape", "Permute"):
            continue
        seen.add(name)
        if after.options.get("data_format") is not None:
            return bool(after.options["data_format"] == "channels_first")
        names += walk.readers[name]
    return False


def _first(layer: KerasLayer, walk: Walk, shape: Shape) -> Value:
    """Lay out an input with channels last, and note that the data must match."""
    last = (*shape[1:], shape[0])
    size = "x".join(map(str, last))
    why = f"the input is {size}, channels last: transpose the data"
    walk.rewrite(layer, why, "data_format channels_first")
    return replace(_laid_out(walk, last), view=channels_first(len(last)))


def read_rescaling(layer: KerasLayer, walk: Walk) -> Value:
    """Move the input's factor and offset into `as`, others into kernels."""
    value = walk.source(layer)
    scale, offset = layer.options.get("scale", 1), layer.options.get("offset", 0)
    factors, shifts = _numbers(scale), _numbers(offset)
    if value.broken:
        return value
    if factors is None or shifts is None:
        return walk.refuse(
            layer, "its scale is no number", "scale the data itself, and leave it out"
        )
    return scaled(layer, walk, value, factors, shifts)


def scaled(
    layer: KerasLayer,
    walk: Walk,
    value: Value,
    factors: tuple[float, ...],
    shifts: tuple[float, ...],
) -> Value:
    """Return a value times a factor plus a shift, common or per channel."""
    is_one = len(factors) == len(shifts) == 1
    if value.is_input and is_one and factors[0] > 0 and _is_sole(walk, layer):
        before, added = walk.scaling
        walk.scaling = (before * factors[0], added * factors[0] + shifts[0])
        walk.keep(layer, "as `in LO..HI as LO..HI` of the input")
        return value
    channels = value.shape[-1]
    fits = all(len(numbers) in (1, channels) for numbers in (factors, shifts))
    if (
        value.parts
        or not fits
        or (not is_one and value.view[-1] != (len(value.shape) - 1,))
    ):
        return walk.refuse(
            layer,
            "it scales each place of an image by itself",
            "scale the data itself, and leave it out",
        )
    step = LinearStep(
        "scale",
        layer.name,
        tuple(map(point, value.shape[:-1])),
        channels,
        channels,
        groups=channels,
        bias=any(shifts),
        factors=factors,
        shifts=shifts,
    )
    terms = tuple(
        replace(term, steps=(*term.steps, step if number == 0 else once(step)))
        for number, term in enumerate(value.terms)
    )
    walk.keep(layer, "in the kernels that read it")
    positive = value.is_positive and min(*factors, *shifts) >= 0
    return replace(value, terms=terms, is_positive=positive, is_alone=False)


def _is_sole(walk: Walk, layer: KerasLayer) -> bool:
    """Whether the layer's source has no other reader."""
    name = layer.reads[0]
    while walk.is_read_once(name):
        before = walk.layers[name]
        if not before.reads:
            return True
        name = before.reads[0]
    return False


def read_normalization(layer: KerasLayer, walk: Walk) -> Value:
    """Fold a normalization of each channel into the layers that read it."""
    value = walk.source(layer)
    if value.broken:
        return value
    axis = layer.options.get("axis", -1)
    axes = list(axis) if isinstance(axis, list) else [axis]
    if layer.options.get("invert"):
        return walk.refuse(
            layer, "it multiplies by what it should divide by", "normalize the data"
        )
    scaled_value = _scalar(layer, walk, value)
    if scaled_value is not None:
        return scaled(layer, walk, value, *scaled_value)
    if axis is None or axis == []:
        axes = [-1] if _is_one_axis(value) else []
    keras = [a if a < 0 else a - 1 - len(value.view) for a in axes]
    return normalized(layer, walk, value, keras, f"axis {shown(axis)}")


def _scalar(
    layer: KerasLayer, walk: Walk, value: Value
) -> tuple[tuple[float], tuple[float]] | None:
    """Return factor and shift of an input's norm that are common to all values.

    None if they differ by channel, or are unknown.
    """
    if not (value.is_input and _is_sole(walk, layer)):
        return None
    arrays = walk.weights.of(layer.name) if walk.weights is not None else {}
    if any(arrays.get(k, layer.options.get(k)) is None for k in ("mean", "variance")):
        return None
    from snnc.importer.scales import batch_norm

    channels = value.shape[-1]
    try:
        factors, shifts = batch_norm(layer.kind, layer.options, arrays, channels)
    except (TypeError, ValueError):  # another number of values than channels, or none
        return None
    if (factors != factors[0]).any() or (shifts != shifts[0]).any():
        return None
    return (float(factors[0]),), (float(shifts[0]),)


def _is_one_axis(value: Value) -> bool:
    return not value.parts


def _numbers(value: Any) -> tuple[float, ...] | None:
    values = value if isinstance(value, list) and value else [value]
    if not all(_is_number(item) for item in values):
        return None
    return tuple(map(float, values))


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def read_flatten(layer: KerasLayer, walk: Walk) -> Value:
    """Omit a `Flatten`: its reader has its rows in Keras's order."""
    value = walk.source(layer)
    if value.broken:
        return BROKEN
    walk.keep(layer, "its reader flattens in the same order")
    view = value.view
    if layer.options.get("data_format") == "channels_first" and len(view) > 1:
        view = (*view[1:], view[0])  # as Keras does
    return replace(value, view=joined(view), is_alone=False)


def read_reshape(layer: KerasLayer, walk: Walk) -> Value:
    """Omit a `Reshape` that only renames axes; the input may get a new layout."""
    value = walk.source(layer)
    if value.broken:
        return value
    sizes = layer.options.get("target_shape") or []
    target = list(sizes) if isinstance(sizes, list) else [sizes]
    return reshaped(layer, walk, value, target)


def reshaped(layer: KerasLayer, walk: Walk, value: Value, target: list[int]) -> Value:
    """Return a value with axes of other sizes, one of which may be -1."""
    option = f"target_shape {'x'.join(map(str, target))}"
    size = prod(keras_sizes(value))
    if -1 in target:
        rest = prod(n for n in target if n != -1)
        target[target.index(-1)] = size // max(1, rest)
    if prod(target) != size or any(n < 1 for n in target):
        return walk.refuse(
            layer, f"it reads {size} values", "save the model anew", option
        )
    if not walk.readers[layer.name] and not (value.parts or value.flat):
        walk.keep(layer, "at the end: a readout has the same values in one row")
        return value
    if value.parts:
        if target == [size]:
            walk.keep(layer, "it gives what it reads")
            return value
        return walk.refuse(
            layer, "it cuts a vector", "build the layers without", option
        )
    view = regrouped(value.view, value.shape, tuple(target))
    if view is not None and not (value.is_alone and _is_wider(value, view)):
        walk.keep(layer, "it renames axes, which its reader knows")
        return replace(value, view=view)
    if value.is_alone and walk.is_read_once(layer.reads[0]) and len(target) <= 4:
        shape = "x".join(map(str, target))
        walk.rewrite(layer, f"the input is {shape} from the start: reshape the data")
        return _laid_out(walk, tuple(target))
    return walk.refuse(
        layer,
        "it cuts an axis; neurons are laid out once, and only the input may be anew",
        "put it in front of the model, or build the layers without it",
        option,
    )


def _is_wider(value: Value, view: tuple[tuple[int, ...], ...]) -> bool:
    """Whether an input would lack an axis that convolutions need."""
    return len(view) > len(value.shape) or (len(view) > 1 and view != value.view)


def read_embedding(layer: KerasLayer, walk: Walk) -> Value:
    """Let the host look rows up if nothing else reads the input."""
    value = walk.source(layer)
    width = layer.options.get("output_dim")
    if value.broken:
        return value
    is_first = value.is_alone and len(value.shape) == 1
    if not (is_first and walk.is_read_once(layer.reads[0]) and isinstance(width, int)):
        return walk.refuse(
            layer,
            "it looks rows up, and the chip reads rates",
            "look them up before the network: the input of the spec is the embedded"
            " sequence, length x channels",
        )
    shape = (value.shape[0], width)
    walk.is_embedded = True
    size = "x".join(map(str, shape))
    walk.rewrite(layer, f"the input is {size}: look the rows up on the host")
    return _laid_out(walk, shape)


def read_permute(layer: KerasLayer, walk: Walk) -> Value:
    """Omit a `Permute` that only renames axes; the input may get a new layout."""
    value = walk.source(layer)
    if value.broken:
        return value
    dims = layer.options.get("dims")
    rank = len(value.view)
    if not isinstance(dims, list) or sorted(dims) != list(range(1, rank + 1)):
        return walk.refuse(
            layer, "its dims are no order of axes", "save the model anew"
        )
    view = tuple(value.view[dim - 1] for dim in dims)
    if value.is_alone and walk.is_read_once(layer.reads[0]):
        shape = tuple(keras_sizes(replace(value, view=view)))
        size = "x".join(map(str, shape))
        walk.rewrite(layer, f"the input is {size} from the start: transpose the data")
        return _laid_out(walk, shape)
    walk.keep(layer, "it renames axes, which its reader knows")
    return replace(value, view=view)
