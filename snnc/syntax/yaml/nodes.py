"""Represent YAML text as scalars, mappings and lists with their positions.

A bare key in a flow mapping has no colon: it is part of a value that contains commas.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from snnc.diagnostics import Diagnostic, Diagnostics
from snnc.language.keywords import KEYS, PARTS
from snnc.source import Span
from snnc.syntax.yaml.blame import no_blank


class UnreadableError(Exception):
    """Raised to stop reading; contains a diagnostic, or None if it was reported."""

    def __init__(self, diagnostic: Diagnostic | None = None) -> None:
        super().__init__()
        self.diagnostic = diagnostic

    def report_to(self, report: Diagnostics) -> None:
        """Report the diagnostic, if there is one."""
        if self.diagnostic is not None:
            report.add(self.diagnostic)


@dataclass(frozen=True, slots=True)
class Scalar:
    """A single value.

    Attributes
    ----------
    text
        The value without quotes, with escapes resolved and folded lines joined.
    span
        The characters in the file, without surrounding quotes.
    plain
        Whether the scalar has no quotes and is not a block.
    block
        Whether the scalar is a block whose last line end is not part of the value.
    """

    text: str
    span: Span
    plain: bool
    block: bool = False

    @property
    def is_verbatim(self) -> bool:
        """Whether the value equals the characters in the file."""
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
    """A node whose errors are all reported."""

    span: Span


Node = Scalar | Mapping | Sequence | Unread


def describe_node(node: Node) -> str:
    """Name the type of a node in the user's words."""
    match node:
        case Mapping():
            return "a mapping"
        case Sequence():
            return "a list"
        case _:
            text = node.span.text
            short = len(text) <= 30 and "\n" not in text
            return (f"`{text}`" if short else "a text") if text else "nothing"


_GLUED = re.compile(r"(\w+)(:)[^\s:]")
_COLON = re.compile(r"\s*:")
_PARTS = frozenset(part.key for part in PARTS.values())


def is_bare(key: Scalar, value: Node) -> bool:
    """Return whether a key has neither a value nor a colon."""
    if not (isinstance(value, Scalar) and value.plain and not value.text):
        return False
    return key.plain and not _COLON.match(key.span.source.text, key.span.end)


def rejoin(mapping: Mapping) -> Mapping:
    """Restore the values of ``from: a, b`` and ``kernel: (3, 3)`` in braces.

    Raises
    ------
    UnreadableError
        If a key has no space after its colon: ``filters:8``.
    """
    pairs: list[tuple[Scalar, Node]] = []
    last: Scalar | None = None  # part of the previous pair's value
    for key, value in mapping.pairs:
        bare = is_bare(key, value)
        if bare:
            _check_blank(key)
        if bare and pairs and _goes_on(*pairs[-1], last):
            last = key
            continue
        _lengthen(pairs, last)
        pairs.append((key, value))
        last = None
    _lengthen(pairs, last)
    return replace(mapping, pairs=tuple(pairs))


def _goes_on(key: Scalar, value: Node, last: Scalar | None) -> bool:
    """Return whether the text after a comma belongs to the value before the comma."""
    if not isinstance(value, Scalar) or not value.plain or not value.text:
        return False
    opened = value.text.startswith("(") and not (last or value).text.endswith(")")
    return opened or key.text == "from"


def _lengthen(pairs: list[tuple[Scalar, Node]], last: Scalar | None) -> None:
    """Extend the value of the last pair to the bare key ``last``."""
    if last is not None:
        key, value = pairs[-1]
        span = value.span.to(last.span)
        pairs[-1] = key, Scalar(span.text, span, plain=True)


def _check_blank(key: Scalar) -> None:
    match = _GLUED.match(key.text)
    if match is None or match[1] not in KEYS | _PARTS:
        return
    at = key.span.start + match.start(2)
    colon = Span(key.span.source, at, at + 1)
    raise UnreadableError(no_blank(colon))
