"""Compare two compiled networks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from snnc.text.display import Json, Tabular
from snnc.tools.diff import properties, render
from snnc.tools.diff.changes import (
    BUDGET,
    Changed,
    LayerChange,
    Verdict,
    WeightsChange,
    arrow,
    properties_json,
)
from snnc.tools.diff.cores import Cores, compare_cores
from snnc.tools.diff.layers import layer_changes, match
from snnc.tools.diff.properties import Version
from snnc.tools.diff.weights import compare_weights
from snnc.tools.report.html import tables_html

SECTIONS = ("network", "target", "timing", "input", "readout", "train")


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
        """Return the JSON data of ``snnc diff --format json``.

        Values of properties are texts in the notation of the language, or null where
        the property does not exist. All keys are always present.
        """
        return {
            "version": 1,
            "old": asdict(self.old),
            "new": asdict(self.new),
            "same": self.same,
            "weights": self.tensors.as_dict(),
            "layers": [layer.as_dict() for layer in self.layers],
            "cores": asdict(self.cores),
            "rates": [{"layer": layer, **_budgets(row)} for layer, row in self.rates],
            **{name: properties_json(self.sections.get(name, ())) for name in SECTIONS},
        }

    def _records(self) -> list[Json]:
        return [
            {"section": title, "name": entry.subject, **asdict(row)}
            for title, entries in render.sections(self)
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


def _budgets(row: Changed) -> dict[str, str]:
    """Return the old and new budget; a percentile is marked as such."""
    prefix = "percentile " if row.key == "percentile" else ""
    sides = {"old": row.old, "new": row.new}
    return {side: f"{prefix}{v}" if v else "none" for side, v in sides.items()}


def compare(old: Version, new: Version) -> Diff:
    """Return all changes from one network to another."""
    matching = match(old, new)
    before = properties.sections(old, matching.names)
    after = properties.sections(new, {})
    changed = {
        name: tuple(properties.changes(before[name], after[name])) for name in after
    }
    return Diff(
        old=ComparedSpec(old.source, old.network.name),
        new=ComparedSpec(new.source, new.network.name),
        tensors=compare_weights(old, new, matching),
        cores=compare_cores(old, new, matching.names),
        layers=tuple(layer_changes(old, new, matching)),
        sections={name: rows for name, rows in changed.items() if rows},
        respelt=old.spec != new.spec,
    )
