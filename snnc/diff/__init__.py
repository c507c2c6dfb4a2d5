"""What changed between two networks: data, one pure comparison, and its writers.

``version`` reads a spec, perhaps from git, and compiles it, `compare` makes a
`Difference` of two of them. `document` has it for programs (``--format json``, version
1), ``difference_text`` and ``difference_markdown`` for people. Imports `driver` and
what is below.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from snnc.diff import properties
from snnc.diff.changes import (
    Changed,
    LayerAdded,
    LayerChange,
    LayerChanged,
    LayerRemoved,
    LayerRenamed,
    LayersReordered,
    RateChanged,
    WeightsChange,
)
from snnc.diff.cores import (
    Cores,
    CoresRefused,
    CoresTaken,
    CoreUse,
    UseChanged,
    compare_cores,
)
from snnc.diff.layers import layer_changes, match, rate_changes
from snnc.diff.version import Version, compile_version, version_of
from snnc.diff.weights import compare_weights
from snnc.ir.layout import Tensor

__all__ = [
    "Difference",
    "Version",
    "compare",
    "compile_version",
    "document",
    "version_of",
]


@dataclass(frozen=True, slots=True)
class ChangedStatement:
    """A statement about the whole network, such as `train`, and what changed in it."""

    name: str
    properties: tuple[Changed, ...]


@dataclass(frozen=True, slots=True)
class ComparedSpec:
    """One of the two: the name of its source and that of its network."""

    source: str
    network: str


@dataclass(frozen=True, slots=True)
class Difference:
    """All that changed from one network to another.

    ``rates`` repeats what ``layers`` says of budgets, for those who look for it.
    ``respelt`` says that the specs differ in words that mean the same.
    """

    old: ComparedSpec
    new: ComparedSpec
    weights: WeightsChange
    cores: Cores
    layers: tuple[LayerChange, ...] = ()
    rates: tuple[RateChanged, ...] = ()
    sections: tuple[ChangedStatement, ...] = ()
    respelt: bool = False

    @property
    def same(self) -> bool:
        """Whether nothing changed in what the two specs mean."""
        return not self.layers and not self.sections


def compare(old: Version, new: Version) -> Difference:
    """Return all that changed from one network to another."""
    matching = match(old, new)
    layers = layer_changes(old, new, matching)
    return Difference(
        old=ComparedSpec(old.source, old.network.name),
        new=ComparedSpec(new.source, new.network.name),
        weights=compare_weights(old, new, matching),
        cores=compare_cores(old, new, matching.names),
        layers=layers,
        rates=rate_changes(layers),
        sections=tuple(_sections(old, new, matching.names)),
        respelt=old.spec != new.spec,
    )


def _sections(
    old: Version, new: Version, names: Mapping[str, str]
) -> Iterator[ChangedStatement]:
    was = properties.sections(old, names)
    for name, properties_now in properties.sections(new, {}).items():
        if changed := properties.changes(was[name], properties_now):
            yield ChangedStatement(name, changed)


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
