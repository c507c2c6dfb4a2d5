"""Convolutions, dense layers and batch norms, as linear steps."""

from __future__ import annotations

from dataclasses import replace
from math import prod
from typing import Literal

from snnc.importer.draft import BROKEN, Value, order, plain, sizes
from snnc.importer.linear import (
    AxisWindow,
    LinearStep,
    Op,
    Shape,
    Term,
    per_channel,
    point,
    points,
    whole,
)
from snnc.importer.model import KerasLayer
from snnc.importer.state import ConversionState
from snnc.importer.table.activations import activate, activation_of
from snnc.importer.table.axes import AxesError, axes_of, extended, is_first, slide
from snnc.importer.table.options import dims, shown, take_l2, tell_options
from snnc.ir.shapes import transposed_crop, transposed_places


def read_convolution(layer: KerasLayer, state: ConversionState) -> Value:
    """Read a `Conv1D`, `Conv2D` or `Conv3D`."""
    filters = int(layer.options["filters"])
    return _convolve(layer, state, filters, "kernel", "filters")


def read_separable(layer: KerasLayer, state: ConversionState) -> Value:
    """Read a separable convolution, whose two kernels become one kernel."""
    filters = int(layer.options["filters"])
    kept = "filters", "depth_multiplier"
    return _convolve(layer, state, filters, "separable", *kept)


def read_depthwise(layer: KerasLayer, state: ConversionState) -> Value:
    """Read a depthwise convolution."""
    channels = state.source(layer).shape[-1:] or (0,)
    filters = channels[0] * int(layer.options.get("depth_multiplier") or 1)
    return _convolve(layer, state, filters, "depthwise", "depth_multiplier")


def _convolve(
    layer: KerasLayer, state: ConversionState, filters: int, op: Op, *kept: str
) -> Value:
    kept = (*kept, "kernel_size", "strides", "padding", "use_bias")
    rank = int(layer.kind[-2])
    dilation = dims(layer.options.get("dilation_rate", 1), rank)
    if set(dilation) != {1}:
        kept = (*kept, "dilation_rate")
    if is_first(layer):
        kept = (*kept, "data_format")
    tell_options(layer, state, *kept)
    state.l2[layer.name] = take_l2(layer, state)
    activation = activation_of(layer)
    value = state.source(layer)
    padding = str(layer.options.get("padding") or "valid")
    if padding not in ("valid", "same") and not (padding == "causal" and rank == 1):
        state.refuse(
            layer,
            "specs support only `valid` and `same` padding",
            "use `padding='valid'` and retrain; the axis becomes shorter",
            f"padding {padding}",
        )
        value = BROKEN
    if value.broken:
        return activate(layer, state, BROKEN, activation)
    size = dims(layer.options["kernel_size"], rank)
    stride = dims(layer.options.get("strides", 1), rank)
    if any(step > taps for step, taps in zip(stride, size, strict=True)):
        why = "part of its input is not used"
        state.keep(layer, why, "strides above kernel_size")
    axes = axes_of(layer, value, rank)
    windows, taps = slide(axes, value, size, stride, padding, dilation)
    groups = int(layer.options.get("groups") or 1)
    channels = value.shape[-1]
    if groups > 1:
        state.keep(layer, option=f"groups {groups}")
    if channels % groups or filters % groups:
        raise AxesError(f"its groups do not divide {channels} channels")
    step = LinearStep(
        op,
        layer.name,
        windows,
        channels,
        filters,
        groups=channels if op == "depthwise" else groups,
        axes=axes.of,
        taps=taps,
        bias=bool(layer.options.get("use_bias", True)),
    )
    return activate(layer, state, extended(value, step, axes.view), activation)


def read_transposed(layer: KerasLayer, state: ConversionState) -> Value:
    """Read a `Conv2DTranspose`."""
    options = layer.options
    kept = ("filters", "kernel_size", "strides", "padding", "use_bias")
    tell_options(layer, state, *kept)
    state.l2[layer.name] = take_l2(layer, state)
    activation = activation_of(layer)
    value = state.source(layer)
    if value.broken:
        return activate(layer, state, BROKEN, activation)
    size, stride = dims(options["kernel_size"], 2), dims(options.get("strides", 1), 2)
    dilation = dims(options.get("dilation_rate", 1), 2)
    if options.get("output_padding") is not None or set(dilation) != {1}:
        why = "specs have no `output_padding`, and no dilation with a stride"
        return state.refuse(layer, why, "remove the option, and retrain")
    padding: Literal["valid", "same"] = (
        "same" if options.get("padding") == "same" else "valid"
    )
    axes = axes_of(layer, value, 2)
    if None in axes.of:
        raise AxesError("its kernel moves along an axis of size 1")
    windows = [
        AxisWindow(
            n,
            k,
            1,
            k - 1 - transposed_crop(k, s, padding),
            transposed_places(n, k, s, padding),
            step=s,
        )
        for n, k, s in zip(axes.sizes, size, stride, strict=True)
    ]
    given = options.get("output_shape")  # from Keras 1
    if isinstance(given, list):
        places = given[2:] if is_first(layer) else given[1:-1]
        if places != [window.places for window in windows]:
            why = f"its output_shape is {shown(given)}, which no padding produces"
            return state.refuse(
                layer, why, "build the layer in Keras 2 without this option"
            )
    step = LinearStep(
        "transposed",
        layer.name,
        tuple(windows),
        value.shape[-1],
        int(options["filters"]),
        axes=axes.of,
        taps=(0, 0),
        bias=bool(options.get("use_bias", True)),
    )
    return activate(layer, state, extended(value, step, axes.view), activation)


