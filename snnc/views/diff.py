"""The document of a comparison: a verdict, and the changes section by section."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass

from snnc.results.diff import (
    BUDGET,
    Changed,
    ChangedLayer,
    Cores,
    CoresRefused,
    CoresTaken,
    Diff,
    FolderDiff,
    LayerChange,
    RenamedLayer,
    ReorderedLayers,
    SpecChange,
    TensorChanges,
    WeightsChange,
    WholeLayer,
    arrow,
)
from snnc.text.display import Json
from snnc.text.tables import (
    Cells,
    TextTable,
    counted,
    dims,
    human,
    joules,
    printable,
    quote_code,
)
from snnc.views.document import (
    MARKUP,
    TEXT,
    Heading,
    Items,
    Part,
    Sentence,
    Table,
    Title,
)

WIDTH = 88
HEAD = ("name", "property", "before", "after")
MIGRATE = (
    "`snnc weights FILE --migrate OLD_SPEC NEW_SPEC -o NEW_FILE` keeps what still fits"
)
LOAD = {
    "valid": "Trained weights stay valid",
    "retrain": "Trained weights load, but were trained for a different function",
    "incompatible": "Trained weights do not load",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """The changes of one subject: a layer, its cores, a tensor, or a statement.

    Signs mean: ``+`` added, ``-`` removed, ``~`` changed, ``>`` renamed. Only markup
    shows the rows of an entry that has a line.
    """

    sign: str
    subject: str
    rows: tuple[Changed, ...] = ()
    line: str = ""

    @property
    def text(self) -> str:
        """The changes in one line."""
        if self.line and self.rows:
            return self.line
        changes = self.line or ", ".join(map(str, self.rows))
        return f"{self.subject}: {changes}" if self.subject else changes


def document(diff: Diff) -> Iterator[Part]:
    """Yield the verdict, then the changes: as lines in texts, as tables in markup."""
    yield from _top(diff)
    for title, entries in sections(diff):
        lines = [_wrap(entry.text, f"  {entry.sign} ") for entry in entries]
        if title == "weights":
            lines += _kept(diff.tensors)
        if title == "cores":
            lines = [_wrap(line, "  ") for line in core_lines(diff.cores)] + lines
        if lines:
            yield Heading(title, TEXT)
            yield Items(tuple(lines), TEXT)
        yield from _tables(title, entries)


def _top(diff: Diff) -> Iterator[Part]:
    """Yield the verdict and the names: as text, and as markup with costs."""
    names = arrow(diff.old.network, diff.new.network)
    verdict = verdict_of(diff)
    head = f"{names}: {diff.old.source} -> {diff.new.source}"
    yield Sentence(_wrap(head, "", "  "), TEXT)
    yield Sentence(_wrap(f"{verdict}.", "", "  "), TEXT)
    yield Title(quote_code(diff.new.network))
    if diff.same:
        yield Sentence("", MARKUP, strong=f"{verdict}.")
    else:
        strong, colon, why = verdict.partition(":")
        costs = _costs_sentences(diff.cores)
        yield Sentence(f"{colon}{why}.{costs}", MARKUP, strong=strong)
    networks = _to_code(dict.fromkeys((diff.old.network, diff.new.network)), " → ")
    sources = _to_code((diff.old.source, diff.new.source), " → ")
    yield Sentence(f"{networks}: {sources}", MARKUP)


def _tables(title: str, entries: Sequence[Entry]) -> Iterator[Part]:
    """Yield entries without rows as items, and a table of the rows that differ."""
    remarks = tuple(
        f"{quote_code(entry.subject)}: {_arrows(entry.line)}"
        for entry in entries
        if not entry.rows
    )
    rows = [row for entry in entries for row in _rows(entry)]
    if remarks or rows:
        yield Heading(title, MARKUP)
    if remarks:
        yield Items(remarks, MARKUP)
    if rows:
        yield _table(rows)


def _table(rows: Sequence[Cells]) -> Table:
    """Return a table of changes, without the names if all of them are empty."""
    first = 0 if any(name for name, *_ in rows) else 1
    code_columns = (2 - first, 3 - first)
    cells = [row[first:] for row in (HEAD, *rows)]
    return Table(TextTable(cells, "<" * len(cells[0])), MARKUP, code_columns)


def _rows(entry: Entry) -> Iterator[Cells]:
    """Yield the cells of an entry's rows that differ, or that rename something."""
    name = _arrows(_to_code(entry.subject.split(", "), ", "))
    for row in entry.rows:
        if row.old != row.new or entry.sign == ">":
            yield name, row.key, row.old or "", row.new or ""


