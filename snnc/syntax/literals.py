"""Write values of the tree as ``.snn`` literals."""

from __future__ import annotations

import re

from snnc.language import tree
from snnc.language.keywords import CLAUSES
from snnc.language.written import numeral
from snnc.syntax.build import ESCAPES

_NAME = re.compile(r"[^\W\d]\w*")
_ESCAPED = {character: f"\\{escape}" for escape, character in ESCAPES.items()}

Scalar = tree.Word | tree.Number | tree.Dims | tree.Quantity | tree.Range | tree.Text


def word(text: str) -> str:
    """Write a word; add quotes if the parser would not read it as a word."""
    if _NAME.fullmatch(text) and text not in CLAUSES:
        return text
    return quote(text)


def quote(text: str) -> str:
    r"""Write a string in quotes; convert ``\r`` to a line end, as `files.read` does."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return '"' + "".join(_ESCAPED.get(c, c) for c in text) + '"'


def dims(value: tree.Dims) -> str:
    return "x".join(map(str, value.values))


def quantity(value: tree.Quantity) -> str:
    return f"{numeral(value.value)} {value.unit.text}"


def span_of_values(value: tree.Range) -> str:
    low, high = ("" if end is None else numeral(end) for end in (value.low, value.high))
    unit = f" {value.unit.text}" if value.unit else ""
    return f"{low}..{high}{unit}"


def scalar(value: Scalar) -> str:
    """Write a value that is not a list or a group."""
    match value:
        case tree.Word():
            return word(value.text)
        case tree.Number():
            return numeral(value.value)
        case tree.Dims():
            return dims(value)
        case tree.Quantity():
            return quantity(value)
        case tree.Range():
            return span_of_values(value)
        case tree.Text():
            return quote(value.value)