def read_upsampling(layer: KerasLayer, state: ConversionState) -> Value:
    """Read an `UpSampling2D` that repeats values; its readers' kernels do the same."""
    tell_options(layer, state, "size")
    value = state.source(layer)
    if value.broken:
        return BROKEN
    rank = int(layer.kind[-2])
    size = dims(layer.options.get("size", 2), rank)
    way = str(layer.options.get("interpolation") or "nearest")
    axes = axes_of(layer, value, rank)
    is_repeated = way == "nearest" or all(
        n == 1 or s == 1 for n, s in zip(axes.sizes, size, strict=True)
    )
    if not is_repeated or None in axes.of:
        return state.refuse(
            layer,
            "only repeated values correspond to one kernel at all positions",
            "use `interpolation='nearest'`, or `Conv2DTranspose`, and retrain",
            f"interpolation {way}",
        )
    windows = list(map(point, value.shape[:-1]))
    for axis, n, s in zip(axes.of, axes.sizes, size, strict=True):
        if axis is not None and s > 1:
            windows[axis] = AxisWindow(n, s, 1, s - 1, n * s, step=s)
    step = per_channel("window", layer.name, value.shape, tuple(windows))
    state.keep(layer, "in the kernel of the `conv2d_transpose` that reads it")
    return extended(value, step, axes.view, value.is_positive)


def read_dense(layer: KerasLayer, state: ConversionState) -> Value:
    """Read a `Dense`."""
    tell_options(layer, state, "units", "use_bias")
    state.l2[layer.name] = take_l2(layer, state)
    activation = activation_of(layer)
    value = state.source(layer)
    if value.broken:
        return activate(layer, state, BROKEN, activation)
    units = int(layer.options["units"])
    bias = bool(layer.options.get("use_bias", True))
    if len(value.view) == 1:
        sum_of_terms = _matrix(layer, value, units, bias)
        return activate(layer, state, sum_of_terms, activation)
    channels = len(value.shape) - 1
    long = [axis for axis in value.view[-1] if value.shape[axis] > 1]
    if long not in ([channels], []) or (not long and value.shape[-1] > 1):
        raise AxesError("its last axis does not contain the channels")
    step = LinearStep(
        "kernel",
        layer.name,
        points(value.shape),
        value.shape[-1],
        units,
        bias=bias,
        order=(channels,),
    )
    view = (*value.view[:-1], (channels,))
    return activate(layer, state, extended(value, step, view), activation)


def _matrix(layer: KerasLayer, value: Value, units: int, bias: bool) -> Value:
    """Apply a matrix to a flat vector, or to several concatenated vectors."""
    terms: list[Term] = []
    start = 0
    for part in value.parts or (value,):
        size = prod(part.shape)
        for term in part.terms:
            step = LinearStep(
                "matrix",
                layer.name,
                tuple(map(whole, part.shape[:-1])),
                part.shape[-1],
                units,
                bias=(bias and not terms) or bool(value.flat or part.flat),
                order=order(part.view),
                start=start,
                before=(*part.flat, *value.flat) if value.parts else value.flat,
                rows=size,
                is_first=not terms,
            )
            terms.append(replace(term, steps=(*term.steps, step)))
        start += size
    return Value(tuple(terms), (units,), plain(1))


def read_batch_norm(layer: KerasLayer, state: ConversionState) -> Value:
    """Fold a batch norm with its running statistics."""
    tell_options(layer, state, "center", "scale", "epsilon")
    value = state.source(layer)
    if value.broken or layer.name in state.done:
        return value
    return normed(layer, state, value)


def normed(layer: KerasLayer, state: ConversionState, value: Value) -> Value:
    """Return a value after a batch norm."""
    axis = layer.options.get("axis", -1)
    axes = axis if isinstance(axis, list) else [-1 if axis is None else axis]
    keras = [a if a < 0 else a - 1 - len(value.view) for a in axes]
    return normalized(layer, state, value, keras, f"axis {shown(axis)}")


def normalized(
    layer: KerasLayer,
    state: ConversionState,
    value: Value,
    axes: list[int],
    option: str,
) -> Value:
    """Return a value after a norm over axes, which are counted from the last."""
    rank = len(value.view)
    is_one = len(axes) == 1 and -rank <= axes[0] < 0
    group = value.view[axes[0]] if is_one else ()
    if is_one and _are_channels(group, value.shape) and not value.parts:
        step = per_channel("norm", layer.name, value.shape, bias=True)
        return extended(value, step, value.view)
    if is_one and rank == 1:
        size = prod(value.shape)
        state.rewrite(layer, "folded into the kernel that reads the flat vector")
        step = LinearStep("flat norm", layer.name, (), size, size, bias=True)
        return replace(value, flat=(*value.flat, step), is_positive=False)
    return state.refuse(
        layer,
        "only a norm over channels can be folded into a kernel",
        "normalize over the channel axis",
        option,
    )


def _are_channels(group: tuple[int, ...], shape: Shape) -> bool:
    """Whether an axis of Keras is exactly the channels."""
    long = [axis for axis in group if shape[axis] > 1]
    channels = len(shape) - 1
    return long == [channels] or (not long and shape[channels] == 1)


def keras_sizes(value: Value) -> Shape:
    """Return the shape in Keras, without the batch."""
    if value.parts:
        return (sum(prod(part.shape) for part in value.parts),)
    return sizes(value.view, value.shape)
