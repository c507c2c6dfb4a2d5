"""Values as `.snn` text, each spelt in the one way that the formatter knows."""

from __future__ import annotations

import re
from decimal import Decimal

from snnc.language import tree
from snnc.language.keywords import CLAUSES
from snnc.syntax.build import ESCAPES, MOST_DIGITS

# Longer ones may have more digits in a row than the language allows.
LONGEST_FIXED = MOST_DIGITS + 2
_NAME = re.compile(r"[^\W\d]\w*")
_EXPONENT = re.compile(r"(\.0)?e([+-]?)0*")
_ESCAPED = {character: f"\\{escape}" for escape, character in ESCAPES.items()}

Scalar = tree.Word | tree.Number | tree.Dims | tree.Quantity | tree.Range | tree.Text


def number(value: int | float) -> str:
    """Write a numeral: a float in the shorter of ``0.05`` and ``1e-3``.

    A float stays one (``2.0``), and whole ones below a million have no exponent.
    """
    if isinstance(value, int):
        return str(value)
    if value.is_integer() and abs(value) < 1e6:
        return repr(value)
    fixed, scientific = _fixed(value), _scientific(value)
    readable = len(fixed) <= LONGEST_FIXED
    return fixed if readable and len(fixed) <= len(scientific) else scientific


def _fixed(value: float) -> str:
    text = format(Decimal(repr(value)), "f")
    return text if "." in text else f"{text}.0"


def _scientific(value: float) -> str:
    digits = Decimal(repr(value)).normalize()
    return _EXPONENT.sub(_short_exponent, f"{digits:e}")


def _short_exponent(found: re.Match[str]) -> str:
    return f"e{found[2].removeprefix('+')}"


def word(text: str) -> str:
    """Write a word, in quotes if it can't be read back as one."""
    if _NAME.fullmatch(text) and text not in CLAUSES:
        return text
    return quoted(text)


def quoted(text: str) -> str:
    r"""Write a string; what reading a file makes of ``\r`` is a line end."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return '"' + "".join(_ESCAPED.get(c, c) for c in text) + '"'


def dims(value: tree.Dims) -> str:
    return "x".join(map(str, value.values))


def quantity(value: tree.Quantity) -> str:
    return f"{number(value.value)} {value.unit.text}"


def span_of_values(value: tree.Range) -> str:
    low, high = ("" if end is None else number(end) for end in (value.low, value.high))
    unit = f" {value.unit.text}" if value.unit else ""
    return f"{low}..{high}{unit}"


def scalar(value: Scalar) -> str:
    """Write any value but a list or a group."""
    match value:
        case tree.Word():
            return word(value.text)
        case tree.Number():
            return number(value.value)
        case tree.Dims():
            return dims(value)
        case tree.Quantity():
            return quantity(value)
        case tree.Range():
            return span_of_values(value)
        case tree.Text():
            return quoted(value.value)
