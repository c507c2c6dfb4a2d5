"""Find the axes of a value that a Keras layer works on, and pad or crop them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from snnc.importer.draft import Unit, Value, View, axis_of
from snnc.importer.fitting import positions, same_pads
from snnc.importer.linear import (
    AxisWindow,
    LinearStep,
    Shape,
    Term,
    Windows,
    per_channel,
    point,
    points,
)
from snnc.importer.model import KerasLayer
from snnc.importer.state import ConversionState


class AxesError(Exception):
    """A layer works on axes that the value lacks; ``remedy`` is advice, if known."""

    def __init__(self, why: str, remedy: str = "") -> None:
        super().__init__(why)
        self.remedy = remedy


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


def axes_of(layer: KerasLayer, value: Value, rank: int) -> Axes:
    """Return the axes of a layer that works on ``rank`` axes.

    Raises
    ------
    AxesError
        If a spatial Keras axis is the spec's channels, or several of the spec's axes.
    """
    view, channels = value.view, len(value.shape) - 1
    if len(view) != rank + 1:
        raise AxesError(f"it reads {len(view)} axes instead of {rank + 1}")
    groups = view[1:] if is_first(layer) else view[:-1]
    last = view[0] if is_first(layer) else view[-1]
    try:
        places = [_spatial(group, value.shape) for group in groups]
        if axis_of(last, value.shape) not in (channels, None) and any(
            value.shape[axis] > 1 for axis in last
        ):
            raise AxesError("it uses a spatial axis as channels")
        if channels in places or _lacks_channels(value, last):
            raise AxesError("it uses the channels as a spatial axis")
    except ValueError as error:
        raise AxesError(f"{error} to it") from error
    sizes = tuple(1 if axis is None else value.shape[axis] for axis in places)
    return Axes(tuple(places), sizes, _view(places, channels, is_first(layer)))


def _spatial(group: tuple[int, ...], shape: Shape) -> int | None:
    axis = axis_of(group, shape)
    if axis is not None and axis == len(shape) - 1 and shape[axis] == 1:
        return next((other for other in group if other != axis), None)
    return axis


def _lacks_channels(value: Value, group: tuple[int, ...]) -> bool:
    """Whether the channels are not in the group that must contain them."""
    channels = len(value.shape) - 1
    return value.shape[-1] > 1 and channels not in group


def _view(axes: Sequence[int | None], channels: int, first: bool) -> View:
    spatial = tuple(() if axis is None else (axis,) for axis in axes)
    return ((channels,), *spatial) if first else (*spatial, (channels,))


def slide(
    axes: Axes,
    value: Value,
    kernel: Shape,
    stride: Shape,
    padding: str,
    dilation: Shape,
) -> tuple[Windows, tuple[int, ...]]:
    """Return the windows of a kernel, and its taps on axes that the value lacks.

    Raises
    ------
    AxesError
        If the kernel is larger than its input.
    """
    windows = list(map(point, value.shape[:-1]))
    taps: list[int] = []
    pairs = zip(axes.of, axes.sizes, kernel, stride, dilation, strict=True)
    for axis, size, count, step, apart in pairs:
        window = _window(size, (count - 1) * apart + 1, step, padding, apart)
        if window.places < 1:
            larger = "give the model a larger input, or this layer a smaller kernel"
            raise AxesError("its kernel is larger than its input", larger)
        if axis is None:
            tap, rest = divmod(window.before, apart)
            if window.places > 1 or rest:
                raise AxesError("its kernel moves along an axis of size 1")
            taps.append(tap)
        else:
            windows[axis] = window
            taps.append(0)
    return tuple(windows), tuple(taps)


def _window(size: int, taps: int, stride: int, padding: str, apart: int) -> AxisWindow:
    if padding == "causal":
        return AxisWindow(size, taps, stride, taps - 1, -(-size // stride), apart)
    places = positions(size, taps, stride, padding)
    before = same_pads(size, taps, stride)[0] if padding == "same" else 0
    return AxisWindow(size, taps, stride, before, places, apart)


def extended(
    value: Value, step: LinearStep, view: View, positive: bool = False
) -> Value:
    """Return a value after a step."""
    terms = tuple(
        appended(term, step if number == 0 else once(step))
        for number, term in enumerate(value.terms)
    )
    shape = (*(window.places for window in step.windows), step.given)
    return replace(
        value, terms=terms, shape=shape, view=view, is_positive=positive, is_alone=False
    )


def once(step: LinearStep) -> LinearStep:
    """Return a step without its shift, which only the first term of a sum adds."""
    return replace(step, bias=False, is_first=False)


def appended(term: Term, step: LinearStep) -> Term:
    """Return a term with one more step.

    A mean commutes with a step that is the same at all positions. The mean comes first
    because that is cheaper.
    """
    steps = term.steps
    if step.op != "mean":
        return replace(term, steps=(*steps, step))
    place = len(steps)
    while place and _commutes(steps[place - 1], step):
        place -= 1
    moved = steps[place:]
    if not moved:
        return replace(term, steps=(*steps, step))
    first = moved[0].read
    mean = replace(step, read=first, given=first, groups=first)
    points = tuple(point(window.places) for window in step.windows)
    behind = tuple(replace(other, windows=points) for other in moved)
    return replace(term, steps=(*steps[:place], mean, *behind))


def _commutes(step: LinearStep, mean: LinearStep) -> bool:
    is_inside = not any(window.pads or window.before for window in mean.windows)
    is_point = all(window.is_point for window in step.windows)
    return is_inside and is_point and step.is_uniform and step.op != "matrix"


def read_zero_padding(layer: KerasLayer, state: ConversionState) -> Value:
    """Read a `ZeroPadding`: its readers' kernels pad."""
    return _shift(layer, state, _pairs(layer.options.get("padding", 1), layer), 1)


