"""Layers that read several: ``Add``, ``Average`` and ``Concatenate``."""

from __future__ import annotations

import math

from snnc.importer.converter.activations import passthrough
from snnc.importer.converter.network import (
    Call,
    Connection,
    Converted,
    ConverterError,
    Transform,
)


def add(call: Call) -> Converted:
    """Return what becomes of ``Add``."""
    return _sum(call, scaled=False)


def average(call: Call) -> Converted:
    """Return what becomes of ``Average``."""
    return _sum(call, scaled=True)


def _sum(call: Call, scaled: bool) -> Converted:
    sizes = {math.prod(s.shape) for s in call.inputs if s.shape is not None}
    if len(sizes) > 1:
        raise ConverterError(
            "its inputs have different sizes, and the converter does not broadcast"
        )
    size = sizes.pop() if sizes else None
    output = passthrough(call)
    transform: Transform = "Dense" if scaled else "NoTransform"
    return Converted(
        output,
        tuple(
            Connection(call.name, source.object, output, transform, size=size)
            for source in call.inputs
        ),
    )


def concatenate(call: Call) -> Converted:
    """Return what becomes of ``Concatenate``."""
    axis, shape = call.layer.options.get("axis", -1), call.inputs[0].shape
    if axis == 0 or (shape is not None and axis == -len(shape) - 1):
        raise ConverterError("it joins along the batch")
    output = passthrough(call)
    made = []
    for source in call.inputs:
        size = None if source.shape is None else math.prod(source.shape)
        made.append(
            Connection(call.name, source.object, output, size=size, post_indices=size)
        )
    return Converted(output, tuple(made))
