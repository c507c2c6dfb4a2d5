"""Shapes that a layer can read and give."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from snnc.diagnostics import Diagnostic, Severity
from snnc.graph.logical import AveragePool, Convolution, Layer, Network, Shape
from snnc.graph.paths import Path, TooManyPathsError, paths
from snnc.graph.shapes import same_pad

MAX_VALUES = 2**31 - 1

AXES = {
    1: ("features",),
    2: ("length", "channels"),
    3: ("height", "width", "channels"),
    4: ("depth", "height", "width", "channels"),
}


def axis_names(rank: int) -> str:
    """``depth x height x width x channels`` and the like, for messages."""
    return " x ".join(AXES[rank])


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongRank(Diagnostic):
    """A layer reads a shape with another number of axes than it works on.

    `conv1d` reads length x channels, `conv2d` height x width x channels and
    `conv3d` depth x height x width x channels; pools need at least one spatial axis.
    """

    code: ClassVar[str] = "SNN300"
    title: ClassVar[str] = "wrong number of axes"
    message: ClassVar[str] = "`{kind}` cannot read `{source}`, whose shape is {shape}"
    notes: ClassVar[tuple[str, ...]] = ("`{kind}` reads {expected}",)
    help: ClassVar[str] = "{hint}"

    kind: str
    source: str
    shape: Shape
    expected: str
    hint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelTooLarge(Diagnostic):
    """A valid-padded window is larger than what it slides over.

    With `padding valid` the output has `(size - kernel) // stride + 1` positions,
    which must be at least one on every axis.
    """

    code: ClassVar[str] = "SNN301"
    title: ClassVar[str] = "window larger than its input"
    message: ClassVar[str] = (
        "{what} {size} is larger than the {axis} of `{source}`, which is {limit}"
    )
    label: ClassVar[str] = "at most {limit} fit"
    notes: ClassVar[tuple[str, ...]] = ("`{source}` has the shape {shape}",)
    help: ClassVar[str] = "{hint}"

    what: str
    size: int
    axis: str
    limit: int
    source: str
    shape: Shape
    legal: Shape
    can_pad: bool

    @property
    def hint(self) -> str:
        legal = "x".join(map(str, self.legal))
        return f"write `{self.what} {legal}`" + (
            ", or `padding same`" if self.can_pad else ""
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongDims(Diagnostic):
    """A property has another number of dims than the layer has spatial axes.

    One integer is broadcast to all of them.
    """

    code: ClassVar[str] = "SNN302"
    title: ClassVar[str] = "wrong number of dims"
    message: ClassVar[str] = (
        "`{key} {value}` has {given} dims, but `{kind}` works on {expected}"
    )
    help: ClassVar[str] = "write one integer for all axes, or {expected} of them"

    key: str
    value: Shape
    kind: str
    given: int
    expected: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UnequalShapes(Diagnostic):
    """`add` sums equal shapes; `concat` joins channels and needs the rest equal."""

    code: ClassVar[str] = "SNN303"
    title: ClassVar[str] = "shapes that cannot be joined"
    message: ClassVar[str] = (
        "`{kind}` cannot join `{first}` ({first_shape}) and `{second}` ({second_shape})"
    )
    notes: ClassVar[tuple[str, ...]] = ("{requirement}",)
    help: ClassVar[str] = "{hint}"

    kind: str
    first: str
    first_shape: Shape
    second: str
    second_shape: Shape

    @property
    def requirement(self) -> str:
        if self.kind == "add":
            return "`add` sums layers of equal shapes"
        return "`concat` joins channels; every other axis must be equal"

    @property
    def hint(self) -> str:
        if self.kind == "add" and self.first_shape[:-1] == self.second_shape[:-1]:
            return "give both the same number of filters, or use `concat`"
        return "bring them to the same size with strides, `downsample` or `avgpool`"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortcutMismatch(Diagnostic):
    """No stride makes a shortcut's shape that of the layer it is added to.

    A shortcut is the identity where shapes agree, else a learned 1x1 convolution.
    With the stride `s` an axis of `n` becomes `ceil(n / s)`.
    """

    code: ClassVar[str] = "SNN304"
    title: ClassVar[str] = "shortcut that cannot be added"
    message: ClassVar[str] = (
        "the shortcut `{source}` ({source_shape}) cannot be added to "
        "`{name}` ({shape})"
    )
    notes: ClassVar[tuple[str, ...]] = ("{reason}",)
    help: ClassVar[str] = (
        "use `padding same` on the layers between, or name a layer of a matching shape"
    )

    source: str
    source_shape: Shape
    name: str
    shape: Shape

    @property
    def reason(self) -> str:
        if len(self.shape) != len(self.source_shape):
            return (
                f"one is {axis_names(len(self.source_shape))}, "
                f"the other {axis_names(len(self.shape))}"
            )
        return "no stride of a 1x1 convolution turns one size into the other"


@dataclass(frozen=True, slots=True, kw_only=True)
class PooledSamePadding(Diagnostic):
    """A `same`-padded layer reads a pool that does not divide its input.

    A pool is folded into its reader. Keras pads the pooled image, and the folded
    kernel pads the image before it; the two are equal only where the window equals
    the stride and divides the input.
    """

    code: ClassVar[str] = "SNN305"
    title: ClassVar[str] = "same padding over an uneven pool"
    message: ClassVar[str] = (
        "`{name}` pads with `same` what an average pool of window {window}, "
        "stride {stride} makes of {size}"
    )
    notes: ClassVar[tuple[str, ...]] = (
        "exact only where the window equals the stride and divides the input",
    )
    help: ClassVar[str] = "write `padding valid` in `{name}`, or choose a window that divides"

    name: str
    window: Shape
    stride: Shape
    size: Shape

    @classmethod
    def check(cls, network: Network) -> Iterator[PooledSamePadding]:
        for layer in network.layers:
            operation = layer.operation
            if not isinstance(operation, Convolution) or operation.padding == "valid":
                continue
            for pool, size in _uneven_pools(network, layer, operation):
                yield cls(
                    span=layer.spans.get("padding", layer.span),
                    name=layer.name,
                    window=pool.window,
                    stride=pool.stride,
                    size=size,
                )
                break


@dataclass(frozen=True, slots=True, kw_only=True)
class TooManyValues(Diagnostic):
    """A layer or a weight tensor has more values than can be counted safely."""

    code: ClassVar[str] = "SNN306"
    title: ClassVar[str] = "too many values"
    message: ClassVar[str] = "`{name}` has {count} {what}, more than {limit}"
    help: ClassVar[str] = "choose a smaller shape"

    name: str
    what: str
    count: int
    limit: int

    @classmethod
    def check(cls, network: Network) -> Iterator[TooManyValues]:
        shapes = [(network.input.name, network.input.shape, network.input.span)]
        shapes += [(layer.name, layer.shape, layer.span) for layer in network.layers]
        for name, shape, span in shapes:
            count = math.prod(shape)
            if count > MAX_VALUES:
                yield cls(
                    span=span, name=name, what="values", count=count, limit=MAX_VALUES
                )


@dataclass(frozen=True, slots=True, kw_only=True)
class LooksChannelsFirst(Diagnostic):
    """A shape's first axis looks like channels.

    snnc's shapes are channels-last, as Keras's default is: height x width x channels.
    """

    code: ClassVar[str] = "SNN307"
    title: ClassVar[str] = "shape that looks channels-first"
    severity: ClassVar[Severity] = Severity.WARNING
    message: ClassVar[str] = "{shape} looks like channels first, but means {axes}"
    help: ClassVar[str] = "for channels last write `{moved}`"

    shape: Shape

    @property
    def axes(self) -> str:
        return axis_names(len(self.shape))

    @property
    def moved(self) -> Shape:
        return (*self.shape[1:], self.shape[0])

    @classmethod
    def check(cls, network: Network) -> Iterator[LooksChannelsFirst]:
        shape = network.input.shape
        if len(shape) >= 3 and shape[0] in (1, 3) and min(shape[1:]) > 4:
            yield cls(span=network.input.span, shape=shape)


@dataclass(frozen=True, slots=True, kw_only=True)
class StrideAboveKernel(Diagnostic):
    """A stride above its kernel skips part of the input.

    The skipped neurons cost cores and are read by nothing.
    """

    code: ClassVar[str] = "SNN308"
    title: ClassVar[str] = "stride above its kernel"
    severity: ClassVar[Severity] = Severity.WARNING
    message: ClassVar[str] = (
        "stride {stride} of `{name}` is above its {what} {kernel}: part of the "
        "input is never read"
    )
    help: ClassVar[str] = "use a stride of at most the {what}"

    name: str
    what: str
    kernel: Shape
    stride: Shape

    @classmethod
    def check(cls, network: Network) -> Iterator[StrideAboveKernel]:
        for layer in network.layers:
            operation = layer.operation
            if isinstance(operation, Convolution):
                what, kernel = "kernel", operation.kernel
            elif isinstance(operation, AveragePool):
                what, kernel = "window", operation.window
            else:
                continue
            if any(s > k for s, k in zip(operation.stride, kernel, strict=True)):
                yield cls(
                    span=layer.spans.get("stride", layer.span),
                    name=layer.name,
                    what=what,
                    kernel=kernel,
                    stride=operation.stride,
                )


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossingShortcuts(Diagnostic):
    """Two shortcuts begin inside and end outside of each other.

    Residual blocks nest or follow one another. Crossing is legal, but usually one
    of the names is not the one that was meant.
    """

    code: ClassVar[str] = "SNN309"
    title: ClassVar[str] = "shortcuts that cross"
    severity: ClassVar[Severity] = Severity.WARNING
    message: ClassVar[str] = (
        "the shortcut from `{source}` to `{name}` crosses the one from "
        "`{other_source}` to `{other}`"
    )
    help: ClassVar[str] = "check which layers they name; crossing itself is legal"

    source: str
    name: str
    other_source: str
    other: str

    @classmethod
    def check(cls, network: Network) -> Iterator[CrossingShortcuts]:
        place = {layer.name: index for index, layer in enumerate(network.layers)}
        arcs = [
            (place[layer.shortcut.source], place[layer.name], layer)
            for layer in network.layers
            if layer.shortcut is not None
        ]
        for start, end, layer in arcs:
            for other_start, other_end, other in arcs:
                if not other_start < start < other_end < end:
                    continue
                yield cls(
                    span=layer.spans.get("shortcut", layer.span),
                    source=network.layers[start].name,
                    name=layer.name,
                    other_source=network.layers[other_start].name,
                    other=other.name,
                )


def _uneven_pools(
    network: Network, layer: Layer, operation: Convolution
) -> Iterator[tuple[AveragePool, Shape]]:
    """Pools that `same` padding cannot be folded over, each with what it reads."""
    read = network.shape_of(layer.sources[0])[:-1]
    padded = [
        sum(same_pad(n, k, s)) > 0
        for n, k, s in zip(read, operation.kernel, operation.stride, strict=True)
    ]
    # Height and width are padded by one setting of a 2-D convolution, depth is not.
    plane = any(padded[-2:])
    axes = [plane if axis >= len(read) - 2 else padded[axis] for axis in range(len(read))]
    for path in _paths(network, layer):
        for pool, shape in path.pools:
            fits = all(
                not needed or (window == stride and size % window == 0)
                for needed, window, stride, size in zip(
                    axes, pool.window, pool.stride, shape, strict=False
                )
            )
            if not fits:
                yield pool, shape[:-1]


def _paths(network: Network, layer: Layer) -> tuple[Path, ...]:
    try:
        return paths(network.by_name, layer.sources[0])
    except TooManyPathsError:
        return ()
