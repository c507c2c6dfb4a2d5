"""Linear maps between layers of neurons: windows, steps of layers, and kernels.

Everything that Keras computes between two layers of neurons is linear, and a layer on
the chip reads each source with one convolution or one matrix. A value is therefore a
sum of terms. A term is a source and the steps after it, which snnc multiplies into one
kernel.

In a spec, all axes have the same kind of padding. Extra zero taps widen a kernel until,
with this padding, it reads the same positions as its windows. A term that no single
kernel can compute is split into pieces, one for each kernel.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from math import gcd
from typing import Any, Literal, TypeVar

from snnc.ir.shapes import (
    KernelPadding,
    Padding,
    pads,
    transposed_crop,
    transposed_places,
    window_positions,
)

Shape = tuple[int, ...]
Known = TypeVar("Known")
Op = Literal[
    "kernel", "depthwise", "separable", "matrix", "norm", "flat norm", "mean", "scale",
    "slope", "mix", "embed", "select", "window", "edge mean", "unroll", "fill",
    "transposed",
]  # fmt: skip


Shift = Literal["none", "channel", "place"]
"""The shifts that steps add: none, one per channel, or one per position."""


@dataclass(frozen=True, slots=True)
class AxisWindow:
    """A step's input along one axis: ``places`` windows, ``stride`` apart.

    Window ``i`` reads ``taps`` positions, starting at ``i stride - before``. Positions
    outside the axis are zeros. If ``before`` is negative, positions are skipped.

    ``dilation`` is the distance between the taps of a dilated kernel; ``taps`` includes
    the positions between these. ``step`` is the distance between the source's ``size``
    values, with zeros in between; positions are counted on this longer axis.
    """

    size: int
    taps: int
    stride: int
    before: int
    places: int
    dilation: int = 1
    step: int = 1

    @property
    def extent(self) -> int:
        """The number of positions of the source's axis."""
        return (self.size - 1) * self.step + 1

    @property
    def overhang(self) -> int:
        """The number of positions after the axis that the last window reads."""
        return (self.places - 1) * self.stride - self.before + self.taps - self.extent

    @property
    def pads(self) -> bool:
        return self.before > 0 or self.overhang > 0

    @property
    def mixes_zeros(self) -> bool:
        """Whether only some of the windows read zeros outside or inside the axis."""
        return (self.pads and self.places > 1) or self.step > 1

    @property
    def is_point(self) -> bool:
        is_one = self.taps == self.stride == self.step == 1
        return is_one and self.before == 0 and not self.overhang

    def then(self, after: AxisWindow) -> AxisWindow | None:
        """Return two successive windows as one, or None if the result would differ.

        Outside the first window's output, the second window reads zeros. A joint window
        over the source reads zeros there only if, at such a position, the first window
        would read only zeros.
        """
        # Zeros between the first window's outputs hide other taps at each position.
        if after.step > 1 and not self.is_point:
            return None
        low = -after.before
        high = (after.places - 1) * after.stride - after.before + after.taps - 1
        # The window before the first output would end inside the axis.
        if low < 0 and self.taps - 1 >= self.stride + self.before:
            return None
        is_short = self.places * self.stride - self.before < self.extent
        # The window after the last output would begin inside the axis.
        if high >= self.places and is_short:
            return None
        if self.is_point:
            return after
        return AxisWindow(
            size=self.size,
            taps=(after.taps - 1) * self.stride + self.taps,
            stride=self.stride * after.stride,
            before=after.before * self.stride + self.before,
            places=after.places,
            # A longer kernel may also need the positions between dilated taps.
            dilation=self.dilation if after.is_point else 1,
            step=self.step,
        )


Windows = tuple[AxisWindow, ...]


def point(size: int) -> AxisWindow:
    """Return the window that reads each position separately."""
    return AxisWindow(size, 1, 1, 0, size)


def joint(windows: Windows, after: Windows) -> Windows | None:
    """Return the windows of two successive steps as one; None if they would differ."""
    both = all_known(a.then(b) for a, b in zip(windows, after, strict=True))
    return None if both is None else tuple(both)


def all_known(values: Iterable[Known | None]) -> list[Known] | None:
    """Return the values as a list, or None if a value is missing."""
    known: list[Known] = []
    for value in values:
        if value is None:
            return None
        known.append(value)
    return known


