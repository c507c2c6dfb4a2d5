"""Rules for the shapes that layers read and output."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import product

from snnc.diagnostics import Diagnostic, LayerDiagnostic, LayerWarning, SpecWarning
from snnc.ir.logical import LogicalNetwork
from snnc.ir.shapes import Shape

MAX_VALUES = 2**31 - 1
WIDEST_UNSCALED = 16.0

AXES = {
    1: ("features",),
    2: ("length", "channels"),
    3: ("height", "width", "channels"),
    4: ("depth", "height", "width", "channels"),
}


def axis_names(rank: int) -> str:
    """Return the names of axes for messages, such as ``height x width x channels``."""
    return " x ".join(AXES[rank])


class WrongRank(Diagnostic):
    """Checks that the input of a layer has the right number of axes.

    `conv1d` reads length x channels, `conv2d` height x width x channels and
    `conv3d` depth x height x width x channels. Pools need at least one spatial axis.
    """

    code = "SNN300"
    title = "wrong number of axes"
    message = "`{kind}` cannot read `{source}`, whose shape is {shape}"
    notes = ("`{kind}` reads {expected}",)

    kind: str
    source: str
    shape: Shape
    expected: str


class ForgottenChannels(Diagnostic):
    """Checks that the input's shape has a channel axis.

    Shapes are channels-last, and an image with one channel needs that axis too:
    `28x28x1`. Without the channel axis, `conv1d` reads `28x28` as 28 steps with 28
    channels.
    """

    code = "SNN312"
    title = "input without channels"
    message = (
        "`{name}` has the shape {shape}, which means {meaning}, but `{kind}` reads "
        "{expected_axes}"
    )
    label = "no channel axis"
    help = "write `{with_channels}` for one channel, or use `{other}`"

    name: str
    shape: Shape
    meaning: str
    kind: str
    expected_axes: str
    with_channels: Shape
    other: str


class UnequalShapes(Diagnostic):
    """Checks that the shapes of joined layers match.

    `add` needs equal shapes. `concat` concatenates channels, so all other axes must be
    equal.
    """

    code = "SNN303"
    title = "join of different shapes"
    message = (
        "`{kind}` cannot join `{first}` ({first_shape}) and `{second}` ({second_shape})"
    )
    notes = ("{requirement}",)

    kind: str
    first: str
    first_shape: Shape
    second: str
    second_shape: Shape

    @property
    def requirement(self) -> str:
        if self.kind == "add":
            return "`add` needs layers of equal shapes"
        return "`concat` joins channels; every other axis must be equal"

    @property
    def hint(self) -> str:
        first = self.first_shape
        second = self.second_shape
        if self.kind == "add" and first[:-1] == second[:-1]:
            width = "units" if len(first) == 1 else "filters"
            return f"give both layers the same number of {width}, or use `concat`"
        if len(first) != len(second):
            wide = self.first
            flat = second
            if len(first) < len(second):
                wide = self.second
                flat = first
            dense = f"a `dense` layer with `units {flat[0]}`"
            return f"let {dense} read `{wide}`, and join the `dense` layer instead"
        if self.kind == "add" and _strides_to(first[:-1], second[:-1]):
            return (
                f"for a residual connection, write `shortcut {self.first}` in "
                f"`{self.second}` and remove the `add`: a shortcut includes a 1x1 "
                "convolution"
            )
        return "make their shapes equal with strides, `downsample` or `avgpool`"


def _strides_to(first: Shape, second: Shape) -> bool:
    """Return whether some stride s reduces each axis to ``ceil(n / s)`` positions."""
    axes = list(zip(first, second, strict=True))
    return all(math.ceil(n / math.ceil(n / m)) == m for n, m in axes)


class ShortcutMismatch(LayerDiagnostic):
    """Checks that a shortcut can be resized to the shape of its target.

    If the shapes are equal, the shortcut is the identity. Otherwise it is a trained 1x1
    convolution. A stride of `s` reduces an axis of size `n` to `ceil(n / s)`.
    """

    code = "SNN304"
    title = "shortcut of a different shape"
    message = (
        "the shortcut `{source}` ({source_shape}) cannot be added to `{name}` ({shape})"
    )
    notes = ("{reason}",)

    source: str
    source_shape: Shape
    shape: Shape

    @property
    def reason(self) -> str:
        if len(self.shape) != len(self.source_shape):
            return (
                f"`{self.source}` is {axis_names(len(self.source_shape))}, but "
                f"`{self.name}` is {axis_names(len(self.shape))}"
            )
        return "no stride of a 1x1 convolution turns one size into the other"

    @property
    def hint(self) -> str:
        if len(self.shape) != len(self.source_shape):
            return "name a layer with the same number of axes"
        return (
            "use `padding same` in the layers between them, or name a layer with a "
            "matching shape"
        )


class TooManyValues(LayerDiagnostic):
    """Checks that a layer or a weight tensor does not have too many values."""

    code = "SNN306"
    title = "too many values"
    message = f"`{{name}}` has {{count}} {{what}}, more than {MAX_VALUES}"
    help = "choose a smaller shape"

    what: str
    count: int

    @classmethod
    def check(cls, network: LogicalNetwork) -> Iterator[TooManyValues]:
        source = network.input
        shapes = [(source.name, source.shape, source.spans.get("shape", source.span))]
        shapes += [(layer.name, layer.shape, layer.span) for layer in network.layers]
        for name, shape, span in shapes:
            if (count := math.prod(shape)) > MAX_VALUES:
                yield cls(span=span, name=name, what="values", count=count)


def looks_channels_first(shape: Shape) -> bool:
    """Return whether only the first axis is short enough to be channels."""
    return len(shape) >= 3 and shape[0] in (1, 3) and min(shape[1:]) > 4


class SqueezedChannels(SpecWarning):
    """Checks for an encoder with one filter but several input channels.

    `encode conv` has one filter by default, so it turns a colour image into a grey
    image. Write at least as many filters as the input has channels. To keep a single
    filter, write `filters 1`.
    """

    code = "SNN313"
    title = "input channels reduced to one"
    message = "`encode conv` reduces {channels} channels to 1"
    help = "write `filters {channels}`, or `filters 1` to keep a single filter"

    channels: int

    @classmethod
    def check(cls, network: LogicalNetwork) -> Iterator[SqueezedChannels]:
        channels = network.input.shape[-1]
        for layer in network.layers if channels > 1 else ():
            if layer.kind == "encode conv" and "filters" not in layer.spans:
                yield cls(span=layer.span, channels=channels)


class LooksChannelsFirst(SpecWarning):
    """Checks for shapes that look channels-first.

    Shapes are channels-last, as in Keras: height x width x channels.
    """

    code = "SNN307"
    title = "channels-first shape"
    message = "{shape} looks channels-first, but means {axes}"
    help = "for a channels-last shape, write `{channels_last}`"

    shape: Shape

    @property
    def axes(self) -> str:
        return axis_names(len(self.shape))

    @property
    def channels_last(self) -> Shape:
        return (*self.shape[1:], self.shape[0])

    @classmethod
    def check(cls, network: LogicalNetwork) -> Iterator[LooksChannelsFirst]:
        shape = network.input.shape
        known = {network.input.name, *(layer.name for layer in network.layers)}
        # Another rule reports the layer without a shape.
        is_whole = known.issuperset(network.readout.sources)
        if is_whole and looks_channels_first(shape):
            span = network.input.spans.get("shape", network.input.span)
            yield cls(span=span, shape=shape)


class WideRange(SpecWarning):
    """Checks for a wide input range without scaling.

    Kernels are initialised for values of about 1. `as` scales the range linearly in
    Keras and in Nengo.
    """

    code = "SNN502"
    title = "wide input range"
    message = "the input values span {span_width}, but are not scaled"
    label = "no `as` after the range"
    help = "write `as {target}` after the range"

    span_width: float
    target: str

    @classmethod
    def check(cls, network: LogicalNetwork) -> Iterator[WideRange]:
        source = network.input
        width = source.high - source.low
        if source.scaled is None and width > WIDEST_UNSCALED:
            yield cls(
                span=source.spans.get("within", source.span),
                span_width=width,
                target="-1..1" if source.low < 0 else "0..1",
            )


class CrossingShortcuts(LayerWarning):
    """Checks for a shortcut that begins inside another shortcut and ends outside it.

    Residual blocks are usually nested or follow one another. Crossing shortcuts are
    valid, but often one of the names is wrong.
    """

    code = "SNN309"
    title = "crossing shortcuts"
    message = (
        "the shortcut from `{source}` to `{name}` crosses the one from "
        "`{other_source}` to `{other}`"
    )
    help = "check the names of the layers; crossing shortcuts are valid"

    source: str
    other_source: str
    other: str

    @classmethod
    def check(cls, network: LogicalNetwork) -> Iterator[CrossingShortcuts]:
        place = {layer.name: index for index, layer in enumerate(network.layers)}
        arcs = [
            (place[layer.shortcut.source], place[layer.name], layer)
            for layer in network.layers
            if layer.shortcut is not None
        ]
        for (start, end, layer), (before, inside, other) in product(arcs, arcs):
            if before < start < inside < end:
                yield cls.at(
                    layer,
                    "shortcut",
                    source=network.layers[start].name,
                    other_source=network.layers[before].name,
                    other=other.name,
                )
