"""Fit windows to a spec's `valid`, `same` and `causal` padding.

In a spec, all axes have the same kind of padding. Extra zero taps widen a kernel until,
with this padding, it reads the same positions as its windows. A term that no single
kernel can compute is split into pieces, one for each kernel.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from snnc.importer.linear import AxisWindow, Shape, Term, Windows
from snnc.ir.shapes import transposed_crop, transposed_places

Padding = Literal["valid", "same", "causal"]


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


def positions(size: int, kernel: int, stride: int, padding: str) -> int:
    """Return the number of output positions on an axis (``tf.nn.convolution``)."""
    if padding == "same":
        return -(-size // stride)
    return max(0, (size - kernel) // stride + 1)


def same_pads(size: int, kernel: int, stride: int) -> tuple[int, int]:
    """Return the zeros that `same` puts before and after an axis.

    The formula is the one of ``tf.nn.convolution``.
    """
    total = max(0, (-(-size // stride) - 1) * stride + kernel - size)
    return total // 2, total - total // 2


def fit(windows: Windows, causal: bool = False) -> Fitted | None:
    """Return the smallest kernel in a spec that covers windows, or None.

    With ``causal``, the kernel may have `causal` padding if there is only one axis.

    Tap ``i`` of a window is the kernel's tap ``before - window.before + i``.
    """
    if any(window.step > 1 for window in windows):
        return _fit_transposed(windows)
    ways: tuple[Padding, ...] = ("valid", "same")
    for padding in ways:
        axes = [_axis(window, padding) for window in windows]
        fitted_axes = [axis for axis in axes if axis is not None]
        if len(fitted_axes) < len(axes):
            continue
        if padding == "same" and causal and len(fitted_axes) == 1:
            ahead = _causal(windows[0])
            if ahead is not None and ahead.taps < fitted_axes[0].taps:
                padding, fitted_axes = "causal", [ahead]
        return _fit_axes(windows, fitted_axes, padding, (0,) * len(axes))
    return None


def _fit_transposed(windows: Windows) -> Fitted | None:
    """Return the smallest transposed convolution that covers windows, or None."""
    ways: tuple[Literal["valid", "same"], ...] = ("valid", "same")
    for padding in ways:
        axes = [_transposed_axis(window, padding) for window in windows]
        known = [axis for axis in axes if axis is not None]
        if len(known) < len(axes) or len(axes) != 2:
            continue
        pairs = list(zip(known, windows, strict=True))
        return Fitted(
            kernel=tuple(axis.taps for axis in known),
            stride=(1,) * len(axes),
            padding=padding,
            dilation=(1,) * len(axes),
            before=tuple(axis.start + window.before for axis, window in pairs),
            places=tuple(window.places for window in windows),
            skip=(0,) * len(axes),
            is_padded=True,
            upscale=tuple(window.step for window in windows),
        )
    return None


def _transposed_axis(
    window: AxisWindow, padding: Literal["valid", "same"]
) -> FittedAxis | None:
    """Return the smallest kernel; zero taps may be added at both ends."""
    if window.stride != 1:
        return None
    most = max(window.taps + 2 * window.step, window.places - window.size + 1)
    for taps in range(window.taps, most + 1):
        places = transposed_places(window.size, taps, window.step, padding)
        crop = transposed_crop(taps, window.step, padding)
        start = taps - 1 - crop - window.before
        if places == window.places and 0 <= start <= taps - window.taps:
            return FittedAxis(taps, 1, start)
    return None


def fit_more(windows: Windows) -> Fitted | None:
    """Return a kernel with `same` padding and extra output positions, or None.

    If the padding is wider than `same` allows, a transposed convolution without a
    stride has enough positions.
    """
    if any(window.step > 1 for window in windows):
        return None
    wider, skips = [], []
    for window in windows:
        first_fit = next(_wider(window), None)
        if first_fit is None:
            return _fit_transposed(windows)
        wider.append(first_fit[0])
        skips.append(first_fit[1])
    axes = [_axis(window, "same") for window in wider]
    known = [axis for axis in axes if axis is not None]
    return _fit_axes(tuple(wider), known, "same", tuple(skips))


def _wider(window: AxisWindow) -> Iterator[tuple[AxisWindow, int]]:
    """Yield windows at all positions of `same`, and how many precede the first one."""
    places = -(-window.size // window.stride)
    for skip in range(places - window.places + 1):
        before = window.before + skip * window.stride
        wider = replace(window, before=before, places=places)
        if _axis(wider, "same") is not None:
            yield wider, skip


def _fit_axes(
    windows: Windows, axes: Sequence[FittedAxis], padding: Padding, skip: Shape
) -> Fitted:
    steps = tuple(window.dilation for window in windows)
    is_as_it_is = all(
        axis.start == 0 and axis.taps == window.taps
        for axis, window in zip(axes, windows, strict=True)
    )
    if not is_as_it_is or any(axis.stride > 1 for axis in axes):
        steps = (1,) * len(windows)
    return Fitted(
        kernel=tuple((a.taps - 1) // d + 1 for a, d in zip(axes, steps, strict=True)),
        stride=tuple(axis.stride for axis in axes),
        padding=padding,
        dilation=steps,
        before=tuple(
            a.start + w.before - n * w.stride
            for a, w, n in zip(axes, windows, skip, strict=True)
        ),
        places=tuple(window.places for window in windows),
        skip=skip,
        is_padded=padding == "causal"
        or (
            padding == "same"
            and any(
                same_pads(window.size, axis.taps, axis.stride) != (0, 0)
                for window, axis in zip(windows, axes, strict=True)
            )
        ),
    )


def _axis(window: AxisWindow, padding: Padding) -> FittedAxis | None:
    fitted = _valid(window) if padding == "valid" else _same(window)
    if fitted is None and window.places == 1:
        stride = 1 if padding == "valid" else window.size
        return FittedAxis(window.size, stride, -window.before)
    return fitted


def _valid(window: AxisWindow) -> FittedAxis | None:
    start = -window.before
    rest = window.size - window.places * window.stride
    taps = max(start + window.taps, rest + 1)
    fits = start >= 0 and taps <= rest + window.stride
    return FittedAxis(taps, window.stride, start) if fits else None


def _same(window: AxisWindow) -> FittedAxis | None:
    if window.places != -(-window.size // window.stride):
        return None
    most = 2 * (window.taps + abs(window.before)) + window.stride
    for taps in range(window.taps, most + 1):
        start = same_pads(window.size, taps, window.stride)[0] - window.before
        if 0 <= start <= taps - window.taps:
            return FittedAxis(taps, window.stride, start)
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
        if all(window == first for window in axis):
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
    pieces = _Pieces(term)
    stop = len(term.steps)
    if pieces.are_exact(0, stop):
        return ()
    ends = [0]
    """The steps up to which all pieces are kernels."""
    for end in range(1, stop):
        if pieces.before(ends, end) is not None:
            ends.append(end)
    cuts: list[int] = []
    while not pieces.are_exact(0, stop):
        before = pieces.before(ends, stop)
        if before is None:
            return None
        cuts.append(before)
        stop = before
    return tuple(reversed(cuts))


class _Pieces:
    """Finds out which consecutive steps of a term one kernel can compute."""

    def __init__(self, term: Term) -> None:
        self._term = term
        self._windows: dict[int, tuple[Windows, ...]] = {}
        self._are_exact: dict[tuple[int, int], bool] = {}

    def before(self, ends: list[int], stop: int) -> int | None:
        """Return the last split after which the steps up to ``stop`` are one kernel."""
        known = (end for end in reversed(ends) if end < stop)
        return next((end for end in known if self.are_exact(end, stop)), None)

    def are_exact(self, first: int, stop: int) -> bool:
        """Return whether the steps from ``first`` to before ``stop`` are one kernel."""
        key = first, stop
        if key not in self._are_exact:
            self._are_exact[key] = self._find(first, stop)
        return self._are_exact[key]

    def _find(self, first: int, stop: int) -> bool:
        if not self._term.steps:
            return True
        if first not in self._windows:
            self._windows[first] = tuple(self._term.prefixes(first))
        known = self._windows[first]
        if len(known) < stop - first:
            return False
        windows = known[stop - first - 1]
        if fit(windows) is not None:
            return True
        # A bias per position has no values at positions that no layer reads.
        part = replace(self._term, steps=self._term.steps[:stop])
        return fit_more(windows) is not None and part.shifts_at(first) != "place"
