"""Source lines with carets: what the terminal shows of a file."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from snnc.source import Span
from snnc.source.printable import cells, printable

TAB = 4
WIDEST = 160
_BEFORE = 60


@dataclass(frozen=True, slots=True)
class Mark:
    """A place to underline, and the words beside it."""

    span: Span
    text: str
    primary: bool

    @property
    def line(self) -> int:
        return self.span.first.line


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a snippet: source text, carets, or a gap between lines."""

    number: str = ""
    text: str = ""
    is_carets: bool = False
    is_gap: bool = False


def _width(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def expand(text: str) -> tuple[str, list[int]]:
    """Return a line as it is shown, and the screen column where each character begins.

    Tabs go to the next multiple of four columns. The columns have one entry more
    than the text has characters: where it ends.
    """
    shown: list[str] = []
    columns = [0]
    for character, cell in zip(text, cells(text), strict=True):
        at = columns[-1]
        if character == "\t":
            cell = " " * (TAB - at % TAB)
        shown.append(cell)
        columns.append(at + sum(map(_width, cell)))
    return "".join(shown), columns


def snippet(marks: Iterable[Mark]) -> Iterator[Line]:
    """Show each marked line, and below it one line of carets for each of its marks."""
    ordered = sorted(marks, key=lambda m: (m.line, not m.primary, m.span.start))
    previous: int | None = None
    for line, group in groupby(ordered, key=lambda m: m.line):
        if previous is not None and line > previous + 1:
            yield Line(is_gap=True)
        previous = line
        yield from _marked_line(line, list(group))


def _marked_line(line: int, marks: list[Mark]) -> Iterator[Line]:
    """Show a line; of a very long one only what is near its first mark."""
    text = marks[0].span.source.line_text(line)
    start = 0
    if len(text) > WIDEST:
        column = marks[0].span.first.column - 1
        start = max(0, min(column - _BEFORE, len(text) - WIDEST))
        text = text[start : start + WIDEST]
    shown, columns = expand(text)
    yield Line(number=str(line), text=shown.rstrip())
    for mark in marks:
        yield Line(text=_carets(mark, columns, start), is_carets=True)


def _carets(mark: Mark, columns: list[int], start: int) -> str:
    """Underline a mark, at least by one caret; to the line's end if it goes on."""
    size = len(columns) - 1
    last = mark.span.last
    first = min(max(mark.span.first.column - 1 - start, 0), size)
    end = last.column - 1 - start if last.line == mark.line else size
    end = min(max(end, first), size)
    width = max(1, columns[end] - columns[first])
    label = f" {printable(mark.text)}" if mark.text else ""
    return " " * columns[first] + ("^" if mark.primary else "-") * width + label
