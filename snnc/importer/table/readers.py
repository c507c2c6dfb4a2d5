"""Register the reader of each Keras class; check and report the options of layers.

A reader gets a layer and its input. It records decisions and drafts, and returns the
layer's output. This module also finds the axes of a value that a layer works on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from snnc.importer.draft import BROKEN, Group, RefusedLayerError, Value, View
from snnc.importer.fitting import Padding
from snnc.importer.linear import AxisWindow, Shape, Windows, points
from snnc.importer.model import KerasLayer, malformed
from snnc.importer.state import CurrentLayer
from snnc.ir.shapes import pads, window_positions
from snnc.text import tables
from snnc.text.records import dataclass

_BEGIN = "snnc uses its own initial values"
_CONSTRAINT = "not kept: specs have no constraints"
_NORM_PENALTY = "not kept: specs have no penalty on batch norm"
_CONSTRAINED = ("bias", "beta", "depthwise", "gamma", "kernel", "pointwise")
_INITIALIZED = (*_CONSTRAINED, "moving_mean", "moving_variance")
TRAINING = {
    **{f"{weight}_initializer": _BEGIN for weight in _INITIALIZED},
    **{f"{weight}_constraint": _CONSTRAINT for weight in _CONSTRAINED},
    "activity_regularizer": "not kept: specs do not support this penalty",
    "beta_regularizer": _NORM_PENALTY,
    "bias_regularizer": "not kept: specs have no penalty on biases",
    "gamma_regularizer": _NORM_PENALTY,
    "momentum": "snnc uses its own value",
    "noise_shape": "snnc drops single neurons",
    "seed": "a spec uses `train { seed }`",
}
"""Options that only training uses, and how snnc treats each of them."""
PENALTIES = ("kernel_regularizer", "depthwise_regularizer", "pointwise_regularizer")
LARGEST = 2**31


def shown(value: Any) -> str:
    """Return a Keras value in short form."""
    if isinstance(value, list) and value and all(type(v) is int for v in value):
        return tables.dims(tuple(value))
    if isinstance(value, Mapping) and "class_name" in value:
        return str(value["class_name"])
    if isinstance(value, bool) or value is None:
        return {True: "on", False: "off", None: "none"}[value]
    text = f"{value:.6g}" if isinstance(value, float) else str(value)
    return text if len(text) <= 40 else f"{text[:37]}..."


def tell_options(layer: CurrentLayer, *kept: str) -> None:
    """Record decisions on a layer's options; the spec keeps the ones in ``kept``."""
    for option, value in layer.options.items():
        shown_option = f"{option} {shown(value)}"
        if option in kept:
            if not _is_usual(option, value):
                layer.keep(option=shown_option)
        elif option == "trainable":
            if value is False:
                layer.train("`train.py` trains every layer", shown_option)
        elif option in TRAINING and value is not None:
            layer.train(TRAINING[option], shown_option)
    if "float16" in str(layer.options.get("dtype")):
        layer.train("specs are float32", f"dtype {layer.options['dtype']}")


def _is_usual(option: str, value: Any) -> bool:
    """Whether an option has a default value, which the spec does not mention."""
    if option == "dilation_rate":
        return {*(value if isinstance(value, (list, tuple)) else [value])} == {1}
    return option == "data_format" and value != "channels_first"


def take_l2(layer: CurrentLayer) -> float:
    """Return a kernel's L2 factor, and record other penalties."""
    factor = 0.0
    kept = PENALTIES[layer.kind.startswith("DepthwiseConv")]
    for option in PENALTIES:
        value = layer.options.get(option)
        if value is None:
            continue
        factors = value.get("config") if isinstance(value, Mapping) else {}
        factors = factors if isinstance(factors, Mapping) else {}
        l2 = factors.get("l2") or 0.0
        is_l2 = isinstance(l2, (int, float)) and l2 > 0
        if option == kept and is_l2:
            factor = float(l2)
            layer.keep("as `l2`", f"{option} L2 {factor:.6g}")
        if option != kept or not is_l2 or factors.get("l1"):
            what = "L1" if factors.get("l1") else shown(value)
            layer.train("not kept: specs have only `l2`", f"{option} {what}")
    return factor