def whole(size: int) -> AxisWindow:
    """Return the window that reads an axis as a whole."""
    return AxisWindow(size, size, 1, 0, 1)


def repeated(size: int, factor: int) -> AxisWindow:
    """Return the window that repeats each value of an axis ``factor`` times."""
    # With `factor - 1` zeros between the values, each output reads exactly one value.
    return AxisWindow(size, factor, 1, factor - 1, size * factor, step=factor)


@dataclass(frozen=True, slots=True)
class LinearStep:
    """A linear operation of one Keras layer.

    Attributes
    ----------
    layer :
        The layer that provides the weights, and whose name messages show.
    windows, read, outputs :
        The windows over the spatial axes that it reads, in the spec's order, and the
        numbers of its input and output channels.
    groups :
        The number of groups of channels that do not mix; for a depthwise kernel, the
        number of channels.
    axes :
        The spec's axis for each axis of the Keras kernel. None if the spec lacks the
        axis; ``taps`` then says which tap reads its only position.
    bias :
        Whether the step adds anything but 0.
    is_uniform :
        Whether the step is the same at all positions; otherwise only a matrix can
        express it.
    factors, shifts :
        For ``scale``, one number, or one per channel. For ``mix``, one factor per
        neuron of a value. For ``fill``, the gain, factor and shift of each neuron,
        which are applied to the shift of the norm in ``layer``.
    start, order :
        For ``embed`` and ``select``, the first channel; for ``matrix``, the first row.
        For ``matrix`` and ``unroll``: the axes that Keras flattens, in its order. For
        ``kernel``: not empty if the layer is dense.
    before, rows :
        For ``matrix``: the batch norms over the flat vector that it reads, and the
        number of its rows for this term.
    replaces, l2 :
        For ``mean``, the layer that it replaces at the user's request; for kernels, the
        factor of the penalty in training.
    is_first :
        Whether this step adds its bias. If several terms contain the same layer, only
        the first one does.
    """

    op: Op
    layer: str
    windows: Windows
    read: int
    outputs: int
    groups: int = 1
    axes: tuple[int | None, ...] = ()
    taps: tuple[int, ...] = ()
    bias: bool = False
    is_uniform: bool = True
    factors: tuple[float, ...] = ()
    shifts: tuple[float, ...] = ()
    start: int = 0
    order: tuple[int, ...] = ()
    before: tuple[LinearStep, ...] = ()
    rows: int = 0
    replaces: tuple[str, ...] = ()
    l2: float = 0.0
    is_first: bool = True

    @property
    def places(self) -> Shape:
        """The spatial sizes of the output."""
        return tuple(window.places for window in self.windows)

    @property
    def is_padding(self) -> bool:
        """Whether the step only adds zeros around its input, or does nothing."""
        return self.op == "window" and all(
            (window.taps, window.stride) == (1, 1)
            and window.before >= 0
            and window.overhang >= 0
            for window in self.windows
        )

    @property
    def is_pool(self) -> bool:
        """Whether `avgpool` can compute the step: an average without padding."""
        return self.op == "mean" and not any(w.pads or w.before for w in self.windows)

    @property
    def repeats(self) -> Shape:
        """How often the step repeats each position per axis; empty for other steps."""
        if self.op != "window":
            return ()
        factors = tuple(window.step for window in self.windows)
        is_repeat = self.windows == tuple(
            repeated(window.size, window.step) for window in self.windows
        )
        return factors if is_repeat and max(factors) > 1 else ()

    @property
    def is_pointwise(self) -> bool:
        """Whether the step computes the same at each position, from this position."""
        is_point = all(window.is_point for window in self.windows)
        return is_point and self.is_uniform and self.op != "matrix"

    @property
    def is_kernel(self) -> bool:
        """Whether a statement can be named after the step's layer."""
        return self.op in ("kernel", "depthwise", "separable", "matrix", "transposed")


def points(shape: Shape) -> Windows:
    """Return the windows that read each position of a value separately."""
    return tuple(map(point, shape[:-1]))


def per_channel(
    op: Op, layer: str, shape: Shape, windows: Windows = (), **options: Any
) -> LinearStep:
    """Return a step that does not mix channels or, by default, positions."""
    every = windows or points(shape)
    channels = shape[-1]
    return LinearStep(op, layer, every, channels, channels, groups=channels, **options)


