"""The one true layout, of a whole text or of some lines."""

from __future__ import annotations

from snnc.diagnostics import Report
from snnc.language_server.edits import Edit, between
from snnc.passes.parse import parse
from snnc.source import SourceFile
from snnc.syntax.formatted import formatted


def layout(source: SourceFile, lines: range | None = None) -> tuple[Edit, ...]:
    """What `snnc fmt` changes; nothing where the text has a syntax error.

    Parameters
    ----------
    lines
        The lines to change, counted from 1; None for all.
    """
    report = Report()
    document = parse(source, report)
    if report.errors:
        return ()
    found = between(source, formatted(document))
    return tuple(edit for edit in found if lines is None or _touches(edit, lines))


def _touches(edit: Edit, lines: range) -> bool:
    first = edit.span.first.line
    # What ends with a line's end does not touch the line below.
    end = max(edit.span.start, edit.span.end - 1)
    last = edit.span.source.line_column(end)[0]
    return first < lines.stop and last >= lines.start
