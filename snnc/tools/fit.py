"""Find variants of a network that fit a number of cores: `snnc fit`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import permutations
from math import prod, sqrt
from typing import TYPE_CHECKING

from snnc.fitting.solve import smallest_stride, wider_strides, widest, width_key
from snnc.fitting.trials import (
    MAPPED,
    Change,
    Changes,
    OutOfWorkError,
    Trials,
    VariantCost,
    spec_text,
    target_of,
)
from snnc.ir.layout import tensors
from snnc.ir.logical import LogicalLayer
from snnc.text import tables
from snnc.text.display import Json, Tabular
from snnc.text.tables import Cells, TextTable, code, counted, prose
from snnc.tools.report.html import Part, tables_html

if TYPE_CHECKING:
    from snnc.tools.spec import Spec

GROWTH = 16
"""If the network fits, a layer may grow to at most this multiple of its filters."""
SHARES = tuple(n / 16 for n in range(15, 0, -1))
"""The fractions of all filters to try, largest first."""
HALVES = (0.75, 0.5, 0.25)
"""The fractions of one layer's filters to try together with fewer filters in
another."""
BRIEF_WORK = 8_000
"""The work after which no larger variant is tried, impatient; none on many cores."""
PAIRED = 3
"""The number of largest layers from which pairs are changed together."""


@dataclass(frozen=True, slots=True)
class FitVariant:
    """A legal network that is similar to the spec.

    ``kept`` is the geometric mean of the fractions of neurons and weights that the
    variant keeps. It is above 1 for a larger network. ``open_end`` is a change to the
    largest value that was tried, so larger values may also fit.
    """

    changes: Changes
    cost: VariantCost
    kept: float
    open_end: Change | None = None


@dataclass(frozen=True, eq=False, repr=False)
class Fit(Tabular):
    """The variants that fit, sorted by the fraction of the network that they keep.

    Attributes
    ----------
    spec : Spec
        The original spec.
    cores : int
        The number of available cores.
    needed : int or None
        The number of cores of the unchanged network; None if it can't be computed.
    present : VariantCost or None
        The costs of the unchanged network; None if it does not fit.
    variants : tuple of FitVariant
        The changes, their ``cost`` (cores, neurons, weights), and the fraction
        ``kept``.
    layers, untried : int
        The number of layers that can change, and the number of layers that were not
        fully tried because the network is large.
    """

    spec: Spec
    cores: int
    needed: int | None
    present: VariantCost | None
    variants: tuple[FitVariant, ...]
    layers: int
    untried: int

    @property
    def fits(self) -> bool:
        """Whether the unchanged network fits."""
        return self.present is not None

    @property
    def specs(self) -> tuple[Spec, ...]:
        """The specs of the variants, in order."""
        return tuple(map(self._apply, self.variants))

    def _apply(self, variant: FitVariant) -> Spec:
        changes: dict[str, Json] = {}
        for change in variant.changes:
            changes.setdefault(change.layer, {})[change.key] = change.value
        return self.spec.replace(**changes)

    def text(self, shown: int | None = None) -> str:
        """Return one row per variant, at most ``shown`` rows."""
        table = self._table(shown)
        lines = [] if table is None else [*table.lines(), ""]
        return "\n".join([*lines, _sentence(self, shown)])

    def markdown(self, shown: int | None = None) -> str:
        """Return the rows as Markdown for a comment on a pull request."""
        rows = [(code(change), *cost) for change, *cost in self._rows(shown)]
        right = range(1, len(COLUMNS))
        lines = tables.table(COLUMNS, rows, right=right) if rows else ()
        sentence = prose(_sentence(self, shown).replace("\n", ". "))
        return "\n".join([*lines, *[""] * bool(rows), sentence])

    def _table(self, shown: int | None = None) -> TextTable | None:
        rows = self._rows(shown)
        return TextTable.of(COLUMNS, rows, COLUMNS[:1]) if rows else None

    def _repr_html_(self) -> str:
        table = self._table()
        parts: list[Part] = [] if table is None else [table]
        parts += _sentence(self, None).split("\n")
        return tables_html(f"{self.spec.name} on {counted(self.cores, 'core')}", parts)

    def _records(self) -> list[Json]:
        return [
            {"change": changes_text(v), **asdict(v.cost), "kept": v.kept}
            for v in self.variants
        ]

    def _rows(self, shown: int | None) -> list[Cells]:
        rows: list[Cells] = []
        if self.present is not None:
            rows.append(("none: it fits", *_cost(self.present), "100 %"))
        return rows + [_row(variant) for variant in self.variants[:shown]]

    def as_dict(self) -> Json:
        """Return the JSON data of ``snnc fit --format json``."""
        return {
            "version": VERSION,
            "network": self.spec.name,
            "cores": self.cores,
            "needed": self.needed,
            "present": None if self.present is None else asdict(self.present),
            "variants": [_variant_document(variant) for variant in self.variants],
            "untried": self.untried,
        }

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        count = counted(len(self.variants), "variant")
        cores = counted(self.cores, "core")
        return f"<snnc.Fit {self.spec.name}: {count} on {cores}>"


def find_variants(spec: Spec, cores: int | None, patient: bool = True) -> Fit:
    """Find variants of a spec that fit a number of cores, or the spec's target.

    Some variants change one layer: fewer filters (or more, if the network fits), a
    larger stride, or both. One variant scales the filters of all layers. A variant with
    changes in two layers is included only if it keeps more than the others. Layers with
    the most neurons are tried first, until the work is used up.

    Raises
    ------
    ValueError
        If the target has no cores.
    """
    made = spec.made
    assert made.spec is not None
    assert made.lowered is not None
    target = target_of(made.lowered.network, cores)
    if target is None:
        raise ValueError("`target nengo` has no cores, so there is nothing to fit")
    trials = Trials(made.spec, target, made.device, patient, made.mapped)
    present = trials.cost(())
    if present is not None and not patient:
        trials.most_work = BRIEF_WORK if present.cores <= MAPPED else 0
    layers = _layers(trials)
    fitting, tried = _fitting(trials, layers, fits=present is not None)
    variants = [_variant(trials, changes) for changes in fitting]
    return Fit(
        spec,
        target.cores,
        _cores_needed(trials),
        present,
        tuple(sorted(variants, key=lambda v: (-v.kept, v.cost.cores))),
        len(layers),
        len(layers) - tried,
    )


def _fitting(
    trials: Trials, layers: Sequence[tuple[int, LogicalLayer]], fits: bool
) -> tuple[list[Changes], int]:
    """Return the variants that fit, layer by layer, and the number of layers tried."""
    alone: list[Changes] = []
    together: list[Changes] = []
    tried = 0
    largest = sorted(layers, key=lambda at: -prod(at[1].shape))
    try:
        if not fits:
            together += _thinner(trials, layers)
        for position, layer in largest:
            for changes in (_grown if fits else _narrower)(trials, position, layer):
                alone.append(changes)
            tried += 1
        if not fits:
            together += _better_pair(trials, largest[:PAIRED], [*alone, *together])
    except OutOfWorkError:
        pass  # the result contains the number of untried layers
    return [*sorted(alone, key=lambda changes: changes[0].position), *together], tried


def _cores_needed(trials: Trials) -> int | None:
    present = trials.cost(())
    if present is not None:
        return present.cores
    return None if trials.without_limit is None else trials.without_limit.cores


def _variant(trials: Trials, changes: Changes) -> FitVariant:
    new, kept = trials.cost(changes), _kept_share(trials, changes)
    assert new is not None, "only variants that fit are offered"
    open_end = next((c for c in changes if c.value == _most(trials, c)), None)
    return FitVariant(changes, new, kept, open_end)


def _kept_share(trials: Trials, changes: Changes) -> float:
    """Return the geometric mean of the fractions of neurons and weights kept."""
    new, (neurons, weights) = trials.cost(changes), _size(trials)
    assert new is not None, "only fitting variants are compared"
    return sqrt(new.neurons / neurons * new.weights / weights)


def _most(trials: Trials, change: Change) -> int:
    """Return the maximum number of filters or units to try for a layer."""
    return GROWTH * trials.layers()[change.position].shape[-1]


def _size(trials: Trials) -> tuple[int, int]:
    """Return the neurons on the chip and the weights of the unchanged network."""
    lowered = trials.lower(())
    assert lowered is not None
    neurons = sum(p.neurons for p in lowered.populations if p.on_chip)
    return neurons, sum(prod(tensor.shape) for tensor in tensors(lowered.network))


def _grown(trials: Trials, position: int, layer: LogicalLayer) -> Iterator[Changes]:
    """Yield the variant with the most filters in a layer that fit."""
    now = layer.shape[-1]
    more = widest(position, layer, trials.fits_target, GROWTH * now)
    if more is not None and more.value != now:
        yield (more,)


def _narrower(trials: Trials, position: int, layer: LogicalLayer) -> Iterator[Changes]:
    """Yield variants with fewer filters in a layer, a larger stride, or both."""
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


def _thinner(
    trials: Trials, layers: Sequence[tuple[int, LogicalLayer]]
) -> Iterator[Changes]:
    """Yield the variant with the largest fraction of all filters that fits.

    If there is only one layer, `_narrower` handles this.
    """
    wide = [(position, layer) for position, layer in layers if layer.shape[-1] > 1]
    for share in SHARES:
        shares = (_share(position, layer, share) for position, layer in wide)
        # A layer with few filters may keep all.
        changes = tuple(
            change
            for change, (_, layer) in zip(shares, wide, strict=True)
            if change.value != layer.shape[-1]
        )
        if len(changes) > 1 and trials.fits_target(changes):
            yield changes
            return


def _better_pair(
    trials: Trials,
    layers: Sequence[tuple[int, LogicalLayer]],
    others: Sequence[Changes],
) -> Iterator[Changes]:
    """Yield the best change to two layers, if it keeps more than ``others``."""
    pairs = [
        pair
        for (position, layer), second in permutations(layers, 2)
        for first in _steps_down(position, layer)
        for pair in _with_fewer(trials, first, second)
    ]
    best = max(pairs, key=lambda pair: _kept_share(trials, pair), default=None)
    most = max((_kept_share(trials, changes) for changes in others), default=0.0)
    if best is not None and _kept_share(trials, best) > most:
        yield best


def _steps_down(position: int, layer: LogicalLayer) -> Iterator[Change]:
    """Yield changes to some fractions of a layer's filters, or to the next stride."""
    yield from wider_strides(position, layer)[:1]
    for change in (_share(position, layer, share) for share in HALVES):
        if change.value != layer.shape[-1]:
            yield change


