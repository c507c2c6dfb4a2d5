"""Find the axes of a value that a Keras layer works on, and pad or crop them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from snnc.importer.decisions import RefusedLayerError
from snnc.importer.draft import Group, Unit, Value, View
from snnc.importer.fitting import Padding
from snnc.importer.layer_config import rank_of
from snnc.importer.linear import (
    AxisWindow,
    LinearStep,
    Shape,
    Windows,
    per_channel,
    points,
)
from snnc.importer.model import KerasLayer
from snnc.importer.state import ConversionState, CurrentLayer
from snnc.importer.table.readers import dims, each_rank, reads
from snnc.ir.shapes import pads, window_positions


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


def one_order(state: ConversionState) -> str:
    """Return advice on how to give a layer the axes that it needs."""
    layers = state.model.layers
    orders = {layer.options.get("data_format") for layer in layers} - {None}
    is_moved = any(layer.kind in ("Permute", "Reshape") for layer in layers)
    if len(orders) > 1 and not is_moved:
        return "give all layers the same `data_format`"
    return "build the layers without `Permute` and `Reshape` in between"


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
    rank = rank_of(layer.kind)
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
    rank = rank_of(layer.kind)
    if isinstance(margins, int):
        margins = [margins] * rank
    if rank == 1 and len(margins) == 2:
        margins = [margins]
    return [(m, m) if isinstance(m, int) else (m[0], m[1]) for m in margins]


def unpadded(value: Value) -> tuple[Value, LinearStep | None]:
    """Return a value without the zeros that its last step pads, and that step.

    If the last step does not pad or also crops, return the value unchanged and None.
    """
    ends = [term.steps[-1] if term.steps else None for term in value.terms]
    last = ends[0] if ends else None
    if last is None or last.op != "window" or _cuts(last.windows):
        return value, None
    if any(end is None or end.layer != last.layer for end in ends):
        return value, None
    terms = tuple(replace(term, steps=term.steps[:-1]) for term in value.terms)
    sizes = tuple(window.size for window in last.windows)
    return replace(value, terms=terms, shape=(*sizes, value.shape[-1])), last


def padded_under_norm(value: Value) -> tuple[Value, LinearStep, LinearStep] | None:
    """Return a value after a norm, but without the zeros padded before the norm.

    Also return the norm and the step that pads. Return None if there are none.
    """
    if any(len(t.steps) < 2 or t.steps[-1].op != "norm" for t in value.terms):
        return None
    terms = tuple(replace(t, steps=t.steps[:-1]) for t in value.terms)
    inside, pad = unpadded(replace(value, terms=terms))
    if pad is None:
        return None
    norm = replace(value.terms[0].steps[-1], windows=points(inside.shape))
    return inside.then(norm), norm, pad


def _cuts(windows: Windows) -> bool:
    """Whether windows do more than pad."""
    return any(
        (w.taps, w.stride) != (1, 1) or w.before < 0 or w.overhang < 0 for w in windows
    )


def filled(
    fired: Value, norm: LinearStep, pad: LinearStep, units: Sequence[Unit]
) -> Value:
    """Return the output of neurons, surrounded by their output for padded zeros.

    A norm turns padded zeros into a number c per channel. Padding x with c is the same
    as padding x - c with zeros and then adding c everywhere.
    """
    negated = [replace(unit, gain=-unit.gain) for unit in units]
    inner = _add_border(fired, norm, negated).then(pad)
    return replace(_add_border(inner, norm, units), is_positive=fired.is_positive)


def _add_border(value: Value, norm: LinearStep, units: Sequence[Unit]) -> Value:
    triples = [(unit.gain, unit.factor, unit.shift) for unit in units]
    factors = tuple(number for triple in triples for number in triple)
    return value.then(
        per_channel("fill", norm.layer, value.shape, bias=True, factors=factors)
    )
