"""Write a document as text for a terminal."""

from __future__ import annotations

from snnc.views.document import (
    Document,
    Figure,
    Heading,
    Html,
    Items,
    Part,
    Table,
    Tiles,
    Title,
    parts_for,
)


def format_text(document: Document) -> str:
    """Return a document as text.

    A blank line follows a title and a table, and is before headings and captions.
    """
    lines: list[str] = []
    is_apart = False
    for part in parts_for(document, "text"):
        has_caption = isinstance(part, Table | Items) and part.caption
        if lines and (is_apart or has_caption or isinstance(part, Heading)):
            lines.append("")
        lines += _lines(part)
        is_apart = isinstance(part, Title | Table)
    return "\n".join(lines)


def _lines(part: Part) -> list[str]:
    if isinstance(part, Table | Items):
        caption = [part.caption] if part.caption else []
        lines = part.table.lines() if isinstance(part, Table) else part.lines
        return [*caption, *lines]
    assert not isinstance(part, Tiles | Html | Figure), "only pages have these"
    return [part.text]
