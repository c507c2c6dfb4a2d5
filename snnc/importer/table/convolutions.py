"""Convolutions, padding, dense layers and batch norms, as linear steps."""

from __future__ import annotations

from dataclasses import replace
from math import prod
from typing import Any, Literal

from snnc.importer.decisions import RefusedLayerError
from snnc.importer.draft import BROKEN, Group, Value, order, plain, sizes
from snnc.importer.linear import (
    AxisWindow,
    LinearStep,
    Op,
    Shape,
    Term,
    Windows,
    per_channel,
    points,
    whole,
)
from snnc.importer.model import KerasLayer
from snnc.importer.state import CurrentLayer
from snnc.importer.table.activations import activate, find_activation
from snnc.importer.table.readers import (
    READERS,
    LayerReader,
    ReadSource,
    axes_of,
    dims,
    each_rank,
    is_first,
    reads,
    shown,
    slide,
    take_l2,
    tell_options,
)
from snnc.ir.shapes import transposed_crop, transposed_places


def _register(read: ReadSource, *kinds: str, keeps: tuple[str, ...]) -> None:
    """Register a reader of layers with weights, and with an activation after them.

    The reader gets its input even if this is unknown.
    """

    def read_layer(layer: CurrentLayer) -> Value:
        tell_options(layer, *keeps)
        layer.state.l2[layer.name] = take_l2(layer)
        value = read(layer, layer.source)
        return activate(layer, value, find_activation(layer.options.get("activation")))

    required = [o for o in ("filters", "kernel_size", "units") if o in keeps]
    READERS.update(dict.fromkeys(kinds, LayerReader(read_layer, tuple(required))))


def _convolve(layer: CurrentLayer, value: Value) -> Value:
    options = layer.options
    padding = str(options.get("padding") or "valid")
    is_causal = padding == "causal" and layer.kind.endswith("1D")
    if padding not in ("valid", "same") and not is_causal:
        why = "specs support only `valid` and `same` padding"
        remedy = "use `padding='valid'` and retrain; the axis becomes shorter"
        error = RefusedLayerError(why, remedy, f"padding {padding}")
        value = layer.refuse(error)
    if value.broken:
        return BROKEN
    size, stride = dims(layer, "kernel_size"), dims(layer, "strides")
    if any(step > taps for step, taps in zip(stride, size, strict=True)):
        why = "part of its input is not used"
        layer.keep(why, "strides above kernel_size")
    axes = axes_of(layer, value)
    windows, taps = slide(layer, value, axes, size, stride)
    groups, channels = int(options.get("groups") or 1), value.shape[-1]
    op: Op = "separable" if layer.kind.startswith("Separable") else "kernel"
    filters = options.get("filters", 0)
    if layer.kind.startswith("Depthwise"):
        op, filters = "depthwise", channels * (options.get("depth_multiplier") or 1)
    if groups > 1:
        layer.keep(option=f"groups {groups}")
    if channels % groups or filters % groups:
        raise RefusedLayerError(f"its groups do not divide {channels} channels")
    own = channels if op == "depthwise" else groups
    step = _kernel(op, layer, windows, channels, filters, groups=own, axes=axes.of)
    return value.then(replace(step, taps=taps), axes.view)


def _kernel(
    op: Op, layer: CurrentLayer, windows: Windows, read: int, given: Any, **facts: Any
) -> LinearStep:
    bias = bool(layer.options.get("use_bias", True))
    return LinearStep(op, layer.name, windows, read, int(given), bias=bias, **facts)


_WINDOW = ("kernel_size", "strides", "padding", "use_bias")
_CONVOLUTION = (*_WINDOW, "dilation_rate", "data_format")
_register(_convolve, *each_rank("Conv"), keeps=("filters", *_CONVOLUTION))
_register(
    _convolve, "SeparableConv1D", "SeparableConv2D",
    keeps=("filters", "depth_multiplier", *_CONVOLUTION),
)  # fmt: skip
_register(
    _convolve, "DepthwiseConv1D", "DepthwiseConv2D",
    keeps=("depth_multiplier", *_CONVOLUTION),
)  # fmt: skip


