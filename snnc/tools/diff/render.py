"""Write a diff for the terminal, and as a comment for a pull request."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING

from snnc.text.tables import TextTable, code, printable, prose, table
from snnc.tools.diff.changes import Changed, TableEntry, WeightsChange, arrow
from snnc.tools.diff.table import core_lines, cost_line, sections, verdict
from snnc.tools.report.html import Heading, Part

if TYPE_CHECKING:
    from snnc.tools.diff.compare import Diff

WIDTH = 88
HEAD = ("name", "property", "before", "after")
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
    old, new = difference.old, difference.new
    names = arrow(old.network, new.network)
    head = (f"{names}: {old.source} -> {new.source}", f"{verdict(difference)}.")
    blocks = [[_wrap(line, "", "  ") for line in head]]
    for title, entries in sections(difference):
        lines = [_wrap(e.explain(), f"  {e.sign} ", "      ") for e in entries]
        if title == "weights":
            lines += _render_kept(difference.tensors)
        if title == "cores":
            told = _core_sentences(difference)
            lines = [_wrap(line, "  ", "      ") for line in told] + lines
        if lines:
            blocks.append([title, *lines])
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def _core_sentences(difference: Diff) -> list[str]:
    cores = difference.cores
    return [*core_lines(cores), *filter(None, [cost_line(cores)])]


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
    yield f"{difference.old.source} -> {difference.new.source}"
    yield f"{verdict(difference)}."
    for title, entries in sections(difference):
        told = [f"{e.subject}: {e.text}" for e in entries if not e.rows]
        if title == "cores":
            told = _core_sentences(difference)
        rows = [
            (subject, row.key, row.old or "", row.new or "")
            for subject, row in _rows_to_show(entries)
        ]
        if told or rows:
            yield Heading(title.capitalize())
        yield from told
        if rows:
            yield TextTable.of(HEAD, rows, HEAD)


def _rows_to_show(entries: list[TableEntry]) -> Iterator[tuple[str, Changed]]:
    """Yield the rows that differ or have a new name, with their subjects."""
    for entry in entries:
        for row in entry.rows:
            if row.old != row.new or entry.sign == ">":
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
    sentences = "; ".join(core_lines(difference.cores)), cost_line(difference.cores)
    costs = "".join(
        f" {prose(_arrows(s[:1].upper() + s[1:]))}." for s in sentences if s
    )
    return f"**{head}**{colon}{why}.{costs}"


def _arrows(line: str) -> str:
    return line.replace(" -> ", " → ")
