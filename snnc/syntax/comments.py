"""The comments of a file, which the grammar leaves out."""

from __future__ import annotations

from collections.abc import Sequence

from lark import Token

from snnc.source import SourceFile, Span
from snnc.syntax.tree import Comment


def comments_of(source: SourceFile, tokens: Sequence[Token]) -> tuple[Comment, ...]:
    """Find the comments between the tokens of a file, in its order."""
    if "#" not in source.text:
        return ()
    found = []
    end = 0
    for token in tokens:
        start = token.start_pos or 0
        if (at := source.text.find("#", end, start)) >= 0:
            found.append(_comment(source, at, start))
        end = token.end_pos or start
    if (at := source.text.find("#", end)) >= 0:
        found.append(_comment(source, at, len(source.text)))
    return tuple(found)


def _comment(source: SourceFile, start: int, end: int) -> Comment:
    text = source.text[start + 1 : end].rstrip()
    _, column = source.line_column(start)
    before = source.text[start - column + 1 : start]
    span = Span(source, start, start + 1 + len(text))
    return Comment(text.removeprefix(" "), span, trailing=bool(before.strip()))
