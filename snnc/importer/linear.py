"""Linear maps between layers of neurons: windows over axes, and steps of layers.

Everything that Keras computes between two layers of neurons is linear, and a layer on
the chip reads each source with one convolution or one matrix. A value is therefore a
sum of terms. A term is a source and the steps after it, which snnc multiplies into one
kernel.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import gcd
from typing import Any, Literal

Shape = tuple[int, ...]
Op = Literal[
    "kernel", "depthwise", "separable", "matrix", "norm", "flat norm", "mean", "scale",
    "slope", "mix", "embed", "select", "window", "edge mean", "unroll", "fill",
    "transposed",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class AxisWindow:
    """A step's input along one axis: ``places`` windows, ``stride`` apart.

    Window ``i`` reads ``taps`` positions, starting at ``i stride - before``. Positions
    outside the axis are zeros. If ``before`` is negative, positions are skipped.

    Attributes
    ----------
    dilation :
        The distance between the taps of a dilated kernel; ``taps`` includes the
        positions between these taps.
    step :
        The distance between the source's ``size`` values, with zeros in between;
        positions are counted on this longer axis.
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
    def is_point(self) -> bool:
        is_one = self.taps == self.stride == self.step == 1
        return is_one and self.before == 0 and not self.overhang

    def then(self, after: AxisWindow) -> AxisWindow | None:
        """Return two successive windows as one, or None if the result would differ.

        Outside the first window's output, the second window reads zeros. A joint window
        over the source reads zeros there only if, at such a position, the first window
        would read only zeros.
        """
        if after.step > 1 and not self.is_point:
            return None
        low = -after.before
        high = (after.places - 1) * after.stride - after.before + after.taps - 1
        if low < 0 and self.taps - 1 >= self.stride + self.before:
            return None
        if (
            high >= self.places
            and self.places * self.stride - self.before < self.extent
        ):
            return None
        if self.is_point:
            return after
        return AxisWindow(
            self.size,
            (after.taps - 1) * self.stride + self.taps,
            self.stride * after.stride,
            after.before * self.stride + self.before,
            after.places,
            self.dilation if after.is_point else 1,
            self.step,
        )


Windows = tuple[AxisWindow, ...]


def point(size: int) -> AxisWindow:
    """Return the window that reads each position separately."""
    return AxisWindow(size, 1, 1, 0, size)


def joint(windows: Windows, after: Windows) -> Windows | None:
    """Return the windows of two successive steps as one; None if they would differ."""
    both = [a.then(b) for a, b in zip(windows, after, strict=True)]
    known = tuple(window for window in both if window is not None)
    return known if len(known) == len(both) else None


def whole(size: int) -> AxisWindow:
    """Return the window that reads an axis as a whole."""
    return AxisWindow(size, size, 1, 0, 1)


@dataclass(frozen=True, slots=True)
class LinearStep:
    """A linear operation of one Keras layer.

    Attributes
    ----------
    layer :
        The layer that provides the weights, and whose name messages show.
    windows :
        The windows over the spatial axes that it reads, in the spec's order.
    read, given :
        The numbers of its input and output channels.
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
    start :
        For ``embed`` and ``select``, the first channel; for ``matrix``, the first
        row.
    order :
        For ``matrix`` and ``unroll``: the axes that Keras flattens, in its order.
    before, rows :
        For ``matrix``: the batch norms over the flat vector that it reads, and the
        number of its rows for this term.
    is_first :
        Whether this step adds its bias. If several terms contain the same layer, only
        the first one does.
    """

    op: Op
    layer: str
    windows: Windows
    read: int
    given: int
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
    is_first: bool = True

    @property
    def is_pool(self) -> bool:
        """Whether the step is an average without padding, which has a statement."""
        return self.op == "mean" and not any(w.pads or w.before for w in self.windows)

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
    own, channels = windows or points(shape), shape[-1]
    return LinearStep(op, layer, own, channels, channels, groups=channels, **options)


@dataclass(frozen=True, slots=True)
class Term:
    """A source, and the steps after it.

    Attributes
    ----------
    source :
        The key of a draft.
    read :
        The shape of the source, channels-last.
    """

    source: str
    read: Shape
    steps: tuple[LinearStep, ...] = ()

    def then(self, step: LinearStep) -> Term:
        """Return the term with one more step.

        A mean commutes with a step that is the same at all positions. The mean comes
        first because that is cheaper.
        """
        place = len(self.steps)
        while place and step.op == "mean" and _commutes(self.steps[place - 1], step):
            place -= 1
        moved = self.steps[place:]
        if moved:
            read = moved[0].read
            step = replace(step, read=read, given=read, groups=read)
        windows = tuple(point(window.places) for window in step.windows)
        after = (replace(other, windows=windows) for other in moved)
        return replace(self, steps=(*self.steps[:place], step, *after))

    @property
    def is_matrix(self) -> bool:
        """Whether the term computes a vector from all positions."""
        return any(step.op in ("matrix", "unroll") for step in self.steps)

    @property
    def channels(self) -> int:
        return self.steps[-1].given if self.steps else self.read[-1]

    def windows(self, first: int = 0) -> Windows | None:
        """Return the joint windows of the steps from ``first`` on, or None.

        Only operations with the same weights at all positions have windows.
        """
        prefixes = [tuple(map(point, self.sizes(first))), *self.prefixes(first)]
        return prefixes[-1] if len(prefixes) > len(self.steps) - first else None

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
        return tuple(window.places for window in before.windows)

    def groups(self, first: int = 0) -> int:
        """Return the number of groups of channels that do not mix."""
        common = 0
        for step in self.steps[first:]:
            common = gcd(common, step.groups)
        return common or self.read[-1]

    def shifts_at(self, first: int = 0) -> Literal["none", "channel", "place"]:
        """Return whether steps add a shift: none, per channel or per position.

        Near a border, a shift before padded zeros contributes less.
        """
        shift: Literal["none", "channel", "place"] = "none"
        for step in self.steps[first:]:
            windows = step.windows
            if shift == "channel" and any(
                (w.pads and w.places > 1) or w.step > 1 for w in windows
            ):
                shift = "place"
            if shift == "none" and step.bias:
                shift = "channel"
            if all(w.places == 1 for w in windows) and shift == "place":
                shift = "channel"
        return shift


def _commutes(step: LinearStep, mean: LinearStep) -> bool:
    is_inside = not any(window.pads or window.before for window in mean.windows)
    is_point = all(window.is_point for window in step.windows)
    return is_inside and is_point and step.is_uniform and step.op != "matrix"
