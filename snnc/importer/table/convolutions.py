"""Kernels, norms, and layers that move or repeat the values they read."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from math import prod
from typing import Any, Literal

from snnc.importer.linear import (
    AxisWindow,
    LinearStep,
    Op,
    Padding,
    Shape,
    Term,
    Windows,
    per_channel,
    points,
    whole,
)
from snnc.importer.model import KerasLayer, config_of
from snnc.importer.state import NORMS, CurrentLayer, RefusedLayerError
from snnc.importer.table import dims, each_rank, margins_of, reads, shown
from snnc.importer.table.activations import activate, find_activation
from snnc.importer.values import BROKEN, Group, Value, View, plain
from snnc.ir.shapes import pads, transposed_crop, transposed_places, window_positions

PENALTIES = ("kernel_regularizer", "depthwise_regularizer", "pointwise_regularizer")
_WINDOW = ("kernel_size", "strides", "padding", "use_bias")
_CONVOLUTION = (*_WINDOW, "dilation_rate", "data_format")
ReadKernel = Callable[[CurrentLayer, Value], Value]


@dataclass(frozen=True, slots=True)
class Axes:
    """The spatial axes of a layer.

    ``of`` has the value's axis for each Keras axis; None if the value lacks the axis,
    which then has size 1. ``view`` has the axes of the layer's output in Keras.
    """

    of: tuple[int | None, ...]
    sizes: Shape
    view: View

    def windows(self, shape: Shape, own: Iterable[AxisWindow]) -> Windows:
        """Return windows over all spatial axes of a value: ``own`` for these axes."""
        found = dict(zip(self.of, own, strict=True))
        return tuple(found.get(axis, one) for axis, one in enumerate(points(shape)))


def axes_of(layer: KerasLayer, value: Value) -> Axes:
    """Return the spatial axes of a layer's class.

    Raise RefusedLayerError if a spatial Keras axis is the spec's channels, or several
    of the spec's axes.
    """
    view = value.view
    shape = value.shape
    channels = len(value.shape) - 1
    rank = layer.rank
    if len(view) != rank + 1:
        raise RefusedLayerError(f"it reads {len(view)} axes instead of {rank + 1}")
    is_first = layer.is_channels_first
    groups, last = (view[1:], view[0]) if is_first else (view[:-1], view[-1])
    of = tuple(_spatial(group, shape) for group in groups)
    own = _axis_of(last, shape)
    if own is not None and own != channels and shape[own] > 1:
        raise RefusedLayerError("it uses a spatial axis as channels")
    if channels in of or (shape[-1] > 1 and channels not in last):
        raise RefusedLayerError("it uses the channels as a spatial axis")
    spatial = tuple(() if axis is None else (axis,) for axis in of)
    sizes = tuple(1 if axis is None else shape[axis] for axis in of)
    after = ((channels,), *spatial) if is_first else (*spatial, (channels,))
    return Axes(of, sizes, after)


def _spatial(group: Group, shape: Shape) -> int | None:
    axis = _axis_of(group, shape)
    if axis is not None and axis == len(shape) - 1 and shape[axis] == 1:
        return next((other for other in group if other != axis), None)
    return axis


def _axis_of(group: Group, shape: Shape) -> int | None:
    """Return the only axis of a group that is longer than 1, or None without one."""
    long = [axis for axis in group if shape[axis] > 1]
    if len(long) > 1:
        raise RefusedLayerError("one of its axes combines several axes of the spec")
    return next(iter(long or group), None)


def slide(
    layer: KerasLayer, value: Value, axes: Axes, size: Shape, stride: Shape
) -> tuple[Windows, tuple[int, ...]]:
    """Return the windows of a kernel, and its taps on axes that the value lacks.

    Raise RefusedLayerError if the kernel is larger than its input.
    """
    given: Any = layer.options.get("padding")
    padding: Padding = given if given in ("same", "causal") else "valid"
    dilation = (1,) * len(size)
    if "Conv" in layer.kind:
        dilation = dims(layer, "dilation_rate")
    windows: list[AxisWindow] = []
    taps: list[int] = []
    for axis, *numbers in zip(axes.of, axes.sizes, size, stride, dilation, strict=True):
        length, count, step, apart = numbers
        extent = (count - 1) * apart + 1
        places = window_positions(length, extent, step, padding)
        before, _ = pads(length, extent, step, padding)
        if places < 1:
            larger = "give the model a larger input, or this layer a smaller kernel"
            raise RefusedLayerError("its kernel is larger than its input", larger)
        if axis is None and (places > 1 or before % apart):
            raise RefusedLayerError("its kernel moves along an axis of size 1")
        taps.append(before // apart if axis is None else 0)
        windows.append(AxisWindow(length, extent, step, before, places, apart))
    return axes.windows(value.shape, windows), tuple(taps)


def has_kernel(
    *kinds: str, keeps: tuple[str, ...]
) -> Callable[[ReadKernel], ReadKernel]:
    """Register a reader of layers with a kernel, and with an activation after it.

    The reader gets its input even if this is unknown.
    """

    def register(read: ReadKernel) -> ReadKernel:
        @reads(*kinds, keeps=keeps, reads_broken=True)
        def read_layer(layer: CurrentLayer, value: Value) -> Value:
            layer.state.l2[layer.name] = _take_l2(layer)
            function = find_activation(layer.options.get("activation"))
            return activate(layer, read(layer, value), function)

        return read

    return register


def _take_l2(layer: CurrentLayer) -> float:
    """Return a kernel's L2 factor, and record other penalties."""
    factor = 0.0
    kept = PENALTIES[layer.kind.startswith("DepthwiseConv")]
    for option in PENALTIES:
        value = layer.options.get(option)
        if value is None:
            continue
        l1, l2 = (config_of(value).get(name) or 0.0 for name in ("l1", "l2"))
        is_l2 = isinstance(l2, (int, float)) and l2 > 0
        if option == kept and is_l2:
            factor = float(l2)
            layer.keep("as `l2`", f"{option} L2 {factor:.6g}")
        if option != kept or not is_l2 or l1:
            what = "L1" if l1 else shown(value)
            layer.train("not kept: specs have only `l2`", f"{option} {what}")
    return factor


