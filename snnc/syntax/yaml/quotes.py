"""Translate the code quoted in a message to YAML.

Notes and helps quote ``.snn`` code such as `` `stride 2` ``. For a YAML file, each
quote is parsed, and printed as the YAML formatter would print it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from snnc.language.keywords import CLAUSES, HEADERS, KEYS, KINDS
from snnc.syntax.entries import LAYERS, Entry, property_entry, statement_entry
from snnc.syntax.snn import parse_statement

_QUOTED = re.compile(r"`([^`]+)`")
_HEADER = re.compile(r"(?:snn \d+|network \w+)(?= \{|$)")
# A statement that may precede each clause.
_BEFORE = {"from": "dense x ", "in": "input x 1 ", "as": "input x 1 in 0..1 "}


def in_yaml(text: str) -> str:
    """Rewrite each quoted statement, property or part of a text.

    Other quotes, such as names and commands, stay unchanged.
    """
    return _QUOTED.sub(lambda match: f"`{snippet(match[1])}`", text)


def snippet(code: str) -> str:
    """Write one statement, property or part as YAML; leave other text unchanged.

    A statement that can only be an item of `layers` gets a dash before it.
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
    """Write a part that precedes the block in ``.snn``, such as ``from a``."""
    statement = parse_statement(_BEFORE[first] + code)
    entries = statement_entry(statement).inner if statement else None
    return next((e.flat for e in entries or () if e.key == first), "")


def _entries_in(code: str) -> Iterator[Entry]:
    """Yield the entries of keys with values; yield nothing if parsing fails."""
    statement = parse_statement(f"train {{ {code} }}")
    for item in (statement.properties if statement else None) or ():
        yield property_entry(item)
