"""Fit windows to a spec's `valid`, `same` and `causal` padding.

In a spec, all axes have the same kind of padding. Extra zero taps widen a kernel until,
with this padding, it reads the same positions as its windows. A term that no single
kernel can compute is split into pieces, one for each kernel.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from typing import Any, Literal

from snnc.importer.linear import AxisWindow, Shape, Term, Windows
from snnc.ir.shapes import pads, transposed_crop, transposed_places, window_positions
from snnc.text.records import dataclass

Padding = Literal["valid", "same", "causal"]
WAYS: tuple[Literal["valid", "same"], ...] = ("valid", "same")


@dataclass(frozen=True, slots=True)
class FittedAxis:
    """A kernel along one axis; the window's first tap is the kernel's tap ``start``."""

    taps: int
    stride: int
    start: int


@dataclass(frozen=True, slots=True)
class Fitted:
    """A kernel of a spec; see `snnc.importer.draft.StatementDraft` for its attributes.

    Attributes
    ----------
    places, skip :
        The number of output positions along each axis, and the number of positions
        before the first one that is needed.
    is_padded :
        Whether the kernel reads zeros outside an axis.
    upscale :
        The strides of a transposed convolution; empty for other convolutions.
    """

    kernel: Shape
    stride: Shape
    padding: Padding
    dilation: Shape
    before: Shape
    places: Shape
    skip: Shape
    is_padded: bool
    upscale: Shape = ()

    def properties(self) -> dict[str, Any]:
        """Return the attributes of a draft's kernel."""
        names = ("kernel", "stride", "padding", "dilation", "before", "skip", "upscale")
        return {name: getattr(self, name) for name in names}


def fit(windows: Windows, causal: bool = False) -> Fitted | None:
    """Return the smallest kernel in a spec that covers windows, or None.

    With ``causal``, the kernel may have `causal` padding if there is only one axis.

    Tap ``i`` of a window is the kernel's tap ``before - window.before + i``.
    """
    if any(window.step > 1 for window in windows):
        return _fit_transposed(windows)
    for padding in WAYS:
        axes = _fit_each(windows, padding, is_transposed=False)
        if not axes and windows:
            continue
        ahead = _causal(windows[0]) if causal and len(axes) == 1 else None
        if padding == "same" and ahead is not None and ahead.taps < axes[0].taps:
            return _fit_axes(windows, [ahead], "causal")
        return _fit_axes(windows, axes, padding)
    return None


def fit_more(windows: Windows) -> Fitted | None:
    """Return a kernel with `same` padding and extra output positions, or None.

    If the padding is wider than `same` allows, a transposed convolution without a
    stride has enough positions.
    """
    if any(window.step > 1 for window in windows):
        return None
    found = [next(_wider(window), None) for window in windows]
    known = [pair for pair in found if pair is not None]
    if len(known) < len(found):
        return _fit_transposed(windows)
    wider = tuple(window for window, _ in known)
    axes = _fit_each(wider, "same", is_transposed=False)
    return _fit_axes(wider, axes, "same", tuple(skip for _, skip in known))


def _fit_transposed(windows: Windows) -> Fitted | None:
    """Return the smallest transposed convolution that covers windows, or None."""
    for padding in WAYS:
        axes = _fit_each(windows, padding, is_transposed=True)
        if len(axes) == 2:
            fitted = _fit_axes(windows, axes, padding, is_transposed=True)
            steps = tuple(window.step for window in windows)
            return replace(fitted, is_padded=True, upscale=steps)
    return None


