"""Compare two compiled networks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field

from snnc.text.display import Json, Tabular
from snnc.tools.diff import properties, render, table
from snnc.tools.diff.changes import (
    BUDGET,
    Changed,
    LayerChange,
    Verdict,
    WeightsChange,
    arrow,
)
from snnc.tools.diff.cores import Cores, compare_cores
from snnc.tools.diff.document import document
from snnc.tools.diff.layers import layer_changes, match
from snnc.tools.diff.version import Version
from snnc.tools.diff.weights import compare_weights
from snnc.tools.report.html import tables_html


@dataclass(frozen=True, slots=True)
class ComparedSpec:
    """The names of a version's source and network."""

    source: str
    network: str


@dataclass(frozen=True, eq=False, repr=False)
class Diff(Tabular):
    """The changes from one network to another, for reviewers.

    Attributes
    ----------
    old, new : ComparedSpec
        The names of the two sources and networks.
    tensors, cores, layers, sections
        Internal: the changes of weights, cores, layers, and statements about the whole
        network, such as ``train``.
    respelt : bool
        Whether the specs differ in words with the same meaning.
    """

    _internal = frozenset(("cores", "layers", "rates", "sections", "tensors"))

    old: ComparedSpec
    new: ComparedSpec
    tensors: WeightsChange
    cores: Cores
    layers: tuple[LayerChange, ...] = ()
    sections: Mapping[str, tuple[Changed, ...]] = field(default_factory=dict)
    respelt: bool = False

    @property
    def same(self) -> bool:
        """Whether the two specs have the same meaning."""
        return not self.layers and not self.sections

    @property
    def weights(self) -> Verdict:
        """The verdict on trained weights: ``valid``, ``retrain``, ``incompatible``."""
        return self.tensors.verdict

    @property
    def rates(self) -> list[tuple[str, Changed]]:
        """Internal: the layers whose rate budget or percentile changed."""
        changed = (layer for layer in self.layers if layer.became == "changed")
        return [(c.name, row) for c in changed for row in c.rows if row.key in BUDGET]

    def text(self) -> str:
        """Return the changes as text, section by section."""
        return render.text(self)

    def markdown(self) -> str:
        """Return the changes as Markdown for a comment on a pull request."""
        return render.markdown(self)

    def as_dict(self) -> Json:
        """Return the JSON data of ``snnc diff --format json``."""
        return document(self)

    def _records(self) -> list[Json]:
        return [
            {"section": title, "name": entry.subject, **asdict(row)}
            for title, entries in table.sections(self)
            for entry in entries
            for row in entry.rows
        ]

    def _repr_html_(self) -> str:
        return tables_html(
            arrow(self.old.network, self.new.network), render.parts(self)
        )

    def __str__(self) -> str:
        return self.text().rstrip("\n")

    def __repr__(self) -> str:
        same = "same" if self.same else "changed"
        return f"<snnc.Diff {self.old.source} -> {self.new.source}: {same}>"


def compare(old: Version, new: Version) -> Diff:
    """Return all changes from one network to another."""
    matching = match(old, new)
    return Diff(
        old=ComparedSpec(old.source, old.network.name),
        new=ComparedSpec(new.source, new.network.name),
        tensors=compare_weights(old, new, matching),
        cores=compare_cores(old, new, matching.names),
        layers=tuple(layer_changes(old, new, matching)),
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
