"""Parts of GitHub's Markdown that no text of a file can leave."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from snnc.source.printable import printable

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
