"""The input, and layers that keep values: layers for shapes and for training."""

from __future__ import annotations

from dataclasses import replace
from math import prod
from typing import Any

from snnc.importer.builder import CurrentLayer, SpecBuilder
from snnc.importer.context import ENDING, ImportContext
from snnc.importer.decisions import DataChange, LostDropout, RefusedLayerError
from snnc.importer.graph import LARGEST_INPUT
from snnc.importer.linear import LinearStep, Shape, Term, all_known, points
from snnc.importer.model import KerasLayer, reachable
from snnc.importer.neurons import add_relu, identity_neurons, mix
from snnc.importer.refusals import shown_sizes
from snnc.importer.table import each_rank, is_trained, listed, reads
from snnc.importer.values import (
    BROKEN,
    INPUT,
    RELU,
    SIGNED,
    Bias,
    StatementDraft,
    Value,
    View,
    plain,
)
from snnc.rules.imports import InputRefused, SeveralModelInputs
from snnc.text.tables import dims

NOISE = (
    "GaussianNoise", "AlphaDropout", "ActivityRegularization", "RandomFlip",
    "RandomRotation", "RandomZoom", "RandomTranslation", "RandomContrast",
    "RandomBrightness",
)  # fmt: skip

FIRST = "data_format channels_first"
LAST = "transpose the data to channels last"
LOOK_UP = "look up the rows on the host"
RESIZE = "resize the images on the host"
COMPUTE = "compute the first layer on the host, which may not change the shape"


LARGEST_SIDE = 10_000
"""The limit on the sides of images that a `Resizing` outputs."""
OPEN_SIZES = (64, 128, 224, 256, 512)
"""Sizes to suggest for the open axes of an input; the first is tried first."""


@reads(("InputLayer",))
def read_input(layer: CurrentLayer) -> Value:
    """Return the input, which must have fixed sizes and at most 4 axes."""
    if layer.name not in layer.context.inputs:
        layer.rewrite("removed: no layer reads it")
        return BROKEN
    if len(layer.context.inputs) > 1:
        return _channels_of_input(layer) or _several(layer, tuple(sizes_of(layer)))
    shape = _fixed_shape(layer)
    layer.keep("the spec's input")
    if _is_channels_first(layer.context, layer.name) and len(shape) > 1:
        last = (*shape[1:], shape[0])
        value = _relaid(layer, last, LAST, FIRST)
        return replace(value, view=plain(len(last), is_first=True))
    return _input(layer.spec, shape)


def _fixed_shape(layer: CurrentLayer) -> Shape:
    """Return the shape of the only input in Keras, without the batch.

    Raise RefusedLayerError if a size remains open, or if it has more than 4 axes.
    """
    sizes = sizes_of(layer)
    # The host resizes images of any size to the size that the model sets.
    if sizes[:-1] == [None, None]:
        for name in layer.context.readers[layer.name]:
            resized = _sizes_of_resizing(layer.context.layers[name])
            sizes = [*resized, sizes[-1]] if resized else sizes
    shape = _requested_sizes(sizes, layer.context.request.shape)
    if not shape or None in shape:
        remedy = (
            "give `keras.Input` a shape, copy the weights, and save the model again"
        )
        raise RefusedLayerError(
            f"its shape is {shown_sizes(sizes) or 'a single number'}, but snnc must "
            "know the number of neurons",
            set_open_sizes(shape, OPEN_SIZES[0]) if shape else remedy,
            rule=InputRefused,
        )
    if len(shape) > 4:
        remedy = "use at most depth x height x width x channels"
        raise RefusedLayerError(f"it has {len(shape)} axes", remedy, rule=InputRefused)
    return tuple(shape)


def _requested_sizes(sizes: list[Any], requested: Shape | None) -> list[Any]:
    """Return the sizes that the user requests, or else the model's.

    Raise RefusedLayerError if they differ where the model sets a size.
    """
    if requested is None:
        return sizes
    is_alike = len(sizes) == len(requested) and all(
        size in (None, number) for size, number in zip(sizes, requested, strict=True)
    )
    if is_alike and prod(requested) < LARGEST_INPUT:
        return list(requested)
    remedy = f"leave out `--input-shape {dims(requested)}`"
    if None in sizes:
        remedy = set_open_sizes(sizes, OPEN_SIZES[0])
    why = f"its shape is {shown_sizes(sizes)}"
    raise RefusedLayerError(why, remedy, rule=InputRefused)


