"""The smallest changes that make something true of a network."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import product
from math import prod

from snnc.fit.change import Change
from snnc.graph.logical import Convolution, Dense, Layer, Shape

Holds = Callable[[Sequence[Change]], bool]
"""Whether a variant is as wanted."""

# Channels are stored and addressed by fours and in chunks: a few more may fit where
# one more does not.
STEPS = (4, 8, 16, 32)
FEW = 64
"""Sizes of a kernel that are all tried; of more, halves."""
GROWTH = 3
"""Steps by which a stride may grow."""


def width_key(layer: Layer) -> str | None:
    """The property that says how many channels or units a layer has."""
    if isinstance(layer.operation, Convolution):
        return "filters"
    return "units" if isinstance(layer.operation, Dense) else None


def widest(
    position: int, layer: Layer, holds: Holds, most: int, also: Sequence[Change] = ()
) -> Change | None:
    """The most filters or units, up to ``most``, with which a variant is as wanted.

    Found by halving, as costs grow with channels, and then by trying the next
    multiples above.
    """
    key = width_key(layer)
    if key is None or most < 1:
        return None

    def change(value: int) -> Change:
        return Change(position, layer.name, key, value)

    def good(value: int) -> bool:
        return holds((*also, change(value)))

    value = _by_halving(good, most)
    return None if value is None else change(value)


def _by_halving(good: Callable[[int], bool], most: int) -> int | None:
    if good(most):
        return most
    low, high = 0, most
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if good(middle) else (low, middle)
    if low == 0:
        return None
    above = {low + step - low % step for step in STEPS}
    return next((v for v in sorted(above, reverse=True) if v < most and good(v)), low)


def smallest_stride(position: int, layer: Layer, holds: Holds) -> Change | None:
    """The stride nearest to the layer's, but larger, that makes a variant as wanted."""
    changes = wider_strides(position, layer)
    return next((change for change in changes if holds((change,))), None)


def wider_strides(position: int, layer: Layer) -> list[Change]:
    """Strides above a convolution's own, those that keep most first.

    No stride is longer than the kernel: that would skip inputs.
    """
    operation = layer.operation
    if not isinstance(operation, Convolution):
        return []
    key = "factor" if layer.kind == "downsample" else "stride"
    strides = _larger_strides(operation, free=key == "factor")
    return [Change(position, layer.name, key, stride) for stride in strides]


def _larger_strides(operation: Convolution, free: bool) -> Iterable[Shape]:
    """Strides above the present one, those that keep most first.

    Height and width grow together, as nobody squeezes one of them alone; depth grows
    by itself.
    """
    present, kernel = operation.stride, operation.kernel
    plane = min(2, len(present))
    found = []
    for deeper, wider in product(range(GROWTH + 1), repeat=2):
        added = (*(deeper,) * (len(present) - plane), *(wider,) * plane)
        stride = tuple(s + a for s, a in zip(present, added, strict=True))
        skips = any(
            s > max(k, p) for s, k, p in zip(stride, kernel, present, strict=True)
        )
        if stride != present and stride not in found and (free or not skips):
            found.append(stride)
    return sorted(found, key=lambda stride: (prod(stride), max(stride)))


def largest_kernel(position: int, layer: Layer, holds: Holds) -> Change | None:
    """The largest kernel below the layer's that makes a variant as wanted."""
    operation = layer.operation
    if not isinstance(operation, Convolution) or layer.kind == "downsample":
        return None

    def change(size: int) -> Change:
        kernel = tuple(min(k, size) for k in operation.kernel)
        return Change(position, layer.name, "kernel", kernel)

    def good(size: int) -> bool:
        return holds((change(size),))

    most = max(operation.kernel) - 1
    if most > FEW:
        found = _by_halving(good, most)
    else:
        found = next(filter(good, range(most, 0, -1)), None)
    return None if found is None else change(found)
