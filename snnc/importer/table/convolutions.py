"""Kernels, norms, and layers that move or repeat the values they read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Any

from snnc.importer.builder import CurrentLayer
from snnc.importer.context import NORMS
from snnc.importer.decisions import KeptPenalty, RefusedLayerError
from snnc.importer.linear import (
    AxisWindow,
    LinearStep,
    Op,
    Shape,
    Term,
    Windows,
    per_channel,
    points,
    repeated,
    whole,
)
from snnc.importer.model import KerasLayer, config_of
from snnc.importer.table import dims, each_rank, listed, margins_of, reads, shown
from snnc.importer.table.activations import activate, find_activation
from snnc.importer.values import BROKEN, Group, Value, View, plain
from snnc.ir.shapes import (
    KernelPadding,
    Padding,
    pads,
    transposed_crop,
    transposed_places,
    window_positions,
)

THIN = "its kernel moves along an axis of size 1"
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

    def windows(self, shape: Shape, windows: Iterable[AxisWindow]) -> Windows:
        """Return windows over all axes of a value: points for axes not in ``of``."""
        known = dict(zip(self.of, windows, strict=True))
        return tuple(known.get(axis, one) for axis, one in enumerate(points(shape)))


def axes_of(layer: KerasLayer, value: Value) -> Axes:
    """Return the spatial axes of a layer's class.

    Raise RefusedLayerError if a spatial Keras axis is the spec's channels, or several
    of the spec's axes.
    """
    view = value.view
    if len(view) != layer.rank + 1:
        raise RefusedLayerError(
            f"it reads {len(view)} axes instead of {layer.rank + 1}"
        )
    groups = view[:-1]
    last = view[-1]
    if layer.is_channels_first:
        groups = view[1:]
        last = view[0]
    of = tuple(_spatial(group, value.shape) for group in groups)
    _check_channels(of, last, value.shape)
    channels = (len(value.shape) - 1,)
    spatial = tuple(() if axis is None else (axis,) for axis in of)
    sizes = tuple(1 if axis is None else value.shape[axis] for axis in of)
    after = (*spatial, channels)
    if layer.is_channels_first:
        after = (channels, *spatial)
    return Axes(of, sizes, after)


def _long_axes_of(layer: KerasLayer, value: Value) -> Axes:
    """Return the spatial axes that a layer reads; refuse a value that lacks one."""
    axes = axes_of(layer, value)
    if None in axes.of:
        raise RefusedLayerError(THIN)
    return axes


def _check_channels(spatial: tuple[int | None, ...], last: Group, shape: Shape) -> None:
    """Refuse a layer whose channel axis, ``last``, differs from the spec's."""
    channels = len(shape) - 1
    axis = _axis_of(last, shape)
    if axis is not None and axis != channels and shape[axis] > 1:
        raise RefusedLayerError("it uses a spatial axis as channels")
    if channels in spatial or (shape[-1] > 1 and channels not in last):
        raise RefusedLayerError("it uses the channels as a spatial axis")