def _read_transposed(layer: CurrentLayer, value: Value) -> Value:
    if value.broken:
        return BROKEN
    options = layer.options
    dilation = dims(layer, "dilation_rate")
    if options.get("output_padding") is not None or set(dilation) != {1}:
        why = "specs have no `output_padding`, and no dilation with a stride"
        raise RefusedLayerError(why, "remove the option, and retrain")
    padding: Literal["valid", "same"] = (
        "same" if options.get("padding") == "same" else "valid"
    )
    axes = axes_of(layer, value)
    if None in axes.of:
        raise RefusedLayerError("its kernel moves along an axis of size 1")
    windows: list[AxisWindow] = []
    pairs = zip(dims(layer, "kernel_size"), dims(layer, "strides"), strict=True)
    for size, (taps, apart) in zip(axes.sizes, pairs, strict=True):
        before = taps - 1 - transposed_crop(taps, apart, padding)
        places = transposed_places(size, taps, apart, padding)
        windows.append(AxisWindow(size, taps, 1, before, places, step=apart))
    given = options.get("output_shape")  # from Keras 1
    if isinstance(given, list):
        sizes_given = given[2:] if is_first(layer) else given[1:-1]
        if sizes_given != [window.places for window in windows]:
            raise RefusedLayerError(
                f"its output_shape is {shown(given)}, which no padding produces",
                "build the layer in Keras 2 without this option",
            )
    own, read = axes.windows(value.shape, windows), value.shape[-1]
    facts = {"axes": axes.of, "taps": (0, 0)}
    step = _kernel("transposed", layer, own, read, options["filters"], **facts)
    return value.then(step, axes.view)


_register(_read_transposed, "Conv2DTranspose", keeps=("filters", *_WINDOW))


@reads("UpSampling2D", keeps=("size",))
def read_upsampling(layer: CurrentLayer, value: Value) -> Value:
    """Read an `UpSampling2D` that repeats values; its readers' kernels do the same."""
    way = str(layer.options.get("interpolation") or "nearest")
    axes = axes_of(layer, value)
    pairs = list(zip(axes.sizes, dims(layer, "size", 2), strict=True))
    is_repeated = way == "nearest" or all(1 in pair for pair in pairs)
    if not is_repeated or None in axes.of:
        raise RefusedLayerError(
            "only repeated values correspond to one kernel at all positions",
            "use `interpolation='nearest'`, or `Conv2DTranspose`, and retrain",
            f"interpolation {way}",
        )
    windows = [AxisWindow(n, s, 1, s - 1, n * s, step=s) for n, s in pairs]
    own = axes.windows(value.shape, windows)
    step = per_channel("window", layer.name, value.shape, own)
    layer.keep("in the kernel of the `conv2d_transpose` that reads it")
    return value.then(step, axes.view, value.is_positive)


@reads(*each_rank("ZeroPadding"), *each_rank("Cropping"))
def read_margins(layer: CurrentLayer, value: Value) -> Value:
    """Read a `ZeroPadding` or `Cropping`, which is part of its readers' kernels."""
    is_padding = layer.kind.startswith("ZeroPadding")
    sign, option = (1, "padding") if is_padding else (-1, "cropping")
    axes = axes_of(layer, value)
    windows: list[AxisWindow] = []
    for axis, size, margins in zip(
        axes.of, axes.sizes, _pairs(layer, option), strict=True
    ):
        before, behind = (sign * margin for margin in margins)
        if axis is None and (before or behind):
            raise RefusedLayerError("it pads an axis of size 1", "remove this layer")
        if size + before + behind < 1:
            raise RefusedLayerError("it leaves no values", "crop less")
        windows.append(AxisWindow(size, 1, 1, before, size + before + behind))
    all_windows = axes.windows(value.shape, windows)
    step = per_channel("window", layer.name, value.shape, all_windows)
    layer.keep(
        "its reader pads" if is_padding else "its reader skips the cropped values",
    )
    return value.then(step, axes.view, value.is_positive)