def read_cropping(layer: KerasLayer, state: ConversionState) -> Value:
    """Read a `Cropping`: its readers' kernels skip the cropped positions."""
    return _shift(layer, state, _pairs(layer.options.get("cropping", 1), layer), -1)


def _pairs(pads: Any, layer: KerasLayer) -> list[tuple[int, int]]:
    rank = int(layer.kind[-2])
    if isinstance(pads, int):
        pads = [pads] * rank
    if rank == 1 and len(pads) == 2 and all(isinstance(pad, int) for pad in pads):
        pads = [pads]
    return [(p, p) if isinstance(p, int) else (p[0], p[1]) for p in pads]


def _shift(
    layer: KerasLayer, state: ConversionState, pairs: list[tuple[int, int]], sign: int
) -> Value:
    value = state.source(layer)
    if value.broken:
        return value
    axes = axes_of(layer, value, len(pairs))
    windows = list(map(point, value.shape[:-1]))
    for axis, size, (before, behind) in zip(axes.of, axes.sizes, pairs, strict=True):
        before, behind = sign * before, sign * behind
        if axis is None and (before or behind):
            return state.refuse(layer, "it pads an axis of size 1", "remove this layer")
        if axis is not None and size + before + behind < 1:
            return state.refuse(layer, "it leaves no values", "crop less")
        if axis is not None:
            windows[axis] = AxisWindow(size, 1, 1, before, size + before + behind)
    step = per_channel("window", layer.name, value.shape, tuple(windows))
    state.keep(
        layer, "its reader pads" if sign > 0 else "its reader skips the cropped values"
    )
    return extended(value, step, axes.view, value.is_positive)


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
    before = replace(
        value, terms=tuple(replace(t, steps=t.steps[:-1]) for t in value.terms)
    )
    inside, pad = unpadded(before)
    if pad is None or not value.terms:
        return None
    norm = value.terms[0].steps[-1]
    own = replace(norm, windows=points(inside.shape))
    return extended(inside, own, value.view), own, pad


def _cuts(windows: Windows) -> bool:
    """Whether windows do more than pad."""
    return any(
        (w.taps, w.stride) != (1, 1) or w.before < 0 or w.overhang < 0 for w in windows
    )


def filled(
    fired: Value,
    norm: LinearStep,
    pad: LinearStep,
    units: Sequence[Unit],
    gains: Sequence[float],
) -> Value:
    """Return the output of neurons, surrounded by their output for padded zeros.

    A norm turns padded zeros into a number c per channel. Padding x with c is the same
    as padding x - c with zeros and then adding c everywhere.
    """
    inner = _add_border(fired, norm, units, [-gain for gain in gains])
    return replace(
        _add_border(extended(inner, pad, inner.view), norm, units, gains),
        is_positive=fired.is_positive,
    )


def _add_border(
    value: Value, norm: LinearStep, units: Sequence[Unit], gains: Sequence[float]
) -> Value:
    pairs = zip(gains, units, strict=True)
    triples = [(gain, unit.factor, unit.shift) for gain, unit in pairs]
    factors = tuple(number for triple in triples for number in triple)
    fill = per_channel("fill", norm.layer, value.shape, bias=True, factors=factors)
    return extended(value, fill, value.view)