def numbers(value: Any) -> tuple[float, ...]:
    """Return a value as a list of numbers; empty if it is not numeric."""
    while isinstance(value, list) and len(value) == 1:
        value = value[0]
    values = value if isinstance(value, list) else [value]
    return tuple(map(float, values)) if all(map(_is_number, values)) else ()


def dims(layer: KerasLayer, option: str, default: int = 1) -> Shape:
    """Return one whole number per spatial axis, from a number or a list."""
    value = layer.options.get(option, default)
    if isinstance(value, (list, tuple)):
        return tuple(int(v) for v in value)
    return (int(value),) * layer.rank


def fits(kind: str, rank: int, option: str, value: Any) -> bool:
    """Whether Keras may write a value for an option of a class."""
    if kind.startswith(("ZeroPadding", "Cropping")) and option in (
        "padding",
        "cropping",
    ):
        is_pair = rank == 1 and _are(value, 2, _is_pad)
        return _is_pad(value) or is_pair or _are(value, rank, _is_margin)
    match option:
        case "depth_multiplier" | "filters" | "groups" | "units":
            return _is_size(value)
        case "strides" if value is None:  # the size of the window
            return "Pooling" in kind
        case "dilation_rate" | "kernel_size" | "pool_size" | "size" | "strides":
            return _is_size(value) or _are(value, rank, _is_size)
        case "data_format" | "padding":
            return value is None or isinstance(value, str)
        case "keepdims" | "use_bias":
            return value is None or isinstance(value, bool)
        case "epsilon":
            return _is_number(value)
        case "rate":
            return value is None or (_is_number(value) and 0 <= value <= 1)
        case "axis" | "target_shape":
            whole = value if isinstance(value, list) else [value]
            return value is None or all(type(item) is int for item in whole)
    return True


def _are(value: Any, count: int, is_one: Callable[[Any], bool]) -> bool:
    """Whether a value is a list of ``count`` values of a kind."""
    is_list = isinstance(value, (list, tuple)) and len(value) == count
    return is_list and all(map(is_one, value))


def _is_margin(value: Any) -> bool:
    return _is_pad(value) or _are(value, 2, _is_pad)


def _is_pad(value: Any) -> bool:
    return type(value) is int and 0 <= value < LARGEST


def _is_size(value: Any) -> bool:
    return _is_pad(value) and value > 0


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


ReadLayer = Callable[[CurrentLayer], Value]
ReadSource = Callable[[CurrentLayer, Value], Value]
ReadSources = Callable[[CurrentLayer, list[Value]], Value]


@dataclass(frozen=True, slots=True)
class LayerReader:
    """The reader of a Keras class.

    Attributes
    ----------
    required :
        The options that a layer must have.
    joins :
        Whether the layer may have several inputs.
    is_checked :
        Whether `check_options` checks the layer's options and its number of inputs.
    """

    read: ReadLayer
    required: tuple[str, ...] = ()
    joins: bool = False
    is_checked: bool = True


READERS: dict[str, LayerReader] = {}
"""Readers by Keras class; `REFUSED` lists the layers that the chip can't run."""


def each_rank(name: str) -> tuple[str, ...]:
    """Return the dimensional variants of a class, such as ``Conv2D``."""
    return tuple(f"{name}{rank}D" for rank in (1, 2, 3))


def reads(
    *kinds: str,
    keeps: tuple[str, ...] | None = None,
    required: tuple[str, ...] = (),
    is_checked: bool = True,
) -> Callable[[ReadSource], ReadSource]:
    """Register a function that reads layers whose input is known.

    Parameters
    ----------
    keeps :
        The options that the spec keeps; None if no decisions on options are recorded.
    """

    def register(read: ReadSource) -> ReadSource:
        def read_layer(layer: CurrentLayer) -> Value:
            if keeps is not None:
                tell_options(layer, *keeps)
            value = layer.source
            return value if value.broken else read(layer, value)

        reader = LayerReader(read_layer, required, is_checked=is_checked)
        READERS.update(dict.fromkeys(kinds, reader))
        return read

    return register


