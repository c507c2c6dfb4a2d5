"""The nearest legal changes for what does not fit, found by solving."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from snnc.fit.change import Change
from snnc.fit.solve import Holds, largest_kernel, smallest_stride, widest, width_key
from snnc.fit.trials import Trials
from snnc.graph.logical import Layer
from snnc.loihi.floor import compartment_floors

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
        found = _narrow_or_stride(trials, name)
        if found:
            return tuple(found)
    return ()


def for_axons(trials: Trials, name: str) -> tuple[Change, ...]:
    """Changes to a layer or its readers after which its out-axons suffice."""
    lowered = trials.lowered(())
    assert lowered is not None
    readers = [p.target for p in lowered.projections if p.source == name]
    changes: list[Change] = []
    for layer in dict.fromkeys((*readers, name)):
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
    lowered = trials.lowered(())
    assert lowered is not None
    for source in dict.fromkeys(p.source for p in lowered.into(name)):
        if source in lowered.by_name:
            place, read = _find(trials, source)
            found = (
                widest(place, read, holds, read.shape[-1] - 1),
                smallest_stride(place, read, holds),
            )
            yield from (change for change in found if change is not None)


def _narrow_or_stride(trials: Trials, name: str) -> list[Change]:
    position, layer = _find(trials, name)
    found = (
        widest(position, layer, trials.fits, layer.shape[-1] - 1)
        if width_key(layer)
        else None,
        smallest_stride(position, layer, trials.fits),
    )
    return [change for change in found if change is not None]


def _find(trials: Trials, name: str) -> tuple[int, Layer]:
    layers = trials.layers()
    position = next(i for i, layer in enumerate(layers) if layer.name == name)
    return position, layers[position]


def _by_neurons(trials: Trials) -> list[str]:
    """The chip's layers, those with the most neurons first."""
    lowered = trials.lowered(())
    assert lowered is not None
    floors = compartment_floors(lowered, trials.profile)
    return sorted(floors, key=lambda name: -floors[name])
