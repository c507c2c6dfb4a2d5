"""Diagnostics for the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from snnc.diagnostics.diagnostic import Diagnostic, Fix, Severity
from snnc.diagnostics.snippet import Mark, snippet
from snnc.source.printable import printable, quoted

_COLOURS = {Severity.ERROR: "31", Severity.WARNING: "33"}
_MARGIN_COLOUR = "34"
_HELP_COLOUR = "36"


class _Style:
    """Wraps text in ANSI colours, or leaves it as it is."""

    def __init__(self, colour: bool) -> None:
        self._colour = colour

    def paint(self, text: str, code: str, bold: bool = True) -> str:
        if not self._colour:
            return text
        return f"\x1b[{'1;' if bold else ''}{code}m{text}\x1b[0m"


def describe_fix(fix: Fix) -> str:
    """What a fix does, in one phrase."""
    old, new = fix.span.text.strip(), fix.replacement.strip()
    if old and new:
        return f"replace {quoted(old)} by {quoted(new)}"
    if old or new:
        return f"insert {quoted(new)}" if new else f"remove {quoted(old)}"
    return "break the line" if "\n" in fix.replacement else "join the lines"


def render(diagnostics: Sequence[Diagnostic], *, colour: bool = False) -> str:
    """Write diagnostics with their source lines, and a last line that counts them.

    Parameters
    ----------
    diagnostics
        In the order in which they are to be shown.
    colour
        Whether to use ANSI colours.

    Returns
    -------
    str
        Text that ends with a line end, or nothing if there are no diagnostics.
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
    lines = list(snippet(_marks(diagnostic))) if diagnostic.span.source.text else []
    margin = max((len(line.number) for line in lines), default=1)
    start = diagnostic.span.first
    arrow = style.paint(f"{' ' * margin}-->", _MARGIN_COLOUR)
    name = printable(diagnostic.span.source.name)
    # What is wrong with a file as a whole has no line.
    yield f"{arrow} {name}:{start.line}:{start.column}" if lines else f"{arrow} {name}"
    if lines:
        yield style.paint(f"{' ' * margin} |", _MARGIN_COLOUR)
    for line in lines:
        if line.is_gap:
            yield style.paint("...", _MARGIN_COLOUR)
            continue
        bar = style.paint(f"{line.number:>{margin}} |", _MARGIN_COLOUR)
        shown = style.paint(line.text, colour) if line.is_carets else line.text
        yield f"{bar} {shown}".rstrip()
    yield from _footer(diagnostic, margin, style)


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
