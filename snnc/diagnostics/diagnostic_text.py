"""Print diagnostics for the terminal, with the lines that they point to."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from snnc.diagnostics import Diagnostic, Fix, Label, Severity
from snnc.source import SourceFile, Span
from snnc.text.tables import cells, counted, printable, quote_code

TAB = 4
WIDEST = 160
_BEFORE = 60


Paint = Callable[[str, str], str]
"""Wraps text in an ANSI colour, or leaves it unchanged."""
_COLOURS = {Severity.ERROR: "31", Severity.WARNING: "33"}
_MARGIN_COLOUR = "34"
_HELP_COLOUR = "36"


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


def _carets(label: Label, columns: list[int], start: int, caret: str) -> str:
    """Underline a label with at least one caret; stop at the end of the line."""
    size = len(columns) - 1
    begin = label.span.first
    last = label.span.last
    first = min(max(begin.column - 1 - start, 0), size)
    end = last.column - 1 - start if last.line == begin.line else size
    end = min(max(end, first), size)
    width = max(1, columns[end] - columns[first])
    text = f" {printable(label.text)}" if label.text else ""
    return " " * columns[first] + caret * width + text


def _paint(text: str, code: str) -> str:
    return f"\x1b[1;{code}m{text}\x1b[0m"


def describe_fix(fix: Fix) -> str:
    """Describe a fix in one phrase."""
    old = fix.span.text.strip()
    new = fix.replacement.strip()
    if old and new:
        return f"replace {quote_code(old)} with {quote_code(new)}"
    if old or new:
        return f"insert {quote_code(new)}" if new else f"remove {quote_code(old)}"
    # Only spaces and line ends change.
    return "break the line" if "\n" in fix.replacement else "join the lines"


def render(diagnostics: Sequence[Diagnostic], *, colour: bool = False) -> str:
    """Return diagnostics as text, with source lines and a final line of totals.

    The text ends with a line end; it is empty without diagnostics. With ``colour``, it
    contains ANSI colours.
    """
    if not diagnostics:
        return ""
    paint: Paint = _paint if colour else lambda text, _: text
    blocks = ["\n".join(_block(d, paint)) + "\n" for d in diagnostics]
    return "\n".join([*blocks, _summary(diagnostics, paint)]) + "\n"


def _block(diagnostic: Diagnostic, paint: Paint) -> Iterator[str]:
    colour = _COLOURS[diagnostic.severity]
    head = paint(f"{diagnostic.severity}[{diagnostic.code}]", colour)
    yield f"{head}: {diagnostic.message}"
    main = Label(diagnostic.span, diagnostic.label)
    by_file: dict[SourceFile, list[Label]] = {}
    for label in (main, *diagnostic.related):
        by_file.setdefault(label.span.source, []).append(label)
    # The line numbers of all files have the same width.
    lines = [
        label.span.first.line
        for source, labels in by_file.items()
        for label in labels
        if source.text
    ]
    margin = len(str(max(lines, default=1)))
    blank = " " * margin
    arrow = "-->"
    for source, labels in by_file.items():
        yield f"{paint(blank + arrow, _MARGIN_COLOUR)} {_place(labels[0].span)}"
        arrow = ":::"
        if source.text:
            yield from _snippet(labels, main, margin, colour, paint)
    for word, text in _remarks(diagnostic, paint):
        yield f"{paint(f'{blank} =', _MARGIN_COLOUR)} {word}: {text}"


def _remarks(diagnostic: Diagnostic, paint: Paint) -> Iterator[tuple[str, str]]:
    """Yield the notes, then the help or, without one, the fix; each with its label."""
    for note in diagnostic.notes:
        yield "note", note
    if help_text := diagnostic.help:
        yield paint("help", _HELP_COLOUR), help_text
    elif diagnostic.fix is not None:
        yield paint("fix", _HELP_COLOUR), describe_fix(diagnostic.fix)


def _snippet(
    labels: list[Label], main: Label, margin: int, colour: str, paint: Paint
) -> Iterator[str]:
    """Yield each line with labels, followed by one line of carets per label.

    A long line is shortened to the part near its first label.
    """
    bar = paint(f"{' ' * margin} |", _MARGIN_COLOUR)
    yield bar
    # The carets of the main label come directly below their line.
    labels = sorted(labels, key=lambda label: (label is not main, label.span.start))
    numbers = sorted({label.span.first.line for label in labels})
    for number, previous in zip(numbers, [numbers[0], *numbers], strict=False):
        if number > previous + 1:
            yield paint("...", _MARGIN_COLOUR)
        here = [label for label in labels if label.span.first.line == number]
        text = here[0].span.source.line_text(number)
        start = 0
        if len(text) > WIDEST:
            column = here[0].span.first.column - 1
            start = max(0, min(column - _BEFORE, len(text) - WIDEST))
            text = text[start : start + WIDEST]
        shown, columns = expand(text)
        left = paint(f"{number:>{margin}} |", _MARGIN_COLOUR)
        yield f"{left} {shown.rstrip()}".rstrip()
        for label in here:
            carets = _carets(label, columns, start, "^" if label is main else "-")
            yield f"{bar} {paint(carets, colour)}"


def _place(span: Span) -> str:
    """Return a position as text; an error about a whole file has no line."""
    name = printable(span.source.name)
    start = span.first
    return f"{name}:{start.line}:{start.column}" if span.source.text else name


def _summary(diagnostics: Sequence[Diagnostic], paint: Paint) -> str:
    counts = Counter(diagnostic.severity for diagnostic in diagnostics)
    return ", ".join(
        paint(counted(counts[severity], severity.value), colour)
        for severity, colour in _COLOURS.items()
        if severity in counts
    )
