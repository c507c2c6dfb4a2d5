"""Half-open stretches of source text."""

from __future__ import annotations

from dataclasses import dataclass

from snnc.source.file import SourceFile


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A line and a column, both counted from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Span:
    """The characters ``start`` up to, not including, ``end`` of a file."""

    source: SourceFile
    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start <= self.end <= len(self.source.text):
            raise ValueError(f"span {self.start}:{self.end} is outside its file")

    @property
    def first(self) -> Position:
        """Where the span begins."""
        return Position(*self.source.line_column(self.start))

    @property
    def last(self) -> Position:
        """The position just behind the span's last character."""
        return Position(*self.source.line_column(self.end))

    @property
    def text(self) -> str:
        return self.source.text[self.start : self.end]

    def to(self, other: Span) -> Span:
        """The smallest span that covers this one and another of the same file."""
        return Span(self.source, min(self.start, other.start), max(self.end, other.end))

    def __repr__(self) -> str:
        return f"Span({self.source.name!r}, {self.start}, {self.end})"
