"""Write a diff for the terminal, and as a comment for a pull request."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING

from snnc.text.tables import Row, TextTable, code, printable, prose, table
from snnc.tools.diff.changes import Changed, TableEntry, WeightsChange, arrow
from snnc.tools.diff.table import (
    core_lines,
    cost_line,
    same_sentence,
    sections,
    verdict_sentence,
)
from snnc.tools.report.html import Heading, Part

if TYPE_CHECKING:
    from snnc.tools.diff.compare import Diff

WIDTH = 88
HEAD: Row = ("name", "property", "before", "after")
MIGRATE = (
    "`snnc weights FILE --migrate OLD_SPEC NEW_SPEC -o NEW_FILE` keeps what still fits"
)
_GLUE = "\N{NO-BREAK SPACE}"
_UNIT = re.compile(r"(?<=\d) (%|Hz|ms|s)(?!\w)")


def text(difference: Diff) -> str:
    """Write the changes as text with at most `WIDTH` columns; the verdict comes first.

    Signs mean: ``+`` added, ``-`` removed, ``~`` changed, ``>`` renamed, ``=`` kept.

    Returns
    -------
    str
        The text, which ends with a line end.
    """
    blocks = [list(_head(difference))]
    for title, entries in sections(difference):
        lines = [_wrap(e.explain(), f"  {e.sign} ", "      ") for e in entries]
        if title == "weights":
            lines += _render_kept(difference.tensors)
        if title == "cores":
            told = (*core_lines(difference.cores), cost_line(difference.cores))
            lines = [_wrap(line, "  ", "      ") for line in told if line] + lines
        if lines:
            blocks.append([title, *lines])
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def _head(difference: Diff) -> Iterator[str]:
    old, new = difference.old, difference.new
    names = arrow(old.network, new.network)
    yield _wrap(f"{names}: {old.source} -> {new.source}", "", "  ")
    if difference.same:
        yield f"{same_sentence(difference)}."
    else:
        yield _wrap(f"{verdict_sentence(difference.tensors)}.", "", "  ")


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
    """Yield the parts of a page: the verdict, and a table per section."""
    old, new = difference.old, difference.new
    yield f"{old.source} -> {new.source}"
    if difference.same:
        yield f"{same_sentence(difference)}."
        return
    yield f"{verdict_sentence(difference.tensors)}."
    for title, entries in sections(difference):
        told = [f"{e.subject}: {e.text}" for e in entries if not e.rows]
        if title == "cores":
            cores = difference.cores
            told = [*filter(None, (*core_lines(cores), cost_line(cores))), *told]
        rows = [
            (entry.subject, row.key, row.old or "", row.new or "")
            for entry in entries
            for row in _rows_to_show(entry)
        ]
        if told or rows:
            yield Heading(title.capitalize())
        yield from told
        if rows:
            yield TextTable.of(HEAD, rows, HEAD)


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
        yield from _section(title, entries)


def _section(title: str, entries: list[TableEntry]) -> Iterator[str]:
    told = [f"- {code(e.subject)}: {_arrows(e.text)}" for e in entries if not e.rows]
    rows = [row for entry in entries for row in _rows(entry)]
    if told or rows:
        yield f"#### {title.capitalize()}"
    if told:
        yield "\n".join(told)
    if rows:
        head = HEAD
        if not any(row[0] for row in rows):
            head, *rows = (cells[1:] for cells in (head, *rows))
        yield "\n".join(table(head, rows))


def _rows(entry: TableEntry) -> Iterator[Row]:
    subject = ", ".join(map(code, entry.subject.split(", "))) if entry.subject else ""
    for row in _rows_to_show(entry):
        yield _arrows(subject), row.key, code(row.old), code(row.new)


def _rows_to_show(entry: TableEntry) -> Iterator[Changed]:
    """Yield the rows of an entry that differ or have a new name."""
    return (row for row in entry.rows if row.old != row.new or entry.sign == ">")


def _headline(difference: Diff) -> str:
    if difference.same:
        return f"**{same_sentence(difference)}.**"
    head, colon, why = verdict_sentence(difference.tensors).partition(":")
    sentences = "; ".join(core_lines(difference.cores)), cost_line(difference.cores)
    costs = "".join(
        f" {prose(_arrows(s[:1].upper() + s[1:]))}." for s in sentences if s
    )
    return f"**{head}**{colon}{why}.{costs}"


def _arrows(line: str) -> str:
    return line.replace(" -> ", " → ")