def _to_code(names: Iterable[str], separator: str) -> str:
    return separator.join(quote_code(name) for name in names if name)


def sections(diff: Diff) -> Iterator[tuple[str, list[Entry]]]:
    """Yield the titles of the sections and their entries."""
    if diff.same:
        return
    yield "weights", list(_weights(diff.tensors))
    yield "layers", [entry for each in diff.layers for entry in _layer(each)]
    yield "rates", _rates(diff.layers)
    for title, rows in diff.sections.items():
        yield title, [Entry("~", "", (row,)) for row in rows]
    yield "cores", [Entry("~", each.layer, each.rows) for each in diff.cores.layers]


def _weights(weights: WeightsChange) -> Iterator[Entry]:
    for cause in weights.causes:
        yield Entry("~", cause.layer, (cause.trait,))
    for note in weights.notes:
        yield Entry("~", ", ".join(note.layers), line=note.text)
    yield from _tensors(weights.tensors)
    if weights.old_id != weights.new_id:
        row = Changed("id", weights.old_id, weights.new_id)
        yield Entry("~", "layout", (row,))


def _tensors(tensors: TensorChanges) -> Iterator[Entry]:
    for changed in tensors.changed:
        zeros = " zeros" if changed.zeros else ""
        row = Changed("shape", dims(changed.old), f"{dims(changed.new)}{zeros}")
        yield Entry("~", changed.name, (row,))
    for renamed in tensors.renamed:
        shape = dims(renamed.shape)
        row = Changed("shape", shape, shape)
        yield Entry(">", arrow(renamed.old, renamed.new), (row,))
    for added in tensors.added:
        yield Entry("+", added.name, (Changed("shape", None, dims(added.shape)),))
    for removed in tensors.removed:
        yield Entry("-", removed.name, (Changed("shape", dims(removed.shape), None),))


def _layer(change: LayerChange) -> Iterator[Entry]:
    """Yield the changes of a layer, except of its rates."""
    if isinstance(change, WholeLayer):
        line = f"{change.definition}, of shape {dims(change.shape)}"
        if change.change == "added":
            yield Entry("+", change.name, (Changed("added", None, line),), line)
        else:
            yield Entry("-", change.name, (Changed("removed", line, None),), line)
    elif isinstance(change, RenamedLayer):
        row = Changed("name", change.old, change.new)
        line = f"{change.kind} {change.old} is now called {change.new}"
        yield Entry(">", change.new, (row,), line)
    elif isinstance(change, ReorderedLayers):
        row = Changed("order", ", ".join(change.old), ", ".join(change.new))
        yield Entry("~", "", (row,))
    else:
        rows = tuple(row for row in change.properties if row.key not in BUDGET)
        if rows:
            yield Entry("~", change.name, rows)


def _rates(layers: Sequence[LayerChange]) -> list[Entry]:
    """Return the changes of rates and percentiles, one entry for equal changes."""
    names: dict[Changed, list[str]] = {}
    for layer in layers:
        if isinstance(layer, ChangedLayer):
            for row in layer.properties:
                if row.key in BUDGET:
                    names.setdefault(row, []).append(layer.name)
    return [Entry("~", ", ".join(layers), (row,)) for row, layers in names.items()]


def verdict_of(diff: Diff) -> str:
    """Return the verdict on the networks or the weights, with a reason."""
    if diff.same:
        other_words = ", written differently" if diff.respelt else ""
        return f"The same network{other_words}"
    load = LOAD[diff.weights]
    why = _why(diff.tensors)
    return f"{load}: {why}" if why else load


def _why(weights: WeightsChange) -> str:
    """Say why weights don't load, by the numbers of tensors."""
    if weights.reordered:
        return "the same tensors are in a different order"
    tensors = weights.tensors
    reshaped = sum(tensor.old != tensor.new for tensor in tensors.changed)
    zeroed = len(tensors.changed) - reshaped
    groups = (
        (reshaped, "has a different shape", "have a different shape"),
        (zeroed, "has to be 0", "have to be 0"),
        (len(tensors.renamed), "has a different name", "have a different name"),
        (len(tensors.added), "is new", "are new"),
        (len(tensors.removed), "is gone", "are gone"),
    )
    return ", ".join(
        f"{counted(count, 'tensor')} {one if count == 1 else many}"
        for count, one, many in groups
        if count
    )


