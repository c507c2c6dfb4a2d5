"""Compare two compiled networks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from snnc.diff import properties
from snnc.diff.changes import Changed, LayerChange, WeightsChange
from snnc.diff.cores import Cores, compare_cores
from snnc.diff.layers import layer_changes, match
from snnc.diff.version import Version
from snnc.diff.weights import compare_weights


@dataclass(frozen=True, slots=True)
class ComparedSpec:
    """One of the two: the name of its source and that of its network."""

    source: str
    network: str


@dataclass(frozen=True, slots=True)
class Difference:
    """All that changed from one network to another.

    ``sections`` are statements about the whole network, such as `train`, with what
    changed in them. ``respelt`` says that the specs differ in words that mean the same.
    """

    old: ComparedSpec
    new: ComparedSpec
    weights: WeightsChange
    cores: Cores
    layers: tuple[LayerChange, ...] = ()
    sections: Mapping[str, tuple[Changed, ...]] = field(default_factory=dict)
    respelt: bool = False

    @property
    def same(self) -> bool:
        """Whether nothing changed in what the two specs mean."""
        return not self.layers and not self.sections

    @property
    def rates(self) -> list[tuple[str, Changed]]:
        """The layers with another budget: its rate or percentile."""
        changed = (layer for layer in self.layers if layer.became == "changed")
        return [(c.name, row) for c in changed for row in c.rows if row.key in BUDGET]


BUDGET = ("rate", "percentile")


def compare(old: Version, new: Version) -> Difference:
    """Return all that changed from one network to another."""
    matching = match(old, new)
    return Difference(
        old=ComparedSpec(old.source, old.network.name),
        new=ComparedSpec(new.source, new.network.name),
        weights=compare_weights(old, new, matching),
        cores=compare_cores(old, new, matching.names),
        layers=layer_changes(old, new, matching),
        sections=dict(_sections(old, new, matching.names)),
        respelt=old.spec != new.spec,
    )


def _sections(
    old: Version, new: Version, names: Mapping[str, str]
) -> Iterator[tuple[str, tuple[Changed, ...]]]:
    was = properties.sections(old, names)
    for name, properties_now in properties.sections(new, {}).items():
        if changed := properties.changes(was[name], properties_now):
            yield name, changed