def set_open_sizes(shape: list[Any], size: int) -> str:
    """Return the advice to set the open sizes of an input to this number."""
    example = dims(tuple(each or size for each in shape))
    return f"set its sizes, such as `--input-shape {example}`"


def sizes_of(layer: KerasLayer) -> list[Any]:
    """Return an input's shape in Keras, without the batch."""
    return list(layer.options.get("batch_input_shape") or [None, None])[1:]


def _input(spec: SpecBuilder, shape: Shape) -> Value:
    """Return the spec's input with a channels-last shape."""
    spec.change_input(shape=shape)
    return Value((Term(INPUT, shape),), shape, plain(len(shape)), is_alone=True)


def _relaid(layer: CurrentLayer, shape: Shape, todo: str, option: str = "") -> Value:
    """Return the input with another shape, and record what to do with the data."""
    _change_data(layer, shape, todo, option)
    return _input(layer.spec, shape)


def _change_data(layer: CurrentLayer, shape: Shape, todo: str, option: str) -> None:
    why = f"the input is {dims(shape)}: {todo}"
    layer.rewrite(why, option, DataChange(why, todo))


def _channels_of_input(layer: CurrentLayer) -> Value | None:
    """Return one of several inputs as channels of the spec's input, or None."""
    shapes = _joinable_shapes(layer.context)
    if shapes is None:
        return None
    number = layer.context.inputs.index(layer.name)
    shape = shapes[number]
    start = sum(before[-1] for before in shapes[:number])
    channels = sum(each[-1] for each in shapes)
    whole = (*shape[:-1], channels)
    parts = {**layer.spec.input.parts, layer.name: shape[-1]}
    layer.spec.change_input(shape=whole, parts=parts)
    step = LinearStep(
        "select", layer.name, points(shape), channels, shape[-1], start=start
    )
    is_first = len(shape) > 1 and _is_channels_first(layer.context, layer.name)
    layer.rewrite(f"channels {start}..{start + shape[-1] - 1} of the spec's input")
    if is_first:
        _change_data(layer, shape, LAST, FIRST)
    view = plain(len(shape), is_first=is_first)
    return Value((Term(INPUT, whole, (step,)),), shape, view)


def _joinable_shapes(context: ImportContext) -> list[Shape] | None:
    """Return the shapes of inputs that are equal but for channels; None for others."""
    layers = [context.layers[name] for name in context.inputs]
    shapes = all_known(_shape_of_part(context, layer) for layer in layers)
    if shapes is None or len({shape[:-1] for shape in shapes}) > 1:
        return None
    return shapes if len(shapes[0]) <= 4 else None


def _shape_of_part(context: ImportContext, layer: KerasLayer) -> Shape | None:
    """Return the channels-last shape of one of several inputs; None if it is open."""
    sizes = tuple(sizes_of(layer))
    if not sizes or None in sizes:
        return None
    # The host looks up the rows of an `Embedding` before the parts are joined.
    for reader in context.readers[layer.name][:1]:
        first_reader = context.layers[reader]
        width = first_reader.options.get("output_dim")
        if first_reader.kind == "Embedding" and isinstance(width, int):
            return (*sizes, width)
    if len(sizes) > 1 and _is_channels_first(context, layer.name):
        return (*sizes[1:], sizes[0])
    return sizes


def _several(layer: CurrentLayer, shape: Shape) -> Value:
    """Refuse inputs with different shapes once, but still check their readers."""
    if layer.name == layer.context.inputs[0]:
        count = len(layer.context.inputs)
        names = ", ".join(layer.context.inputs)
        error = RefusedLayerError(
            f"the model has {count} inputs ({names}) of different shapes; a spec has "
            "one",
            _largest_part(layer.context),
            rule=SeveralModelInputs,
        )
        layer.refuse(error)
    if not shape or None in shape:
        return BROKEN
    # A placeholder with neurons, so that its readers are checked as usual.
    key = layer.spec.free(layer.name)
    return layer.spec.add(StatementDraft(key, "downsample", (INPUT,), shape))


