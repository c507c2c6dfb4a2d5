r"""Format text, numbers and tables for people, and for GitHub.

All untrusted text passes through `printable` before it is shown. The name of a file, a
layer or a tensor may contain any character. Some characters move the cursor of a
terminal, reverse the order of letters, or end a line, so that a CI server may read the
rest as a command. `printable` converts such characters to Python escapes: ``\x1b``.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from unicodedata import ucd_3_2_0

# GitHub executes `::error::` at the start of a line and `##[error]` anywhere, and Azure
# executes `##vso[...]`. The last character of a match is escaped.
_COMMAND = re.compile(r"^\s*:(?=:)|#(?=#\w*\[)")
_INVISIBLE = frozenset(("Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp", "Zs"))


def printable(text: str) -> str:
    """Convert a text to one line without control characters."""
    if text.isprintable() and not _COMMAND.search(text):
        return text
    return "".join(cells(text))


def quote_code(text: str) -> str:
    """Return a text in backticks, for a sentence or for Markdown.

    Messages quote user input this way, and may be shown as Markdown. The text can't end
    the code span.
    """
    return f"`{in_backticks(text)}`"


def in_backticks(text: str) -> str:
    """Return a text for use between backticks in a sentence."""
    return printable(text).replace("`", "\\x60")


def cells(text: str, *, on_every_python: bool = False) -> list[str]:
    """Return each character of a text, or its escape; accept lone surrogates.

    A character that the running Python does not define is escaped. With
    ``on_every_python``, so are all characters that Unicode 3.2, which every Python
    includes, does not define.
    """
    shown = [
        c if _is_printable(c, everywhere=on_every_python) else escape(c) for c in text
    ]
    for command in _COMMAND.finditer(text):
        last = command.end() - 1
        shown[last] = escape(text[last])
    return shown


def _is_printable(character: str, *, everywhere: bool) -> bool:
    """Return whether this Python, or with ``everywhere`` every Python, prints it."""
    if not character.isprintable():
        return False
    if not everywhere or character == " ":
        return True
    return ucd_3_2_0.category(character) not in _INVISIBLE


# Not the replacement character: different names must stay different (decision 020).
def escape(character: str) -> str:
    """Return the escape of a character in a Python string."""
    if character.isascii() and character.isprintable():
        return f"\\x{ord(character):02x}"
    return character.encode("unicode_escape").decode("ascii")


PREFIXES = {9: "G", 6: "M", 3: "k", 0: "", -3: "m", -6: "u", -9: "n", -12: "p"}


def align(rows: Sequence[Sequence[str]], sides: Sequence[str]) -> list[str]:
    """Return rows as lines; align each column to its side, < or >."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(sides))]
    lines = []
    for row in rows:
        cells = zip(row, sides, widths, strict=True)
        padded = [f"{cell:{side}{width}}" for cell, side, width in cells]
        lines.append("  ".join(padded).rstrip())
    return lines


Cells = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TextTable:
    """A table of text; ``sides`` contains < or > for each column.

    The first row is the header.
    """

    rows: Sequence[Sequence[str]]
    sides: str

    def lines(self) -> list[str]:
        """Return the table for a terminal."""
        return align(self.rows, self.sides)

    def markdown(self, code_columns: Collection[int] = (0,)) -> str:
        """Return the table as GitHub Markdown; the given columns are code."""
        head, *rows = map(tuple, self.rows)
        right = [i for i, side in enumerate(self.sides) if side == ">"]
        cells = [
            tuple(
                code(cell) if column in code_columns else prose(cell)
                for column, cell in enumerate(row)
            )
            for row in rows
        ]
        return "\n".join(table(head, cells, right))

    @classmethod
    def of(cls, head: Cells, rows: Sequence[Cells], left: Collection[str]) -> TextTable:
        """Return a table without the empty columns, with one line per row.

        ``left`` contains the names of columns that are aligned to the left.
        """
        cells = [tuple(map(printable, row)) for row in rows]
        filled = [i for i in range(len(head)) if any(row[i] for row in cells)]
        head, *shown = (tuple(row[i] for i in filled) for row in (head, *cells))
        sides = "".join("<" if name in left else ">" for name in head)
        return cls([head, *shown], sides)


def human(value: float, unit: str = "") -> str:
    """Write a number with three digits and an SI prefix: 85.8 k, 12.3 uJ."""
    # Round before the choice of a prefix: 999.9 is 1.00 k.
    rounded = abs(float(f"{value:.2e}"))
    fitting = [power for power in PREFIXES if rounded >= 10.0**power]
    power = max(fitting, default=min(PREFIXES) if rounded else 0)
    scaled = value / 10.0**power
    digits = f"{scaled:#.3g}".rstrip(".") if power else f"{scaled:.3g}"
    return f"{digits} {PREFIXES[power]}{unit}".rstrip()


def joules(value: float) -> str:
    """Write an energy with three digits."""
    return human(value, "J")


def percent(share: float) -> str:
    """Write a fraction as a percentage with one decimal."""
    return f"{100 * share:.1f} %"


def cell(value: Any, write: Callable[[Any], str] = str) -> str:
    """Write a value for a table; empty if it is None."""
    return "" if value is None else write(value)


def counted(count: int, noun: str) -> str:
    """Write a number with its noun: 1 example, 200 examples."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def join_alternatives(words: Sequence[str]) -> str:
    """Join words in backticks with commas and an `or`."""
    *first, last = [f"`{word}`" for word in words] or [""]
    return f"{', '.join(first)} or {last}" if first else last


def dims(shape: Iterable[int]) -> str:
    """Write a shape: ``16x16x4``."""
    return "x".join(map(str, shape))


_SPAN = re.compile(r"(`[^`]+`)")
_MARKUP = re.compile(r"([\\`*~<>\[\]|]|(?<!\w)_|_(?!\w)|&(?=[#\w]))")


def code(text: str | None) -> str:
    """Write a text as a code span that fits a table; empty for an empty text."""
    if not text:
        return ""
    text = printable(text).replace("|", "\\|")
    ticks = max(map(len, re.findall("`+", text)), default=0)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    fence = "`" * (ticks + 1)
    return f"{fence}{pad}{text}{pad}{fence}"


def prose(text: str) -> str:
    """Write a message as Markdown: keep quotes as code, and escape the rest."""
    parts = _SPAN.split(printable(text))
    # Every second part is a quote.
    return "".join(
        code(part[1:-1]) if number % 2 else _MARKUP.sub(r"\\\1", part)
        for number, part in enumerate(parts)
    )


def table(
    head: Cells, rows: Sequence[Cells], right: Sequence[int] = ()
) -> Iterator[str]:
    """Write the lines of a Markdown table; cells are already Markdown.

    ``right`` contains the indices of columns that are aligned to the right.
    """
    dashes = tuple("---:" if i in right else "---" for i in range(len(head)))
    for row in (head, dashes, *rows):
        yield f"| {' | '.join(row)} |"


def csv_table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """Return rows as CSV with LF line ends."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(rows)
    return stream.getvalue()