def _wider(window: AxisWindow) -> Iterator[tuple[AxisWindow, int]]:
    """Yield windows at all positions of `same`, and how many precede the first one."""
    places = -(-window.size // window.stride)
    for skip in range(places - window.places + 1):
        before = window.before + skip * window.stride
        wider = replace(window, before=before, places=places)
        if _fit_axis(wider, "same") is not None:
            yield wider, skip


def _fit_axes(
    windows: Windows,
    axes: Sequence[FittedAxis],
    padding: Padding,
    skip: Shape = (),
    is_transposed: bool = False,
) -> Fitted:
    pairs = list(zip(axes, windows, strict=True))
    skip = skip or (0,) * len(axes)
    is_as_it_is = all(
        axis.start == 0 and axis.stride == 1 and axis.taps == window.taps
        for axis, window in pairs
    )
    steps = tuple(window.dilation for window in windows)
    if not is_as_it_is or is_transposed:
        steps = (1,) * len(axes)
    zeros = (pads(w.size, a.taps, a.stride, padding) for a, w in pairs)
    return Fitted(
        kernel=tuple((a.taps - 1) // d + 1 for a, d in zip(axes, steps, strict=True)),
        stride=tuple(axis.stride for axis in axes),
        padding=padding,
        dilation=steps,
        before=tuple(
            axis.start + window.before - count * window.stride
            for (axis, window), count in zip(pairs, skip, strict=True)
        ),
        places=tuple(window.places for window in windows),
        skip=skip,
        is_padded=padding == "causal" or any(pair != (0, 0) for pair in zeros),
    )


def _fit_each(
    windows: Windows, padding: Literal["valid", "same"], is_transposed: bool
) -> list[FittedAxis]:
    """Return the smallest kernel along each axis; empty if an axis has none."""
    find = _fit_transposed_axis if is_transposed else _fit_axis
    axes = [find(window, padding) for window in windows]
    known = [axis for axis in axes if axis is not None]
    return known if len(known) == len(axes) else []


def _fit_axis(
    window: AxisWindow, padding: Literal["valid", "same"]
) -> FittedAxis | None:
    size, stride, places = window.size, window.stride, window.places
    least, most = window.taps, 2 * (window.taps + abs(window.before)) + stride
    if padding == "valid":
        least = most = max(window.taps - window.before, size - places * stride + 1)
    for taps in range(least, most + 1):
        start = pads(size, taps, stride, padding)[0] - window.before
        is_alike = window_positions(size, taps, stride, padding) == places
        if is_alike and 0 <= start <= taps - window.taps:
            return FittedAxis(taps, stride, start)
    if places == 1:
        return FittedAxis(size, 1 if padding == "valid" else size, -window.before)
    return None


def _fit_transposed_axis(
    window: AxisWindow, padding: Literal["valid", "same"]
) -> FittedAxis | None:
    most = max(window.taps + 2 * window.step, window.places - window.size + 1)
    for taps in range(window.taps, most + 1):
        places = transposed_places(window.size, taps, window.step, padding)
        crop = transposed_crop(taps, window.step, padding)
        start = taps - 1 - crop - window.before
        is_alike = window.stride == 1 and places == window.places
        if is_alike and 0 <= start <= taps - window.taps:
            return FittedAxis(taps, 1, start)
    return None


def _causal(window: AxisWindow) -> FittedAxis | None:
    """Return the kernel whose last tap is at the output's position."""
    is_whole = window.places == -(-window.size // window.stride)
    if not is_whole or window.taps > window.before + 1:
        return None
    return FittedAxis(window.before + 1, window.stride, 0)


def united(many: Sequence[Windows]) -> Windows | None:
    """Return windows that cover all the given ones; None if positions differ.

    If an axis has a single output position, the window may cover the whole axis.
    """
    joint: list[AxisWindow] = []
    for axis in zip(*many, strict=True):
        first = axis[0]
        if len(set(axis)) == 1:
            joint.append(first)
            continue
        if any(window.step > 1 for window in axis):
            return None
        if first.places == 1:
            joint.append(AxisWindow(first.size, first.size, 1, 0, 1))
            continue
        if len({(window.stride, window.places) for window in axis}) > 1:
            return None
        before = max(window.before for window in axis)
        last = max(window.taps - window.before for window in axis)
        joint.append(
            AxisWindow(first.size, before + last, first.stride, before, first.places)
        )
    return tuple(joint)


def cuts_of(term: Term) -> tuple[int, ...] | None:
    """Return the steps before which to split a term; empty if a single kernel suffices.

    The last piece is as short as possible, then the piece before it, and so on. Return
    None if no split works. A model may be a single term with thousands of steps, so the
    results for pieces are cached, and no function is recursive.
    """
    windows_from = cache(lambda first: tuple(term.prefixes(first)))

    @cache
    def are_exact(first: int, stop: int) -> bool:
        """Return whether the steps from ``first`` to before ``stop`` are one kernel."""
        known = windows_from(first)
        if len(known) < stop - first:
            return False
        windows = known[stop - first - 1]
        if fit(windows) is not None:
            return True
        # A bias per position has no values at positions that no layer reads.
        part = replace(term, steps=term.steps[:stop])
        return fit_more(windows) is not None and part.shifts_at(first) != "place"

    ends = [0]
    """The steps up to which all pieces are kernels."""

    def last_cut(stop: int) -> int | None:
        """Return the last split after which the steps up to ``stop`` are one kernel."""
        known = (end for end in reversed(ends) if end < stop)
        return next((end for end in known if are_exact(end, stop)), None)

    stop = len(term.steps)
    if not stop or are_exact(0, stop):
        return ()
    for end in range(1, stop):
        if last_cut(end) is not None:
            ends.append(end)
    cuts: list[int] = []
    while not are_exact(0, stop):
        before = last_cut(stop)
        if before is None:
            return None
        cuts.append(before)
        stop = before
    return tuple(reversed(cuts))
