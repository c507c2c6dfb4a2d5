"""Follow a help, as a user would."""

from __future__ import annotations

import re

from snnc.diagnostics import Diagnostic, Severity
from snnc.language.keywords import KEYS
from tests.rules.checking import check_text

TOLD = re.compile(r"write (?:[a-z, ]*, )?`([a-z_0-9]+) ([^`]*)`")


def suggestion(found: Diagnostic) -> tuple[str, str] | None:
    """Return the property that a help suggests, if it suggests one."""
    match = TOLD.search(found.render_help())
    return (match[1], match[2]) if match and match[1] in KEYS else None


def replaces(text: str, found: Diagnostic, key: str) -> bool:
    """Return whether the help suggests another value for a property of the line."""
    start = text.rfind("\n", 0, found.span.start) + 1
    line = text[start : text.find("\n", start)]
    return " in `" not in found.render_help() and f" {key} " in line and "{" in line


def write_property(text: str, found: Diagnostic, key: str, value: str) -> str:
    """Return the text with a new value for a property of the statement."""
    start = text.rfind("\n", 0, found.span.start) + 1
    stop = text.find("\n", start)
    line = text[start:stop]
    old = re.compile(rf"\b{key}\b( (\[.*?\]|[^,{{}}\n]*?))?(?= *[,}}]|$)")
    if old.search(line):
        line = old.sub(f"{key} {value}", line)
    elif "{" in line:
        line = line.replace("{ ", f"{{ {key} {value}, ", 1)
    else:
        line = f"{line} {{ {key} {value} }}"
    return text[:start] + line + text[stop:]


def errors(text: str) -> list[Diagnostic]:
    found = check_text(text).diagnostics
    return [d for d in found if d.severity is Severity.ERROR]


def assert_followed(text: str, found: Diagnostic) -> None:
    """Write the property that a help suggests, if any: no error is left."""
    said = suggestion(found)
    if said is not None and replaces(text, found, said[0]):
        mended = write_property(text, found, *said)
        assert errors(mended) == [], f"{found.render_help()}\n{mended}"