def _kept(weights: WeightsChange) -> Iterator[str]:
    tensors = weights.tensors
    if weights.verdict != "incompatible":
        return
    if tensors.kept:
        yield _wrap(", ".join(tensors.kept), "  = ")
    if tensors.kept or tensors.renamed:
        yield _wrap(MIGRATE, "    ")


def core_lines(cores: Cores) -> list[str]:
    """Describe cores and changed costs; a line per network if one does not fit."""
    old = _core_line(cores.old)
    new = _core_line(cores.new)
    if not (cores.old.fits and cores.new.fits):
        return [old] if old == new else [f"old: {old}", f"new: {new}"]
    spikes = _change(cores.old.spikes, cores.new.spikes, "", " spikes")
    energy = _change(cores.old.energy_joules, cores.new.energy_joules, "J")
    time = ""
    if cores.old.example_seconds and cores.new.example_seconds:
        time = _change(
            cores.old.example_seconds,
            cores.new.example_seconds,
            "s",
            " estimated time",
        )
    costs = ", ".join(filter(None, (spikes, energy, time)))
    lines = [arrow(old, new)]
    if costs:
        lines.append(f"at most per example: {costs}")
    return lines


def _core_line(taken: CoresTaken | CoresRefused) -> str:
    """Describe the cores of one network, or why it does not fit."""
    if not taken.fits:
        return f"does not fit ({taken.code}: {taken.message})"
    if not taken.cores:
        return "no cores"
    return f"{counted(taken.cores, 'core')} on {counted(taken.chips, 'chip')}"


def _change(old: float, new: float, unit: str, what: str = "") -> str:
    """Write a change and its percentage: ``10 k -> 12 k spikes (+20 %)``."""
    if old == new:
        return ""
    percent = 100 * (new / old - 1) if old else 0.0
    digits = 0 if abs(percent) >= 10 else 1
    share = f" ({percent:+.{digits}f} %)" if old else ""
    return f"{human(old, unit)} -> {human(new, unit)}{what}{share}"


def _costs_sentences(cores: Cores) -> str:
    """Return the lines about cores as sentences."""
    lines = core_lines(cores)
    if not (cores.old.fits and cores.new.fits):
        lines = ["; ".join(lines)]
    return "".join(f" {_arrows(line[:1].upper() + line[1:])}." for line in lines)


def _wrap(line: str, first: str, others: str = "      ") -> str:
    """Break a text into lines, but not between a number and its unit."""
    glued = _UNIT.sub(f"{_GLUE}\\1", printable(line))
    wrapper = textwrap.TextWrapper(WIDTH, first, others, break_on_hyphens=False)
    return wrapper.fill(glued).replace(_GLUE, " ")


_GLUE = "\N{NO-BREAK SPACE}"
_UNIT = re.compile(r"(?<=\d) (%|Hz|ms|s)(?!\w)")


def _arrows(line: str) -> str:
    return line.replace(" -> ", " → ")


def records(diff: Diff) -> list[Json]:
    """Return a row per changed property."""
    return [
        {"section": title, "name": entry.subject, **asdict(row)}
        for title, entries in sections(diff)
        for entry in entries
        for row in entry.rows
    ]


FOLDER_HEAD = ("spec", "change", "weights", "cores", "energy at most")


def folder_document(folder: FolderDiff) -> Iterator[Part]:
    """Yield the names of the folders, and a table with a row per spec."""
    yield Sentence(f"{folder.old} -> {folder.new}", TEXT)
    yield Sentence(f"{quote_code(folder.old)} → {quote_code(folder.new)}", MARKUP)
    rows = [_cells(spec) for spec in folder.specs]
    left = {"spec", "change", "weights"}
    if rows:
        yield Table(TextTable.of(FOLDER_HEAD, rows, left), TEXT)
    rows = [(path, *map(_arrows, others)) for path, *others in rows]
    yield Table(TextTable.of(FOLDER_HEAD, rows, left), MARKUP)


def _cells(spec: SpecChange) -> Cells:
    cores = []
    energies = []
    for fit in (spec.old, spec.new):
        if fit is not None:
            cores.append(str(fit.cores) if fit.fits else "does not fit")
            energies.append(joules(fit.energy_joules) if fit.fits else "?")
    weights = spec.weights or ""
    if not cores:
        return spec.path, spec.change, weights, "", ""
    # A new or removed spec has only one side.
    cores_change = arrow(cores[0], cores[-1])
    energy_change = arrow(energies[0], energies[-1])
    return spec.path, spec.change, weights, cores_change, energy_change
