"""What changed between two networks: data, one pure comparison, and three writers.

``version`` reads a spec, perhaps from git, and compiles it, `compare` makes a
`Difference` of two of them, and ``difference_text`` and its like write it. Imports
`driver` and what is below.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from snnc.diff import properties
from snnc.diff.changes import Changed, LayerChange, RateChanged, WeightsChange
from snnc.diff.cores import Cores, compare_cores
from snnc.diff.layers import layer_changes, match, rate_changes
from snnc.diff.version import Version, compile_version, version_of
from snnc.diff.weights import compare_weights

__all__ = ["Difference", "Version", "compare", "compile_version", "version_of"]


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


__all__ = ["Difference", "Version", "compare", "compile_version", "version_of"]
