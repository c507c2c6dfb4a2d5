"""The comparison of two networks: pure, from two versions to their difference."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from snnc.diff import properties
from snnc.diff.cores import compare_cores
from snnc.diff.difference import Difference, Section, Side
from snnc.diff.layers import layer_changes, match, rate_changes
from snnc.diff.version import Version
from snnc.diff.weights import compare_weights


def compare(old: Version, new: Version) -> Difference:
    """Return all that changed from one network to another."""
    matching = match(old, new)
    layers = layer_changes(old, new, matching)
    return Difference(
        old=Side(old.source, old.network.name),
        new=Side(new.source, new.network.name),
        weights=compare_weights(old, new, matching),
        cores=compare_cores(old, new, matching.names),
        layers=layers,
        rates=rate_changes(layers),
        sections=tuple(_sections(old, new, matching.names)),
        respelt=old.spec != new.spec,
    )


def _sections(
    old: Version, new: Version, names: Mapping[str, str]
) -> Iterator[Section]:
    was = properties.sections(old, names)
    for name, found in properties.sections(new, {}).items():
        if changed := properties.changes(was[name], found):
            yield Section(name, changed)
