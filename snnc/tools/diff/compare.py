"""Compare two compiled networks: their layers, statements, weights and cores."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace

from snnc.text.display import Json, Tabular
from snnc.text.tables import TextTable, code, counted, printable, prose, table
from snnc.tools.diff import properties
from snnc.tools.diff.cores import Cores, compare_cores
from snnc.tools.diff.properties import Changed, SubjectChange, Version, arrow
from snnc.tools.diff.weights import Verdict, WeightsChange, compare_weights
from snnc.tools.report.html import Part, tables_html

WIDTH = 88
BUDGET = ("rate", "percentile")
SIGNS = {"added": "+", "removed": "-", "renamed": ">"}
HEAD = ("name", "property", "before", "after")
MIGRATE = (
    "`snnc weights FILE --migrate OLD_SPEC NEW_SPEC -o NEW_FILE` keeps what still fits"
)
_GLUE = "\N{NO-BREAK SPACE}"
_UNIT = re.compile(r"(?<=\d) (%|Hz|ms|s)(?!\w)")
LOAD = {
    "valid": "Trained weights stay valid",
    "retrain": "Trained weights load, but were trained for a different function",
    "incompatible": "Trained weights do not load",
}
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
    layers: tuple[SubjectChange, ...] = ()
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
        changed = (x for x in self.layers if x.became == "changed")
        return [(x.subject, r) for x in changed for r in x.rows if r.key in BUDGET]

    def text(self) -> str:
        """Return the changes as text, section by section; the verdict comes first.

        Signs mean: ``+`` added, ``-`` removed, ``~`` changed, ``>`` renamed, ``=``
        kept. Lines have at most `WIDTH` columns, and the last one has an end.
        """
        names = arrow(self.old.network, self.new.network)
        head = f"{names}: {self.old.source} -> {self.new.source}"
        blocks = [[_wrap(line, "", "  ") for line in (head, f"{_verdict(self)}.")]]
        for title, entries in _sections(self):
            signed = ((e, SIGNS.get(e.became, "~")) for e in entries)
            lines = [_wrap(e.explain(), f"  {sign} ") for e, sign in signed]
            if title == "weights":
                lines += _kept(self.tensors)
            if title == "cores":
                lines = [*(_wrap(line, "  ") for line in self.cores.lines()), *lines]
            if lines:
                blocks.append([title, *lines])
        return "\n\n".join("\n".join(block) for block in blocks) + "\n"

    def markdown(self) -> str:
        """Return the changes as Markdown for a comment on a pull request."""
        return "\n\n".join(_markdown(self)) + "\n"

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
            "layers": [layer.data for layer in self.layers],
            "cores": self.cores.as_dict(),
            "rates": [{"layer": layer, **_budgets(row)} for layer, row in self.rates],
            **{n: properties.to_json(self.sections.get(n, ())) for n in SECTIONS},
        }

    def _records(self) -> list[Json]:
        return [
            {"section": title, "name": entry.subject, **asdict(row)}
            for title, entries in _sections(self)
            for entry in entries
            for row in entry.rows
        ]

    def _repr_html_(self) -> str:
        return tables_html(arrow(self.old.network, self.new.network), _parts(self))

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
    matching = properties.match(old, new)
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
        layers=tuple(properties.layer_changes(old, new, matching)),
        sections={name: rows for name, rows in changed.items() if rows},
        respelt=old.spec != new.spec,
    )


def _sections(difference: Diff) -> Iterator[tuple[str, list[SubjectChange]]]:
    """Yield the sections of the table with their entries; `cores` is the last."""
    if difference.same:
        return
    weights = difference.tensors
    changes = [*weights.causes, *weights.notes, *weights.tensors]
    if weights.old_id != weights.new_id:
        row = Changed("id", weights.old_id, weights.new_id)
        changes.append(SubjectChange("changed", "layout", (row,)))
    yield "weights", changes
    kept = (tuple(r for r in c.rows if r.key not in BUDGET) for c in difference.layers)
    layers = zip(difference.layers, kept, strict=True)
    yield "layers", [replace(change, rows=shown) for change, shown in layers if shown]
    alike: dict[Changed, list[str]] = {}
    for layer, row in difference.rates:
        alike.setdefault(row, []).append(layer)
    rates = ((", ".join(names), (row,)) for row, names in alike.items())
    yield "rates", [SubjectChange("changed", *rate) for rate in rates]
    for name, rows in difference.sections.items():
        yield name, [SubjectChange("changed", "", (row,)) for row in rows]
    yield "cores", list(difference.cores.layers)


def _verdict(difference: Diff) -> str:
    """Return the verdict on the networks or the weights, with a reason."""
    if difference.same:
        other_words = ", written differently" if difference.respelt else ""
        return f"The same network{other_words}"
    weights = difference.tensors
    return ": ".join(filter(None, (LOAD[weights.verdict], _why(weights))))


def _why(weights: WeightsChange) -> str:
    if weights.reordered:
        return "the same tensors are in a different order"
    changed = weights.of("changed")
    reshaped = [t for t in changed if t.data["old"] != t.data["new"]]
    groups = (
        (len(reshaped), "has a different shape", "have a different shape"),
        (len(changed) - len(reshaped), "has to be 0", "have to be 0"),
        (len(weights.of("renamed")), "has a different name", "have a different name"),
        (len(weights.of("added")), "is new", "are new"),
        (len(weights.of("removed")), "is gone", "are gone"),
    )
    return ", ".join(
        f"{counted(count, 'tensor')} {one if count == 1 else many}"
        for count, one, many in groups
        if count
    )


def _kept(weights: WeightsChange) -> Iterator[str]:
    if weights.verdict == "incompatible" and weights.kept:
        yield _wrap(", ".join(weights.kept), "  = ")
    if weights.verdict == "incompatible" and (weights.kept or weights.of("renamed")):
        yield _wrap(MIGRATE, "    ")


def _wrap(line: str, first: str, others: str = "      ") -> str:
    """Break a text into lines, but not between a number and its unit."""
    glued = _UNIT.sub(f"{_GLUE}\\1", printable(line))
    wrapper = textwrap.TextWrapper(WIDTH, first, others, break_on_hyphens=False)
    return wrapper.fill(glued).replace(_GLUE, " ")


def _parts(difference: Diff) -> Iterator[Part]:
    """Yield the parts of a page: sentences, and a table of the changes."""
    yield f"{difference.old.source} -> {difference.new.source}"
    yield f"{_verdict(difference)}."
    rows = []
    for title, entries in _sections(difference):
        yield from (f"{e.subject}: {e.text}" for e in entries if not e.rows)
        for subject, row in _rows_to_show(entries):
            change = row.key, row.old or "", row.new or ""
            rows.append((title.capitalize(), subject, *change))
    if not difference.same:
        yield from difference.cores.lines()
        yield TextTable.of(("section", *HEAD), rows, ("section", *HEAD))


def _rows_to_show(entries: list[SubjectChange]) -> Iterator[tuple[str, Changed]]:
    """Yield the rows that differ or have a new name, with their subjects."""
    for entry in entries:
        for row in entry.rows:
            if row.old != row.new or entry.became == "renamed":
                yield entry.subject, row


def _markdown(difference: Diff) -> Iterator[str]:
    old, new = difference.old, difference.new
    yield f"### {code(new.network)}"
    yield _headline(difference)
    names = dict.fromkeys((old.network, new.network))
    yield f"{' → '.join(map(code, names))}: {code(old.source)} → {code(new.source)}"
    for title, entries in _sections(difference):
        texts = (f"{code(e.subject)}: {_arrows(e.text)}" for e in entries if not e.rows)
        told = [f"- {text}" for text in texts]
        rows = [
            (_subject(subject), row.key, code(row.old), code(row.new))
            for subject, row in _rows_to_show(entries)
        ]
        if told or rows:
            yield f"#### {title.capitalize()}"
        if told:
            yield "\n".join(told)
        if rows:
            first = 0 if any(subject for subject, *_ in rows) else 1
            yield "\n".join(table(HEAD[first:], [row[first:] for row in rows]))


def _subject(names: str) -> str:
    return _arrows(", ".join(map(code, names.split(", "))))


def _headline(difference: Diff) -> str:
    head, colon, why = _verdict(difference).partition(":")
    if difference.same:
        return f"**{head}.**"
    told, cores = difference.cores.lines(), difference.cores
    if not (cores.old.fits and cores.new.fits):
        told = ["; ".join(told)]
    costs = "".join(f" {prose(_arrows(s[:1].upper() + s[1:]))}." for s in told)
    return f"**{head}**{colon}{why}.{costs}"


def _arrows(line: str) -> str:
    return line.replace(" -> ", " → ")
