"""Write diagnostics for programs: JSON, GitHub annotations, and SARIF 2.1.0.

JSON is the output of ``snnc check --format json``, version 1. Annotations are workflow
commands of GitHub Actions. SARIF is an OASIS exchange format for code scanners:
https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

import hashlib
import inspect
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import quote

from snnc import __version__
from snnc.diagnostics.diagnostic import Diagnostic, Fix, Label, Severity
from snnc.diagnostics.diagnostic_text import describe_fix
from snnc.source import DOCUMENTATION, Position, Span, repository_around
from snnc.text.display import Json
from snnc.text.tables import printable

VERSION = 1


def document(diagnostics: Sequence[Diagnostic]) -> Json:
    """Convert diagnostics to plain data for ``json.dumps``.

    Lines and columns are counted from 1. An end is the position after the last
    character. The label and the help may be empty.
    """
    return {"version": VERSION, "diagnostics": [_json_entry(d) for d in diagnostics]}


def _json_entry(diagnostic: Diagnostic) -> Json:
    return {
        "code": diagnostic.code,
        "severity": diagnostic.severity.value,
        "message": diagnostic.render_message(),
        **_json_place(diagnostic.span),
        "label": diagnostic.render_label(),
        "notes": list(diagnostic.render_notes()),
        "help": diagnostic.render_help(),
        "related": [
            {"message": printable(label.text), **_json_place(label.span)}
            for label in diagnostic.related
        ],
        "fix": None if diagnostic.fix is None else _json_fix(diagnostic.fix),
    }


def _json_place(span: Span) -> Json:
    return {
        "file": span.source.name,
        "line": span.first.line,
        "column": span.first.column,
        "end_line": span.last.line,
        "end_column": span.last.column,
    }


def _json_fix(fix: Fix) -> Json:
    return {
        "description": describe_fix(fix),
        "start": _json_position(fix.span.first),
        "end": _json_position(fix.span.last),
        "replacement": fix.replacement,
        "unsafe": fix.unsafe,
    }


def _json_position(position: Position) -> dict[str, int]:
    return {"line": position.line, "column": position.column}


MOST_ANNOTATIONS = 10
"""GitHub shows the first ten annotations of a step and drops the others."""
SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/"
    "sarif-schema-2.1.0.json"
)


def repository_path(name: str) -> str:
    """Return the POSIX path of a file relative to its repository.

    The repository is the nearest parent folder with ``.git`` or ``pyproject.toml``.
    Without a repository, the path is relative to the current folder, or unchanged if it
    is outside this folder.
    """
    path = Path(os.path.abspath(name))
    repository = repository_around(path.parent) or Path.cwd()
    if repository not in path.parents:
        return name
    return path.relative_to(repository).as_posix()


def github_commands(diagnostics: Sequence[Diagnostic]) -> Iterator[str]:
    """Yield a workflow command, in one line, for each of the first ten diagnostics.

    Errors come before warnings, so that errors are among the ten. If there are more
    diagnostics, the last line gives their number.
    """
    ordered = sorted(diagnostics, key=lambda d: d.severity is not Severity.ERROR)
    for diagnostic in ordered[:MOST_ANNOTATIONS]:
        yield _command(diagnostic)
    more = len(ordered) - MOST_ANNOTATIONS
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
    """Return the lines; add columns only for a single line, as GitHub requires."""
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


def sarif_document(diagnostics: Sequence[Diagnostic]) -> Json:
    """Convert diagnostics to a SARIF log of one run, for ``json.dumps``.

    Columns count Unicode code points from 1. An end is the position after the last
    character. Paths are relative to the repository. Only rules with results are listed,
    each with its documentation page as help.
    """
    kinds = sorted({type(d) for d in diagnostics}, key=lambda kind: kind.code)
    rules = {kind: number for number, kind in enumerate(kinds)}
    driver = {
        "name": "snnc",
        "version": __version__,
        "rules": [_rule(kind) for kind in kinds],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [
            _result(d, rules[type(d)], mark)
            for d, mark in zip(diagnostics, fingerprints(diagnostics), strict=True)
        ],
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(kind: type[Diagnostic]) -> Json:
    page = inspect.cleandoc(kind.__doc__ or "")
    return {
        "id": kind.code,
        "name": kind.__name__,
        "shortDescription": {"text": kind.title},
        "fullDescription": {"text": " ".join(page.split("\n\n")[0].split())},
        "help": {"text": page, "markdown": page},
        "helpUri": f"{DOCUMENTATION}rules/{kind.code}.html",
        "defaultConfiguration": {"level": kind.severity.value},
    }


def fingerprints(diagnostics: Sequence[Diagnostic]) -> Iterator[str]:
    """Yield a fingerprint of each diagnostic that does not depend on other lines.

    The fingerprint consists of the code, the file and the text of the line without
    spaces. A number is added if several diagnostics of a file would have the same
    fingerprint.
    """
    seen: Counter[str] = Counter()
    for diagnostic in diagnostics:
        source = diagnostic.span.source
        lines = source.text.split("\n")
        line = "".join(lines[diagnostic.span.first.line - 1].split())
        said = "\0".join((diagnostic.code, repository_path(source.name), line))
        mark = hashlib.sha256(said.encode("utf-8", "surrogateescape")).hexdigest()[:16]
        seen[mark] += 1
        yield f"{mark}:{seen[mark]}"


def _result(diagnostic: Diagnostic, rule: int, mark: str) -> Json:
    help_text = diagnostic.render_help()
    said = [diagnostic.render_message(), *diagnostic.render_notes()]
    result: Json = {
        "ruleId": diagnostic.code,
        "ruleIndex": rule,
        "level": diagnostic.severity.value,
        "message": {"text": "\n".join([*said, *([help_text] if help_text else [])])},
        "locations": [{"physicalLocation": _place(diagnostic.span)}],
        "partialFingerprints": {"snnc/v1": mark},
    }
    if diagnostic.related:
        result["relatedLocations"] = [_related_location(r) for r in diagnostic.related]
    if diagnostic.fix is not None:
        result["fixes"] = [_fix(diagnostic.fix)]
    return result


def _artifact(span: Span) -> dict[str, str]:
    return {"uri": quote(os.fsencode(repository_path(span.source.name)))}


def _place(span: Span) -> Json:
    return {"artifactLocation": _artifact(span), "region": _region(span)}


def _region(span: Span) -> dict[str, int]:
    return {
        "startLine": span.first.line,
        "startColumn": span.first.column,
        "endLine": span.last.line,
        "endColumn": span.last.column,
    }


def _related_location(label: Label) -> Json:
    return {
        "physicalLocation": _place(label.span),
        "message": {"text": printable(label.text)},
    }


def _fix(fix: Fix) -> Json:
    replacement = {
        "deletedRegion": _region(fix.span),
        "insertedContent": {"text": fix.replacement},
    }
    change = {
        "artifactLocation": _artifact(fix.span),
        "replacements": [replacement],
    }
    return {"artifactChanges": [change]}
