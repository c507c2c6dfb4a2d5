"""Write a diff as a table and sentences: text, Markdown, and parts of a page."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from snnc.text.tables import (
    TextTable,
    code,
    counted,
    dims,
    human,
    printable,
    prose,
    table,
)
from snnc.tools.diff.changes import (
    BUDGET,
    SIGNS,
    Change,
    Changed,
    TensorChange,
    WeightsChange,
    arrow,
)
from snnc.tools.report.html import Part

if TYPE_CHECKING:
    from snnc.tools.diff.compare import Cores, CoresRefused, CoresTaken, Diff

WIDTH = 88
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


def sections(difference: Diff) -> Iterator[tuple[str, list[Change]]]:
    """Yield the sections of the table with their entries; `cores` is the last."""
    if difference.same:
        return
    yield "weights", list(_weights(difference.tensors))
    yield "layers", list(_layers(difference.layers))
    layers: dict[Changed, list[str]] = {}
    for layer, row in difference.rates:
        layers.setdefault(row, []).append(layer)
    yield "rates", [Change("changed", ", ".join(n), (r,)) for r, n in layers.items()]
    for name, rows in difference.sections.items():
        yield name, [Change("changed", "", (row,)) for row in rows]
    yield "cores", list(difference.cores.layers)


def _weights(weights: WeightsChange) -> Iterator[Change]:
    yield from (*weights.causes, *weights.notes)
    if weights.verdict != "incompatible":
        return
    yield from map(_tensor, weights.tensors)
    if weights.old_id != weights.new_id:
        row = Changed("id", weights.old_id, weights.new_id)
        yield Change("changed", "layout", (row,))


def _tensor(tensor: TensorChange) -> Change:
    old, new = (dims(side.shape) for side in (tensor.old, tensor.new))
    if tensor.became == "changed" and tensor.new.zeros:
        new += " zeros"
    row = Changed(
        "shape",
        None if tensor.became == "added" else old,
        None if tensor.became == "removed" else new,
    )
    name = arrow(tensor.old.name, tensor.new.name)
    return Change(tensor.became, name, (row,))


def _layers(changes: Iterable[Change]) -> Iterator[Change]:
    """Yield the changes of layers without those of their budgets."""
    for change in changes:
        rows = tuple(row for row in change.rows if row.key not in BUDGET)
        if rows:
            yield replace(change, rows=rows)


def verdict(difference: Diff) -> str:
    """Return the verdict on the networks or the weights, with a reason."""
    if difference.same:
        other_words = ", written differently" if difference.respelt else ""
        return f"The same network{other_words}"
    weights = difference.tensors
    why = _why(weights)
    return f"{LOAD[weights.verdict]}{': ' if why else ''}{why}"


def _why(weights: WeightsChange) -> str:
    if weights.reordered:
        return "the same tensors are in a different order"
    changed = weights.of("changed")
    reshaped = [t for t in changed if t.old.shape != t.new.shape]
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


def core_lines(cores: Cores) -> list[str]:
    """Describe cores and costs: one line each, or one line per network if one fails.

    The costs are empty if they are unchanged.
    """
    old, new = cores.old, cores.new
    told = [_core_line(old), _core_line(new)]
    if not (old.fits and new.fits):
        same = told[0] == told[1]
        return told[:1] if same else [f"old: {told[0]}", f"new: {told[1]}"]
    changes = [
        _change(old.spikes, new.spikes, "", " spikes"),
        _change(old.energy_joules, new.energy_joules, "J"),
    ]
    costs = ", ".join(filter(None, changes))
    return [arrow(*told), *([f"at most per example: {costs}"] if costs else [])]


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


def text(difference: Diff) -> str:
    """Write the changes as text with at most `WIDTH` columns; the verdict comes first.

    Signs mean: ``+`` added, ``-`` removed, ``~`` changed, ``>`` renamed, ``=`` kept.

    Returns
    -------
    str
        The text, which ends with a line end.
    """
    old, new = difference.old, difference.new
    names = arrow(old.network, new.network)
    head = (f"{names}: {old.source} -> {new.source}", f"{verdict(difference)}.")
    blocks = [[_wrap(line, "", "  ") for line in head]]
    for title, entries in sections(difference):
        lines = [
            _wrap(e.explain(), f"  {SIGNS.get(e.became, '~')} ", "      ")
            for e in entries
        ]
        if title == "weights":
            lines += _render_kept(difference.tensors)
        if title == "cores":
            told = core_lines(difference.cores)
            lines = [_wrap(line, "  ", "      ") for line in told] + lines
        if lines:
            blocks.append([title, *lines])
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def _render_kept(weights: WeightsChange) -> Iterator[str]:
    if weights.verdict == "incompatible" and weights.kept:
        yield _wrap(", ".join(weights.kept), "  = ", "      ")
    if weights.verdict == "incompatible" and (weights.kept or weights.of("renamed")):
        yield _wrap(MIGRATE, "    ", "      ")


def _wrap(line: str, first: str, others: str) -> str:
    """Break a text into lines, but not between a number and its unit."""
    glued = _UNIT.sub(f"{_GLUE}\\1", printable(line))
    filled = textwrap.fill(
        glued,
        WIDTH,
        initial_indent=first,
        subsequent_indent=others,
        break_on_hyphens=False,
    )
    return filled.replace(_GLUE, " ")


def parts(difference: Diff) -> Iterator[Part]:
    """Yield the parts of a page: sentences, and a table of the changes."""
    yield f"{difference.old.source} -> {difference.new.source}"
    yield f"{verdict(difference)}."
    rows = []
    for title, entries in sections(difference):
        yield from (f"{e.subject}: {e.text}" for e in entries if not e.rows)
        for subject, row in _rows_to_show(entries):
            change = row.key, row.old or "", row.new or ""
            rows.append((title.capitalize(), subject, *change))
    if not difference.same:
        yield from core_lines(difference.cores)
        yield TextTable.of(("section", *HEAD), rows, ("section", *HEAD))


def _rows_to_show(entries: list[Change]) -> Iterator[tuple[str, Changed]]:
    """Yield the rows that differ or have a new name, with their subjects."""
    for entry in entries:
        for row in entry.rows:
            if row.old != row.new or entry.became == "renamed":
                yield entry.subject, row


def markdown(difference: Diff) -> str:
    """Write the changes as GitHub Markdown, ending with a line end."""
    return "\n\n".join(_blocks(difference)) + "\n"


def _blocks(difference: Diff) -> Iterator[str]:
    old, new = difference.old, difference.new
    yield f"### {code(new.network)}"
    yield _headline(difference)
    names = dict.fromkeys((old.network, new.network))
    yield f"{' → '.join(map(code, names))}: {code(old.source)} → {code(new.source)}"
    for title, entries in sections(difference):
        told = [
            f"- {code(e.subject)}: {_arrows(e.text)}" for e in entries if not e.rows
        ]
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
    head, colon, why = verdict(difference).partition(":")
    if difference.same:
        return f"**{head}.**"
    told, cores = core_lines(difference.cores), difference.cores
    if not (cores.old.fits and cores.new.fits):
        told = ["; ".join(told)]
    costs = "".join(f" {prose(_arrows(s[:1].upper() + s[1:]))}." for s in told)
    return f"**{head}**{colon}{why}.{costs}"


def _arrows(line: str) -> str:
    return line.replace(" -> ", " → ")