def _with_fewer(
    trials: Trials, first: Change, second: tuple[int, LogicalLayer]
) -> Iterator[Changes]:
    """Extend a change of one layer by the most filters that fit in another layer."""
    position, layer = second
    fewer = widest(position, layer, trials.fits_target, layer.shape[-1] - 1, (first,))
    if fewer is not None:
        yield tuple(sorted((first, fewer), key=lambda change: change.position))


def _share(position: int, layer: LogicalLayer, share: float) -> Change:
    value = max(1, round(layer.shape[-1] * share))
    return Change(position, layer.name, width_key(layer) or "", value)


def _layers(trials: Trials) -> list[tuple[int, LogicalLayer]]:
    """Return the chip's layers with filters or units, with their indices."""
    return [
        (position, layer)
        for position, layer in enumerate(trials.layers())
        if layer.on_chip and width_key(layer) is not None
    ]


COLUMNS = ("change", "cores", "neurons", "weights", "keeps")
SHOWN = 10
KEEPS = "keeps: neurons and weights as a fraction of the spec's (geometric mean)"
ONE_BY_ONE = 2
"""With more changes than this, all layers change."""


def _row(variant: FitVariant) -> Cells:
    return (changes_text(variant), *_cost(variant.cost), f"{100 * variant.kept:.0f} %")


