"""The cheapest legal variants of a network, with what they cost and keep."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod, sqrt

from snnc.fit.solve import smallest_stride, wider_strides, widest, width_key
from snnc.fit.trials import Change, Changes, Trials
from snnc.ir.layout import tensors
from snnc.ir.logical import Layer
from snnc.ir.mapped import MappedNetwork

GROWTH = 16
"""A network that fits is offered at most so many times the filters of a layer."""
SHARES = tuple(n / 16 for n in range(15, 0, -1))
"""Shares of all filters that are tried, most first."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a variant takes: cores, neurons on the chip, and numbers to train."""

    cores: int
    neurons: int
    weights: int


@dataclass(frozen=True, slots=True)
class Variant:
    """A legal network near the spec.

    ``kept`` is the geometric mean of the shares of neurons and of weights that are
    left of the spec's network; above 1 where it grows. ``open_end`` is a change to
    the most that was tried, beyond which more may fit.
    """

    changes: Changes
    cost: Cost
    kept: float
    open_end: Change | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """The network as it is, if it fits, and its variants, the fullest first.

    ``cores`` is what there is, ``needed`` what the network takes as it is; None if
    that could not be counted.
    """

    name: str
    cores: int
    needed: int | None
    present: Cost | None
    variants: tuple[Variant, ...]


def offer(trials: Trials) -> Offer:
    """Look for variants of a spec that fit the target of ``trials``.

    Single layers get fewer filters (or more, if the network fits), a larger stride,
    or both; and all layers together get a share of their filters. Among variants
    with the same cores, those that keep least are left out.
    """
    present = trials.mapped(())
    found = [] if present is None else list(_grown(trials))
    if present is None:
        found = [*_narrower(trials), *_thinner(trials)]
    variants = {changes: _variant(trials, changes) for changes in found if changes}
    best = sorted(variants.values(), key=lambda v: (-v.kept, v.cost.cores))
    return Offer(
        trials.network().name,
        trials.target.cores,
        _needed(trials),
        None if present is None else cost(present),
        tuple(best),
    )


def _needed(trials: Trials) -> int | None:
    mapped = trials.mapped(()) or trials.unlimited()
    return None if mapped is None else mapped.cores


def cost(mapped: MappedNetwork) -> Cost:
    """What a mapped network takes."""
    network = mapped.lowered.network
    return Cost(
        mapped.cores,
        sum(p.population.neurons for p in mapped.populations if p.cores),
        sum(prod(tensor.shape) for tensor in tensors(network)),
    )


def _variant(trials: Trials, changes: Changes) -> Variant:
    mapped = trials.mapped(changes)
    assert mapped is not None, "only variants that fit are offered"
    new, (neurons, weights) = cost(mapped), _size(trials)
    kept = sqrt(new.neurons / neurons * new.weights / weights)
    open_end = next((c for c in changes if c.value == _most(trials, c)), None)
    return Variant(changes, new, kept, open_end)


def _most(trials: Trials, change: Change) -> int:
    """The most filters or units of the layer that are tried."""
    return GROWTH * trials.layers()[change.position].shape[-1]


def _size(trials: Trials) -> tuple[int, int]:
    """Neurons on the chip and weights of the network as it is."""
    lowered = trials.lowered(())
    assert lowered is not None
    neurons = sum(p.neurons for p in lowered.populations if p.on_chip)
    return neurons, sum(prod(tensor.shape) for tensor in tensors(lowered.network))


def _grown(trials: Trials) -> Iterator[Changes]:
    """Each layer with the most filters that still fit."""
    for position, layer in _layers(trials):
        now = layer.shape[-1]
        more = widest(position, layer, trials.fits, GROWTH * now)
        if more is not None and more.value != now:
            yield (more,)


def _narrower(trials: Trials) -> Iterator[Changes]:
    """Each layer with fewer filters, a larger stride, or the two together."""
    for position, layer in _layers(trials):
        fewer = widest(position, layer, trials.fits, layer.shape[-1] - 1)
        if fewer is not None:
            yield (fewer,)
        stride = smallest_stride(position, layer, trials.fits)
        if stride is not None:
            yield (stride,)
        for wider in wider_strides(position, layer):
            if wider == stride:
                break
            both = widest(position, layer, trials.fits, layer.shape[-1] - 1, (wider,))
            if both is not None:
                yield (wider, both)


def _thinner(trials: Trials) -> Iterator[Changes]:
    """All layers with the largest share of their filters that fits."""
    layers = _layers(trials)
    for share in SHARES:
        changes = tuple(_share(position, layer, share) for position, layer in layers)
        if trials.fits(changes):
            yield changes
            return


def _share(position: int, layer: Layer, share: float) -> Change:
    value = max(1, round(layer.shape[-1] * share))
    return Change(position, layer.name, width_key(layer) or "", value)


def _layers(trials: Trials) -> list[tuple[int, Layer]]:
    """The chip's layers that have filters or units, by their place in the spec."""
    return [
        (position, layer)
        for position, layer in enumerate(trials.layers())
        if layer.on_chip and width_key(layer) is not None
    ]
