"""The kinds of words that are coloured, by their names in the protocol."""

from __future__ import annotations

TYPES = (
    "comment",
    "string",
    "number",
    "keyword",
    "type",
    "variable",
    "operator",
    "property",
    "enumMember",
)
MODIFIERS = ("declaration", "deprecated")
