"""What a text quotes of a spec, in YAML.

Notes and helps are written once, with ``.snn`` such as `` `stride 2` ``. For
the author of a YAML file these are parsed and printed as the YAML formatter does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from snnc.language.keywords import CLAUSES, HEADERS, KEYS, KINDS
from snnc.syntax.entries import LAYERS, Entry, property_entry, statement_entry
from snnc.syntax.snn import parse_statement

_QUOTED = re.compile(r"`([^`]+)`")
_HEADER = re.compile(r"(?:snn \d+|network \w+)(?= \{|$)")
# What a clause can stand behind.
_BEFORE = {"from": "dense x ", "in": "input x 1 ", "as": "input x 1 in 0..1 "}


def in_yaml(text: str) -> str:
    """Rewrite each quoted statement, property or part of a text.

    What is neither, such as a name or a command, stays as it is.
    """
    return _QUOTED.sub(lambda match: f"`{snippet(match[1])}`", text)


def snippet(code: str) -> str:
    """Write one statement, property or part as YAML; other words as they are.

    What can only be an item of `layers` has the dash of one before it.
    """
    first, _, rest = code.partition(" ")
    if not rest:
        return code
    if first in HEADERS and (header := _HEADER.match(code)):
        return header[0].replace(" ", ": ", 1)
    if first in CLAUSES:
        return _clause(first, code) or code
    if first in KINDS and (statement := parse_statement(code)):
        dash = "- " if first in LAYERS - {"encode"} else ""
        return dash + statement_entry(statement).flat
    if first in KEYS:
        entries = [entry.flat for entry in _entries_in(code)]
        return (
            f"{{{', '.join(entries)}}}"
            if len(entries) > 1
            else "".join(entries) or code
        )
    return code


def _clause(first: str, code: str) -> str:
    """Write a part that stands before the block in ``.snn``, such as ``from a``."""
    statement = parse_statement(_BEFORE[first] + code)
    entries = statement_entry(statement).inner if statement else None
    return next((e.flat for e in entries or () if e.key == first), "")


def _entries_in(code: str) -> Iterator[Entry]:
    """Parse keys with their values; nothing if they are none."""
    statement = parse_statement(f"train {{ {code} }}")
    for item in (statement.properties if statement else None) or ():
        yield property_entry(item)
