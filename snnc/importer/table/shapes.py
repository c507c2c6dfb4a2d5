"""Layers that only arrange values."""

from __future__ import annotations

from dataclasses import replace
from math import prod

from snnc.importer.draft import BROKEN, Value
from snnc.importer.model import Layer
from snnc.importer.table.options import refuse_layout
from snnc.importer.walk import Walk


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