def _largest_part(context: ImportContext) -> str:
    """Advise to import the part of a model of several inputs with the most layers.

    A part is the layers that depend on one input alone, or on several inputs. The part
    with the most convolutions counts as the largest.
    """
    origins = _origins(context)
    trained = [layer for layer in context.model.layers if is_trained(layer)]
    parts = {
        name: [layer for layer in trained if origins[layer.name] == {name}]
        for name in context.inputs
    }
    joined = [layer for layer in trained if len(origins[layer.name]) > 1]
    name = max(parts, key=lambda each: _weigh(parts[each]))
    if _weigh(parts[name]) <= _weigh(joined):
        return (
            "compute the layer that joins the inputs on the host, and import the "
            "layers after it as a model with one input, which has "
            f"{len(joined)} of the {len(trained)} layers with kernels"
        )
    return (
        f"import the layers that depend on `{name}` alone as a model with one input, "
        f"which has {len(parts[name])} of the {len(trained)} layers with kernels, and "
        "compute the others on the host"
    )


def _weigh(part: list[KerasLayer]) -> tuple[int, int]:
    """Return how many convolutions, and how many layers, a part of a model has."""
    return sum("kernel_size" in layer.options for layer in part), len(part)


def _origins(context: ImportContext) -> dict[str, frozenset[str]]:
    """Return the inputs on which each layer depends."""
    origins = {}
    for name in context.layers:
        before = reachable([name], lambda each: context.layers[each].reads)
        origins[name] = frozenset(before).intersection(context.inputs)
    return origins


def _is_channels_first(context: ImportContext, name: str) -> bool:
    """Whether the layers that read an input have `data_format="channels_first"`."""
    names = list(context.readers[name])
    seen = set[str]()
    while names:
        name = names.pop()
        after = context.layers[name]
        # After these, the order of axes says nothing about the input.
        if name in seen or after.kind in ("Reshape", "Permute"):
            continue
        seen.add(name)
        if after.options.get("data_format") is not None:
            return after.is_channels_first
        names += context.readers[name]
    return False


@reads(("Flatten",))
def read_flatten(layer: CurrentLayer, value: Value) -> Value:
    """Read a `Flatten`; the next layer's matrix has its rows in Keras's order."""
    layer.keep("its reader flattens in the same order")
    if layer.is_channels_first and len(value.view) > 1:  # as Keras does
        value = replace(value, view=(*value.view[1:], value.view[0]))
    return replace(value, view=(value.order,), is_alone=False, is_cut=False)


@reads(("Reshape",))
def read_reshape(layer: CurrentLayer, value: Value) -> Value:
    """Read a `Reshape`, unless only a copy of the values could have its axes."""
    whole = layer.options.get("newshape")  # of an operation, with the batch
    if isinstance(whole, list):
        return reshaped(layer, value, whole[1:])
    return reshaped(layer, value, listed(layer.options.get("target_shape") or []))


def reshaped(layer: CurrentLayer, value: Value, target: list[int]) -> Value:
    """Return a value with axes of the target sizes; one size may be -1.

    Raise RefusedLayerError if only a copy of the values could have these axes.
    """
    option = f"target_shape {dims(target)}"
    shape = _target_shape(value, target, option)
    view = _view_after(value, shape)
    if _ends_model(layer, value, view):
        layer.keep("at the end of the model: a readout has the same values as a vector")
        return replace(value, is_cut=view is None)
    if value.parts:
        layer.keep("its output equals its input")
        return value
    if view is not None and not _lacks_axis(value, view):
        layer.keep("it renames axes, which its reader takes into account")
        return replace(value, view=view)
    if value.is_alone and layer.is_read_alone and len(shape) <= 4:
        return _relaid(layer, shape, "reshape the data")
    image = _image_of_dense(layer, value, shape)
    if image is not None:
        layer.keep("in the `conv2d_transpose` that the dense layer becomes")
        return image
    raise RefusedLayerError(
        "it splits an axis, and only the input may be reshaped this way",
        "put this layer at the beginning of the model, or build the layers without it",
        option,
    )


def _target_shape(value: Value, target: list[int], option: str) -> Shape:
    """Return the target sizes, with the size for -1.

    Raise RefusedLayerError if they have another number of values, or split a
    concatenation of flat vectors.
    """
    size = prod(value.keras_shape)
    rest = prod(n for n in target if n != -1)
    missing = size // max(1, rest)
    shape = tuple(missing if n == -1 else n for n in target)
    if prod(shape) != size or min(shape, default=1) < 1:
        why = f"its input has {size} values"
        raise RefusedLayerError(why, "save the model again", option)
    if value.parts and len(shape) > 1:
        remedy = "build the layers without"
        raise RefusedLayerError("it splits a vector", remedy, option)
    return shape