def changes_text(variant: FitVariant) -> str:
    """Write changes as in a spec; if all layers change, only write the widths."""
    if len(variant.changes) > ONE_BY_ONE:
        widths = (f"{c.layer} {spec_text(c.value)}" for c in variant.changes)
        return f"all layers: {', '.join(widths)}"
    by_layer: dict[str, list[str]] = {}
    for change in variant.changes:
        more = " or more" if change == variant.open_end else ""
        by_layer.setdefault(change.layer, []).append(f"{change.text}{more}")
    return "; ".join(f"{name}: {', '.join(texts)}" for name, texts in by_layer.items())


def _cost(cost: VariantCost) -> tuple[str, str, str]:
    return str(cost.cores), str(cost.neurons), str(cost.weights)


def _sentence(found: Fit, shown: int | None) -> str:
    count, cores = len(found.variants), counted(found.cores, "core")
    needs = "" if found.needed is None else f"; unchanged, it takes {found.needed}"
    if not count and found.present is None:
        no = "no change" if not found.untried else "no change that was tried"
        return (
            f"{found.spec.name}: {no} of filters or stride fits on "
            f"{cores}{needs}{_note_untried(found)}"
        )
    left = 0 if shown is None else count - shown
    more = f" ({left} more with --all)" if left > 0 else ""
    offered = f"{counted(count, 'variant')} on at most {cores}"
    summary = f"{found.spec.name}: {offered}{more}{needs}"
    return f"{summary}{_note_untried(found)}" + (f"\n{KEEPS}" if count else "")


def _note_untried(found: Fit) -> str:
    """Describe the layers that were not tried, to save time."""
    if not found.untried:
        return ""
    which = "" if found.untried == found.layers else ", those with the fewest neurons"
    return f"\nnot tried, to save time: {found.untried} of {found.layers} layers{which}"


VERSION = 1


def _variant_document(variant: FitVariant) -> Json:
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
