"""The comments of a YAML file: what begins with ``#`` between its scalars."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from snnc.language.tree import Comment
from snnc.source import SourceFile, Span

_COMMENT = re.compile(r"(?:^|(?<=\s))#[^\n]*", re.MULTILINE)
_HEADER = re.compile(r"[|>][^\n]*")


def comments_of(source: SourceFile, scalars: Sequence[Span]) -> tuple[Comment, ...]:
    """Find the comments outside of the scalars, whose spans are in order."""
    return tuple(
        _comment(source, found.start(), found.end())
        for start, end in _gaps(source, scalars)
        for found in _COMMENT.finditer(source.text, start, end)
    )


def _gaps(source: SourceFile, scalars: Sequence[Span]) -> Iterator[tuple[int, int]]:
    start = 0
    for span in scalars:
        header = _HEADER.match(source.text, span.start)
        yield start, header.end() if header else span.start
        start = span.end
    yield start, len(source.text)


def _comment(source: SourceFile, start: int, end: int) -> Comment:
    text = source.text[start + 1 : end].rstrip()
    _, column = source.line_column(start)
    before = source.text[start - column + 1 : start]
    span = Span(source, start, start + 1 + len(text))
    return Comment(text.removeprefix(" "), span, trailing=bool(before.strip()))