@dataclass(frozen=True, slots=True)
class Term:
    """The key of a draft, its shape (channels-last), and the steps after it."""

    source: str
    read: Shape
    steps: tuple[LinearStep, ...] = ()

    def then(self, step: LinearStep) -> Term:
        """Return the term with one more step.

        A mean commutes with a step that is the same at all positions. The mean comes
        first because that is cheaper.
        """
        place = len(self.steps)
        while step.is_pool and place and self.steps[place - 1].is_pointwise:
            place -= 1
        moved = self.steps[place:]
        if moved:
            # Before the moved steps, there may be another number of channels.
            read = moved[0].read
            step = replace(step, read=read, outputs=read, groups=read)
        windows = tuple(point(window.places) for window in step.windows)
        after = (replace(other, windows=windows) for other in moved)
        return replace(self, steps=(*self.steps[:place], step, *after))

    @property
    def is_matrix(self) -> bool:
        """Whether the term computes a vector from all positions."""
        return any(step.op in ("matrix", "unroll") for step in self.steps)

    @property
    def channels(self) -> int:
        return self.steps[-1].outputs if self.steps else self.read[-1]

    def windows(self) -> Windows | None:
        """Return the joint windows of the steps, or None.

        Only operations with the same weights at all positions have windows.
        """
        prefixes = [points(self.read), *self.prefixes()]
        # Without a prefix for each step, a step can't be included.
        return prefixes[-1] if len(prefixes) > len(self.steps) else None

    def prefixes(self, first: int = 0) -> Iterator[Windows]:
        """Yield the joint windows of one step from ``first`` on, of two steps, etc.

        The iterator ends before the first step that can't be included.
        """
        windows: Windows | None = None
        for step in self.steps[first:]:
            if not step.is_uniform:
                return
            if windows is None:
                windows = step.windows
            elif step.windows:  # a vector has no axes
                windows = joint(windows, step.windows)
                if windows is None:
                    return
            yield windows

    def sizes(self, index: int) -> Shape:
        """Return the spatial sizes before a step."""
        if index == 0:
            return self.read[:-1]
        before = self.steps[index - 1]
        if before.op in ("matrix", "unroll"):
            return ()
        return before.places

    @property
    def groups(self) -> int:
        """The number of groups of channels that do not mix."""
        # A border between groups remains if all steps have it. Without steps, gcd is 0.
        return gcd(*(step.groups for step in self.steps)) or self.read[-1]

    def shifts_at(self, first: int = 0) -> Shift:
        """Return the shifts that the steps from ``first`` on add.

        Near a border, a shift before padded zeros contributes less.
        """
        shift: Shift = "none"
        for step in self.steps[first:]:
            windows = step.windows
            if shift == "channel" and any(window.mixes_zeros for window in windows):
                shift = "place"
            if shift == "none" and step.bias:
                shift = "channel"
            # One output position: its shifts are one number per channel again.
            if shift == "place" and all(window.places == 1 for window in windows):
                shift = "channel"
        return shift


Terms = tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class FittedAxis:
    """A kernel along one axis that covers a window at all positions of the padding."""

    window: AxisWindow
    taps: int
    stride: int
    before: int
    skip: int = 0

    @property
    def is_exact(self) -> bool:
        """Whether the kernel reads only the window."""
        window = self.window
        is_same = self.taps == window.taps and self.before == window.before
        # Dilation is allowed only without a stride, as in Keras (decision 023).
        return is_same and self.stride == 1

    def pads(self, padding: KernelPadding) -> bool:
        """Whether the kernel reads zeros outside the axis."""
        margins = pads(self.window.size, self.taps, self.stride, padding)
        return padding == "causal" or margins != (0, 0)


