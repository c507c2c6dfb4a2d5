"""How a population reads another: by windows, comparisons, or everywhere.

Kernels are three-dimensional, like the volumes of populations in `lowered`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar, Literal, Protocol, TypeVar

from snnc.ir.shapes import Padding, Triple
from snnc.runtime.maxima import Nodes

Form = Literal["dense", "sparse", "convolution"]
Settings = Iterator[tuple[str, str | int | tuple[int, ...]]]
"""The keywords and values of arguments."""


@dataclass(frozen=True, slots=True)
class Pooling:
    """An average pool over three axes, on the path from a source to a target."""

    window: Triple
    stride: Triple


@dataclass(frozen=True, slots=True)
class ChannelGroups:
    """Channels in groups of equal size, in the same order in the source and the target.

    Each of the ``count`` groups reads ``read`` channels and outputs ``given`` channels.
    """

    read: int
    given: int
    count: int


Answer = TypeVar("Answer", covariant=True)


class ReachVisitor(Protocol[Answer]):
    """A consumer with an answer for each reach."""

    def full(self, reach: Full) -> Answer: ...
    def pairwise(self, reach: Pairwise) -> Answer: ...
    def window(self, reach: Window) -> Answer: ...
    def transposed(self, reach: Window) -> Answer: ...
    def repeated(self, reach: Window) -> Answer: ...


class Reach(ABC):
    """How each target neuron reads a source.

    Attributes
    ----------
    compares
        Whether target neurons compare pairs of values.
    is_transposed
        Whether taps are reversed, and read zeros between source positions.
    is_sparse
        Whether a target neuron skips some of the positions that it covers.
    rectifies
        Whether the window reads each value's positive and negative parts.
    """

    __slots__ = ()
    compares: ClassVar[bool] = False

    @property
    def is_transposed(self) -> bool:
        return False

    @property
    def is_sparse(self) -> bool:
        return False

    @property
    def neurons_per_window(self) -> tuple[int, int]:
        """The number of target neurons per window, and the axis with these neurons."""
        return 1, 0

    @property
    @abstractmethod
    def form(self) -> Form:
        """The form of a connection into the host: convolution, sparse or dense."""

    @abstractmethod
    def connection(self, form: Form, *, has_tensor: bool) -> str:
        """Return the run-time library's class for a connection in a form."""

    def settings(self) -> Settings:
        """Yield the arguments of a connection with a tensor.

        Sizes of three axes are (depth, height, width).
        """
        yield from ()

    @property
    def is_by_channel(self) -> bool:
        """Whether channels are read separately, or in groups."""
        return self.compares

    @abstractmethod
    def visit(self, visitor: ReachVisitor[Answer]) -> Answer:
        """Return the visitor's answer for this reach."""

    def with_channels(self, count: int) -> Reach:
        """Return the reach with ``count`` channels that are read one by one."""
        return self

    @property
    def not_in_nir(self) -> str:
        """What the reach is if NIR lacks it; empty if NIR has it."""
        return ""


