"""Convolutions, dense layers, and the batch norms behind them."""

from __future__ import annotations

from dataclasses import replace

from snnc.importer.draft import BROKEN, Draft, Form, Shape, Value
from snnc.importer.model import Layer
from snnc.importer.table.activations import activate, activation_name
from snnc.importer.table.options import (
    dims,
    refuse_layout,
    shown,
    take_l2,
    tell_options,
)
from snnc.importer.table.padding import fold_zeros, positions
from snnc.importer.walk import Walk


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
    """Read a depthwise convolution."""
    channels = walk.source(layer).shape[-1:] or (0,)
    filters = channels[0] * int(layer.options.get("depth_multiplier") or 1)
    return _convolve(layer, walk, filters, "depthwise", "depth_multiplier")


def _convolve(layer: Layer, walk: Walk, filters: int, form: Form, *told: str) -> Value:
    told = (*told, "kernel_size", "strides", "padding", "use_bias")
    rank = int(layer.kind[-2])
    dilation = dims(layer.options.get("dilation_rate", 1), rank)
    if set(dilation) != {1}:
        told = (*told, "dilation_rate")
    tell_options(layer, walk, *told)
    l2 = take_l2(layer, walk)
    activation = activation_name(layer.options.get("activation"))
    value = walk.spiking(layer, walk.source(layer))
    _refuse_options(layer, walk)
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
        dilation=dilation,
        groups=_groups(layer, walk, value, form),
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
    walk.keep(layer, f"`{'depthwise' if folded.is_depthwise else 'conv'}{rank}d`")
    walk.add(replace(folded, shape=shape))
    out = Value(layer.name, layer.name, shape, "linear")
    return activate(layer, walk, out, activation)


def _output(read: Shape, draft: Draft) -> Shape:
    axes = zip(read, draft.extent, draft.stride, strict=False)
    return tuple(positions(n, k, s, draft.padding) for n, k, s in axes)


def _pads(read: Shape, draft: Draft) -> bool:
    axes = zip(read, draft.extent, draft.stride, strict=False)
    return any((-(-n // s) - 1) * s + k > n for n, k, s in axes)


def _groups(layer: Layer, walk: Walk, value: Value, form: Form) -> int:
    """Return the groups of a convolution; one that reads the input has none.

    What encodes the input is a full convolution, or gives each sign a channel, so that
    those of a group are apart.
    """
    groups = int(layer.options.get("groups") or 1)
    if form == "depthwise":
        groups = value.shape[-1]
    if groups == 1:
        return 1
    if walk.reads_input(value):
        walk.rewrite(
            layer,
            "it reads the input: as a full kernel with zeros between the groups;"
            " retraining may fill it",
        )
        return 1
    if form != "depthwise":
        walk.keep(layer, option=f"groups {groups}")
    return groups


def _refuse_options(layer: Layer, walk: Walk) -> None:
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


def read_dense(layer: Layer, walk: Walk) -> Value:
    """Read a `Dense`."""
    tell_options(layer, walk, "units", "use_bias")
    l2 = take_l2(layer, walk)
    activation = activation_name(layer.options.get("activation"))
    value = walk.spiking(layer, walk.source(layer))
    if value.broken:
        return activate(layer, walk, BROKEN, activation)
    if value.zeros:
        walk.refuse(layer, "it reads zeros that were padded", "leave `ZeroPadding` out")
        return BROKEN
    units = int(layer.options["units"])
    is_vector = value.flat or len(value.shape) == 1
    ones = (1,) * (len(value.shape) - 1)
    if is_vector:
        walk.keep(layer, "`dense`")
    else:
        walk.rewrite(layer, f"over pixels it is `conv{len(ones)}d` of `kernel 1`")
    draft = Draft(
        layer=layer.name,
        kind="dense" if is_vector else "conv",
        sources=(value.source,),
        read=value.shape,
        shape=(units,) if is_vector else (*value.shape[:-1], units),
        kernel=() if is_vector else ones,
        inner=() if is_vector else ones,
        stride=() if is_vector else ones,
        bias=bool(layer.options.get("use_bias", True)),
        affine=value.affine,
        l2=l2,
    )
    walk.add(draft)
    out = Value(layer.name, layer.name, draft.shape, "linear")
    return activate(layer, walk, out, activation)


def read_batch_norm(layer: Layer, walk: Walk) -> Value:
    """Fold a batch norm with its running statistics."""
    tell_options(layer, walk, "center", "scale", "epsilon")
    value = walk.source(layer)
    if value.broken:
        return value
    axis = layer.options.get("axis", -1)
    axes = axis if isinstance(axis, list) else [axis]
    is_channels = value.flat is False or len(value.shape) == 1
    if axes not in ([-1], [len(value.shape)]) or not is_channels:
        return walk.refuse(
            layer,
            "only a norm of each channel goes into a kernel",
            "put it before `Flatten`, over the last axis",
            f"axis {shown(axis)}",
        )
    if value.stage != "linear" or value.neurons is None:
        walk.rewrite(
            layer,
            "it stands behind the neurons: folded into the kernels that read it",
            remedy="retraining has no batch norm there; `batchnorm on` puts it before"
            " the neurons",
        )
        return replace(value, affine=(*value.affine, layer.name))
    draft = walk.drafts[value.neurons]
    if draft.shortcut is not None:
        return walk.refuse(
            layer,
            "a shortcut is added behind the batch norm of a layer, never before it",
            "put it before the `Add`",
        )
    if not walk.is_read_once(layer.reads[0]):
        return walk.refuse(
            layer,
            f"`{layer.reads[0]}` is read by other layers too, before the batch norm",
            "let all of them read the batch norm",
        )
    walk.change(draft.layer, batchnorms=(*draft.batchnorms, layer.name))
    walk.keep(layer, f"as `batchnorm on` of `{draft.layer}`, folded with the weights")
    return value
