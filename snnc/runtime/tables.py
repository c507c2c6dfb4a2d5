# SPDX-License-Identifier: MIT
# The run-time library of snnc; `snnc build` puts a copy into each package.
"""Tables and numbers as text for people."""

from __future__ import annotations

from collections.abc import Sequence

PREFIXES = {9: "G", 6: "M", 3: "k", 0: "", -3: "m", -6: "u", -9: "n", -12: "p"}


def aligned(
    rows: Sequence[Sequence[str]],
    sides: Sequence[str],
) -> list[str]:
    """Return rows as lines, each column aligned to its side, < or >."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = zip(row, sides, widths, strict=True)
        padded = [f"{cell:{side}{width}}" for cell, side, width in cells]
        lines.append("  ".join(padded).rstrip())
    return lines


def human(value: float, unit: str = "") -> str:
    """Write a number to three digits with an SI prefix: 85.8 k, 12.3 uJ."""
    rounded = abs(float(f"{value:.2e}"))
    fitting = [power for power in PREFIXES if rounded >= 10.0**power]
    power = max(fitting, default=min(PREFIXES) if rounded else 0)
    scaled = value / 10.0**power
    digits = f"{scaled:#.3g}".rstrip(".") if power else f"{scaled:.3g}"
    return f"{digits} {PREFIXES[power]}{unit}".rstrip()


def percent(share: float) -> str:
    """Write a share to a tenth of a percent."""
    return f"{100 * share:.1f} %"


def counted(count: int, noun: str) -> str:
    """Write a number with its noun: 1 example, 200 examples."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
