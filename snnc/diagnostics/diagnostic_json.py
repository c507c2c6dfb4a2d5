"""Diagnostics for programs: the format of ``snnc check --format json``, version 1."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from snnc.diagnostics.diagnostic import Diagnostic, Fix, Label
from snnc.diagnostics.diagnostic_text import describe_fix
from snnc.source import Position, Span
from snnc.text.printable import printable

VERSION = 1


def document(diagnostics: Sequence[Diagnostic]) -> dict[str, Any]:
    """Make plain data of diagnostics, ready for ``json.dumps``.

    Lines and columns count from 1, an end is the position behind the last
    character. Label and help are empty where there is none.
    """
    return {"version": VERSION, "diagnostics": [_entry(d) for d in diagnostics]}


def _entry(diagnostic: Diagnostic) -> dict[str, Any]:
    return {
        "code": diagnostic.code,
        "severity": diagnostic.severity.value,
        "message": diagnostic.render_message(),
        **_place(diagnostic.span),
        "label": diagnostic.render_label(),
        "notes": list(diagnostic.render_notes()),
        "help": diagnostic.render_help(),
        "related": [_related(label) for label in diagnostic.related],
        "fix": None if diagnostic.fix is None else _fix(diagnostic.fix),
    }


def _related(label: Label) -> dict[str, Any]:
    return {"message": printable(label.text), **_place(label.span)}


def _place(span: Span) -> dict[str, Any]:
    return {
        "file": span.source.name,
        "line": span.first.line,
        "column": span.first.column,
        "end_line": span.last.line,
        "end_column": span.last.column,
    }


def _fix(fix: Fix) -> dict[str, Any]:
    return {
        "description": describe_fix(fix),
        "start": _position(fix.span.first),
        "end": _position(fix.span.last),
        "replacement": fix.replacement,
        "unsafe": fix.unsafe,
    }


def _position(position: Position) -> dict[str, int]:
    return {"line": position.line, "column": position.column}