def _view_after(value: Value, shape: Shape) -> View | None:
    """Return the view of a value with another shape, or None if an axis is split."""
    # Axes of size 1 may be in any group, so take those that a reader of images expects.
    is_pixel = shape == value.shape and set(shape[:-1]) == {1}
    if is_pixel:
        return plain(len(shape))
    return None if value.parts else value.regrouped(shape)


def _ends_model(layer: CurrentLayer, value: Value, view: View | None) -> bool:
    """Whether the readout can output the values in the order of a vector."""
    if value.parts or value.flat_norms:
        return False
    splits_vector = view is None and len(value.shape) == 1
    is_last = splits_vector or not layer.context.readers[layer.name]
    return is_last and layer.context.output_of(layer, ENDING) is not None


def _lacks_axis(value: Value, view: View) -> bool:
    """Whether a value is the input, and a view has axes that its readers need."""
    is_moved = len(view) > 1 and view != value.view
    return value.is_alone and (is_moved or len(view) > len(value.shape))


def _image_of_dense(layer: CurrentLayer, value: Value, target: Shape) -> Value | None:
    """Return a vector's values as an image, or None if that is impossible.

    A transposed convolution of one pixel computes a matrix whose output is an image.
    """
    layers = layer.context.model.layers
    # With channels first, the last axis of the image would not be its channels.
    formats = [other.options.get("data_format") for other in layers]
    is_vector = len(value.shape) == 1 and not value.flat_norms
    if len(target) != 3 or not is_vector or "channels_first" in formats:
        return None
    draft = _dense_before(layer, value) or _pass_on(layer, value)
    shape = (*target[:2], target[2] * len(draft.units))
    training = draft.training
    # A dense layer has one bias per value, also if these become positions.
    bias: Bias = "neuron"
    if draft.bias == "off" and not training.batchnorm:
        bias = "off"
    image = layer.spec.add(
        replace(
            draft,
            shape=shape,
            image=shape,
            bias=bias,
            # The batch norm of a vector is per value, and that of an image per channel.
            training=replace(training, batchnorm=None),
        )
    )
    if draft.units == RELU:
        return image
    return mix(image, layer.name, replace(value, shape=target), draft.units)


def _dense_before(layer: CurrentLayer, value: Value) -> StatementDraft | None:
    """Return the dense statement that outputs a vector unchanged, or None."""
    follows_dense = any(x.kind == "Dense" for x in layer.context.before(layer))
    if not follows_dense or len(value.terms) > 1:
        return None
    (term,) = value.terms
    if [step.op for step in term.steps] not in ([], ["mix"]):
        return None
    draft = layer.spec.drafts.get(term.source)
    return draft if draft is not None and _reads_vectors(draft) else None


def _reads_vectors(draft: StatementDraft) -> bool:
    """Whether a statement is a dense layer that reads only vectors."""
    is_dense = draft.kind == "dense" and not draft.beside
    return is_dense and all(len(term.read) == 1 for term in draft.main)


def _pass_on(layer: CurrentLayer, value: Value) -> StatementDraft:
    """Return a dense statement whose neurons pass on the values of a vector."""
    # Only a dense layer that reads vectors becomes a transposed convolution.
    if any(len(term.read) > 1 for term in value.terms):
        value = identity_neurons(layer.spec, layer.name, value)
    units = RELU if value.is_positive else SIGNED
    fired = add_relu(layer.spec, layer.name, value, units)
    return layer.spec.drafts[fired.terms[0].source]


@reads(("Embedding",))
def read_embedding(layer: CurrentLayer, value: Value) -> Value:
    """Let the host look up the rows if no other layer reads the input."""
    width = layer.options.get("output_dim")
    is_part = layer.reads[0] in layer.spec.input.parts
    if layer.options.get("mask_zero"):
        raise RefusedLayerError(
            "spikes have no mask for words that are 0",
            "use `mask_zero=False`, and retrain",
            "mask_zero on",
        )
    is_known = is_part or (value.is_alone and len(value.shape) == 1)
    if isinstance(width, int) and is_known and layer.is_read_alone:
        shape = value.shape if is_part else (*value.shape, width)
        layer.spec.change_input(is_embedded=True)
        if not is_part:
            return _relaid(layer, shape, LOOK_UP)
        _change_data(layer, shape, LOOK_UP, "")
        return value
    raise RefusedLayerError(
        "it looks up rows, but the chip reads rates",
        "look up the rows before the network: the input of the spec is the "
        "embedded sequence, length x channels",
    )


