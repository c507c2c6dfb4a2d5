"""Keys of a flow mapping without a colon: what a comma has torn from its value."""

from __future__ import annotations

import re
from dataclasses import replace

from snnc.language.forms import PARTS
from snnc.language.keywords import KEYS
from snnc.source import Span
from snnc.syntax.yaml.compose import UnreadableError
from snnc.syntax.yaml.nodes import Mapping, Node, Scalar

_GLUED = re.compile(r"(\w+)(:)[^\s:]")
_COLON = re.compile(r"\s*:")
_PARTS = frozenset(part.key for part in PARTS.values())


def is_bare(key: Scalar, value: Node) -> bool:
    """Whether a key has neither a value nor a colon."""
    if not (isinstance(value, Scalar) and value.plain and not value.text):
        return False
    return key.plain and not _COLON.match(key.span.source.text, key.span.end)


def rejoined(mapping: Mapping) -> Mapping:
    """Give ``from: a, b`` and ``kernel: (3, 3)`` in braces their whole values.

    Raises
    ------
    UnreadableError
        If a key has no blank behind its colon: ``filters:8``.
    """
    pairs: list[tuple[Scalar, Node]] = []
    last: Scalar | None = None  # that belongs to the value of the pair before it
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
    """Whether what follows a comma belongs to the value before it."""
    if not isinstance(value, Scalar) or not value.plain or not value.text:
        return False
    opened = value.text.startswith("(") and not (last or value).text.endswith(")")
    return opened or key.text == "from"


def _lengthen(pairs: list[tuple[Scalar, Node]], last: Scalar | None) -> None:
    """Let the value of the last pair reach as far as what belongs to it."""
    if last is not None:
        key, value = pairs[-1]
        span = value.span.to(last.span)
        pairs[-1] = key, Scalar(span.text, span, plain=True)


def _check_blank(key: Scalar) -> None:
    match = _GLUED.match(key.text)
    if match is None or match[1] not in KEYS | _PARTS:
        return
    from snnc.syntax.yaml.blame import no_blank  # a good spec need not wait for it

    at = key.span.start + match.start(2)
    colon = Span(key.span.source, at, at + 1)
    raise UnreadableError(no_blank(colon))
