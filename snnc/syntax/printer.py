"""Format a ``.snn`` file.

A block or list is written on one line if it fits, contains no comment, and is not the
block of `train`. Otherwise each item gets its own line. Comments stay where they are.
Several blank lines become one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import attrgetter

from snnc.language import tree
from snnc.language.keywords import BEGINNINGS
from snnc.syntax.entries import Entry, Remarks, Writer, statement_entry, valid_entries

WIDTH = 88


def print_snn(document: tree.Document) -> str:
    """Write a spec in either notation as ``.snn`` text; `valid_entries` may raise."""
    source = document.span.source
    edition, network, *statements = valid_entries(document)
    if not source.is_yaml:  # its statements stay in the order of the file
        statements = list(map(statement_entry, document.statements))
    end = len(source.text) if source.is_yaml else _closing_brace(document)
    inside = [c for c in document.comments if c.span.start < end]
    after = document.comments[len(inside) :]
    entries = (edition, network, *statements)
    remarks = Remarks(inside, entries, attrgetter("lines"))
    printer = _SnnPrinter(source, remarks)
    printer.entry(edition, 0)
    printer.lines.append("")
    printer.opened = True  # no other blank line follows
    printer.entry(network, 0)
    printer.opened = True
    printer.block(statements, 1)
    printer.comments(remarks.foot, 1)
    beside = [c for c in after[:1] if "\n" not in source.text[end : c.span.start]]
    printer.close("}", beside)
    printer.comments(after[len(beside) :], 0)
    return "\n".join(printer.lines) + "\n"


def _closing_brace(document: tree.Document) -> int:
    """Return the position of the network's ``}``, which only comments follow."""
    text = document.span.source.text
    end = len(text)
    # A comment after the brace may contain braces.
    for comment in document.comments[::-1]:
        if "}" in text[comment.span.end : end]:
            break
        end = comment.span.start
    return text.rindex("}", 0, end)


class _SnnPrinter(Writer):
    """Write a spec line by line, with its comments."""

    def block(self, entries: Iterable[Entry], depth: int) -> None:
        """Write entries on lines of their own."""
        for entry in entries:
            if entry.head:
                self.entry(entry, depth)
                continue
            above, beside, below = self.remarks.of(entry)
            self.comments(above, depth)
            self.skip_line(entry.span.start)
            self.comments(beside, depth)
            self.block(entry.lines, depth)
            self.comments(below, depth)

    def entry(self, entry: Entry, depth: int) -> None:
        """Write an entry on one line, or on several with its bracket at the end."""
        start = entry.span.start
        end = entry.span.end
        above, beside, below = self.remarks.of(entry)
        comments = (*above, *beside)
        inside = _between(comments, start, end)
        after = _between(comments, end, len(self.source.text))
        opener = inside[: bool(entry.closer)]
        self.comments(_between(comments, 0, start), depth)
        self.comments(inside[len(opener) :], depth)
        text = self.indent * depth + entry.statement
        # People change the properties of `train` one by one (decision 005).
        is_train = entry.key == "train" and depth == 1 and bool(entry.lines)
        is_open = is_train or bool(opener) or self.remarks.inside(entry)
        if entry.closer and (is_open or len(text) > WIDTH):
            self._lines_of(entry, depth, opener)
            self.comments(below, depth + 1)
            self.close(self.indent * depth + entry.closer, after)
        else:
            self.line(text, start, after)
            self.comments(below, depth)

    def _lines_of(
        self, entry: Entry, depth: int, opener: Iterable[tree.Comment]
    ) -> None:
        """Write an entry without its closing bracket.

        The comments ``opener`` go to the end of its first line.
        """
        shared, *rows = _rows(entry)
        head = entry.head + ", ".join(each.statement for each in shared)
        self.line(self.indent * depth + head, entry.span.start, opener)
        self.opened = True
        self.comments(self._around(shared), depth + 1)
        for row in rows:
            self._row(row, depth + 1)

    def _around(self, entries: Iterable[Entry]) -> list[tree.Comment]:
        around = map(self.remarks.of, entries)
        return [c for above, beside, _ in around for c in (*above, *beside)]

    def _row(self, row: Sequence[Entry], depth: int) -> None:
        """Write the items of a list that share a line."""
        first, *others = row
        if not others:
            self.entry(first, depth)
            return
        above, beside, _ = self.remarks.of(first)
        self.comments(above, depth)
        rest = [*beside, *self._around(others)]
        is_last = rest == self.remarks.of(row[-1]).beside
        text = self.indent * depth + ", ".join(each.statement for each in row)
        self.line(text, first.span.start, rest if is_last else ())
        self.comments(() if is_last else rest, depth)

    def close(self, text: str, beside: Iterable[tree.Comment]) -> None:
        """Write a closing bracket, which no blank line precedes."""
        self.opened = True
        self.line(text, 0, beside)


def _rows(entry: Entry) -> list[list[Entry]]:
    """Return the entries on each line inside brackets; the first shares their line.

    A word that would be a statement at the beginning of a line follows the item before.
    """
    rows: list[list[Entry]] = [[]]
    for line in entry.lines:
        if entry.closer == "]" and line.head in BEGINNINGS:
            rows[-1].append(line)
        else:
            rows.append([line])
    return rows


def _between(
    comments: Iterable[tree.Comment], start: int, end: int
) -> list[tree.Comment]:
    return [each for each in comments if start <= each.span.start < end]
