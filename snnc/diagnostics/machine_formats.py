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

from snnc.diagnostics import Diagnostic, Severity
from snnc.diagnostics.diagnostic_text import describe_fix
from snnc.source import DOCUMENTATION, Span, repository_around
from snnc.text.display import Json
from snnc.text.tables import printable
from snnc.text.version import __version__

VERSION = 1
_JSON_ENDS = ("line", "column", "end_line", "end_column")
_SARIF_ENDS = ("startLine", "startColumn", "endLine", "endColumn")


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
        "message": diagnostic.message,
        **_json_place(diagnostic.span),
        "label": diagnostic.label,
        "notes": list(diagnostic.notes),
        "help": diagnostic.help,
        "related": [
            {"message": printable(label.text), **_json_place(label.span)}
            for label in diagnostic.related
        ],
        "fix": None
        if (fix := diagnostic.fix) is None
        else {
            "description": describe_fix(fix),
            "start": fix.span.first._asdict(),
            "end": fix.span.last._asdict(),
            "replacement": fix.replacement,
            "unsafe": fix.unsafe,
        },
    }


def _json_place(span: Span) -> Json:
    return {"file": span.source.name} | _ends(span, _JSON_ENDS)


def _ends(span: Span, names: Sequence[str]) -> Json:
    return dict(zip(names, (*span.first, *span.last), strict=True))


DATA = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
"""How GitHub escapes a message: ``escapeData`` in actions/toolkit, command.ts."""
PROPERTY = DATA | str.maketrans({":": "%3A", ",": "%2C"})
"""How GitHub escapes a property: ``escapeProperty`` in the same file."""
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
    first = diagnostic.span.first
    last = diagnostic.span.last
    values: dict[str, object] = {
        "file": printable(repository_path(diagnostic.file)),
        "line": first.line,
        "endLine": last.line,
    }
    if first.line == last.line:  # GitHub requires this
        values |= {"col": first.column, "endColumn": last.column}
    values["title"] = f"{diagnostic.code}: {diagnostic.title}"
    escaped = {key: str(value).translate(PROPERTY) for key, value in values.items()}
    properties = ",".join(f"{key}={value}" for key, value in escaped.items())
    message = _all_texts(diagnostic, "help: ").translate(DATA)
    return f"::{diagnostic.severity.value} {properties}::{message}"


def _all_texts(diagnostic: Diagnostic, before_help: str = "") -> str:
    """Return the message, the notes and the help, one per line."""
    texts = [diagnostic.message, *diagnostic.notes]
    if help_text := diagnostic.help:
        texts.append(f"{before_help}{help_text}")
    return "\n".join(texts)


def sarif_document(diagnostics: Sequence[Diagnostic]) -> Json:
    """Convert diagnostics to a SARIF log of one run, for ``json.dumps``.

    Columns count Unicode code points from 1. An end is the position after the last
    character. Paths are relative to the repository. Only rules with results are listed,
    each with its documentation page as help.
    """
    kinds = sorted({type(d) for d in diagnostics}, key=lambda kind: kind.code)
    rules = [_rule(kind) for kind in kinds]
    driver = {"name": "snnc", "version": __version__, "rules": rules}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [
            _result(d, kinds.index(type(d)), mark)
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
        line = "".join(diagnostic.span.source.line_text(diagnostic.line).split())
        identity = "\0".join((diagnostic.code, repository_path(diagnostic.file), line))
        data = identity.encode("utf-8", "surrogateescape")
        mark = hashlib.sha256(data).hexdigest()[:16]
        seen[mark] += 1
        yield f"{mark}:{seen[mark]}"


def _result(diagnostic: Diagnostic, rule: int, mark: str) -> Json:
    result: Json = {
        "ruleId": diagnostic.code,
        "ruleIndex": rule,
        "level": diagnostic.severity.value,
        "message": {"text": _all_texts(diagnostic)},
        "locations": [{"physicalLocation": _place(diagnostic.span)}],
        "partialFingerprints": {"snnc/v1": mark},
    }
    if diagnostic.related:
        result["relatedLocations"] = [
            {
                "physicalLocation": _place(label.span),
                "message": {"text": printable(label.text)},
            }
            for label in diagnostic.related
        ]
    if (fix := diagnostic.fix) is not None:
        place = _place(fix.span)
        replacement = {
            "deletedRegion": place.pop("region"),
            "insertedContent": {"text": fix.replacement},
        }
        result["fixes"] = [
            {"artifactChanges": [{**place, "replacements": [replacement]}]}
        ]
    return result


def _place(span: Span) -> Json:
    # Bytes, because the name of a file need not be UTF-8.
    uri = quote(os.fsencode(repository_path(span.source.name)))
    return {"artifactLocation": {"uri": uri}, "region": _ends(span, _SARIF_ENDS)}