@dataclass(frozen=True, slots=True)
class Fitted:
    """A kernel of a spec, with one number per axis.

    Attributes
    ----------
    before :
        The number of taps that precede the axis at the first position.
    places, skip :
        The number of output positions, and how many of the first are not needed.
    is_padded :
        Whether the kernel reads zeros outside an axis.
    upscale :
        The strides of a transposed convolution; empty for others.
    """

    kernel: Shape = ()
    stride: Shape = ()
    padding: KernelPadding = "valid"
    dilation: Shape = ()
    before: Shape = ()
    places: Shape = ()
    skip: Shape = ()
    is_padded: bool = False
    upscale: Shape = ()

    @property
    def extent(self) -> Shape:
        """The number of positions that the kernel covers along each axis."""
        if not self.dilation:
            return self.kernel
        pairs = zip(self.kernel, self.dilation, strict=True)
        return tuple((taps - 1) * step + 1 for taps, step in pairs)


NO_WINDOW = Fitted()


def fit(windows: Windows, *, causal: bool = False) -> Fitted | None:
    """Return the smallest kernel in a spec that covers windows, or None.

    With ``causal``, the kernel may have `causal` padding if there is only one axis.

    Tap ``i`` of a window is the kernel's tap ``before - window.before + i``.
    """
    if any(window.step > 1 for window in windows):
        return _fit_transposed(windows)
    valid = _fit_all(windows, "valid")
    if valid is not None:
        return valid
    same = _fit_all(windows, "same")
    # `same` can also express causal padding, but with more taps (decision 023).
    if same is not None and causal and len(windows) == 1:
        ahead = _fit_all(windows, "causal")
        if ahead is not None and ahead.kernel < same.kernel:
            return ahead
    return same


def fit_more(windows: Windows) -> Fitted | None:
    """Return a kernel with `same` padding and extra output positions, or None.

    If the padding is wider than `same` allows, a transposed convolution without a
    stride has enough positions.
    """
    if any(window.step > 1 for window in windows):
        return None
    wider = _fitted([_fit_more_places(window) for window in windows], "same")
    return _fit_transposed(windows) if wider is None else wider


