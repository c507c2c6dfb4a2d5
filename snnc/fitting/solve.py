"""The smallest changes that make something true of a network."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import product
from math import prod

from snnc.fitting.trials import Change, Trials
from snnc.ir.logical import Convolution, Dense, Layer, Shape
from snnc.loihi.plan import compartment_floors

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
        # A depthwise layer has the channels that it reads.
        return None if layer.operation.depthwise else "filters"
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
    strides = []
    for deeper, wider in product(range(GROWTH + 1), repeat=2):
        added = (*(deeper,) * (len(present) - plane), *(wider,) * plane)
        stride = tuple(s + a for s, a in zip(present, added, strict=True))
        skips = any(
            s > max(k, p) for s, k, p in zip(stride, kernel, present, strict=True)
        )
        if stride != present and stride not in strides and (free or not skips):
            strides.append(stride)
    return sorted(strides, key=lambda stride: (prod(stride), max(stride)))


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
        value = _by_halving(good, most)
    else:
        value = next(filter(good, range(most, 0, -1)), None)
    return None if value is None else change(value)


LAYERS = 3
"""Layers that are looked at, those with the most cores first."""


def for_cores(trials: Trials, largest: str) -> tuple[Change, ...]:
    """Changes to one layer after which the network fits its target.

    Parameters
    ----------
    largest
        The layer that takes the most cores, which is changed if that suffices.
    """
    names = dict.fromkeys((largest, *_by_neurons(trials)))
    for name in list(names)[:LAYERS]:
        changes = _narrow_or_stride(trials, name)
        if changes:
            return tuple(changes)
    return ()


def for_axons(trials: Trials, name: str) -> tuple[Change, ...]:
    """Changes to a layer or its readers after which its out-axons suffice."""
    lowered = trials.lower(())
    assert lowered is not None
    # A max pool is several populations, and one layer.
    layers = [lowered.by_name[p.target].layer.name for p in lowered.out_of(name)]
    changes: list[Change] = []
    for layer in dict.fromkeys((*layers, lowered.by_name[name].layer.name)):
        changes += _narrow_or_stride(trials, layer)
    return tuple(changes)


def for_fan_in(trials: Trials, name: str) -> tuple[Change, ...]:
    """Changes after which one neuron of a layer fits a core."""

    def holds(changes: Sequence[Change]) -> bool:
        return trials.fits_a_core(changes, name)

    return tuple(_for_fan_in(trials, name, holds))


def _for_fan_in(trials: Trials, name: str, holds: Holds) -> Iterator[Change]:
    position, layer = _find(trials, name)
    own = largest_kernel(position, layer, holds)
    if own is not None:
        yield own
    lowered = trials.lower(())
    assert lowered is not None
    read_here = (lowered.by_name.get(p.source) for p in lowered.into(name))
    for source in dict.fromkeys(p.layer.name for p in read_here if p is not None):
        place, read = _find(trials, source)
        candidates = (
            widest(place, read, holds, read.shape[-1] - 1),
            smallest_stride(place, read, holds),
        )
        yield from (change for change in candidates if change is not None)


def _narrow_or_stride(trials: Trials, name: str) -> list[Change]:
    position, layer = _find(trials, name)
    candidates = (
        widest(position, layer, trials.fits, layer.shape[-1] - 1)
        if width_key(layer)
        else None,
        smallest_stride(position, layer, trials.fits),
    )
    return [change for change in candidates if change is not None]


def _find(trials: Trials, name: str) -> tuple[int, Layer]:
    layers = trials.layers()
    position = next(i for i, layer in enumerate(layers) if layer.name == name)
    return position, layers[position]


def _by_neurons(trials: Trials) -> list[str]:
    """The chip's layers, those with the most neurons first."""
    lowered = trials.lower(())
    assert lowered is not None
    floors = compartment_floors(lowered, trials.profile)
    ordered = sorted(floors, key=lambda name: -floors[name])
    return list(dict.fromkeys(lowered.by_name[name].layer.name for name in ordered))
