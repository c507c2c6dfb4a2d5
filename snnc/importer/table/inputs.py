"""The input, and layers that keep values: layers for shapes and for training."""

from __future__ import annotations

from dataclasses import replace
from math import prod
from typing import Any

from snnc.importer.graph import LARGEST_INPUT
from snnc.importer.linear import LinearStep, Shape, Term, points
from snnc.importer.model import KerasLayer
from snnc.importer.neurons import add_relu, identity_neurons, mix
from snnc.importer.state import (
    ENDING,
    NO_DROPOUT,
    ConversionState,
    CurrentLayer,
    RefusedLayerError,
)
from snnc.importer.table import REQUIRED, each_rank, reads
from snnc.importer.values import (
    BROKEN,
    INPUT,
    RELU,
    SIGNED,
    Bias,
    StatementDraft,
    Value,
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
LAST = ", channels last: transpose the data"


OPEN_SIZES = (64, 128, 224, 256, 512)
"""Sizes to suggest for the open axes of an input; the first is tried first."""


@reads("InputLayer")
def read_input(layer: CurrentLayer) -> Value:
    """Return the input, which must have fixed sizes and at most 4 axes."""
    shape = sizes_of(layer)
    if layer.name not in layer.state.inputs:
        layer.rewrite("removed: no layer reads it")
        return BROKEN
    if len(layer.state.inputs) > 1:
        return _channels_of_input(layer) or _several(layer, tuple(shape))
    asked = layer.state.request.shape
    sizes = "x".join("?" if size is None else str(size) for size in shape)
    set_sizes = set_open_sizes(shape, OPEN_SIZES[0])
    if asked is not None:
        pairs = zip(shape, asked, strict=False)
        is_alike = all(given in (None, size) for given, size in pairs)
        is_near = len(shape) == len(asked) and prod(asked) < LARGEST_INPUT
        if not is_alike or not is_near:
            remedy = (
                set_sizes
                if None in shape
                else f"leave out `--input-shape {dims(asked)}`"
            )
            raise RefusedLayerError(f"its shape is {sizes}", remedy, rule=InputRefused)
        shape = list(asked)
    if not shape or None in shape:
        remedy = (
            "give `keras.Input` a shape, copy the weights, and save the model again"
        )
        raise RefusedLayerError(
            f"its shape is {sizes or 'a single number'}, but snnc must know the "
            "number of neurons",
            set_sizes if shape else remedy,
            rule=InputRefused,
        )
    if len(shape) > 4:
        remedy = "use at most depth x height x width x channels"
        raise RefusedLayerError(f"it has {len(shape)} axes", remedy, rule=InputRefused)
    if "int" in str(layer.options.get("dtype")):
        layer.train("specs read float32", f"dtype {layer.options['dtype']}")
    layer.keep("the spec's input")
    if _is_channels_first(layer) and len(shape) > 1:
        last = (*shape[1:], shape[0])
        value = _relaid(layer, last, LAST, FIRST)
        return replace(value, view=plain(len(last), is_first=True))
    return _input(layer.state, tuple(shape))


def set_open_sizes(shape: list[Any], size: int) -> str:
    """Return the advice to set the open sizes of an input to this number."""
    example = dims(tuple(each or size for each in shape))
    return f"set its sizes, such as `--input-shape {example}`"


def sizes_of(layer: KerasLayer) -> list[Any]:
    """Return an input's shape in Keras, without the batch."""
    return list(layer.options.get("batch_input_shape") or [None, None])[1:]


def _input(state: ConversionState, shape: Shape) -> Value:
    """Return the spec's input with a channels-last shape."""
    state.input_shape = shape
    return Value((Term(INPUT, shape),), shape, plain(len(shape)), is_alone=True)


def _relaid(layer: CurrentLayer, shape: Shape, how: str, option: str = "") -> Value:
    """Return the input with another shape, and record that the data must match."""
    layer.rewrite(f"the input is {dims(shape)}{how}", option)
    return _input(layer.state, shape)


def _channels_of_input(layer: CurrentLayer) -> Value | None:
    """Return one of several inputs as channels of the spec's input, or None."""
    state = layer.state
    shapes = [_shape_of_part(state.layers[name]) for name in state.inputs]
    known = [shape for shape in shapes if shape is not None]
    places = {shape[:-1] for shape in known}
    if len(known) < len(shapes) or len(places) > 1 or len(known[0]) > 4:
        return None
    number = state.inputs.index(layer.name)
    own = known[number]
    start = sum(shape[-1] for shape in known[:number])
    whole = sum(shape[-1] for shape in known)
    state.input_shape = (*own[:-1], whole)
    state.parts[layer.name] = own[-1]
    step = LinearStep("select", layer.name, points(own), whole, own[-1], start=start)
    is_first = len(own) > 1 and _is_channels_first(layer)
    layer.rewrite(f"channels {start}..{start + own[-1] - 1} of the spec's input")
    if is_first:
        layer.rewrite(f"the input is {dims(own)}{LAST}", FIRST)
    view = plain(len(own), is_first)
    return Value((Term(INPUT, state.input_shape, (step,)),), own, view)


def _shape_of_part(layer: CurrentLayer) -> Shape | None:
    """Return the channels-last shape of one of several inputs; None if it is open."""
    sizes = tuple(sizes_of(layer))
    if not sizes or None in sizes:
        return None
    for reader in layer.state.readers[layer.name][:1]:
        first_reader = layer.state.layers[reader]
        width = first_reader.options.get("output_dim")
        if first_reader.kind == "Embedding" and isinstance(width, int):
            return (*sizes, width)
    if len(sizes) > 1 and _is_channels_first(layer):
        return (*sizes[1:], sizes[0])
    return sizes


def _several(layer: CurrentLayer, shape: Shape) -> Value:
    """Refuse inputs with different shapes once, but still check their readers."""
    if layer.name == layer.state.inputs[0]:
        count = len(layer.state.inputs)
        names = ", ".join(layer.state.inputs)
        error = RefusedLayerError(
            f"the model has {count} inputs ({names}) of different shapes; a spec has "
            "one",
            _largest_part(layer.state),
            rule=SeveralModelInputs,
        )
        layer.refuse(error)
    if not shape or None in shape:
        return BROKEN
    key = layer.state.free(layer.name)
    return layer.state.add(StatementDraft(key, "downsample", (INPUT,), shape))


def _largest_part(state: ConversionState) -> str:
    """Advise to import the part of a model of several inputs with the most layers.

    A part is the layers that depend on one input alone, or on several inputs. The part
    with the most convolutions counts as the largest.
    """
    origins = _origins(state)
    trained = [
        layer
        for layer in state.model.layers
        if any(option in layer.options for option in REQUIRED)
    ]

    def count_of(part: list[KerasLayer]) -> tuple[int, int]:
        return sum("kernel_size" in layer.options for layer in part), len(part)

    parts = {
        name: [layer for layer in trained if origins[layer.name] == {name}]
        for name in state.inputs
    }
    joined = [layer for layer in trained if len(origins[layer.name]) > 1]
    name = max(parts, key=lambda each: count_of(parts[each]))
    if count_of(parts[name]) <= count_of(joined):
        return (
            "compute the layer that joins the inputs on the host, and import the "
            "layers after it as a model with one input, which has "
            f"{len(joined)} of the {len(trained)} layers with kernels"
        )
    ends = [
        f"`{layer.name}`"
        for layer in state.model.layers
        if origins[layer.name] == {name}
        and any(origins[reader] != {name} for reader in state.readers[layer.name])
    ]
    to_end = f" to {', '.join(ends)}" if ends else ""
    return (
        f"import the layers from `{name}`{to_end} as a model with one input, which has "
        f"{len(parts[name])} of the {len(trained)} layers with kernels, and compute "
        "the others on the host"
    )


def _origins(state: ConversionState) -> dict[str, frozenset[str]]:
    """Return the inputs on which each layer depends."""
    origins: dict[str, frozenset[str]] = {}
    for layer in state.model.layers:
        found = {layer.name} if layer.name in state.inputs else set[str]()
        for read in layer.reads:
            found |= origins[read]
        origins[layer.name] = frozenset(found)
    return origins


def _is_channels_first(layer: CurrentLayer) -> bool:
    """Whether the input's readers use channels-first."""
    names = list(layer.state.readers[layer.name])
    seen = set[str]()
    while names:
        name = names.pop()
        after = layer.state.layers[name]
        if name in seen or after.kind in ("Reshape", "Permute"):
            continue
        seen.add(name)
        if after.options.get("data_format") is not None:
            return after.is_channels_first
        names += layer.state.readers[name]
    return False


@reads("Flatten")
def read_flatten(layer: CurrentLayer, value: Value) -> Value:
    """Read a `Flatten`: its reader orders the rows of its matrix as Keras does."""
    layer.keep("its reader flattens in the same order")
    if layer.is_channels_first and len(value.view) > 1:  # as Keras does
        value = replace(value, view=(*value.view[1:], value.view[0]))
    return replace(value, view=(value.order,), is_alone=False)


@reads("Reshape")
def read_reshape(layer: CurrentLayer, value: Value) -> Value:
    """Read a `Reshape` that only renames axes, or that reshapes the input."""
    sizes = layer.options.get("target_shape") or []
    whole = layer.options.get("newshape")  # of an operation, with the batch
    sizes = whole[1:] if isinstance(whole, list) else sizes
    target = list(sizes) if isinstance(sizes, list) else [sizes]
    return reshaped(layer, value, target)


def reshaped(layer: CurrentLayer, value: Value, target: list[int]) -> Value:
    """Return a value with axes of the target sizes; one size may be -1."""
    option = f"target_shape {'x'.join(map(str, target))}"
    size = prod(value.keras_shape)
    if -1 in target:
        rest = prod(n for n in target if n != -1)
        target[target.index(-1)] = size // max(1, rest)
    if prod(target) != size or any(n < 1 for n in target):
        why = f"its input has {size} values"
        raise RefusedLayerError(why, "save the model again", option)
    shape = tuple(target)
    view = None if value.parts else value.regrouped(shape)
    if shape == value.shape and set(shape[:-1]) == {1}:  # one pixel
        view = plain(len(shape))
    is_vector = view is None and len(value.shape) == 1
    is_last = not layer.state.readers[layer.name] or is_vector
    is_end = is_last and layer.state.output_of(layer, ENDING) is not None
    if is_end and not (value.parts or value.flat):
        layer.keep("at the end of the model: a readout has the same values as a vector")
        layer.state.cut |= {layer.name} if view is None else set()
        return value
    if value.parts and target == [size]:
        layer.keep("its output equals its input")
        return value
    if value.parts:
        remedy = "build the layers without"
        raise RefusedLayerError("it splits a vector", remedy, option)
    lacks_axis = view is not None and (
        len(view) > len(value.shape) or (len(view) > 1 and view != value.view)
    )  # that convolutions of the input need
    if view is not None and not (value.is_alone and lacks_axis):
        layer.keep("it renames axes, which its reader takes into account")
        return replace(value, view=view)
    if value.is_alone and layer.is_read_alone and len(target) <= 4:
        return _relaid(layer, shape, " from the start: reshape the data")
    image = _image_of_dense(layer, value, shape)
    if image is not None:
        layer.keep("in the `conv2d_transpose` that the dense layer becomes")
        return image
    raise RefusedLayerError(
        "it splits an axis, and only the input may be reshaped this way",
        "put this layer at the beginning of the model, or build the layers without it",
        option,
    )


def _image_of_dense(layer: CurrentLayer, value: Value, target: Shape) -> Value | None:
    """Return a vector's values as an image, or None if that is impossible.

    A transposed convolution of one pixel computes a matrix whose output is an image.
    """
    state = layer.state
    before = layer
    formats = [other.options.get("data_format") for other in state.model.layers]
    is_vector = len(value.shape) == 1 and not value.flat
    if len(target) != 3 or not is_vector or "channels_first" in formats:
        return None
    while before.is_read_alone and before.kind != "Dense":
        before = state.layers[before.reads[0]]
    draft = state.drafts.get(value.terms[0].source)
    steps = [step.op for term in value.terms for step in term.steps]
    if (
        draft is None
        or draft.kind != "dense"
        or draft.beside
        or before.kind != "Dense"
        or len(value.terms) > 1
        or steps not in ([], ["mix"])
        or any(len(term.read) > 1 for term in draft.main)
    ):  # more neurons pass the values on
        if any(len(term.read) > 1 for term in value.terms):
            value = identity_neurons(state, layer.name, value)
        units = RELU if value.is_positive else SIGNED
        fired = add_relu(state, layer.name, value, units)
        draft = state.drafts[fired.terms[0].source]
    shape = (*target[:2], target[2] * len(draft.units))
    bias: Bias = "off" if draft.bias == "off" and not draft.batchnorm else "neuron"
    image = state.add(
        replace(draft, shape=shape, image=shape, bias=bias, batchnorm=False)
    )
    if draft.units == RELU:
        return image
    return mix(image, layer.name, replace(value, shape=target), draft.units)


@reads("Embedding")
def read_embedding(layer: CurrentLayer, value: Value) -> Value:
    """Let the host look up the rows if no other layer reads the input."""
    width = layer.options.get("output_dim")
    is_part = layer.reads[0] in layer.state.parts
    if layer.options.get("mask_zero"):
        raise RefusedLayerError(
            "spikes have no mask for words that are 0",
            "use `mask_zero=False`, and retrain",
            "mask_zero on",
        )
    is_known = is_part or (value.is_alone and len(value.shape) == 1)
    if isinstance(width, int) and is_known and layer.is_read_alone:
        shape = value.shape if is_part else (*value.shape, width)
        layer.state.is_embedded = True
        how = ": look up the rows on the host"
        if not is_part:
            return _relaid(layer, shape, how)
        layer.rewrite(f"the input is {dims(shape)}{how}")
        return value
    raise RefusedLayerError(
        "it looks up rows, but the chip reads rates",
        "look up the rows before the network: the input of the spec is the "
        "embedded sequence, length x channels",
    )


@reads("Permute")
def read_permute(layer: CurrentLayer, value: Value) -> Value:
    """Read a `Permute`, which only renames axes, or transposes the input."""
    axes = layer.options.get("dims")
    rank = len(value.view)
    if not isinstance(axes, list) or sorted(axes) != list(range(1, rank + 1)):
        why = f"its `dims` must contain each number from 1 to {rank} once"
        raise RefusedLayerError(why, "save the model again")
    renamed = replace(value, view=tuple(value.view[axis - 1] for axis in axes))
    if value.is_alone and layer.is_read_alone:
        how = " from the start: transpose the data"
        return _relaid(layer, renamed.keras_shape, how)
    layer.keep("it renames axes, which its reader takes into account")
    return renamed


@reads(
    "Dropout",
    *each_rank("SpatialDropout"),
    "GaussianDropout",
    keeps=(),
    reads_broken=True,
)
def read_dropout(layer: CurrentLayer, value: Value) -> Value:
    """Turn a `Dropout` into a property of the layer before it."""
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
        layer.train(NO_DROPOUT)
        return value
    layer.state.add(replace(draft, dropout=rate))
    how = "" if layer.kind == "Dropout" else ", which drops single neurons"
    layer.train(f"as `dropout {rate:.6g}` of `{draft.layer}`{how}")
    return value


@reads(*NOISE, reads_broken=True)
def read_noise(layer: CurrentLayer, value: Value) -> Value:
    """Omit noise, image augmentation and penalties, which only training uses."""
    layer.train(
        "not kept: specs have no such layer, so change the data of `train.py` instead",
    )
    return value
