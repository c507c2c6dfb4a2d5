"""Keys of a flow mapping without a colon: what a comma has torn from its value."""

from __future__ import annotations

import re
from dataclasses import replace

from snnc.source import Span
from snnc.syntax.words import KEYS
from snnc.syntax.yaml.compose import UnreadableError
from snnc.syntax.yaml.nodes import Mapping, Node, Scalar
from snnc.syntax.yaml.problems import no_blank

_GLUED = re.compile(r"(\w+)(:)[^\s:]")
_PARTS = frozenset(("name", "shape", "in", "as", "from"))


def is_bare(key: Scalar, value: Node) -> bool:
    """Whether a key has neither a value nor a colon."""
    if not (isinstance(value, Scalar) and value.plain and not value.text):
        return False
    text = key.span.source.text
    return key.plain and not text[key.span.end :].lstrip().startswith(":")


def rejoined(mapping: Mapping) -> Mapping:
    """Give ``from: a, b`` and ``kernel: (3, 3)`` in braces their whole values.

    Raises
    ------
    UnreadableError
        If a key has no blank behind its colon: ``filters:8``.
    """
    pairs: list[tuple[Scalar, Node]] = []
    for key, value in mapping.pairs:
        if not is_bare(key, value):
            pairs.append((key, value))
            continue
        _check_blank(key)
        if pairs and _goes_on(*pairs[-1]):
            pairs[-1] = pairs[-1][0], _longer(pairs[-1][1], key)
        else:
            pairs.append((key, value))
    return replace(mapping, pairs=tuple(pairs))


def _goes_on(key: Scalar, value: Node) -> bool:
    """Whether what follows a comma belongs to the value before it."""
    if not isinstance(value, Scalar) or not value.plain or not value.text:
        return False
    opened = value.text.startswith("(") and not value.text.endswith(")")
    return opened or key.text == "from"


def _longer(value: Node, key: Scalar) -> Scalar:
    span = value.span.to(key.span)
    return Scalar(span.text, span, plain=True)


def _check_blank(key: Scalar) -> None:
    found = _GLUED.match(key.text)
    if found is None or found[1] not in KEYS | _PARTS:
        return
    at = key.span.start + found.start(2)
    colon = Span(key.span.source, at, at + 1)
    raise UnreadableError(no_blank(colon))
