"""Write a document as Markdown, for comments on GitHub."""

from __future__ import annotations

from snnc.text.tables import prose
from snnc.views.document import (
    Document,
    Figure,
    Heading,
    Items,
    Part,
    Table,
    Tiles,
    Title,
    parts_for,
)


def write_markdown(document: Document) -> str:
    """Return a document as GitHub Markdown, ending with a line end."""
    parts = parts_for(document, "markdown")
    return "\n\n".join(map(_block, parts)) + "\n"


def _block(part: Part) -> str:
    if isinstance(part, Table):
        table = part.table.markdown(part.code_columns)
        return f"{_paragraph(part.caption)}\n\n{table}" if part.caption else table
    if isinstance(part, Items):
        return "\n".join(f"- {prose(line)}" for line in part.lines)
    if isinstance(part, Title):
        return f"### {prose(part.text)}"
    if isinstance(part, Heading):
        return f"#### {prose(part.text.capitalize())}"
    assert not isinstance(part, Tiles | Figure), "only pages have these"
    strong = f"**{prose(part.strong)}**" if part.strong else ""
    return f"{strong}{prose(part.text)}"


def _paragraph(text: str) -> str:
    return prose(" ".join(text.split()))