@has_kernel(*each_rank("Conv"), keeps=("filters", *_CONVOLUTION))
@has_kernel(
    "SeparableConv1D", "SeparableConv2D",
    keeps=("filters", "depth_multiplier", *_CONVOLUTION),
)  # fmt: skip
@has_kernel(
    "DepthwiseConv1D", "DepthwiseConv2D", keeps=("depth_multiplier", *_CONVOLUTION)
)
def read_convolution(layer: CurrentLayer, value: Value) -> Value:
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
    size = dims(layer, "kernel_size")
    stride = dims(layer, "strides")
    if any(step > taps for step, taps in zip(stride, size, strict=True)):
        why = "part of its input is not used"
        layer.keep(why, "strides above kernel_size")
    axes = axes_of(layer, value)
    windows, taps = slide(layer, value, axes, size, stride)
    groups = int(options.get("groups") or 1)
    channels = value.shape[-1]
    op: Op = "separable" if layer.kind.startswith("Separable") else "kernel"
    filters = options.get("filters", 0)
    if layer.kind.startswith("Depthwise"):
        op = "depthwise"
        filters = channels * (options.get("depth_multiplier") or 1)
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


@has_kernel("Conv2DTranspose", keeps=("filters", *_WINDOW))
def read_transposed(layer: CurrentLayer, value: Value) -> Value:
    if value.broken:
        return BROKEN
    options = layer.options
    padding: Literal["valid", "same"] = (
        "same" if options.get("padding") == "same" else "valid"
    )
    axes = axes_of(layer, value)
    if None in axes.of:
        raise RefusedLayerError("its kernel moves along an axis of size 1")
    windows: list[AxisWindow] = []
    shapes = (dims(layer, key) for key in ("kernel_size", "strides", "dilation_rate"))
    is_longer = options.get("output_padding") is not None
    added = dims(layer, "output_padding") if is_longer else (0, 0)
    for size, taps, apart, dilation, more in zip(
        axes.sizes, *shapes, added, strict=True
    ):
        extent = (taps - 1) * dilation + 1
        before = extent - 1 - transposed_crop(extent, apart, padding)
        places = transposed_places(size, extent, apart, padding)
        crop = extent // 2 * 2 if padding == "same" else 0
        is_usual = (size - 1) * apart + extent - crop + more == places
        if (is_longer and not is_usual) or 1 not in (apart, dilation):
            raise RefusedLayerError(
                "specs have no `output_padding` that changes the size, and no dilation "
                "with a stride",
                "remove the option, and retrain",
            )
        windows.append(
            AxisWindow(size, extent, 1, before, places, dilation, step=apart)
        )
    given = options.get("output_shape")  # from Keras 1
    if isinstance(given, list):
        sizes_given = given[2:] if layer.is_channels_first else given[1:-1]
        if sizes_given != [window.places for window in windows]:
            raise RefusedLayerError(
                f"its output_shape is {shown(given)}, which no padding produces",
                "build the layer in Keras 2 without this option",
            )
    own = axes.windows(value.shape, windows)
    read = value.shape[-1]
    facts = {"axes": axes.of, "taps": (0, 0)}
    step = _kernel("transposed", layer, own, read, options["filters"], **facts)
    return value.then(step, axes.view)


