"""YAML text as scalars, mappings and lists that know their places."""

from __future__ import annotations

from dataclasses import dataclass

from snnc.source import Span


@dataclass(frozen=True, slots=True)
class Scalar:
    """A single value.

    Attributes
    ----------
    text
        What it says: without quotes, escapes resolved, folded lines joined.
    span
        Its characters, without the quotes around them.
    plain
        Whether it stands without quotes, and not as a block.
    block
        Whether it is a block whose last line end belongs to the notation.
    """

    text: str
    span: Span
    plain: bool
    block: bool = False

    @property
    def is_verbatim(self) -> bool:
        """Whether the characters of the span are those of the text."""
        return self.span.text == self.text


@dataclass(frozen=True, slots=True)
class Mapping:
    """Keys with their values, in the order of the file."""

    pairs: tuple[tuple[Scalar, Node], ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Sequence:
    """The items of a list."""

    items: tuple[Node, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Unread:
    """A place of which everything that can be said is reported."""

    span: Span


Node = Scalar | Mapping | Sequence | Unread


def found(node: Node) -> str:
    """What a node is, in the reader's words."""
    match node:
        case Mapping():
            return "a mapping"
        case Sequence():
            return "a list"
        case _:
            text = node.span.text
            short = len(text) <= 30 and "\n" not in text
            return (f"`{text}`" if short else "a text") if text else "nothing"