def _fit_more_places(window: AxisWindow) -> FittedAxis | None:
    """Return a kernel with `same` padding at all positions of an axis, or None."""
    places = -(-window.size // window.stride)
    for skip in range(places - window.places + 1):
        before = window.before + skip * window.stride
        axis = _fit_axis(replace(window, before=before, places=places), "same")
        if axis is not None:
            return replace(axis, skip=skip)
    return None


def _fit_transposed(windows: Windows) -> Fitted | None:
    """Return the smallest transposed convolution that covers windows, or None."""
    # A spec has transposed convolutions over two axes only (`conv2d_transpose`).
    if len(windows) != 2:
        return None
    paddings: tuple[Padding, ...] = ("valid", "same")
    for padding in paddings:
        axes = [_fit_transposed_axis(window, padding) for window in windows]
        fitted = _fitted(axes, padding)
        if fitted is not None:
            return replace(
                fitted,
                # `conv2d_transpose` has no dilation: zeros are between the taps.
                kernel=fitted.extent,
                dilation=(1, 1),
                is_padded=True,
                upscale=tuple(window.step for window in windows),
            )
    return None


def _fit_transposed_axis(window: AxisWindow, padding: Padding) -> FittedAxis | None:
    """Return the smallest transposed kernel along an axis, or None."""
    # Its stride is the step between values, so no output position is skipped.
    if window.stride > 1:
        return None
    # `same` needs more taps than the window to centre the kernel. `valid` has the most
    # taps if there are no zeros between the values.
    most_same = window.taps + 2 * window.step
    most_valid = window.places - window.size + 1
    for taps in range(window.taps, max(most_same, most_valid) + 1):
        before = taps - 1 - transposed_crop(taps, window.step, padding)
        places = transposed_places(window.size, taps, window.step, padding)
        if places == window.places and _covers(window, taps, before):
            return FittedAxis(window, taps, window.stride, before)
    return None


def _covers(window: AxisWindow, taps: int, before: int) -> bool:
    """Whether a kernel of ``taps``, ``before`` of them ahead, includes a window."""
    return 0 <= before - window.before <= taps - window.taps


def _fit_all(windows: Windows, padding: KernelPadding) -> Fitted | None:
    return _fitted([_fit_axis(window, padding) for window in windows], padding)


def _fit_axis(window: AxisWindow, padding: KernelPadding) -> FittedAxis | None:
    """Return the smallest kernel along an axis, or None."""
    size = window.size
    stride = window.stride
    least = window.taps
    # `same` centres the kernel, so more taps on one side need as many on the other.
    most = 2 * (window.taps + abs(window.before)) + stride
    if padding == "valid":
        # Without zeros, the kernel starts at 0. With fewer taps, it would miss the
        # window's end, or have more places.
        least = max(window.taps - window.before, size - window.places * stride + 1)
        most = least
    for taps in range(least, most + 1):
        before, _ = pads(size, taps, stride, padding)
        places = window_positions(size, taps, stride, padding)
        if places == window.places and _covers(window, taps, before):
            return FittedAxis(window, taps, stride, before)
    # A single output may read the whole axis, which needs no padding.
    if window.places == 1 and padding != "causal":
        return FittedAxis(window, size, 1 if padding == "valid" else size, 0)
    return None


def _fitted(
    fitted: Sequence[FittedAxis | None], padding: KernelPadding
) -> Fitted | None:
    """Return the kernel over all axes; None if an axis has none."""
    axes = all_known(fitted)
    if axes is None:
        return None
    dilation = _dilation_of(axes)
    return Fitted(
        kernel=tuple(
            (axis.taps - 1) // step + 1
            for axis, step in zip(axes, dilation, strict=True)
        ),
        stride=tuple(axis.stride for axis in axes),
        padding=padding,
        dilation=dilation,
        before=tuple(axis.before - axis.skip * axis.window.stride for axis in axes),
        places=tuple(axis.window.places for axis in axes),
        skip=tuple(axis.skip for axis in axes),
        is_padded=any(axis.pads(padding) for axis in axes),
    )


def _dilation_of(axes: Sequence[FittedAxis]) -> Shape:
    """Return the distances between taps; 1 if a kernel also covers other positions."""
    is_exact = all(axis.is_exact for axis in axes)
    return tuple(axis.window.dilation if is_exact else 1 for axis in axes)


def united(many: Sequence[Windows]) -> Windows | None:
    """Return windows that cover all the given ones; None if positions differ.

    If an axis has a single output position, the window may cover the whole axis.
    """
    cover: list[AxisWindow] = []
    for axis in zip(*many, strict=True):
        first = axis[0]
        if len(set(axis)) == 1:
            cover.append(first)
            continue
        if any(window.step > 1 for window in axis):
            return None
        if first.places == 1:
            cover.append(whole(first.size))
            continue
        if len({(window.stride, window.places) for window in axis}) > 1:
            return None
        before = max(window.before for window in axis)
        taps = before + max(window.taps - window.before for window in axis)
        # Each kernel has zeros at the positions that only others read.
        cover.append(replace(first, taps=taps, before=before, dilation=1))
    return tuple(cover)


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

    # The steps up to each of these are one or more kernels.
    splittable = [0]

    def last_cut(stop: int) -> int | None:
        """Return the last split after which the steps up to ``stop`` are one kernel."""
        for end in reversed(splittable):
            if end < stop and are_exact(end, stop):
                return end
        return None

    stop = len(term.steps)
    if not stop or are_exact(0, stop):
        return ()
    for end in range(1, stop):
        if last_cut(end) is not None:
            splittable.append(end)
    cuts: list[int] = []
    while not are_exact(0, stop):
        before = last_cut(stop)
        if before is None:
            return None
        cuts.append(before)
        stop = before
    return tuple(reversed(cuts))


def shift_of(terms: Iterable[Term]) -> Shift:
    """Return the shifts that the sum of terms adds."""
    shifts = {term.shifts_at() for term in terms}
    if "place" in shifts:
        return "place"
    return "channel" if "channel" in shifts else "none"


def is_projection(term: Term, shape: Shape) -> bool:
    """Whether a learned shortcut, whose output has a shape, can compute a term."""
    windows = term.windows()
    if windows is None or term.shifts_at() == "place":
        return False
    return all(map(_is_strided_point, windows, shape[:-1]))


def _is_strided_point(window: AxisWindow, places: int) -> bool:
    """Whether a 1x1 kernel with ``places`` outputs computes a window.

    The compiler derives the stride of such a kernel from the sizes.
    """
    if window.taps > 1 or window.before != 0:
        return False
    is_derived = window.stride == -(-window.size // places) or window.size == 1
    return is_derived and -(-window.size // window.stride) == places