def reads_all(kind: str) -> Callable[[ReadSources], ReadSources]:
    """Register a function that reads layers with several inputs, which are known."""

    def register(read: ReadSources) -> ReadSources:
        def read_layer(layer: CurrentLayer) -> Value:
            values = [layer.state.values[name] for name in layer.reads]
            is_broken = any(value.broken for value in values)
            return BROKEN if is_broken else read(layer, values)

        READERS[kind] = LayerReader(read_layer, joins=True)
        return read

    return register


def check_options(layer: KerasLayer, reader: LayerReader) -> None:
    """Refuse options and numbers of inputs that Keras does not write.

    Raises
    ------
    RefusedModelError
        With SNN811, which names the option.
    """
    for option in reader.required:
        if layer.options.get(option) is None:
            raise malformed(f"`{layer.name}`", f"it has no {option}")
    if not reader.is_checked:
        return
    kind, rank = layer.kind, layer.rank
    for option, value in layer.options.items():
        if not fits(kind, rank, option, value):
            raise malformed(f"`{layer.name}`", f"its {option} is {value!r}"[:80])
    if not layer.reads and layer.kind != "InputLayer":
        raise malformed(f"`{layer.name}`", "it reads nothing")
    most = 2 if layer.kind == "Subtract" else len(layer.reads)
    if len(layer.reads) > (most if reader.joins else 1):
        raise malformed(f"`{layer.name}`", f"it reads {len(layer.reads)} layers")


@dataclass(frozen=True, slots=True)
class Axes:
    """The spatial axes of a layer.

    Attributes
    ----------
    of :
        The value's axis for each Keras axis; None if the value lacks the axis, which
        then has size 1.
    sizes :
        The sizes of the axes.
    view :
        The axes of the layer's output in Keras.
    """

    of: tuple[int | None, ...]
    sizes: Shape
    view: View

    def windows(self, shape: Shape, own: Iterable[AxisWindow]) -> Windows:
        """Return windows over all spatial axes of a value: ``own`` for these axes."""
        found = dict(zip(self.of, own, strict=True))
        return tuple(found.get(axis, one) for axis, one in enumerate(points(shape)))


def is_first(layer: KerasLayer) -> bool:
    return layer.options.get("data_format") == "channels_first"


def axes_of(layer: KerasLayer, value: Value) -> Axes:
    """Return the spatial axes of a layer's class.

    Raises
    ------
    RefusedLayerError
        If a spatial Keras axis is the spec's channels, or several of the spec's axes.
    """
    view, shape, channels = value.view, value.shape, len(value.shape) - 1
    rank = layer.rank
    if len(view) != rank + 1:
        raise RefusedLayerError(f"it reads {len(view)} axes instead of {rank + 1}")
    groups, last = (view[1:], view[0]) if is_first(layer) else (view[:-1], view[-1])
    of = tuple(_spatial(group, shape) for group in groups)
    own = _axis_of(last, shape)
    if own is not None and own != channels and shape[own] > 1:
        raise RefusedLayerError("it uses a spatial axis as channels")
    if channels in of or (shape[-1] > 1 and channels not in last):
        raise RefusedLayerError("it uses the channels as a spatial axis")
    spatial = tuple(() if axis is None else (axis,) for axis in of)
    sizes = tuple(1 if axis is None else shape[axis] for axis in of)
    after = ((channels,), *spatial) if is_first(layer) else (*spatial, (channels,))
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
        raise RefusedLayerError("several axes are one to it")
    return next(iter(long or group), None)


def slide(
    layer: KerasLayer, value: Value, axes: Axes, size: Shape, stride: Shape
) -> tuple[Windows, tuple[int, ...]]:
    """Return the windows of a kernel, and its taps on axes that the value lacks.

    Raises
    ------
    RefusedLayerError
        If the kernel is larger than its input.
    """
    given: Any = layer.options.get("padding")
    padding: Padding = given if given in ("same", "causal") else "valid"
    dilation = (
        dims(layer, "dilation_rate") if "Conv" in layer.kind else (1,) * len(size)
    )
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
