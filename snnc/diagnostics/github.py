"""Diagnostics as annotations: the workflow commands of GitHub Actions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from snnc.diagnostics.diagnostic import Diagnostic, Severity
from snnc.diagnostics.place import repository_path
from snnc.text.printable import printable

MOST = 10
"""GitHub shows the first ten annotations of a step and drops the others."""


def commands(diagnostics: Sequence[Diagnostic]) -> Iterator[str]:
    """Yield a workflow command, one line, for each of the first ten diagnostics.

    Errors come before warnings, so that what stops a build is among the ten. If
    there are more, the last line says how many.
    """
    ordered = sorted(diagnostics, key=lambda d: d.severity is not Severity.ERROR)
    for diagnostic in ordered[:MOST]:
        yield _command(diagnostic)
    more = len(ordered) - MOST
    if more > 0:
        yield f"::notice title=snnc::{more} more: run `snnc check` to see them all"


def _command(diagnostic: Diagnostic) -> str:
    values = {
        "file": printable(repository_path(diagnostic.span.source.name)),
        **_lines(diagnostic),
    }
    values["title"] = f"{diagnostic.code}: {diagnostic.title}"
    properties = ",".join(f"{key}={_property(v)}" for key, v in values.items())
    help_text = diagnostic.render_help()
    said = [diagnostic.render_message(), *diagnostic.render_notes()]
    message = "\n".join([*said, *([f"help: {help_text}"] if help_text else [])])
    return f"::{diagnostic.severity.value} {properties}::{_data(message)}"


def _lines(diagnostic: Diagnostic) -> dict[str, str]:
    """Lines, and columns only within one: GitHub refuses them across lines."""
    first, last = diagnostic.span.first, diagnostic.span.last
    lines = {"line": str(first.line), "endLine": str(last.line)}
    if first.line != last.line:
        return lines
    return {**lines, "col": str(first.column), "endColumn": str(last.column)}


def _data(text: str) -> str:
    """Escape a message (``escapeData`` in actions/toolkit, core/src/command.ts)."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """Escape a property (``escapeProperty`` in the same file)."""
    return _data(text).replace(":", "%3A").replace(",", "%2C")
