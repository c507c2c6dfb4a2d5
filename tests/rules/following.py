"""Follow a help, as a user would."""

import re

from snnc.diagnostics import Diagnostic, Severity
from snnc.language.keywords import KEYS
from tests.rules.checking import check_text

TOLD = re.compile(r"write (?:[a-z, ]*, )?`([a-z_0-9]+) ([^`]*)`")


def errors(text: str) -> list[Diagnostic]:
    found = check_text(text).diagnostics
    return [d for d in found if d.severity is Severity.ERROR]


def suggestion(found: Diagnostic) -> tuple[str, str] | None:
    """Return the property that a help suggests, if it suggests one."""
    match = TOLD.search(found.help)
    return (match[1], match[2]) if match and match[1] in KEYS else None


def line_of(text: str, found: Diagnostic) -> slice:
    """Return where the line is that a diagnostic points at."""
    start = text.rfind("\n", 0, found.span.start) + 1
    return slice(start, text.find("\n", start))


def replaces(text: str, found: Diagnostic, key: str) -> bool:
    """Return whether the help suggests another value for a property of the line."""
    line = text[line_of(text, found)]
    return " in `" not in found.help and f" {key} " in line and "{" in line


def follow(text: str, found: Diagnostic, key: str, value: str) -> None:
    """Write a property of the statement as the help says: no error is left."""
    place = line_of(text, found)
    line = text[place]
    old = re.compile(rf"\b{key}\b( (\[.*?\]|[^,{{}}\n]*?))?(?= *[,}}]|$)")
    if old.search(line):
        line = old.sub(f"{key} {value}", line)
    elif "{" in line:
        line = line.replace("{ ", f"{{ {key} {value}, ", 1)
    else:
        line = f"{line} {{ {key} {value} }}"
    fixed = text[: place.start] + line + text[place.stop :]
    assert errors(fixed) == [], f"{found.help}\n{fixed}"
