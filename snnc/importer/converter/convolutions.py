"""Convolutions and poolings (``ConvertConv``, ``ConvertAvgPool``)."""

from __future__ import annotations

import math
from collections.abc import Callable

from snnc.importer.converter.activations import activated, passthrough
from snnc.importer.converter.network import (
    Call,
    Connection,
    Converted,
    ConverterError,
    NengoObject,
)
from snnc.importer.converter.training import training_note

Handler = Callable[[Call], Converted]


def convolution(dimensions: int) -> Handler:
    """Return the handler of ``Conv1D``, ``Conv2D`` or ``Conv3D``."""

    def convert(call: Call) -> Converted:
        options = call.layer.options
        rates = options.get("dilation_rate") or 1
        if any(r != 1 for r in (rates if isinstance(rates, list) else [rates])):
            return Converted(None, tensor="a convolution with `dilation_rate`")
        _check_convolution(call, dimensions)
        output = activated(call)
        if isinstance(output, str):
            return Converted(None, tensor=f"the activation `{output}`")
        source = call.inputs[0]
        groups = options.get("groups") or 1
        made = Connection(
            call.name,
            source.object,
            output,
            "Convolution",
            dimensions=dimensions,
            groups=groups if isinstance(groups, int) else 1,
        )
        biases = _biases(call, output) if options.get("use_bias", True) else ()
        return Converted(output, (made, *biases), note=training_note(call.layer))

    return convert


def _check_convolution(call: Call, dimensions: int) -> None:
    shape = call.inputs[0].shape
    if shape is not None and len(shape) != dimensions + 1:
        raise ConverterError(
            f"its input has {len(shape) - 1} dimensions beside the channels, and"
            f" Nengo's Convolution wants the {dimensions} of its kernel"
        )
    if call.layer.options.get("padding") == "causal":
        raise ConverterError("Nengo's Convolution has no `causal` padding")


def _biases(call: Call, output: NengoObject) -> tuple[Connection, ...]:
    """One bias a channel, spread by a Sparse transform."""
    node = NengoObject(call.name, "Node", fed=False)
    relay = NengoObject(call.name, "passthrough", fed=False)
    return (
        Connection(call.name, node, relay, "Dense", size=1),
        Connection(call.name, relay, output, "Sparse"),
    )


def average_pooling(dimensions: int) -> Handler:
    """Return the handler of an average pooling, global or not."""

    def convert(call: Call) -> Converted:
        if call.layer.options.get("padding", "valid") != "valid":
            return Converted(None, tensor="average pooling with `padding` same")
        output = passthrough(call)
        made = Connection(
            call.name,
            call.inputs[0].object,
            output,
            "Convolution",
            dimensions=dimensions,
        )
        return Converted(output, (made,))

    return convert


def max_pooling(call: Call) -> Converted:
    """Return what becomes of a max pooling, global or not."""
    return Converted(
        None,
        tensor="max pooling",
        note="`max_to_avg_pool=True` makes it average pooling: another network",
    )


def size_of(call: Call, place: int = 0) -> int | None:
    """Return the number of elements that a layer reads."""
    shape = call.inputs[place].shape
    return None if shape is None else math.prod(shape)
