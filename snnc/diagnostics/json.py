"""Diagnostics for programs: the format of ``snnc check --format json``, version 1."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from snnc.diagnostics.diagnostic import Diagnostic, Fix
from snnc.diagnostics.text import describe_fix
from snnc.source import Position

VERSION = 1


def document(diagnostics: Sequence[Diagnostic]) -> dict[str, Any]:
    """Make plain data of diagnostics, ready for ``json.dumps``.

    Lines and columns count from 1, an end is the position behind the last
    character. A diagnostic's help is the last of its notes.
    """
    return {"version": VERSION, "diagnostics": [_entry(d) for d in diagnostics]}


def _entry(diagnostic: Diagnostic) -> dict[str, Any]:
    first, last = diagnostic.span.first, diagnostic.span.last
    help_text = diagnostic.render_help()
    return {
        "code": diagnostic.code,
        "severity": diagnostic.severity.value,
        "message": diagnostic.render_message(),
        "file": diagnostic.span.source.name,
        "line": first.line,
        "column": first.column,
        "end_line": last.line,
        "end_column": last.column,
        "notes": [*diagnostic.render_notes(), *([help_text] if help_text else [])],
        "fix": None if diagnostic.fix is None else _fix(diagnostic.fix),
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