@reads(("Resizing", "CenterCrop"), reads_broken=True)
def read_resizing(layer: CurrentLayer, value: Value) -> Value:
    """Let the host change the size of images, unless they have this size already."""
    sizes = _sizes_of_resizing(layer)
    is_image = value.is_alone and value.view == plain(3)
    if sizes is None or not is_image or not layer.is_read_alone:
        raise RefusedLayerError(
            "a spec can only scale its input",
            "resize the data instead, and build the layers without it",
        )
    shape = (*sizes, value.shape[-1])
    if shape == value.shape:
        layer.keep("its output equals its input")
        return value
    return _relaid(layer, shape, RESIZE)


def _sizes_of_resizing(layer: KerasLayer) -> tuple[int, int] | None:
    """Return the height and the width that a `Resizing` sets; None for others."""
    height = layer.options.get("height")
    width = layer.options.get("width")
    if not isinstance(height, int) or not isinstance(width, int):
        return None
    is_small = 0 < height < LARGEST_SIDE and 0 < width < LARGEST_SIDE
    return (height, width) if is_small else None


@reads(("Lambda",), joins=True, reads_broken=True)
def read_lambda(layer: CurrentLayer, value: Value, *others: Value) -> Value:
    """Let the host compute a `Lambda` that is the first layer; refuse others."""
    is_first = value.is_alone and not others and layer.is_read_alone
    # The spec scales what the host has computed, so no scale may precede the `Lambda`.
    before = layer.spec.input
    if not is_first or (before.factor, before.offset) != (1.0, 0.0):
        raise RefusedLayerError(
            "its code is in the file, but snnc does not run code from files",
            "replace it with a standard Keras layer",
        )
    return _relaid(layer, value.shape, COMPUTE)


@reads(("Permute",))
def read_permute(layer: CurrentLayer, value: Value) -> Value:
    """Read a `Permute`, which only renames axes, or transposes the input."""
    axes = layer.options.get("dims")
    rank = len(value.view)
    if not isinstance(axes, list) or sorted(axes) != list(range(1, rank + 1)):
        why = f"its `dims` must contain each number from 1 to {rank} once"
        raise RefusedLayerError(why, "save the model again")
    renamed = replace(value, view=tuple(value.view[axis - 1] for axis in axes))
    # The data may as well have the order that the next layers need.
    if value.is_alone and layer.is_read_alone:
        return _relaid(layer, renamed.keras_shape, "transpose the data")
    layer.keep("it renames axes, which its reader takes into account")
    return renamed


@reads(
    ("Dropout", *each_rank("SpatialDropout"), "GaussianDropout"),
    keeps=(),
    reads_broken=True,
)
def read_dropout(layer: CurrentLayer, value: Value) -> Value:
    """Turn a `Dropout` into a property of the layer before it."""
    rate = float(layer.options.get("rate") or 0.0)
    if value.broken or rate == 0:
        layer.keep("it drops nothing" if rate == 0 else "training only")
        return value
    draft = _neurons_before(layer, value)
    # In a spec, `dropout` must be below 1.
    if draft is None or draft.training.dropout or rate == 1:
        why = "not kept, because it does not follow the neurons of one layer"
        layer.train(why, topic=LostDropout())
        return value
    training = replace(draft.training, dropout=rate)
    layer.spec.add(replace(draft, training=training))
    how = "" if layer.kind == "Dropout" else ", which drops single neurons"
    layer.train(f"as `dropout {rate:.6g}` of `{draft.layer}`{how}")
    return value


def _neurons_before(layer: CurrentLayer, value: Value) -> StatementDraft | None:
    """Return the statement of the neurons that only this layer reads, or None."""
    draft = layer.spec.drafts.get(value.spikes or INPUT)
    if draft is None or draft.kind not in ("conv", "downsample", "dense"):
        return None
    return draft if layer.is_read_alone else None


@reads(NOISE, reads_broken=True)
def read_noise(layer: CurrentLayer, value: Value) -> Value:
    """Omit noise, image augmentation and penalties, which only training uses."""
    layer.train(
        "not kept: specs have no such layer, so change the data of `train.py` instead",
    )
    return value