@reads(*each_rank("UpSampling"), keeps=("size",))
def read_upsampling(layer: CurrentLayer, value: Value) -> Value:
    """Read an upsampling that repeats values; its readers' kernels do the same."""
    way = str(layer.options.get("interpolation") or "nearest")
    axes = axes_of(layer, value)
    pairs = list(zip(axes.sizes, dims(layer, "size", 2), strict=True))
    if None in axes.of:
        raise RefusedLayerError("its kernel moves along an axis of size 1")
    if way != "nearest" and not all(1 in pair for pair in pairs):
        raise RefusedLayerError(
            "only repeated values correspond to one kernel at all positions",
            "use `interpolation='nearest'`, or `Conv2DTranspose`, and retrain",
            f"interpolation {way}",
        )
    if len(pairs) == 3 and pairs[0][1] > 1:
        raise RefusedLayerError(
            "specs can't repeat the depth axis", "use `size=(1, 2, 2)`, and retrain"
        )
    windows = [AxisWindow(n, s, 1, s - 1, n * s, step=s) for n, s in pairs]
    layer.keep("in the kernel of the `conv2d_transpose` that reads it")
    return _moved(layer, value, axes, windows)


@reads(*each_rank("ZeroPadding"), *each_rank("Cropping"))
def read_margins(layer: CurrentLayer, value: Value) -> Value:
    """Read a `ZeroPadding` or `Cropping`, which is part of its readers' kernels."""
    is_padding = layer.kind.startswith("ZeroPadding")
    sign, option = (1, "padding") if is_padding else (-1, "cropping")
    axes = axes_of(layer, value)
    pairs = margins_of(layer.options.get(option, 1), layer.rank) or []
    windows: list[AxisWindow] = []
    for axis, size, pair in zip(axes.of, axes.sizes, pairs, strict=True):
        before, behind = (sign * margin for margin in pair)
        if axis is None and (before or behind):
            raise RefusedLayerError("it pads an axis of size 1", "remove this layer")
        if size + before + behind < 1:
            raise RefusedLayerError("it leaves no values", "crop less")
        windows.append(AxisWindow(size, 1, 1, before, size + before + behind))
    how = "its reader pads" if is_padding else "its reader skips the cropped values"
    layer.keep(how)
    return _moved(layer, value, axes, windows)


def _moved(
    layer: KerasLayer, value: Value, axes: Axes, windows: Iterable[AxisWindow]
) -> Value:
    """Return a value whose channels are moved by windows over a layer's axes."""
    own = axes.windows(value.shape, windows)
    step = per_channel("window", layer.name, value.shape, own)
    return value.then(step, axes.view, value.is_positive)


@has_kernel("Dense", keeps=("units", "use_bias"))
def read_dense(layer: CurrentLayer, value: Value) -> Value:
    if value.broken:
        return BROKEN
    if len(value.view) == 1:
        return _matrix(layer, value)
    channels = len(value.shape) - 1
    group = value.view[-1]
    if not are_channels(group, value.shape):
        raise RefusedLayerError("its last axis does not contain the channels")
    windows = points(value.shape)
    units = layer.options["units"]
    step = _kernel("kernel", layer, windows, value.shape[-1], units, order=(channels,))
    return value.then(step, (*value.view[:-1], (channels,)))


def _matrix(layer: KerasLayer, value: Value) -> Value:
    """Apply a matrix to a flat vector, or to several concatenated vectors."""
    units = int(layer.options["units"])
    bias = layer.options.get("use_bias", True)
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
                order=part.order,
                start=start,
                before=(*part.flat, *value.flat) if value.parts else value.flat,
                rows=size,
                is_first=not terms,
            )
            terms.append(term.then(step))
        start += size
    return Value(tuple(terms), (units,), plain(1))


def are_channels(group: Group, shape: Shape) -> bool:
    """Whether an axis of Keras is exactly the channels."""
    long = [axis for axis in group if shape[axis] > 1]
    return long == [len(shape) - 1] or (not long and shape[-1] == 1)


@reads(*NORMS, keeps=("center", "scale", "epsilon"))
def read_batch_norm(layer: CurrentLayer, value: Value) -> Value:
    """Fold a batch norm with its running statistics, unless this is done."""
    return value if layer.name in layer.state.done else normed(layer, value)


def normed(layer: CurrentLayer, value: Value) -> Value:
    """Return a value after a norm with known statistics.

    Keras counts the axes of a norm with the batch.
    """
    axis = layer.options.get("axis", -1)
    axes = axis if isinstance(axis, list) else [-1 if axis is None else axis]
    if layer.kind == "Normalization" and axis in (None, []):
        axes = [] if value.parts else [-1]
    rank = len(value.view)
    own = [axis if axis < 0 else axis - 1 - rank for axis in axes]
    is_one = len(own) == 1 and -rank <= own[0] < 0
    group = value.view[own[0]] if is_one else ()
    if is_one and are_channels(group, value.shape) and not value.parts:
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
        f"axis {shown(axis)}",
    )