@dataclass(frozen=True, slots=True)
class Window(Reach):
    """The composed convolution from a source to a target, including pools.

    Output slice ``o`` of the depth axis reads source slices ``o * stride[0] -
    depth_before + t`` for each tap ``t`` of ``kernel[0]``; slices outside the source
    are zero. Height and width are padded by ``padding`` as in TensorFlow and Nengo.
    ``kernel`` is the number of taps over the *source*, and ``stride`` the step over it.
    ``taps`` is the target's own kernel, after pools, and ``dilation`` the distance
    between its taps. Without a ``group``, each filter reads all channels.

    Attributes
    ----------
    zeros_before
        Zero rows and columns added before the kernel, (height, width). These zeros
        align ``same`` padding of the source with the padding of the pooled image in
        Keras.
    zeros_behind
        Zero rows and columns added after the kernel, so that ``same`` padding only pads
        before the source.
    input_step, input_before
        The distance between source positions, among the positions that the taps cover,
        and the positions before the source: (height, width). A transposed convolution
        reads zeros between them.
    rectifies
        Whether the window reads each value's positive and negative parts.
    repeats, repeats_before
        How often each source position is repeated before ``kernel`` and ``stride``
        apply, and the zeros before the repeated rows and columns.
    """

    kernel: Triple
    stride: Triple
    depth_before: int
    padding: Padding
    taps: Triple = (1, 1, 1)
    zeros_before: tuple[int, int] = (0, 0)
    zeros_behind: tuple[int, int] = (0, 0)
    dilation: Triple = (1, 1, 1)
    group: ChannelGroups | None = None
    input_step: Triple = (1, 1, 1)
    input_before: tuple[int, int] | None = None
    rectifies: bool = False
    repeats: Triple = (1, 1, 1)
    repeats_before: tuple[int, int] = (0, 0)

    @property
    def is_repeated(self) -> bool:
        """Whether the window reads source positions several times."""
        return self.repeats != (1, 1, 1)

    @property
    def is_transposed(self) -> bool:
        """Whether the window is a transposed convolution, whose taps are reversed."""
        return self.input_before is not None

    @property
    def form(self) -> Form:
        return "sparse" if self.is_sparse else "convolution"

    def connection(self, form: Form, *, has_tensor: bool) -> str:
        if self.is_transposed:
            return "ConvolveTransposed"
        if self.is_repeated:
            return "ConvolveUpsampled"
        if has_tensor:
            return "Convolve"
        return "Rectify" if self.rectifies else "Identity"

    def visit(self, visitor: ReachVisitor[Answer]) -> Answer:
        if self.is_transposed:
            return visitor.transposed(self)
        return visitor.repeated(self) if self.is_repeated else visitor.window(self)

    @property
    def is_by_channel(self) -> bool:
        return self.group is not None

    def with_channels(self, count: int) -> Window:
        return replace(self, group=ChannelGroups(1, 1, count))

    def tap_places(self, axis: int) -> range:
        """Return the positions of the target's own taps along an axis, after pools."""
        step = self.dilation[axis]
        return range(0, self.taps[axis] * step, step)

    def settings(self) -> Settings:
        if self.is_transposed:
            if set(self.input_step) != {1}:
                # The network's input may have no spatial axes.
                yield "stride", self.input_step[1:]
            if any(self.crop):
                yield "crop", self.crop
            return
        groups = 1 if self.group is None else self.group.count
        # Generated code has only the arguments that differ from their defaults.
        settings = (
            ("factor", self.repeats, (1, 1, 1)),
            ("before", self.repeats_before, (0, 0)),
            ("stride", self.stride, (1, 1, 1)),
            ("padding", self.padding, "valid"),
            ("depth_before", self.depth_before, 0),
            ("zeros_before", self.zeros_before, (0, 0)),
            ("zeros_behind", self.zeros_behind, (0, 0)),
            ("dilation", self.dilation, (1, 1, 1)),
            ("groups", groups, 1),
        )
        for name, value, default in settings:
            if value != default:
                yield name, value

    @property
    def not_in_nir(self) -> str:
        if self.is_transposed:
            return "transposed convolution"
        return "upsampling" if self.is_repeated else ""

    @property
    def crop(self) -> tuple[int, int]:
        """The rows and columns that a transposed convolution crops before its output.

        Tap ``t`` connects input ``i`` to output ``i * input_step - crop + t``.
        """
        rows, columns = self.input_before or (0, 0)
        return self.kernel[1] - 1 - rows, self.kernel[2] - 1 - columns

    @property
    def is_sparse(self) -> bool:
        """Whether a target neuron skips some of the positions that it covers."""
        has_gaps = self.group is not None or self.dilation != (1, 1, 1)
        return has_gaps or self.is_transposed or self.is_repeated


@dataclass(frozen=True, slots=True)
class Pairwise(Reach):
    """Each channel of the target compares pairs of values of its source channel.

    The neurons for one window are consecutive along ``axis``. Each of the ``nodes``
    neurons has weights of 1 or -1. In window j, a neuron reads the positions ``first +
    j * step`` of the pools' output. Along the other axes, each neuron reads its own
    position.
    """

    axis: int
    windows: int
    nodes: Nodes
    compares: ClassVar[bool] = True

    @property
    def neurons_per_window(self) -> tuple[int, int]:
        return len(self.nodes), self.axis

    @property
    def form(self) -> Form:
        return "sparse"

    def connection(self, form: Form, *, has_tensor: bool) -> str:
        return "Compare"

    def visit(self, visitor: ReachVisitor[Answer]) -> Answer:
        return visitor.pairwise(self)


@dataclass(frozen=True, slots=True)
class Full(Reach):
    """Every target neuron reads every source neuron, as in a dense layer."""

    @property
    def form(self) -> Form:
        return "dense"

    def connection(self, form: Form, *, has_tensor: bool) -> str:
        return "ConvolveAll" if form == "convolution" else "ConnectAll"

    def visit(self, visitor: ReachVisitor[Answer]) -> Answer:
        return visitor.full(self)
