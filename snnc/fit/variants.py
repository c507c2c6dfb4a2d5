"""The cheapest legal variants of a network: what they cost and keep, and as text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from math import prod, sqrt
from typing import Any

from snnc.fit.solve import smallest_stride, wider_strides, widest, width_key
from snnc.fit.trials import (
    Change,
    Changes,
    OutOfWorkError,
    Trials,
    VariantCost,
    written,
)
from snnc.ir.layout import tensors
from snnc.ir.logical import Layer
from snnc.text import tables
from snnc.text.tables import Cells, code, columns, counted, prose

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
    more = widest(position, layer, trials.fits_target, GROWTH * now)
    if more is not None and more.value != now:
        yield (more,)


def _narrower(trials: Trials, position: int, layer: Layer) -> Iterator[Changes]:
    """A layer with fewer filters, a larger stride, or the two together."""
    fewer = widest(position, layer, trials.fits_target, layer.shape[-1] - 1)
    if fewer is not None:
        yield (fewer,)
    stride = smallest_stride(position, layer, trials.fits_target)
    if stride is not None:
        yield (stride,)
    for wider in wider_strides(position, layer):
        if wider == stride:
            break
        most = layer.shape[-1] - 1
        both = widest(position, layer, trials.fits_target, most, (wider,))
        if both is not None:
            yield (wider, both)


def _thinner(trials: Trials, layers: Sequence[tuple[int, Layer]]) -> Iterator[Changes]:
    """All layers that can shrink with the largest share of their filters that fits.

    One such layer alone gets what `_narrower` finds.
    """
    wide = [(position, layer) for position, layer in layers if layer.shape[-1] > 1]
    if len(wide) == 1:
        return
    for share in SHARES:
        changes = tuple(_share(position, layer, share) for position, layer in wide)
        if trials.fits_target(changes):
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


COLUMNS = ("change", "cores", "neurons", "weights", "keeps")
SHOWN = 10
KEEPS = "keeps: neurons and weights as a share of the spec's (their geometric mean)"
ONE_BY_ONE = 2
"""More changes than these are one to every layer."""


def table(offered: Offer, shown: int = SHOWN) -> str:
    """One row a variant, those that keep most of the network first."""
    rows = _rows(offered, shown)
    lines = columns(COLUMNS, rows, left=COLUMNS[:1]) if rows else ()
    return "\n".join([*lines, *[""] * bool(rows), _sentence(offered, shown)])


def markdown(offered: Offer, shown: int = SHOWN) -> str:
    """Write the same for a comment on a pull request."""
    rows = [(code(change), *cost) for change, *cost in _rows(offered, shown)]
    lines = tables.table(COLUMNS, rows, right=range(1, len(COLUMNS))) if rows else ()
    sentence = prose(_sentence(offered, shown).replace("\n", ". "))
    return "\n".join([*lines, *[""] * bool(rows), sentence])


def _rows(offered: Offer, shown: int) -> list[Cells]:
    rows: list[Cells] = []
    if offered.present is not None:
        rows.append(("none: it fits", *_cost(offered.present), "100 %"))
    return rows + [_row(variant) for variant in offered.variants[:shown]]


def _row(variant: FitVariant) -> Cells:
    return (changes_text(variant), *_cost(variant.cost), f"{100 * variant.kept:.0f} %")


def changes_text(variant: FitVariant) -> str:
    """The changes as a spec has them; of all layers, their widths alone."""
    if len(variant.changes) > ONE_BY_ONE:
        widths = (f"{c.layer} {written(c.value)}" for c in variant.changes)
        return f"all layers: {', '.join(widths)}"
    by_layer: dict[str, list[str]] = {}
    for change in variant.changes:
        more = " or more" if change == variant.open_end else ""
        by_layer.setdefault(change.layer, []).append(f"{change.text}{more}")
    return "; ".join(f"{name}: {', '.join(texts)}" for name, texts in by_layer.items())


def _cost(cost: VariantCost) -> tuple[str, str, str]:
    return str(cost.cores), str(cost.neurons), str(cost.weights)


def _sentence(offered: Offer, shown: int) -> str:
    count, cores = len(offered.variants), counted(offered.cores, "core")
    needs = "" if offered.needed is None else f"; unchanged, it takes {offered.needed}"
    if not count and offered.present is None:
        no = "no change" if not offered.untried else "no change that was tried"
        return (
            f"{offered.name}: {no} of one layer's filters or stride fits "
            f"{cores}{needs}{_untried(offered)}"
        )
    more = f" ({count - shown} more with --all)" if count > shown else ""
    summary = (
        f"{offered.name}: {counted(count, 'variant')} on at most {cores}{more}{needs}"
    )
    return f"{summary}{_untried(offered)}" + (f"\n{KEEPS}" if count else "")


def _untried(offered: Offer) -> str:
    """Which layers were left out of a large network, whose variants take long."""
    if not offered.untried:
        return ""
    which = "" if offered.untried == offered.layers else ", those with fewest neurons"
    return f"\nnot tried, for time: {offered.untried} of {offered.layers} layers{which}"


VERSION = 1


def document(offered: Offer) -> dict[str, Any]:
    """The network as it is (null if it does not fit) and its variants."""
    return {
        "version": VERSION,
        "network": offered.name,
        "cores": offered.cores,
        "needed": offered.needed,
        "present": None if offered.present is None else asdict(offered.present),
        "variants": [_variant_document(variant) for variant in offered.variants],
        "untried": offered.untried,
    }


def _variant_document(variant: FitVariant) -> dict[str, Any]:
    changes = [
        {
            "layer": change.layer,
            "key": change.key,
            "value": list(change.value)
            if isinstance(change.value, tuple)
            else change.value,
        }
        for change in variant.changes
    ]
    return {"changes": changes, **asdict(variant.cost), "kept": round(variant.kept, 4)}
