"""Find the smallest changes after which a network meets a condition."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from math import prod

from snnc.fitting.trials import Change, Trials
from snnc.ir.logical import Convolution, Dense, LogicalLayer, Shape
from snnc.loihi.plan import compartment_floors

Holds = Callable[[Sequence[Change]], bool]
"""A function that returns whether a variant meets the condition."""

# Channels are stored and addressed in groups of four and in chunks, so a few more
# channels may fit even if one more does not.
STEPS = (4, 8, 16, 32)
FEW = 64
"""The maximum number of kernel sizes to try one by one; otherwise, use bisection."""
GROWTH = 3
"""The maximum increase of a stride."""


def width_key(layer: LogicalLayer) -> str | None:
    """Return the property that sets a layer's number of channels or units."""
    if isinstance(layer.operation, Convolution):
        # A depthwise layer has as many channels as its source.
        return None if layer.operation.depthwise else "filters"
    return "units" if isinstance(layer.operation, Dense) else None


def widest(
    position: int,
    layer: LogicalLayer,
    holds: Holds,
    most: int,
    also: Sequence[Change] = (),
) -> Change | None:
    """Return the most filters or units, up to ``most``, that meet the condition.

    Costs grow with channels, so use bisection, then try the next multiples above.
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


def bisect_largest(good: Callable[[int], bool], most: int) -> int:
    """Return the largest value up to ``most`` that is good, or 0."""
    if good(most):
        return most
    low, high = 0, most
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if good(middle) else (low, middle)
    return low


def _by_halving(good: Callable[[int], bool], most: int) -> int | None:
    low = bisect_largest(good, most)
    if low in (0, most):
        return low or None
    above = {low + step - low % step for step in STEPS}
    return next((v for v in sorted(above, reverse=True) if v < most and good(v)), low)


def smallest_stride(position: int, layer: LogicalLayer, holds: Holds) -> Change | None:
    """Return the next larger stride that meets the condition."""
    changes = wider_strides(position, layer)
    return next((change for change in changes if holds((change,))), None)


def wider_strides(position: int, layer: LogicalLayer) -> list[Change]:
    """Return larger strides for a convolution, starting with the largest outputs.

    The strides of height and width increase together, and the stride of depth
    separately. No stride exceeds the kernel, because that would skip inputs.
    """
    operation = layer.operation
    if not isinstance(operation, Convolution):
        return []
    key = "factor" if layer.kind == "downsample" else "stride"
    present, kernel = operation.stride, operation.kernel
    plane = min(2, len(present))
    strides: list[Shape] = []
    for deeper, wider in product(range(GROWTH + 1), repeat=2):
        added = (*(deeper,) * (len(present) - plane), *(wider,) * plane)
        stride = tuple(s + a for s, a in zip(present, added, strict=True))
        skips = key == "stride" and any(
            s > max(k, p) for s, k, p in zip(stride, kernel, present, strict=True)
        )
        if stride != present and stride not in strides and not skips:
            strides.append(stride)
    strides.sort(key=lambda stride: (prod(stride), max(stride)))
    return [Change(position, layer.name, key, stride) for stride in strides]


def largest_kernel(position: int, layer: LogicalLayer, holds: Holds) -> Change | None:
    """Return the next smaller kernel that meets the condition."""
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
        value = _by_halving(good, most)
    else:
        value = next(filter(good, range(most, 0, -1)), None)
    return None if value is None else change(value)


LAYERS = 3
"""The number of layers to try, starting with the most cores."""


def for_cores(trials: Trials, largest: str) -> tuple[Change, ...]:
    """Return changes to one layer after which the network fits its target.

    Parameters
    ----------
    largest
        The layer with the most cores, which is tried first.
    """
    names = dict.fromkeys((largest, *_by_neurons(trials)))
    for name in list(names)[:LAYERS]:
        changes = _narrow_or_stride(trials, name, trials.fits)
        if changes:
            return tuple(changes)
    return ()


def for_axons(trials: Trials, name: str) -> tuple[Change, ...]:
    """Return changes to a layer or its readers after which its out-axons suffice."""
    lowered = trials.as_is()
    # A max pool is one layer, but several populations.
    layers = [lowered.by_name[p.target].layer.name for p in lowered.out_of(name)]
    changes: list[Change] = []
    for layer in dict.fromkeys((*layers, lowered.by_name[name].layer.name)):
        changes += _narrow_or_stride(trials, layer, trials.fits)
    return tuple(changes)


def for_fan_in(trials: Trials, name: str) -> tuple[Change, ...]:
    """Return changes after which one neuron of a layer fits on a core."""

    def holds(changes: Sequence[Change]) -> bool:
        return trials.fits_a_core(changes, name)

    own = largest_kernel(*_find(trials, name), holds)
    changes = [] if own is None else [own]
    lowered = trials.as_is()
    read_here = (lowered.by_name.get(p.source) for p in lowered.into(name))
    for source in dict.fromkeys(p.layer.name for p in read_here if p is not None):
        changes += _narrow_or_stride(trials, source, holds)
    return tuple(changes)


def _narrow_or_stride(trials: Trials, name: str, holds: Holds) -> list[Change]:
    position, layer = _find(trials, name)
    candidates = (
        widest(position, layer, holds, layer.shape[-1] - 1),
        smallest_stride(position, layer, holds),
    )
    return [change for change in candidates if change is not None]


def _find(trials: Trials, name: str) -> tuple[int, LogicalLayer]:
    layers = trials.layers()
    position = next(i for i, layer in enumerate(layers) if layer.name == name)
    return position, layers[position]


def _by_neurons(trials: Trials) -> list[str]:
    """Return the layers on the chip, starting with the most neurons."""
    lowered = trials.as_is()
    floors = compartment_floors(lowered, trials.profile)
    ordered = sorted(floors, key=lambda name: -floors[name])
    return list(dict.fromkeys(lowered.by_name[name].layer.name for name in ordered))
