"""Print diagnostics for the terminal, with the lines that they point to."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from snnc.diagnostics.diagnostic import Diagnostic, Fix, Severity
from snnc.source import Span
from snnc.text.tables import cells, printable, quote_code

TAB = 4
WIDEST = 160
_BEFORE = 60


@dataclass(frozen=True, slots=True)
class Mark:
    """A span to underline, and the text next to it."""

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
    """Return a line as shown on screen, and the screen column of each character.

    Tabs advance to the next multiple of four columns. The last entry of the columns is
    the end of the text.
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
    """Yield each marked line, followed by one line of carets per mark."""
    ordered = sorted(marks, key=lambda m: (m.line, not m.primary, m.span.start))
    previous: int | None = None
    for line, group in groupby(ordered, key=lambda m: m.line):
        if previous is not None and line > previous + 1:
            yield Line(is_gap=True)
        previous = line
        yield from _marked_line(line, list(group))


def _marked_line(line: int, marks: list[Mark]) -> Iterator[Line]:
    """Yield a marked line; shorten a long line to the part near its first mark."""
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
    """Underline a mark with at least one caret; stop at the end of the line."""
    size = len(columns) - 1
    last = mark.span.last
    first = min(max(mark.span.first.column - 1 - start, 0), size)
    end = last.column - 1 - start if last.line == mark.line else size
    end = min(max(end, first), size)
    width = max(1, columns[end] - columns[first])
    label = f" {printable(mark.text)}" if mark.text else ""
    return " " * columns[first] + ("^" if mark.primary else "-") * width + label


_COLOURS = {Severity.ERROR: "31", Severity.WARNING: "33"}
_MARGIN_COLOUR = "34"
_HELP_COLOUR = "36"


class _Style:
    """Wraps text in ANSI colours, or leaves it unchanged."""

    def __init__(self, colour: bool) -> None:
        self._colour = colour

    def paint(self, text: str, code: str, bold: bool = True) -> str:
        if not self._colour:
            return text
        return f"\x1b[{'1;' if bold else ''}{code}m{text}\x1b[0m"


def describe_fix(fix: Fix) -> str:
    """Describe a fix in one phrase."""
    old, new = fix.span.text.strip(), fix.replacement.strip()
    if old and new:
        return f"replace {quote_code(old)} with {quote_code(new)}"
    if old or new:
        return f"insert {quote_code(new)}" if new else f"remove {quote_code(old)}"
    return "break the line" if "\n" in fix.replacement else "join the lines"


def render(diagnostics: Sequence[Diagnostic], *, colour: bool = False) -> str:
    """Return diagnostics as text, with source lines and a final line of totals.

    Parameters
    ----------
    diagnostics
        The diagnostics, in output order.
    colour
        Whether to use ANSI colours.

    Returns
    -------
    str
        The text, which ends with a line end; empty without diagnostics.
    """
    if not diagnostics:
        return ""
    style = _Style(colour)
    blocks = ["\n".join(_block(d, style)) + "\n" for d in diagnostics]
    return "\n".join([*blocks, _summary(diagnostics, style)]) + "\n"


def _block(diagnostic: Diagnostic, style: _Style) -> Iterator[str]:
    colour = _COLOURS[diagnostic.severity]
    head = style.paint(f"{diagnostic.severity.value}[{diagnostic.code}]", colour)
    yield f"{head}: {diagnostic.render_message()}"
    shown = {mark.span: list(snippet(same)) for mark, *same in _by_file(diagnostic)}
    lines = [line for snippets in shown.values() for line in snippets]
    margin = max((len(line.number) for line in lines), default=1)
    for index, (span, own) in enumerate(shown.items()):
        arrow = ":::" if index else "-->"
        yield f"{style.paint(' ' * margin + arrow, _MARGIN_COLOUR)} {_place(span)}"
        if own:
            yield style.paint(f"{' ' * margin} |", _MARGIN_COLOUR)
        yield from (_format_line(line, margin, colour, style) for line in own)
    yield from _footer(diagnostic, margin, style)


def _place(span: Span) -> str:
    """Return a position as text; an error about a whole file has no line."""
    name, start = printable(span.source.name), span.first
    return f"{name}:{start.line}:{start.column}" if span.source.text else name


def _format_line(line: Line, margin: int, colour: str, style: _Style) -> str:
    if line.is_gap:
        return style.paint("...", _MARGIN_COLOUR)
    bar = style.paint(f"{line.number:>{margin}} |", _MARGIN_COLOUR)
    text = style.paint(line.text, colour) if line.is_carets else line.text
    return f"{bar} {text}".rstrip()


def _by_file(diagnostic: Diagnostic) -> Iterator[tuple[Mark, ...]]:
    """Yield the marks of each file: the main mark, and others with lines to show."""
    marks: dict[int, list[Mark]] = {}
    for mark in _marks(diagnostic):
        marks.setdefault(id(mark.span.source), []).append(mark)
    for same in marks.values():
        yield same[0], *(same if same[0].span.source.text else ())


def _marks(diagnostic: Diagnostic) -> list[Mark]:
    marks = [Mark(diagnostic.span, diagnostic.render_label(), primary=True)]
    marks += [Mark(r.span, r.text, primary=False) for r in diagnostic.related]
    return marks


def _footer(diagnostic: Diagnostic, margin: int, style: _Style) -> Iterator[str]:
    equals = style.paint(f"{' ' * margin} =", _MARGIN_COLOUR)
    for note in diagnostic.render_notes():
        yield f"{equals} note: {note}"
    if help_text := diagnostic.render_help():
        yield f"{equals} {style.paint('help', _HELP_COLOUR)}: {help_text}"
    elif diagnostic.fix is not None:
        fix = describe_fix(diagnostic.fix)
        yield f"{equals} {style.paint('fix', _HELP_COLOUR)}: {fix}"


def _summary(diagnostics: Sequence[Diagnostic], style: _Style) -> str:
    parts = []
    for severity in Severity:
        count = sum(d.severity is severity for d in diagnostics)
        if count:
            plural = "" if count == 1 else "s"
            text = f"{count} {severity.value}{plural}"
            parts.append(style.paint(text, _COLOURS[severity]))
    return ", ".join(parts)
