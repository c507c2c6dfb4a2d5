"""The input, what scales it, and layers that change a shape alone."""

from __future__ import annotations

from dataclasses import replace
from math import prod
from typing import Any

from snnc.importer.draft import BROKEN, Value
from snnc.importer.model import Layer
from snnc.importer.table.options import refuse_layout
from snnc.importer.walk import Walk


def read_input(layer: Layer, walk: Walk) -> Value:
    """Return the input, whose sizes have to be fixed and whose axes are at most 4."""
    shape = list(layer.options.get("batch_input_shape") or [None, None])[1:]
    if not shape or None in shape:
        sizes = "x".join("?" if size is None else str(size) for size in shape)
        return walk.refuse(
            layer,
            f"its shape is {sizes or 'a single number'}, and the chip's neurons are"
            f" laid out before it runs",
            "give `keras.Input` a shape without None, copy the weights, save anew",
            rule="input",
        )
    if len(shape) > 4:
        return walk.refuse(
            layer,
            f"it has {len(shape)} axes",
            "use at most depth x height x width x channels",
            rule="input",
        )
    if "int" in str(layer.options.get("dtype")):
        walk.train(layer, "specs read float32", f"dtype {layer.options['dtype']}")
    walk.keep(layer, "the spec's input")
    return Value(shape=tuple(shape), stage="input")


def read_rescaling(layer: Layer, walk: Walk) -> Value:
    """Take the factor and offset of the whole input into `as`."""
    value = walk.source(layer)
    if value.broken:
        return value
    scale, offset = layer.options.get("scale", 1), layer.options.get("offset", 0)
    if value.stage != "input" or value.affine or value.zeros:
        return _only_first(layer, walk)
    if not (_is_number(scale) and _is_number(offset)) or scale <= 0:
        return walk.refuse(
            layer,
            "`as` of a spec maps all channels by one rising line",
            "scale the data itself by channel, or use `Normalization`",
        )
    _scale(walk, float(scale), float(offset))
    walk.keep(layer, "as `in LO..HI as LO..HI` of the input")
    return value


def read_normalization(layer: Layer, walk: Walk) -> Value:
    """Fold a normalization of each channel into the layers that read it."""
    value = walk.source(layer)
    if value.broken:
        return value
    if value.stage != "input" or value.zeros:
        return _only_first(layer, walk)
    axis = layer.options.get("axis", -1)
    axes = axis if isinstance(axis, list) else [axis]
    if layer.options.get("invert") or axes not in ([-1], [len(value.shape)]):
        return walk.refuse(
            layer,
            "only a mean and a variance for each channel can go into a kernel",
            "normalize the data itself, and save the model without the layer",
        )
    walk.rewrite(layer, "folded into the kernels that read it, from its weights")
    return replace(value, affine=(*value.affine, layer.name))


def _scale(walk: Walk, scale: float, offset: float) -> None:
    before, added = walk.scaling
    walk.scaling = (before * scale, added * scale + offset)


def _only_first(layer: Layer, walk: Walk) -> Value:
    walk.refuse(
        layer,
        "values are scaled before they become spikes only",
        "move it to the front of the model, or fold it into the next kernel",
    )
    return BROKEN


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def read_flatten(layer: Layer, walk: Walk) -> Value:
    """Leave a `Flatten` out: dense layers flatten in Keras's order."""
    value = walk.source(layer)
    if refuse_layout(layer, walk) or value.broken:
        return BROKEN
    walk.keep(layer, "its reader flattens in the same order")
    return replace(value, flat=True)


def read_reshape(layer: Layer, walk: Walk) -> Value:
    """Leave a `Reshape` out where it flattens, or changes nothing."""
    value = walk.source(layer)
    if value.broken:
        return value
    target = list(layer.options.get("target_shape") or [])
    size = prod(value.shape)
    if -1 in target:
        rest = prod(n for n in target if n != -1)
        target[target.index(-1)] = size // max(1, rest)
    if target == [size]:
        walk.keep(layer, "it flattens, as its reader does")
        return replace(value, flat=True)
    if target == list(value.shape):
        walk.keep(layer, "it gives what it reads")
        return replace(value, flat=False)
    if value.stage == "input" and not (value.affine or value.zeros):
        shape = "x".join(map(str, target))
        walk.rewrite(layer, f"the input is {shape} from the start: reshape the data")
        return Value(shape=tuple(target), stage="input")
    return walk.refuse(
        layer,
        "neurons are laid out once; only the input may have other axes than it came",
        "put it in front of the model, or build the layers without it",
        f"target_shape {'x'.join(map(str, target))}",
    )


def read_zero_padding(layer: Layer, walk: Walk) -> Value:
    """Hand zeros on to the convolution that reads them."""
    value = walk.source(layer)
    if refuse_layout(layer, walk) or value.broken:
        return BROKEN
    pads = layer.options.get("padding", 1)
    rank = int(layer.kind[-2])
    if isinstance(pads, int):
        pads = [pads] * rank
    if rank == 1 and len(pads) == 2 and all(isinstance(p, int) for p in pads):
        pads = [pads]
    pairs = tuple((p, p) if isinstance(p, int) else (p[0], p[1]) for p in pads)
    if value.affine:
        return walk.refuse(
            layer,
            f"`{value.affine[-1]}` shifts what it pads, and the chip pads spikes",
            "put the batch norm before the activation, and retrain",
        )
    old = value.zeros or ((0, 0),) * rank
    zeros = tuple((a + c, b + d) for (a, b), (c, d) in zip(old, pairs, strict=True))
    walk.keep(layer, "its reader pads")
    return replace(value, zeros=zeros)
