"""The variants of a network for people and for programs: ``snnc fit``."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from snnc.fit.trials import VariantCost, written
from snnc.fit.variants import FitVariant, Offer
from snnc.text import tables
from snnc.text.tables import Cells, code, columns, counted, prose

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
    needs = "" if offered.needed is None else f"; as it is it takes {offered.needed}"
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
        "variants": [_variant(variant) for variant in offered.variants],
        "untried": offered.untried,
    }


def _variant(variant: FitVariant) -> dict[str, Any]:
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
