"""Numbers and tables as people read them, and as GitHub shows them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from snnc.text.printable import printable

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


Cells = tuple[str, ...]


def columns(head: Cells, rows: Sequence[Cells], left: Collection[str]) -> Iterator[str]:
    """Lay out a table, without the columns in which nothing stands.

    Parameters
    ----------
    head
        The columns' names.
    rows
        As many cells each as ``head`` has; whatever they hold, a row is one line.
    left
        Names of the columns that are aligned to the left.
    """
    head, rows = without_empty(head, [tuple(map(printable, row)) for row in rows])
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    for row in (head, *rows):
        cells = (
            cell.ljust(width) if name in left else cell.rjust(width)
            for name, cell, width in zip(head, row, widths, strict=True)
        )
        yield "  ".join(cells).rstrip()


def without_empty(head: Cells, rows: Sequence[Cells]) -> tuple[Cells, list[Cells]]:
    """Leave out the columns in which nothing stands."""
    kept = [i for i in range(len(head)) if any(row[i] for row in rows)]
    head, *rest = (tuple(row[i] for i in kept) for row in (head, *rows))
    return head, rest


Row = tuple[str, ...]

_SPAN = re.compile(r"(`[^`]+`)")
_MARKUP = re.compile(r"([\\`*~<>\[\]|]|(?<!\w)_|_(?!\w)|&(?=[#\w]))")


def code(text: str | None) -> str:
    """Write a text as a code span that fits a table; nothing for nothing."""
    if not text:
        return ""
    text = printable(text).replace("|", "\\|")
    ticks = max(map(len, re.findall("`+", text)), default=0)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    fence = "`" * (ticks + 1)
    return f"{fence}{pad}{text}{pad}{fence}"


def prose(text: str) -> str:
    """Write a sentence of a message: what it quotes is code, the rest no markup."""
    parts = _SPAN.split(printable(text))
    return "".join(
        code(part[1:-1]) if number % 2 else _MARKUP.sub(r"\\\1", part)
        for number, part in enumerate(parts)
    )


def table(head: Row, rows: Sequence[Row], right: Sequence[int] = ()) -> Iterator[str]:
    """Write the lines of a table of cells that are Markdown.

    Parameters
    ----------
    right
        Numbers of the columns that are aligned to the right.
    """
    dashes = tuple("---:" if i in right else "---" for i in range(len(head)))
    for row in (head, dashes, *rows):
        yield f"| {' | '.join(row)} |"
