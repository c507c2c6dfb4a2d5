"""Represent YAML text as scalars, mappings and lists with their positions."""

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

    pairs: tuple[Pair, ...]
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
Pair = tuple[Scalar, Node]


def is_empty(node: Node) -> bool:
    """Return whether a key has no value."""
    return isinstance(node, Scalar) and node.plain and not node.text


def describe_node(node: Node) -> str:
    """Name the type of a node in the user's words."""
    if isinstance(node, Mapping):
        return "a mapping"
    if isinstance(node, Sequence):
        return "a list"
    text = node.span.text
    short = len(text) <= 30 and "\n" not in text
    return (f"`{text}`" if short else "a text") if text else "nothing"


_GLUED = re.compile(r"(\w+)(:)[^\s:]")
_COLON = re.compile(r"\s*:")
_PARTS = frozenset(part.key for part in PARTS.values())


def rejoin(mapping: Mapping) -> Mapping:
    """Restore the values of ``from: a, b`` and ``kernel: (3, 3)`` in braces.

    YAML reads the part after a comma as a key without a value.

    Raises
    ------
    UnreadableError
        If a key has no space after its colon: ``filters:8``.
    """
    pairs: list[Pair] = []
    for key, value in mapping.pairs:
        is_bare = is_empty(value) and key.plain
        if is_bare and not _COLON.match(key.span.source.text, key.span.end):
            _check_blank(key)
            if pairs and _goes_on(*pairs[-1]):
                first, before = pairs.pop()
                span = before.span.to(key.span)
                key, value = first, Scalar(span.text, span, plain=True)
        pairs.append((key, value))
    return replace(mapping, pairs=tuple(pairs))


def _goes_on(key: Scalar, value: Node) -> bool:
    """Return whether the text after a comma belongs to the value before the comma."""
    if not isinstance(value, Scalar) or not value.plain or not value.text:
        return False
    opened = value.text.startswith("(") and not value.text.endswith(")")
    return opened or key.text == "from"


def _check_blank(key: Scalar) -> None:
    match = _GLUED.match(key.text)
    if match and match[1] in KEYS | _PARTS:
        at = key.span.start + match.start(2)
        raise UnreadableError(no_blank(Span(key.span.source, at, at + 1)))
