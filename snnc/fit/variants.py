"""The cheapest legal variants of a network, with what they cost and keep."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod, sqrt

from snnc.fit.solve import smallest_stride, wider_strides, widest, width_key
from snnc.fit.trials import Change, Changes, OutOfWorkError, Trials, VariantCost
from snnc.ir.layout import tensors
from snnc.ir.logical import Layer

GROWTH = 16
"""A network that fits is offered at most so many times the filters of a layer."""
SHARES = tuple(n / 16 for n in range(15, 0, -1))
"""Shares of all filters that are tried, most first."""


@dataclass(frozen=True, slots=True)
class FitVariant:
    """A legal network near the spec.

    ``kept`` is the geometric mean of the shares of neurons and of weights that are
    left of the spec's network; above 1 where it grows. ``open_end`` is a change to
    the most that was tried, beyond which more may fit.
    """

    changes: Changes
    cost: VariantCost
    kept: float
    open_end: Change | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """The network as it is, if it fits, and its variants, the fullest first.

    ``cores`` is what there is, ``needed`` what the network takes as it is; None if
    that could not be counted. ``untried`` of ``layers`` were not looked at, or not to
    the end, since so much was tried already.
    """

    name: str
    cores: int
    needed: int | None
    present: VariantCost | None
    variants: tuple[FitVariant, ...]
    layers: int
    untried: int


def offer(trials: Trials) -> Offer:
    """Look for variants of a spec that fit the target of ``trials``.

    Single layers get fewer filters (or more, if the network fits), a larger stride,
    or both; and all layers together get a share of their filters. Layers with the
    most neurons come first, as long as there is work left.
    """
    present = trials.cost(())
    layers = _layers(trials)
    fitting, tried = _fitting(trials, layers, fits=present is not None)
    variants = [_variant(trials, changes) for changes in fitting]
    return Offer(
        trials.network().name,
        trials.target.cores,
        _needed(trials),
        present,
        tuple(sorted(variants, key=lambda v: (-v.kept, v.cost.cores))),
        len(layers),
        len(layers) - tried,
    )


def _fitting(
    trials: Trials, layers: Sequence[tuple[int, Layer]], fits: bool
) -> tuple[list[Changes], int]:
    """What fits, layer by layer in their order, and how many layers were tried."""
    alone: list[Changes] = []
    together: list[Changes] = []
    tried = 0
    try:
        if not fits:
            together += _thinner(trials, layers)
        for position, layer in sorted(layers, key=lambda at: -prod(at[1].shape)):
            for changes in (_grown if fits else _narrower)(trials, position, layer):
                alone.append(changes)
            tried += 1
    except OutOfWorkError:
        pass  # the offer tells how many layers are left
    return [*sorted(alone, key=lambda changes: changes[0].position), *together], tried


def _needed(trials: Trials) -> int | None:
    present = trials.cost(())
    if present is not None:
        return present.cores
    return None if trials.unlimited is None else trials.unlimited.cores


def _variant(trials: Trials, changes: Changes) -> FitVariant:
    new, (neurons, weights) = trials.cost(changes), _size(trials)
    assert new is not None, "only variants that fit are offered"
    kept = sqrt(new.neurons / neurons * new.weights / weights)
    open_end = next((c for c in changes if c.value == _most(trials, c)), None)
    return FitVariant(changes, new, kept, open_end)


def _most(trials: Trials, change: Change) -> int:
    """The most filters or units of the layer that are tried."""
    return GROWTH * trials.layers()[change.position].shape[-1]


def _size(trials: Trials) -> tuple[int, int]:
    """Neurons on the chip and weights of the network as it is."""
    lowered = trials.lowered(())
    assert lowered is not None
    neurons = sum(p.neurons for p in lowered.populations if p.on_chip)
    return neurons, sum(prod(tensor.shape) for tensor in tensors(lowered.network))


def _grown(trials: Trials, position: int, layer: Layer) -> Iterator[Changes]:
    """A layer with the most filters that still fit."""
    now = layer.shape[-1]
    more = widest(position, layer, trials.fits, GROWTH * now)
    if more is not None and more.value != now:
        yield (more,)


def _narrower(trials: Trials, position: int, layer: Layer) -> Iterator[Changes]:
    """A layer with fewer filters, a larger stride, or the two together."""
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


def _thinner(trials: Trials, layers: Sequence[tuple[int, Layer]]) -> Iterator[Changes]:
    """All layers with the largest share of their filters that fits."""
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
