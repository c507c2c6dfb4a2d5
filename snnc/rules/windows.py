"""Windows that slide over an axis: kernels, strides, padding and pools."""

from __future__ import annotations

from collections.abc import Iterator
from math import gcd

from snnc.diagnostics import Diagnostic, Severity
from snnc.ir.logical import AveragePool, Convolution, Layer, Network, Shape
from snnc.ir.paths import Path, TooManyPathsError, paths
from snnc.ir.shapes import pads


class KernelTooLarge(Diagnostic):
    """A valid-padded window is larger than what it slides over.

    With `padding valid` the output has `(size - kernel) // stride + 1` positions,
    which must be at least one on every axis.
    """

    code = "SNN301"
    title = "window larger than its input"
    message = (
        "{what} {size}{spread} is larger than the {axis} of `{source}`, "
        "which is {limit}"
    )
    label = "at most {limit} fit"
    notes = ("`{source}` has the shape {shape}",)
    help = "{hint}"

    name: str
    what: str
    size: int
    axis: str
    limit: int
    source: str
    shape: Shape
    dilation: int
    legal: Shape
    can_pad: bool
    channels_last: Shape | None = None
    hint: str = "use a smaller one"

    @property
    def spread(self) -> str:
        return f", with dilation {self.dilation}," if self.dilation > 1 else ""


class WrongDims(Diagnostic):
    """A property has another number of dims than the layer has spatial axes.

    One integer is broadcast to all of them.
    """

    code = "SNN302"
    title = "wrong number of dims"
    message = "`{key} {value}` has {given} dims, but `{kind}` works on {expected}"
    help = "{hint}"

    key: str
    value: Shape
    kind: str
    given: int
    expected: int

    @property
    def hint(self) -> str:
        padded = (*self.value, *self.value[-1:] * self.expected)
        dims = "x".join(map(str, padded[: self.expected]))
        whole = f"write `{self.key} {self.value[-1]}`"
        if self.expected == 1:
            return whole
        return f"{whole} for all axes, or `{self.key} {dims}` for each its own"


class CausalInSpace(Diagnostic):
    """`defaults` give `padding causal` to a layer that has none.

    `padding causal` is of `conv1d` alone, whose axis may be time: zeros stand in front
    of it, so that no output reads what comes after. The axes of images have no such
    order, and Keras has no other causal layer.
    """

    code = "SNN317"
    title = "causal padding of another layer than conv1d"
    message = "`defaults` give `padding causal` to the `{kind}` `{name}`"
    label = "of `conv1d` alone"
    help = "write `defaults conv1d`, or `padding same` in `{name}`"

    name: str
    kind: str


class DilatedStride(Diagnostic):
    """A layer steps over its input and spreads its kernel.

    Keras has no convolution with both, and taps apart that step see little of what
    lies between them.
    """

    code = "SNN314"
    title = "dilation with a stride"
    message = "`{name}` has dilation {dilation} and stride {stride}, and can have one"
    notes = ("Keras refuses a convolution with both",)
    help = "leave one of them out, or step in the layer before it"

    name: str
    dilation: Shape
    stride: Shape


class GroupsDontDivide(Diagnostic):
    """The groups of a convolution are not equal stretches of its channels.

    `groups` divides the channels that are read and `filters`: each group of filters
    reads a group of channels.
    """

    code = "SNN315"
    title = "groups that don't divide"
    message = (
        "{groups} groups of `{name}` don't divide the {channels} channels of "
        "`{source}` and {filters} filters"
    )
    label = "divides {divided}"
    help = "write `groups {nearest}`, or other `filters`"

    name: str
    groups: int
    channels: int
    filters: int
    source: str

    @property
    def divided(self) -> str:
        if self.filters % self.groups == 0:
            return "the filters alone"
        return "the channels alone" if self.channels % self.groups == 0 else "neither"

    @property
    def nearest(self) -> int:
        both = gcd(self.channels, self.filters)
        fit = (n for n in range(1, both + 1) if both % n == 0)
        return min(fit, key=lambda n: (abs(n - self.groups), n))


class PooledSamePadding(Diagnostic):
    """A `same`- or `causal`-padded layer reads a pool that does not divide its input.

    A pool is folded into its reader. Keras pads the pooled image, and the folded
    kernel pads the image before it; the two are equal only where the window equals
    the stride and divides the input.
    """

    code = "SNN305"
    title = "padding over an uneven pool"
    message = (
        "`{name}` pads with `{padding}` what an average pool of window {window}, "
        "stride {stride} makes of {size}"
    )
    notes = ("exact only where the window equals the stride and divides the input",)
    help = "{hint}"

    name: str
    padding: str
    window: Shape
    stride: Shape
    size: Shape
    can_be_valid: bool

    @property
    def hint(self) -> str:
        size = "x".join(map(str, self.size))
        pool = f"pool by a window that divides {size}, with no other stride"
        valid = f"write `padding valid` in `{self.name}`, or "
        return f"{valid if self.can_be_valid else ''}{pool}"

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
                    padding=operation.padding,
                    window=pool.window,
                    stride=pool.stride,
                    size=size,
                    can_be_valid=_slides(network, layer, operation),
                )
                break


class StrideAboveKernel(Diagnostic):
    """A stride above its kernel skips part of the input.

    The skipped neurons cost cores and are read by nothing.
    """

    code = "SNN308"
    title = "stride above its kernel"
    severity = Severity.WARNING
    message = (
        "stride {stride} of `{name}` is above its {what} {kernel}: part of the "
        "input is never read"
    )
    help = "use a stride of at most the {what}"

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


def _slides(network: Network, layer: Layer, operation: Convolution) -> bool:
    """Whether a kernel is nowhere larger than what it reads."""
    read = network.shape_of(layer.sources[0])
    return all(k <= n for k, n in zip(operation.extent, read, strict=False))


def _uneven_pools(
    network: Network, layer: Layer, operation: Convolution
) -> Iterator[tuple[AveragePool, Shape]]:
    """Pools that `same` padding cannot be folded over, each with what it reads."""
    read = network.shape_of(layer.sources[0])[:-1]
    padded = [
        max(pads(n, k, s, operation.padding)) > 0
        for n, k, s in zip(read, operation.extent, operation.stride, strict=True)
    ]
    # Height and width are padded by one setting of a 2-D convolution, depth is not.
    plane = any(padded[-2:])
    axes = [
        plane if axis >= len(read) - 2 else padded[axis] for axis in range(len(read))
    ]
    for path in _paths(network, layer):
        for pool, shape in path.pools:
            fits = all(
                not needed or _divides(window, stride, size, path.picked is not None)
                for needed, window, stride, size in zip(
                    axes, pool.window, pool.stride, shape, strict=False
                )
            )
            if not fits:
                yield pool, shape[:-1]


def _divides(window: int, stride: int, size: int, picked: bool) -> bool:
    """Whether what pads a pooled axis pads the axis before the pool as well.

    Where some places are picked, they may be further apart than a window is wide.
    """
    if picked:
        return window <= stride and (size - window) % stride == 0
    return window == stride and size % window == 0


def _paths(network: Network, layer: Layer) -> tuple[Path, ...]:
    try:
        return paths(network.by_name, layer.sources[0])
    except TooManyPathsError:
        return ()
