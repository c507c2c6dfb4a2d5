"""Linear maps between layers of neurons: windows over axes, and steps of layers.

Keras's computation between two layers of neurons is linear, and a layer of the chip
reads each source by one convolution or one matrix. So a value is a sum of terms, each a
source and the steps from it, which are multiplied into one kernel.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
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

    Place ``i`` reads positions ``i stride - before`` to that plus ``taps`` - 1; those
    outside ``size`` are zeros. If ``before`` is negative, positions are skipped.

    Attributes
    ----------
    dilation :
        The step between its taps; ``taps`` counts from the first to the last.
    step :
        The step between the source's places, with zeros in between: positions count
        along this longer axis, where ``size`` places are the source's.
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
    def behind(self) -> int:
        """The number of positions after the axis that the last place reads."""
        return (self.places - 1) * self.stride - self.before + self.taps - self.extent

    @property
    def pads(self) -> bool:
        return self.before > 0 or self.behind > 0

    @property
    def is_point(self) -> bool:
        is_one = self.taps == self.stride == self.step == 1
        return is_one and self.before == 0 and not self.behind

    def then(self, after: AxisWindow) -> AxisWindow | None:
        """Return two windows as one; None if the second window's zeros can't be kept.

        The second window reads zeros outside the first one's axis. A window over the
        first one's source reads zeros there only if the first window would read only
        zeros for such a place.
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


def whole(size: int) -> AxisWindow:
    """Return the window that reads an axis as a whole."""
    return AxisWindow(size, size, 1, 0, 1)


@dataclass(frozen=True, slots=True)
class LinearStep:
    """A linear operation of one layer of Keras.

    Attributes
    ----------
    layer :
        The layer whose weights it has, and whose name messages show.
    windows :
        The windows over the spatial axes that it reads, in the spec's order.
    read, given :
        The numbers of its input and output channels.
    groups :
        The groups of channels that do not mix; for a depthwise kernel, the channels.
    axes :
        The spec's axis for each axis of Keras's kernel; None if the spec lacks the axis
        and ``taps`` says which tap reads the only place.
    bias :
        Whether it adds anything but 0.
    is_uniform :
        Whether it is the same at all places; otherwise only a matrix can express it.
    factors, shifts :
        For ``scale``, one or one per channel; for ``mix``, one per unit of a layer; for
        ``fill``, a gain, factor and shift of each, to apply to the shift of the norm
        that names it.
    start :
        For ``embed`` and ``select``, the first channel; for ``matrix``, the first
        row.
    order :
        For ``matrix`` and ``unroll``: the axes that Keras flattens, in its order.
    before, rows :
        For ``matrix``: batch norms over the flat vector that it reads, and the number
        of its rows for this term.
    is_first :
        Whether its bias counts here: of several terms of one layer it does once.
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
        """Whether it is an average that a statement can be: all windows inside."""
        return self.op == "mean" and not any(w.pads or w.before for w in self.windows)

    @property
    def is_kernel(self) -> bool:
        """Whether a statement can be named after its layer."""
        return self.op in ("kernel", "depthwise", "separable", "matrix", "transposed")


def points(shape: Shape) -> Windows:
    """Return the windows that read each place of a value separately."""
    return tuple(map(point, shape[:-1]))


def per_channel(
    op: Op, layer: str, shape: Shape, windows: Windows = (), **options: Any
) -> LinearStep:
    """Return a step that mixes no channels, by default of each place separately."""
    own, channels = windows or points(shape), shape[-1]
    return LinearStep(op, layer, own, channels, channels, groups=channels, **options)


@dataclass(frozen=True, slots=True)
class Term:
    """A source, and the steps from it.

    Attributes
    ----------
    source :
        The key of a draft.
    read :
        Its shape, channels last.
    """

    source: str
    read: Shape
    steps: tuple[LinearStep, ...] = ()

    @property
    def is_matrix(self) -> bool:
        """Whether it makes a vector from all places."""
        return any(step.op in ("matrix", "unroll") for step in self.steps)

    @property
    def channels(self) -> int:
        return self.steps[-1].given if self.steps else self.read[-1]

    def windows(self, first: int = 0) -> Windows | None:
        """Return the windows of the steps from ``first`` on as one, or None.

        Only steps that are the same at all places have windows.
        """
        prefixes = [tuple(map(point, self.sizes(first))), *self.prefixes(first)]
        return prefixes[-1] if len(prefixes) > len(self.steps) - first else None

    def prefixes(self, first: int = 0) -> Iterator[Windows]:
        """Yield the windows of one step from ``first`` on, of two, ... as one.

        It ends before the first step that can't be included.
        """
        windows: Windows | None = None
        for step in self.steps[first:]:
            if not step.is_uniform:
                return
            if windows is None:
                windows = step.windows
            elif step.windows:  # a vector has no axes
                both = tuple(
                    a.then(b) for a, b in zip(windows, step.windows, strict=True)
                )
                if None in both:
                    return
                windows = tuple(window for window in both if window is not None)
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
        """Return into how many separate groups its channels fall."""
        common = 0
        for step in self.steps[first:]:
            common = gcd(common, step.groups)
        return common or self.read[-1]

    def shifts_at(self, first: int = 0) -> Literal["none", "channel", "place"]:
        """Return whether its steps add something, and whether that differs by place.

        A shift before padded zeros counts less at a border.
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