def _pairs(layer: KerasLayer, option: str) -> list[tuple[int, int]]:
    margins = layer.options.get(option, 1)
    rank = layer.rank
    if isinstance(margins, int):
        margins = [margins] * rank
    if rank == 1 and len(margins) == 2:
        margins = [margins]
    return [(m, m) if isinstance(m, int) else (m[0], m[1]) for m in margins]


def _read_dense(layer: CurrentLayer, value: Value) -> Value:
    if value.broken:
        return BROKEN
    if len(value.view) == 1:
        return _matrix(layer, value)
    channels = len(value.shape) - 1
    group = value.view[-1]
    if not _are_channels(group, value.shape):
        raise RefusedLayerError("its last axis does not contain the channels")
    windows, units = points(value.shape), layer.options["units"]
    step = _kernel("kernel", layer, windows, value.shape[-1], units, order=(channels,))
    return value.then(step, (*value.view[:-1], (channels,)))


def _matrix(layer: KerasLayer, value: Value) -> Value:
    """Apply a matrix to a flat vector, or to several concatenated vectors."""
    units, bias = int(layer.options["units"]), layer.options.get("use_bias", True)
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
                bias=bool((bias and not terms) or value.flat or part.flat),
                order=order(part.view),
                start=start,
                before=(*part.flat, *value.flat) if value.parts else value.flat,
                rows=size,
                is_first=not terms,
            )
            terms.append(term.then(step))
        start += size
    return Value(tuple(terms), (units,), plain(1))


_register(_read_dense, "Dense", keeps=("units", "use_bias"))


@reads(
    "BatchNormalization",
    "SyncBatchNormalization",
    keeps=("center", "scale", "epsilon"),
)
def read_batch_norm(layer: CurrentLayer, value: Value) -> Value:
    """Fold a batch norm with its running statistics, unless this is done."""
    return value if layer.name in layer.state.done else normed(layer, value)


def normed(layer: CurrentLayer, value: Value) -> Value:
    """Return a value after a batch norm."""
    axis = layer.options.get("axis", -1)
    axes = axis if isinstance(axis, list) else [-1 if axis is None else axis]
    return normalized(layer, value, axes, f"axis {shown(axis)}")


def normalized(
    layer: CurrentLayer,
    value: Value,
    axes: list[int],
    option: str,
) -> Value:
    """Return a value after a norm over axes as Keras counts them, with the batch."""
    rank = len(value.view)
    own = [axis if axis < 0 else axis - 1 - rank for axis in axes]
    is_one = len(own) == 1 and -rank <= own[0] < 0
    group = value.view[own[0]] if is_one else ()
    if is_one and _are_channels(group, value.shape) and not value.parts:
        step = per_channel("norm", layer.name, value.shape, bias=True)
        return value.then(step)
    if is_one and rank == 1:
        size = prod(value.shape)
        layer.rewrite("folded into the kernel that reads the flat vector")
        step = LinearStep("flat norm", layer.name, (), size, size, bias=True)
        return replace(value, flat=(*value.flat, step), is_positive=False)
    raise RefusedLayerError(
        "only a norm over channels can be folded into a kernel",
        "normalize over the channel axis",
        option,
    )


def _are_channels(group: Group, shape: Shape) -> bool:
    """Whether an axis of Keras is exactly the channels."""
    long = [axis for axis in group if shape[axis] > 1]
    return long == [len(shape) - 1] or (not long and shape[-1] == 1)


def keras_sizes(value: Value) -> Shape:
    """Return the shape in Keras, without the batch."""
    if value.parts:
        return (sum(prod(part.shape) for part in value.parts),)
    return sizes(value.view, value.shape)
