"""Write a document as Markdown, for comments on GitHub."""

from __future__ import annotations

from snnc.text.tables import prose
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
    capitalized,
    parts_for,
)


def format_markdown(document: Document) -> str:
    """Return a document as GitHub Markdown, ending with a line end."""
    parts = parts_for(document, "markdown")
    return "\n\n".join(map(_block, parts)) + "\n"


def _block(part: Part) -> str:
    if isinstance(part, Table):
        return _captioned(part.caption, part.table.markdown(part.code_columns))
    if isinstance(part, Items):
        items = "\n".join(f"- {prose(line)}" for line in part.lines)
        return _captioned(part.caption, items)
    if isinstance(part, Title):
        return f"### {prose(part.text)}"
    if isinstance(part, Heading):
        return f"#### {prose(capitalized(part.text))}"
    assert not isinstance(part, Tiles | Html | Figure), "only pages have these"
    strong = f"**{prose(part.strong)}**" if part.strong else ""
    return f"{strong}{prose(part.text)}"


def _captioned(caption: str, text: str) -> str:
    return f"{prose(' '.join(caption.split()))}\n\n{text}" if caption else text
