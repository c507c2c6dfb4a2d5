"""Find the smallest changes after which a network meets a condition."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import product
from math import prod
from operator import add, le
from sys import maxsize

from snnc.fitting.trials import Change, Changes, Trials
from snnc.ir.logical import LogicalLayer
from snnc.ir.shapes import Shape
from snnc.loihi.plan import compartment_floors

Holds = Callable[[Changes], bool]
"""A function that returns whether a variant meets the condition."""

# Channels are stored and addressed in groups of four and in chunks, so a few more
# channels may fit even if one more does not.
STEPS = (4, 8, 16, 32)
GROWTH = 3
"""The maximum increase of a stride."""


def width_key(layer: LogicalLayer) -> str | None:
    """Return the property that sets a layer's number of channels or units."""
    return layer.operation.fit_keys.width or None


def widest(
    layer: LogicalLayer, holds: Holds, most: int, also: Changes = ()
) -> Change | None:
    """Return the most filters or units, up to ``most``, that meet the condition.

    Costs grow with channels, so use bisection, then try the next multiples above.
    """
    key = width_key(layer)
    if key is None or most < 1:
        return None
    change = partial(Change, layer.name, key)

    def good(value: int) -> bool:
        return holds((*also, change(value)))

    low = bisect_largest(good, most)
    above = sorted({low + step - low % step for step in STEPS}, reverse=True)
    low = next((v for v in above if 0 < low < v < most and good(v)), low)
    return change(low) if low else None


def bisect_largest(good: Callable[[int], bool], most: int) -> int:
    """Return the largest value up to ``most`` that is good, or 0."""
    if good(most):
        return most
    low = 0
    high = most
    while high - low > 1:
        middle = (low + high) // 2
        if good(middle):
            low = middle
        else:
            high = middle
    return low


def smallest_stride(layer: LogicalLayer, holds: Holds) -> Change | None:
    """Return the next larger stride that meets the condition."""
    return next((c for c in wider_strides(layer) if holds((c,))), None)


def wider_strides(layer: LogicalLayer) -> list[Change]:
    """Return larger strides for a convolution, starting with the largest outputs.

    The strides of height and width increase together, and the stride of depth
    separately. No stride exceeds the kernel, because that would skip inputs.
    """
    sliding = layer.operation.sliding
    key = layer.operation.fit_keys.stride
    if sliding is None or not key:
        return []
    present = sliding.stride
    plane = min(2, len(present))
    most = [maxsize] * len(present)
    if key != sliding.key:  # the window does not grow with the stride
        most = list(map(max, sliding.size, present))
    strides: dict[Shape, None] = {}
    for deeper, wider in product(range(GROWTH + 1), repeat=2):
        added = [deeper] * (len(present) - plane) + [wider] * plane
        stride = tuple(map(add, present, added))
        if all(map(le, stride, most)):
            strides[stride] = None
    strides.pop(present, None)
    ordered = sorted(strides, key=lambda stride: (prod(stride), max(stride)))
    return [Change(layer.name, key, stride) for stride in ordered]


def largest_kernel(layer: LogicalLayer, holds: Holds) -> Change | None:
    """Return the next smaller kernel that meets the condition."""
    sliding = layer.operation.sliding
    key = layer.operation.fit_keys.kernel
    if sliding is None or not key:
        return None
    kernel = sliding.size
    most = max(sliding.size) - 1

    def change(size: int) -> Change:
        return Change(layer.name, key, tuple(min(k, size) for k in kernel))

    changes = map(change, range(most, 0, -1))
    return next((c for c in changes if holds((c,))), None)


LAYERS = 3
"""The number of layers to try, starting with the most cores."""


def for_cores(trials: Trials, largest: str) -> Changes:
    """Return changes to one layer, first ``largest``, after which the network fits."""
    lowered = trials.as_is
    floors = compartment_floors(lowered)
    ordered = sorted(floors, key=lambda name: -floors[name])
    layers = (lowered.by_name[name].layer.name for name in ordered)
    for name in list(dict.fromkeys((largest, *layers)))[:LAYERS]:
        changes = _narrow_or_stride(trials, name, trials.fits)
        if changes:
            return changes
    return ()


def for_axons(trials: Trials, name: str) -> Changes:
    """Return changes to a layer or its readers after which its out-axons suffice."""
    lowered = trials.as_is
    # A max pool is one layer, but several populations.
    populations = [path.target for path in lowered.out_of(name)] + [name]
    layers = dict.fromkeys(lowered.by_name[each].layer.name for each in populations)
    changes: list[Change] = []
    for layer in layers:
        changes += _narrow_or_stride(trials, layer, trials.fits)
    return tuple(changes)


def for_fan_in(trials: Trials, name: str) -> Changes:
    """Return changes after which one neuron of a layer fits on a core."""
    holds = partial(trials.fits_a_core, name)
    kernel = largest_kernel(trials.as_is.network.by_name[name], holds)
    lowered = trials.as_is
    read_here = (lowered.by_name.get(p.source) for p in lowered.into(name))
    sources = dict.fromkeys(p.layer.name for p in read_here if p is not None)
    changes = [] if kernel is None else [kernel]
    for source in sources:
        changes += _narrow_or_stride(trials, source, holds)
    return tuple(changes)


def _narrow_or_stride(trials: Trials, name: str, holds: Holds) -> Changes:
    layer = trials.as_is.network.by_name[name]
    fewer = widest(layer, holds, layer.shape[-1] - 1)
    stride = smallest_stride(layer, holds)
    return tuple(change for change in (fewer, stride) if change is not None)
