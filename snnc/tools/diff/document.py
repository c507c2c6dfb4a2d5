"""Convert a diff to plain data: ``snnc diff --format json``, version 1."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING

from snnc.text.display import Json
from snnc.tools.diff.changes import (
    BUDGET,
    Changed,
    LayerChange,
    WeightsChange,
)
from snnc.tools.diff.cores import Cores, CoresRefused, CoresTaken, CoreUse

if TYPE_CHECKING:
    from snnc.tools.diff.compare import Diff

VERSION = 1
SECTIONS = ("network", "target", "timing", "input", "readout", "train")


def document(difference: Diff) -> Json:
    """Convert a diff to plain data for ``json.dumps``.

    Values of properties are texts in the notation of the language, or null where the
    property does not exist. ``weights.verdict`` is ``valid``, ``retrain`` or
    ``incompatible``. All keys are always present.
    """
    return {
        "version": VERSION,
        "old": asdict(difference.old),
        "new": asdict(difference.new),
        "same": difference.same,
        "weights": _weights(difference.tensors),
        "layers": [_layer(change) for change in difference.layers],
        "cores": _cores(difference.cores),
        "rates": [
            {"layer": layer, **_sides(row, "none")} for layer, row in difference.rates
        ],
        **{name: _properties(difference.sections.get(name, ())) for name in SECTIONS},
    }


def _sides(row: Changed, missing: str | None = None) -> dict[str, str | None]:
    prefix = "percentile " if row.key == BUDGET[1] and missing else ""
    old, new = (f"{prefix}{v}" if v else missing for v in (row.old, row.new))
    return {"old": old, "new": new}


def _properties(rows: Iterable[Changed]) -> list[Json]:
    return [{"property": row.key, "old": row.old, "new": row.new} for row in rows]


def _weights(weights: WeightsChange) -> Json:
    return {
        "verdict": weights.verdict,
        "old_layout_id": weights.old_id,
        "new_layout_id": weights.new_id,
        "added": [{"name": t.name, "shape": t.new} for t in weights.of("added")],
        "removed": [{"name": t.name, "shape": t.old} for t in weights.of("removed")],
        "changed": [
            {"name": t.name, "old": t.old, "new": t.new, "zeros": t.zeros}
            for t in weights.of("changed")
        ],
        "renamed": [
            {"old": t.before, "new": t.name, "shape": t.new}
            for t in weights.of("renamed")
        ],
        "kept": list(weights.kept),
        "reordered": weights.reordered,
        "causes": [cause.explain() for cause in weights.causes],
        "notes": [note.explain() for note in weights.notes],
    }


def _layer(change: LayerChange) -> Json:
    row = change.rows[0]
    data: Json = {"change": change.became}
    if change.became == "renamed":
        return {**data, "old": row.old, "new": row.new, "kind": change.kind}
    if change.became == "reordered":
        old, new = (str(side).split(", ") for side in (row.old, row.new))
        return {**data, "old": old, "new": new}
    data |= {"name": change.name, "kind": change.kind}
    if change.became == "changed":
        return {**data, "properties": _properties(change.rows)}
    return {**data, "shape": change.shape, "definition": row.old or row.new}


def _cores(cores: Cores) -> Json:
    return {
        "old": fit_document(cores.old),
        "new": fit_document(cores.new),
        "layers": [
            {"layer": use.layer, "old": _use_of(use.old), "new": _use_of(use.new)}
            for use in cores.layers
        ],
    }


def fit_document(taken: CoresTaken | CoresRefused) -> Json:
    """Convert a network's use of the chip to plain data."""
    return {"fits": isinstance(taken, CoresTaken), **asdict(taken)}


def _use_of(use: CoreUse | None) -> Json | None:
    if use is None:
        return None
    return {"cores": use.cores, "block": use.block, "percent": dict(use.use)}
