"""Convolutions, depthwise and separable ones among them."""

from __future__ import annotations

from dataclasses import replace

from snnc.importer.draft import Draft, Form, Shape, Value
from snnc.importer.model import Layer
from snnc.importer.table.activations import activate, activation_name
from snnc.importer.table.options import dims, refuse_layout, take_l2, tell_options
from snnc.importer.table.padding import fold_zeros, positions
from snnc.importer.walk import Walk

DENSE_KERNELS = "as a full kernel with zeros off the diagonal"


def read_convolution(layer: Layer, walk: Walk) -> Value:
    """Read a `Conv1D`, `Conv2D` or `Conv3D`."""
    filters = int(layer.options["filters"])
    return _convolve(layer, walk, filters, "kernel", "filters")


def read_separable(layer: Layer, walk: Walk) -> Value:
    """Read a separable convolution, whose two kernels are one on the chip."""
    filters = int(layer.options["filters"])
    told = "filters", "depth_multiplier"
    walk.rewrite(
        layer,
        "its two kernels are multiplied to one; the chip stores all of it, and"
        " retraining may fill it",
    )
    return _convolve(layer, walk, filters, "separable", *told)


def read_depthwise(layer: Layer, walk: Walk) -> Value:
    """Read a depthwise convolution, as a kernel that is 0 off the diagonal."""
    channels = walk.source(layer).shape[-1:] or (0,)
    filters = channels[0] * int(layer.options.get("depth_multiplier") or 1)
    walk.rewrite(
        layer,
        f"{DENSE_KERNELS}: {filters} x {channels[0]} planes where Keras has {filters};"
        " the chip stores all of it, and retraining may fill it",
    )
    return _convolve(layer, walk, filters, "depthwise", "depth_multiplier")


def _convolve(layer: Layer, walk: Walk, filters: int, form: Form, *told: str) -> Value:
    tell_options(layer, walk, *told, "kernel_size", "strides", "padding", "use_bias")
    l2 = take_l2(layer, walk)
    activation = activation_name(layer.options.get("activation"))
    value = walk.spiking(layer, walk.source(layer))
    rank = int(layer.kind[-2])
    _refuse_options(layer, walk, rank)
    if refuse_layout(layer, walk) or value.broken:
        return activate(layer, walk, Value(broken=True), activation)
    size = dims(layer.options["kernel_size"], rank)
    stride = dims(layer.options.get("strides", 1), rank)
    is_padded = layer.options.get("padding") in ("same", "causal")
    if value.flat or len(value.shape) != rank + 1:
        return walk.refuse(layer, "what it reads has other axes", "save the model anew")
    draft = Draft(
        layer=layer.name,
        kind="conv",
        sources=(value.source,),
        read=value.shape,
        shape=(),
        form=form,
        kernel=size,
        inner=size,
        stride=stride,
        padding="same" if is_padded else "valid",
        bias=bool(layer.options.get("use_bias", True)),
        affine=value.affine,
        l2=l2,
    )
    folded = fold_zeros(layer, walk, value, draft)
    if folded is None:
        return Value(broken=True)
    shape = (*_output(value.shape, folded), filters)
    if 0 in shape:
        return walk.refuse(
            layer, "its kernel is larger than what it reads", "use a smaller kernel"
        )
    if value.affine and folded.padding == "same" and _pads(value.shape, folded):
        return walk.refuse(
            layer,
            f"`{value.affine[-1]}` shifts what it reads, and zeros are padded to that",
            _before(walk, value.affine[-1]),
            "padding same",
        )
    walk.keep(layer, f"`conv{rank}d`")
    walk.add(replace(folded, shape=shape))
    out = Value(layer.name, layer.name, shape, "linear")
    return activate(layer, walk, out, activation)


def _output(read: Shape, draft: Draft) -> Shape:
    axes = zip(read, draft.kernel, draft.stride, strict=False)
    return tuple(positions(n, k, s, draft.padding) for n, k, s in axes)


def _pads(read: Shape, draft: Draft) -> bool:
    axes = zip(read, draft.kernel, draft.stride, strict=False)
    return any((-(-n // s) - 1) * s + k > n for n, k, s in axes)


def _refuse_options(layer: Layer, walk: Walk, rank: int) -> None:
    if set(dims(layer.options.get("dilation_rate", 1), rank)) != {1}:
        walk.refuse(
            layer,
            "nengo-loihi has no dilated convolutions",
            "use a larger kernel, or a stride before it, and retrain",
            f"dilation_rate {layer.options['dilation_rate']}",
        )
    if layer.options.get("groups", 1) != 1:
        walk.refuse(
            layer,
            "nengo-loihi has no grouped convolutions",
            "use one convolution for each group and `Concatenate`, or `groups=1`",
            f"groups {layer.options['groups']}",
        )
    if layer.options.get("padding", "valid") not in ("valid", "same"):
        walk.refuse(
            layer,
            "specs pad as `valid` and `same` do",
            "use `padding='valid'` and retrain; the axis becomes shorter",
            f"padding {layer.options['padding']}",
        )


def _before(walk: Walk, norm: str) -> str:
    if walk.layers[norm].kind == "Normalization":
        return "normalize the data itself, or use `padding='valid'`"
    return "put the batch norm before the activation, or use `padding='valid'`"
