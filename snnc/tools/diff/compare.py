"""Compare two compiled networks: their layers, statements, weights and cores."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Literal

from snnc.ir.mapped import MappedNetwork, block_of
from snnc.loihi.activity import activity_of
from snnc.passes.route import route
from snnc.text.display import Json, Tabular
from snnc.text.tables import dims
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
from snnc.tools.diff.properties import Version, layer_changes, match
from snnc.tools.diff.weights import compare_weights
from snnc.tools.report.formats import round_number
from snnc.tools.report.html import tables_html
from snnc.tools.report.summary import COUNTERS, use_of

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


@dataclass(frozen=True, slots=True)
class CoresTaken:
    """The cores of a network, and upper bounds for one example.

    ``spikes`` is the number of spikes if all neurons fire at the upper rates of their
    budgets, and ``energy_joules`` is the energy on the chip.
    """

    fits: Literal[True] = field(default=True, init=False)
    cores: int
    chips: int
    spikes: float
    energy_joules: float


@dataclass(frozen=True, slots=True)
class CoresRefused:
    """The first diagnostic that says why a network does not fit on the chip."""

    fits: Literal[False] = field(default=False, init=False)
    code: str
    message: str


MUCH = 10
"""The smallest reported change of the fullest core's use, in percentage points."""


@dataclass(frozen=True, slots=True)
class CoreUse:
    """The cores of one layer.

    Attributes
    ----------
    block
        The block on one core, as in `snnc report`; empty on the host.
    percent
        The use of each limit on the layer's fullest core.
    """

    cores: int = 0
    block: str = ""
    percent: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class UseChanged:
    """A layer whose use of cores changed; None where the layer does not exist."""

    layer: str
    old: CoreUse | None
    new: CoreUse | None

    def rows(self) -> Iterator[Changed]:
        """Yield the numbers of cores, the blocks, and the limits used differently."""
        old, new = self.old or CoreUse(), self.new or CoreUse()
        yield Changed("cores", str(old.cores), str(new.cores))
        if old.block or new.block:
            yield Changed("block", old.block or "none", new.block or "none")
        for word, percent in new.percent.items():
            before = old.percent.get(word, percent)
            if abs(percent - before) >= MUCH:
                yield Changed(word, f"{before} %", f"{percent} %")


@dataclass(frozen=True, slots=True)
class Cores:
    """The cores of both networks, and the layers whose use differs."""

    old: CoresTaken | CoresRefused
    new: CoresTaken | CoresRefused
    layers: tuple[UseChanged, ...]


def compare_cores(old: Version, new: Version, names: Mapping[str, str]) -> Cores:
    """Compare cores, blocks and the use of the fullest cores, layer by layer.

    Parameters
    ----------
    old, new
        The networks. If one network does not fit on the chip, no layers are compared.
    names
        The new names of the old layers.
    """
    changes: list[UseChanged] = []
    if old.mapped is not None and new.mapped is not None:
        was = {names.get(name, name): use for name, use in _uses(old.mapped)}
        now = dict(_uses(new.mapped))
        names_of_both = dict.fromkeys((*now, *was))
        changes = [UseChanged(n, was.get(n), now.get(n)) for n in names_of_both]
    differ = (c for c in changes if any(row.old != row.new for row in c.rows()))
    return Cores(fit_of(old), fit_of(new), tuple(differ))


def fit_of(version: Version) -> CoresTaken | CoresRefused:
    """Return the network's use of the chip, or why it does not fit."""
    mapped = version.mapped
    if mapped is not None:
        activity = activity_of(route(mapped))
        joules = activity.joules(version.network.device.energy) if mapped.cores else 0.0
        costs = round_number(activity.spikes), round_number(joules)
        return CoresTaken(mapped.cores, mapped.chips, *costs)
    refusal = version.refusal
    if refusal is None:
        raise ValueError("a network that is not mapped was refused by some rule")
    return CoresRefused(refusal.code, refusal.message)


def _uses(mapped: MappedNetwork) -> Iterator[tuple[str, CoreUse]]:
    core = mapped.lowered.network.device.core
    for name in dict.fromkeys(p.population.layer.name for p in mapped.populations):
        levels = mapped.of_layer(name)
        blocks = [b for level in levels for e in level.ensembles for b in e.blocks]
        if not blocks:
            yield name, CoreUse()
            continue
        shares = zip(COUNTERS, use_of(blocks, core), strict=True)
        percent = {counter: round(100 * share) for counter, share in shares}
        shapes = dict.fromkeys(dims(block_of(level) or ()) for level in levels)
        cores = sum(level.cores for level in levels)
        yield name, CoreUse(cores, ", ".join(shapes), percent)
