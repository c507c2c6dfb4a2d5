"""A difference for programs: ``snnc diff --format json``, version 1."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from snnc.diff import Difference
from snnc.diff.changes import (
    Changed,
    LayerAdded,
    LayerChange,
    LayerChanged,
    LayerRemoved,
    LayerRenamed,
    LayersReordered,
    WeightsChange,
)
from snnc.diff.cores import Cores, CoresRefused, CoresTaken, CoreUse, UseChanged
from snnc.ir.layout import Tensor

VERSION = 1
SECTIONS = ("network", "target", "timing", "input", "readout", "train")
_WORDS = {
    LayerAdded: "added",
    LayerRemoved: "removed",
    LayerRenamed: "renamed",
    LayerChanged: "changed",
    LayersReordered: "reordered",
}


def document(difference: Difference) -> dict[str, Any]:
    """Make plain data of a difference, ready for ``json.dumps``.

    Values of properties are texts as the language writes them, null where one side
    has no such property; ``weights.verdict`` is ``valid``, ``retrain`` or
    ``incompatible``. All keys are always there.
    """
    sections = {s.name: s.properties for s in difference.sections}
    return {
        "version": VERSION,
        "old": asdict(difference.old),
        "new": asdict(difference.new),
        "same": difference.same,
        "weights": _weights(difference.weights),
        "layers": [_layer(change) for change in difference.layers],
        "cores": _cores(difference.cores),
        "rates": [asdict(rate) for rate in difference.rates],
        **{name: _properties(sections.get(name, ())) for name in SECTIONS},
    }


def _properties(changes: Iterable[Changed]) -> list[dict[str, Any]]:
    return [
        {"property": change.key, "old": change.old, "new": change.new}
        for change in changes
    ]


def _weights(weights: WeightsChange) -> dict[str, Any]:
    return {
        "verdict": weights.verdict,
        "old_layout_id": weights.old_id,
        "new_layout_id": weights.new_id,
        "added": [_tensor(tensor) for tensor in weights.added],
        "removed": [_tensor(tensor) for tensor in weights.removed],
        "changed": [asdict(tensor) for tensor in weights.changed],
        "renamed": [asdict(tensor) for tensor in weights.renamed],
        "kept": list(weights.kept),
        "reordered": weights.reordered,
        "causes": [cause.explain() for cause in weights.causes],
        "notes": [note.explain() for note in weights.notes],
    }


def _tensor(tensor: Tensor) -> dict[str, Any]:
    return {"name": tensor.name, "shape": tensor.shape}


def _layer(change: LayerChange) -> dict[str, Any]:
    data = {"change": _WORDS[type(change)], **asdict(change)}
    if isinstance(change, LayerChanged):
        data["properties"] = _properties(change.properties)
    return data


def _cores(cores: Cores) -> dict[str, Any]:
    return {
        "old": _fit(cores.old),
        "new": _fit(cores.new),
        "layers": [_use_change(change) for change in cores.layers],
    }


def _fit(taken: CoresTaken | CoresRefused) -> dict[str, Any]:
    return {"fits": isinstance(taken, CoresTaken), **asdict(taken)}


def _use_change(change: UseChanged) -> dict[str, Any]:
    return {
        "layer": change.layer,
        "old": _use_of(change.old),
        "new": _use_of(change.new),
    }


def _use_of(use: CoreUse | None) -> dict[str, Any] | None:
    if use is None:
        return None
    return {"cores": use.cores, "block": use.block, "percent": dict(use.use)}
