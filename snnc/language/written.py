"""Write values in the notation of the language; each value has exactly one form."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from snnc.text.tables import dims

MOST_DIGITS = 18
"""The maximum number of digits in a row; more are treated as a mistake."""
# Longer numbers may have more digits in a row than the language allows.
LONGEST_FIXED = MOST_DIGITS + 2


def numeral(value: int | float) -> str:
    """Write a number; for a float, choose the shorter of ``0.05`` and ``5e-2``.

    A float stays a float (``2.0``), and whole floats below a million have no exponent.
    """
    if isinstance(value, int):
        return str(value)
    if value.is_integer() and abs(value) < 1e6:
        return repr(value)
    exact = Decimal(repr(value))
    fixed = f"{exact:f}"
    scientific = f"{exact.normalize():e}".replace("e+", "e")
    fixed = fixed if "." in fixed else f"{fixed}.0"
    readable = len(fixed) <= LONGEST_FIXED
    return fixed if readable and len(fixed) <= len(scientific) else scientific


def number(value: float) -> str:
    """Write a number; write a whole number below a million as an integer."""
    whole = isinstance(value, int) or (value.is_integer() and abs(value) < 1e6)
    return numeral(int(value) if whole else value)


def time(seconds: float) -> str:
    """Write a time given in seconds; use ms below one second."""
    exact = Decimal(repr(seconds))
    unit = "s"
    if seconds < 1:
        exact = exact * 1000
        unit = "ms"
    return f"{exact.normalize():f} {unit}"


def interval(low: float, high: float) -> str:
    return f"{number(low)}..{number(high)}"


def rates(low: float, high: float) -> str:
    """Write a rate range in Hz; omit a lower end of 0."""
    if low == 0:
        return f"..{number(high)} Hz"
    return f"{interval(low, high)} Hz"


def flag(value: bool) -> str:
    return "on" if value else "off"


def extents(value: tuple[int, ...]) -> str:
    """Write the sizes of axes; write equal sizes as one number."""
    return str(value[0]) if len(set(value)) == 1 else dims(value)


def write_list(words: Iterable[str]) -> str:
    return f"[{', '.join(words)}]"


def plain(value: bool | float | str | tuple[str, ...]) -> str:
    """Write a switch, a number, a word or a list of words."""
    if isinstance(value, tuple):
        return write_list(value)
    if isinstance(value, bool):
        return flag(value)
    return value if isinstance(value, str) else number(value)
