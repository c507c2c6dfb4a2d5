"""Compare two compiled networks: their layers, statements, weights and cores."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from snnc.results.diff import (
    BUDGET,
    ChangedLayer,
    ComparedSpec,
    Diff,
    LayerChange,
    RateChange,
)
from snnc.verbs.diff import properties
from snnc.verbs.diff.cores import compare_cores
from snnc.verbs.diff.properties import Version
from snnc.verbs.diff.weights import compare_weights


def compare(old: Version, new: Version) -> Diff:
    """Return all changes from one network to another."""
    matching = properties.match(old, new)
    # With the new names of its layers, the old network differs only in real changes.
    before = properties.sections(old, matching.names)
    after = properties.sections(new, {})
    sections = {
        name: tuple(properties.changes(before[name], after[name])) for name in after
    }
    layers = tuple(properties.layer_changes(old, new, matching))
    return Diff(
        old=ComparedSpec(old.source, old.network.name),
        new=ComparedSpec(new.source, new.network.name),
        same=not layers and not any(sections.values()),
        tensors=compare_weights(old, new, matching),
        layers=layers,
        cores=compare_cores(old, new, matching.names),
        rates=tuple(_rates(layers)),
        sections=sections,
        respelt=old.spec != new.spec,
    )


def _rates(layers: Sequence[LayerChange]) -> Iterator[RateChange]:
    """Yield the old and new budgets of layers; a percentile is marked as such."""
    for layer in layers:
        if isinstance(layer, ChangedLayer):
            for row in layer.properties:
                if row.key in BUDGET:
                    prefix = "percentile " if row.key == "percentile" else ""
                    old = f"{prefix}{row.old}" if row.old else "none"
                    new = f"{prefix}{row.new}" if row.new else "none"
                    yield RateChange(layer.name, old, new)
