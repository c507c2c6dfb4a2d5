"""Numbers as people read them."""

from __future__ import annotations

PREFIXES = {9: "G", 6: "M", 3: "k", 0: "", -3: "m", -6: "u", -9: "n", -12: "p"}


def human(value: float, unit: str = "") -> str:
    """Write a number with three digits and an SI prefix, such as ``12.3 uJ``.

    >>> human(4123456), human(4.4e-5, "J"), human(0), human(9.6)
    ('4.12 M', '44.0 uJ', '0', '9.6')
    """
    exponent = _exponent(value)
    scaled = value / 10.0**exponent
    digits = f"{scaled:#.3g}".rstrip(".") if exponent else f"{scaled:.3g}"
    return f"{digits} {PREFIXES[exponent]}{unit}".rstrip()


def _exponent(value: float) -> int:
    """The largest prefix that leaves a digit before the point, rounding included."""
    rounded = abs(float(f"{value:.2e}"))
    fitting = [exponent for exponent in PREFIXES if rounded >= 10.0**exponent]
    return max(fitting, default=0 if rounded == 0 else min(PREFIXES))


def counted(number: int, noun: str) -> str:
    """Write a number of things: ``1 core``, ``2 cores``."""
    return f"{number} {noun}" + ("" if number == 1 else "s")


def dims(shape: tuple[int, ...]) -> str:
    """Write a shape: ``16x16x4``."""
    return "x".join(map(str, shape))
