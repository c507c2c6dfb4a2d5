"""Source lines with carets: what the terminal shows of a file."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from snnc.source import Span

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


def visible(text: str) -> str:
    """Text without characters that would move or colour a terminal."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def _width(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def expand(text: str) -> tuple[str, list[int]]:
    """A line as it is shown, and the screen column at which each character begins.

    Tabs go to the next multiple of four columns. The columns have one entry more
    than the text has characters: where it ends.
    """
    shown: list[str] = []
    columns = [0]
    for character in text:
        at = columns[-1]
        if character == "\t":
            width = TAB - at % TAB
            shown.append(" " * width)
        else:
            clean = visible(character)
            width = _width(clean)
            shown.append(clean)
        columns.append(at + width)
    return "".join(shown), columns


def snippet(marks: Iterable[Mark]) -> Iterator[tuple[str, str, bool]]:
    """The lines of a snippet: line number or nothing, text, and whether it is carets.

    Each marked line is followed by one line for each of its marks; ``...`` stands
    for lines left out.
    """
    ordered = sorted(marks, key=lambda m: (m.line, not m.primary, m.span.start))
    previous: int | None = None
    for mark in ordered:
        if mark.line != previous:
            if previous is not None and mark.line > previous + 1:
                yield "...", "", False
            yield str(mark.line), _line(mark), False
        previous = mark.line
        yield "", _carets(mark), True


def _window(mark: Mark) -> tuple[str, int]:
    """The part of a mark's line that is shown, and where it begins."""
    text = mark.span.source.line_text(mark.line)
    if len(text) <= WIDEST:
        return text, 0
    start = max(0, min(mark.span.first.column - 1 - _BEFORE, len(text) - WIDEST))
    return text[start : start + WIDEST], start


def _line(mark: Mark) -> str:
    return expand(_window(mark)[0])[0].rstrip()


def _carets(mark: Mark) -> str:
    text, start = _window(mark)
    columns = expand(text)[1]
    first = mark.span.first.column - 1 - start
    last = mark.span.last
    end = last.column - 1 - start if last.line == mark.line else len(text)
    end = min(max(end, first), len(text))
    width = max(1, columns[end] - columns[min(first, len(text))])
    sign = "^" if mark.primary else "-"
    label = f" {visible(mark.text)}" if mark.text else ""
    return " " * columns[min(first, len(text))] + sign * width + label
