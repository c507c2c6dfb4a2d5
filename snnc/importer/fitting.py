"""Fit windows to a spec's `valid`, `same` and `causal` padding.

In a spec, all axes have the same kind of padding. Extra zero taps widen a kernel until,
with this padding, it reads the same positions as its windows. A term that no single
kernel can compute is split into pieces, one for each kernel.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Literal

from snnc.importer.linear import AxisWindow, Shape, Term, Windows
from snnc.importer.state import ConversionState
from snnc.ir.shapes import pads, transposed_crop, transposed_places, window_positions

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
        axes = _fit_each(windows, padding)
        if axes is None:
            continue
        if padding == "same" and causal and len(axes) == 1:
            ahead = _fit_each(windows, "causal")
            if ahead is not None and ahead[0].taps < axes[0].taps:
                return _fit_axes(windows, ahead, "causal")
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
    known = [each for each in found if each is not None]
    if len(known) < len(found):
        return _fit_transposed(windows)
    wider, axes, skip = zip(*known, strict=True)
    return _fit_axes(wider, axes, "same", skip)


def _wider(window: AxisWindow) -> Iterator[tuple[AxisWindow, FittedAxis, int]]:
    """Yield windows at all positions of `same`, and how many precede the first one."""
    places = -(-window.size // window.stride)
    for skip in range(places - window.places + 1):
        before = window.before + skip * window.stride
        wider = replace(window, before=before, places=places)
        axis = _fit_axis(wider, "same")
        if axis is not None:
            yield wider, axis, skip


def _fit_transposed(windows: Windows) -> Fitted | None:
    """Return the smallest transposed convolution that covers windows, or None."""
    for padding in WAYS:
        axes = _fit_each(windows, padding, is_transposed=True)
        if axes is not None and len(axes) == 2:
            return _fit_axes(windows, axes, padding, is_transposed=True)
    return None


def _fit_each(
    windows: Windows, padding: Padding, is_transposed: bool = False
) -> list[FittedAxis] | None:
    """Return the smallest kernel along each axis; None if an axis has none."""
    axes = [_fit_axis(window, padding, is_transposed) for window in windows]
    known = [axis for axis in axes if axis is not None]
    return known if len(known) == len(axes) else None


def _fit_axis(
    window: AxisWindow, padding: Padding, is_transposed: bool = False
) -> FittedAxis | None:
    size, stride, places = window.size, window.stride, window.places
    least, most = window.taps, 2 * (window.taps + abs(window.before)) + stride
    if is_transposed:
        most = max(window.taps + 2 * window.step, places - size + 1)
    elif padding == "valid":
        least = most = max(window.taps - window.before, size - places * stride + 1)
    if is_transposed and stride > 1:
        return None
    for taps in range(least, most + 1):
        if is_transposed and padding != "causal":
            before = taps - 1 - transposed_crop(taps, window.step, padding)
            found = transposed_places(size, taps, window.step, padding)
        else:
            before, _ = pads(size, taps, stride, padding)
            found = window_positions(size, taps, stride, padding)
        start = before - window.before
        if found == places and 0 <= start <= taps - window.taps:
            return FittedAxis(taps, stride, start)
    if places == 1 and padding != "causal" and not is_transposed:
        return FittedAxis(size, 1 if padding == "valid" else size, -window.before)
    return None


def _fit_axes(
    windows: Windows,
    axes: Sequence[FittedAxis],
    padding: Padding,
    skip: Shape = (),
    is_transposed: bool = False,
) -> Fitted:
    pairs = list(zip(axes, windows, strict=True))
    skip = skip or (0,) * len(axes)
    is_as_it_is = not is_transposed and all(
        axis.start == 0 and axis.stride == 1 and axis.taps == window.taps
        for axis, window in pairs
    )
    steps = tuple(window.dilation if is_as_it_is else 1 for window in windows)
    zeros = (pads(w.size, a.taps, a.stride, padding) for a, w in pairs)
    is_padded = padding == "causal" or any(pair != (0, 0) for pair in zeros)
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
        is_padded=is_padded or is_transposed,
        upscale=tuple(w.step for w in windows) if is_transposed else (),
    )


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


def kernel_of(
    state: ConversionState, terms: Sequence[Term], is_beside: bool
) -> Fitted | None:
    """Return the kernel that reads several terms together, or None."""
    windows = [term.windows() for term in terms]
    known = [found for found in windows if found is not None]
    if len(known) < len(windows) or len({term.read[:-1] for term in terms}) > 1:
        return None
    both = united(known)
    if both is None:
        return None
    # An encoder and a depthwise convolution have no `causal` padding.
    is_input = any(state.reads_input(term.source) for term in terms)
    groups = groups_of(state, terms)
    is_depthwise = groups > 1 and groups >= terms[0].read[-1]
    fitted = fit(both, causal=not is_input and not is_depthwise)
    if fitted is None and not is_beside and shift_of(terms) != "place":
        fitted = fit_more(both)
    if fitted is None or (
        fitted.is_padded and not all(state.is_even(term.source) for term in terms)
    ):
        return None
    return fitted


def groups_of(state: ConversionState, terms: Sequence[Term]) -> int:
    """Return how many groups of channels a kernel has.

    A kernel that reads the input has one group: an encoder either splits each channel
    by sign, which separates the channels of a group, or is itself a full convolution.
    """
    if len(terms) != 1 or state.reads_input(terms[0].source):
        return 1
    groups = terms[0].groups()
    return groups if groups > 1 else 1


def shift_of(terms: Iterable[Term]) -> str:
    """Return how terms add a shift: ``none``, per ``channel`` or per ``place``."""
    shifts = {term.shifts_at() for term in terms}
    return next((kind for kind in ("place", "channel") if kind in shifts), "none")


def is_projection(term: Term, shape: Shape) -> bool:
    windows = term.windows()
    if windows is None or term.shifts_at() == "place":
        return False
    sizes = zip(windows, shape[:-1], strict=True)
    return all(
        window.taps == 1
        and window.before == 0
        and (window.stride == -(-window.size // target) or window.size == 1)
        and -(-window.size // window.stride) == target
        for window, target in sizes
    )