def _spatial(group: Group, shape: Shape) -> int | None:
    axis = _axis_of(group, shape)
    if axis is not None and axis == len(shape) - 1 and shape[axis] == 1:
        # Channels of size 1 may be in any group, so prefer an axis of the image.
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
    padding = _padding_of(layer)
    dilation = (1,) * len(size)
    if "Conv" in layer.kind:
        dilation = dims(layer, "dilation_rate")
    windows: list[AxisWindow] = []
    taps: list[int] = []
    numbers = zip(axes.of, axes.sizes, size, stride, dilation, strict=True)
    for axis, length, count, step, apart in numbers:
        extent = (count - 1) * apart + 1
        places = window_positions(length, extent, step, padding)
        before, _ = pads(length, extent, step, padding)
        if places < 1:
            larger = "give the model a larger input, or this layer a smaller kernel"
            raise RefusedLayerError("its kernel is larger than its input", larger)
        # The axis has a single position, which exactly one tap must read.
        if axis is None and (places > 1 or before % apart):
            raise RefusedLayerError(THIN)
        taps.append(before // apart if axis is None else 0)
        window = AxisWindow(length, extent, step, before, places, dilation=apart)
        windows.append(window)
    return axes.windows(value.shape, windows), tuple(taps)


def _padding_of(layer: KerasLayer) -> KernelPadding:
    padding: KernelPadding = layer.options.get("padding") or "valid"
    known = ("valid", "same", "causal") if layer.rank == 1 else ("valid", "same")
    if padding in known:
        return padding
    raise RefusedLayerError(
        "specs support only `valid` and `same` padding",
        "use `padding='valid'` and retrain; the axis becomes shorter",
        f"padding {padding}",
    )


def has_kernel(
    kinds: Sequence[str], keeps: tuple[str, ...]
) -> Callable[[ReadKernel], ReadKernel]:
    """Register a reader of layers with a kernel, and with an activation after it.

    The reader gets its input even if this is unknown.
    """

    def register(read: ReadKernel) -> ReadKernel:
        # If the input is unknown, the options and the activation are still judged.
        @reads(kinds, keeps=keeps, reads_broken=True)
        def read_layer(layer: CurrentLayer, value: Value) -> Value:
            _tell_penalties(layer)
            function = find_activation(layer.options.get("activation"))
            return activate(layer, read(layer, value), function)

        return read

    return register


def _l2_of(layer: KerasLayer) -> float:
    """Return the factor of the L2 penalty that the spec keeps, or 0 without one."""
    option = PENALTIES[layer.kind.startswith("DepthwiseConv")]
    factor = config_of(layer.options.get(option)).get("l2")
    return float(factor) if isinstance(factor, (int, float)) and factor > 0 else 0.0


def _tell_penalties(layer: CurrentLayer) -> None:
    """Record which penalties the spec keeps."""
    factor = _l2_of(layer)
    for place, option in enumerate(PENALTIES):
        penalty = layer.options.get(option)
        if penalty is None:
            continue
        has_l1 = bool(config_of(penalty).get("l1"))
        is_kept = place == layer.kind.startswith("DepthwiseConv") and factor > 0
        if is_kept:
            layer.keep("as `l2`", f"{option} L2 {factor:.6g}", KeptPenalty())
        if has_l1 or not is_kept:
            what = "L1" if has_l1 else shown(penalty)
            layer.train("not kept: specs have only `l2`", f"{option} {what}")


@has_kernel(each_rank("Conv"), keeps=("filters", *_CONVOLUTION))
@has_kernel(
    ("SeparableConv1D", "SeparableConv2D"),
    keeps=("filters", "depth_multiplier", *_CONVOLUTION),
)
@has_kernel(
    ("DepthwiseConv1D", "DepthwiseConv2D"), keeps=("depth_multiplier", *_CONVOLUTION)
)
def read_convolution(layer: CurrentLayer, value: Value) -> Value:
    """Read a convolution: one kernel, whose groups of channels do not mix."""
    if value.broken:
        return BROKEN
    size = dims(layer, "kernel_size")
    stride = dims(layer, "strides")
    if any(step > taps for step, taps in zip(stride, size, strict=True)):
        layer.keep("part of its input is not used", "strides above kernel_size")
    axes = axes_of(layer, value)
    windows, taps = slide(layer, value, axes, size, stride)
    channels = value.shape[-1]
    if layer.kind.startswith("Depthwise"):
        filters = channels * (layer.options.get("depth_multiplier") or 1)
        step = _kernel("depthwise", layer, windows, channels, filters)
        step = replace(step, groups=channels)
    else:
        op: Op = "separable" if layer.kind.startswith("Separable") else "kernel"
        step = _kernel(op, layer, windows, channels, layer.options["filters"])
        step = replace(step, groups=_groups_of(layer, step))
    return value.then(replace(step, axes=axes.of, taps=taps), axes.view)


def _groups_of(layer: CurrentLayer, step: LinearStep) -> int:
    """Return the number of groups, which must divide the channels and the filters."""
    groups = int(layer.options.get("groups") or 1)
    if groups > 1:
        layer.keep(option=f"groups {groups}")
    if step.read % groups or step.outputs % groups:
        raise RefusedLayerError(f"its groups do not divide {step.read} channels")
    return groups


def _kernel(
    op: Op, layer: CurrentLayer, windows: Windows, read: int, outputs: Any
) -> LinearStep:
    """Return the step of a layer whose kernel reads a number of channels."""
    bias = bool(layer.options.get("use_bias", True))
    l2 = _l2_of(layer)
    return LinearStep(op, layer.name, windows, read, int(outputs), bias=bias, l2=l2)


@has_kernel(("Conv2DTranspose",), keeps=("filters", *_WINDOW))
def read_transposed(layer: CurrentLayer, value: Value) -> Value:
    """Read a transposed convolution, over an axis with zeros between the values."""
    if value.broken:
        return BROKEN
    axes = _long_axes_of(layer, value)
    windows = _transposed_windows(layer, axes.sizes)
    shape = layer.options.get("output_shape")  # from Keras 1
    if isinstance(shape, list):
        sizes = shape[2:] if layer.is_channels_first else shape[1:-1]
        if sizes != [window.places for window in windows]:
            raise RefusedLayerError(
                f"its output_shape is {shown(shape)}, which no padding produces",
                "build the layer in Keras 2 without this option",
            )
    every = axes.windows(value.shape, windows)
    filters = layer.options["filters"]
    step = _kernel("transposed", layer, every, value.shape[-1], filters)
    return value.then(replace(step, axes=axes.of, taps=(0, 0)), axes.view)


def _transposed_windows(layer: KerasLayer, sizes: Shape) -> list[AxisWindow]:
    """Return the windows of a transposed convolution over axes of these sizes.

    Raise RefusedLayerError for dilation with a stride, or for `output_padding` that
    changes the size of the output.
    """
    is_same = layer.options.get("padding") == "same"
    padding: Padding = "same" if is_same else "valid"
    is_longer = layer.options.get("output_padding") is not None
    margins = dims(layer, "output_padding") if is_longer else (0,) * len(sizes)
    windows: list[AxisWindow] = []
    for size, taps, apart, dilation, margin in zip(
        sizes,
        dims(layer, "kernel_size"),
        dims(layer, "strides"),
        dims(layer, "dilation_rate"),
        margins,
        strict=True,
    ):
        extent = (taps - 1) * dilation + 1
        before = extent - 1 - transposed_crop(extent, apart, padding)
        places = transposed_places(size, extent, apart, padding)
        # With `output_padding`, Keras computes the size by another formula.
        crop = extent // 2 * 2 if padding == "same" else 0
        is_usual = (size - 1) * apart + extent - crop + margin == places
        if (is_longer and not is_usual) or 1 not in (apart, dilation):
            raise RefusedLayerError(
                "specs have no `output_padding` that changes the size, and no dilation "
                "with a stride",
                "remove the option, and retrain",
            )
        window = AxisWindow(
            size=size,
            taps=extent,
            stride=1,
            before=before,
            places=places,
            dilation=dilation,
            step=apart,
        )
        windows.append(window)
    return windows


@reads(each_rank("UpSampling"), keeps=("size",))
def read_upsampling(layer: CurrentLayer, value: Value) -> Value:
    """Read an upsampling that repeats values; its readers' kernels do the same."""
    interpolation = str(layer.options.get("interpolation") or "nearest")
    axes = _long_axes_of(layer, value)
    pairs = list(zip(axes.sizes, dims(layer, "size", 2), strict=True))
    # Along an axis with one value, or with factor 1, all interpolations are equal.
    if interpolation != "nearest" and not all(1 in pair for pair in pairs):
        raise RefusedLayerError(
            "only repeated values correspond to one kernel at all positions",
            "use `interpolation='nearest'`, or `Conv2DTranspose`, and retrain",
            f"interpolation {interpolation}",
        )
    if len(pairs) == 3 and pairs[0][1] > 1:
        raise RefusedLayerError(
            "specs can't repeat the depth axis", "use `size=(1, 2, 2)`, and retrain"
        )
    windows = [repeated(size, factor) for size, factor in pairs]
    layer.keep("in the kernel of the `conv2d_transpose` that reads it")
    return _moved(layer, value, axes, windows)


@reads((*each_rank("ZeroPadding"), *each_rank("Cropping")))
def read_margins(layer: CurrentLayer, value: Value) -> Value:
    """Read a `ZeroPadding` or `Cropping`, which is part of its readers' kernels."""
    is_padding = layer.kind.startswith("ZeroPadding")
    sign = 1 if is_padding else -1
    axes = axes_of(layer, value)
    margins = layer.options.get("padding" if is_padding else "cropping", 1)
    pairs = margins_of(margins, layer.rank) or []
    windows: list[AxisWindow] = []
    for axis, size, (before, after) in zip(axes.of, axes.sizes, pairs, strict=True):
        places = size + sign * (before + after)
        if axis is None and places != size:
            raise RefusedLayerError("it pads an axis of size 1", "remove this layer")
        if places < 1:
            raise RefusedLayerError("it leaves no values", "crop less")
        windows.append(AxisWindow(size, 1, 1, sign * before, places))
    how = "its reader pads" if is_padding else "its reader skips the cropped values"
    layer.keep(how)
    return _moved(layer, value, axes, windows)


def _moved(
    layer: KerasLayer, value: Value, axes: Axes, windows: Iterable[AxisWindow]
) -> Value:
    """Return a value whose channels are moved by windows over a layer's axes."""
    every = axes.windows(value.shape, windows)
    step = per_channel("window", layer.name, value.shape, every)
    return value.then(step, axes.view, is_positive=value.is_positive)


@has_kernel(("Dense",), keeps=("units", "use_bias"))
def read_dense(layer: CurrentLayer, value: Value) -> Value:
    """Read a dense layer: a matrix, or a kernel of size 1 over pixels."""
    if value.broken:
        return BROKEN
    if len(value.view) == 1:
        return _matrix(layer, value)
    channels = len(value.shape) - 1
    group = value.view[-1]
    if not are_channels(group, value.shape):
        raise RefusedLayerError("its last axis does not contain the channels")
    step = _kernel(
        "kernel",
        layer,
        points(value.shape),
        value.shape[-1],
        layer.options["units"],
    )
    view = (*value.view[:-1], (channels,))
    # The order marks a dense layer, which `neurons` describes as a rewritten one.
    return value.then(replace(step, order=(channels,)), view)


def _matrix(layer: KerasLayer, value: Value) -> Value:
    """Apply a matrix to a flat vector, or to several concatenated vectors."""
    units = int(layer.options["units"])
    bias = layer.options.get("use_bias", True)
    terms: list[Term] = []
    start = 0
    for part in value.parts or (value,):
        size = prod(part.shape)
        norms = part.flat_norms
        if value.parts:
            norms += value.flat_norms
        for term in part.terms:
            # A norm of the flat vector shifts the output, too.
            step = LinearStep(
                "matrix",
                layer.name,
                tuple(map(whole, part.shape[:-1])),
                part.shape[-1],
                units,
                bias=bool((bias and not terms) or norms),
                order=part.order,
                start=start,
                before=norms,
                rows=size,
                l2=_l2_of(layer),
                is_first=not terms,
            )
            terms.append(term.then(step))
        start += size
    return Value(tuple(terms), (units,), plain(1))


def are_channels(group: Group, shape: Shape) -> bool:
    """Whether an axis of Keras is exactly the channels."""
    long = [axis for axis in group if shape[axis] > 1]
    return long == [len(shape) - 1] or (not long and shape[-1] == 1)


@reads(NORMS, keeps=("center", "scale", "epsilon"))
def read_batch_norm(layer: CurrentLayer, value: Value) -> Value:
    """Fold a batch norm with its running statistics, unless a max pool did so."""
    is_done = layer.name in layer.spec.absorbed
    return value if is_done else normed(layer, value)


def normed(layer: CurrentLayer, value: Value) -> Value:
    """Return a value after a norm with known statistics.

    Raise RefusedLayerError for a norm that is not over the channels.
    """
    axis = layer.options.get("axis", -1)
    group = _normed_group(layer, value)
    if group is not None and not value.parts and are_channels(group, value.shape):
        step = per_channel("norm", layer.name, value.shape, bias=True)
        return value.then(step)
    if group is not None and len(value.view) == 1:
        size = prod(value.shape)
        layer.rewrite("folded into the kernel that reads the flat vector")
        # It has a factor per value, which only the matrix after it can contain.
        step = LinearStep("flat norm", layer.name, (), size, size, bias=True)
        return replace(value, flat_norms=(*value.flat_norms, step), is_positive=False)
    raise RefusedLayerError(
        "only a norm over channels can be folded into a kernel",
        "normalize over the channel axis",
        f"axis {shown(axis)}",
    )


def _normed_group(layer: KerasLayer, value: Value) -> Group | None:
    """Return the spec's axes that make up the axis of a norm.

    Return None if the norm has several axes, or one that the value lacks. In Keras,
    axis 0 of a norm is the batch.
    """
    axis = layer.options.get("axis", -1)
    axes = [-1] if axis is None else listed(axis)
    # Without an axis, it has one mean for all values, and so for each channel.
    if layer.kind == "Normalization" and axis in (None, []):
        axes = [] if value.parts else [-1]
    if len(axes) != 1:
        return None
    rank = len(value.view)
    place = axes[0] if axes[0] < 0 else axes[0] - 1 - rank
    return value.view[place] if -rank <= place < 0 else None
