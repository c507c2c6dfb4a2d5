"""Which axes of a value are those that a layer of Keras works on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from snnc.importer.draft import Value, View, axis_of
from snnc.importer.fitting import positions, same_pads
from snnc.importer.linear import AxisWindow, LinearStep, Shape, Term, Windows, point
from snnc.importer.model import KerasLayer


class AxesError(Exception):
    """A layer works on axes that the value has not."""


@dataclass(frozen=True, slots=True)
class Axes:
    """The spatial axes of a layer.

    Attributes
    ----------
    of :
        For each axis of Keras that of the value; None where the value has no such
        axis, whose size is then 1.
    sizes :
        Their sizes.
    view :
        How Keras sees the layer's output.
    """

    of: tuple[int | None, ...]
    sizes: Shape
    view: View


def is_first(layer: KerasLayer) -> bool:
    return layer.options.get("data_format") == "channels_first"


def axes_of(layer: KerasLayer, value: Value, rank: int) -> Axes:
    """Return the axes of a layer that works on ``rank`` of them.

    Raises
    ------
    AxesError
        If an axis of Keras is the spec's channels, or several of its axes.
    """
    view, channels = value.view, len(value.shape) - 1
    if len(view) != rank + 1:
        raise AxesError(f"it reads {len(view)} axes in place of {rank + 1}")
    groups = view[1:] if is_first(layer) else view[:-1]
    last = view[0] if is_first(layer) else view[-1]
    try:
        places = [_spatial(group, value.shape) for group in groups]
        if axis_of(last, value.shape) not in (channels, None) and any(
            value.shape[axis] > 1 for axis in last
        ):
            raise AxesError("it takes for channels what lies in space")
        if channels in places or _lost(value, last):
            raise AxesError("it takes for space what are channels")
    except ValueError as error:
        raise AxesError(f"{error} to it") from error
    sizes = tuple(1 if axis is None else value.shape[axis] for axis in places)
    return Axes(tuple(places), sizes, _view(places, channels, is_first(layer)))


def _spatial(group: tuple[int, ...], shape: Shape) -> int | None:
    axis = axis_of(group, shape)
    if axis is not None and axis == len(shape) - 1 and shape[axis] == 1:
        return next((other for other in group if other != axis), None)
    return axis


def _lost(value: Value, group: tuple[int, ...]) -> bool:
    """Whether channels are not in the group that has to be theirs."""
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
    """Return the windows of a kernel, and the tap on axes that the value has not.

    Raises
    ------
    AxesError
        If the kernel is larger than what it reads.
    """
    windows = list(map(point, value.shape[:-1]))
    taps: list[int] = []
    pairs = zip(axes.of, axes.sizes, kernel, stride, dilation, strict=True)
    for axis, size, count, step, apart in pairs:
        window = _window(size, (count - 1) * apart + 1, step, padding, apart)
        if window.places < 1:
            raise AxesError("its kernel is larger than what it reads")
        if axis is None:
            tap, rest = divmod(window.before, apart)
            if window.places > 1 or rest:
                raise AxesError("it moves along an axis of size 1")
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
    """Return a value behind a step."""
    terms = tuple(
        appended(term, step if number == 0 else once(step))
        for number, term in enumerate(value.terms)
    )
    shape = (*(window.places for window in step.windows), step.given)
    return replace(
        value, terms=terms, shape=shape, view=view, is_positive=positive, is_alone=False
    )


def once(step: LinearStep) -> LinearStep:
    """Return a step without what it adds, which a sum of terms has once."""
    return replace(step, bias=False, is_first=False)


def appended(term: Term, step: LinearStep) -> Term:
    """Return a term with one more step.

    A mean of what is the same at all places may be taken before as well as behind it,
    and before it is cheaper.
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
