"""Find the context of the cursor, where the text is incomplete.

For ``.snn``, the parser's `StatementTokens` know which brackets and keys are open in
the last statement before the cursor. For YAML, a placeholder is inserted at the cursor,
and the parser composes the top-level key that contains it. The keys above the
placeholder are the context. There is no second parser (decision 027).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import takewhile
from typing import Literal, NamedTuple

from snnc.diagnostics import Diagnostics
from snnc.language import keywords, tree
from snnc.language.keywords import BEGINNINGS, VARIANTS, keys_of, parts_of
from snnc.language.models import Model
from snnc.language_server.word_roles import (
    REFERRING,
    model_of_choice,
    model_of_statement,
)
from snnc.source import SourceFile, Span
from snnc.syntax.build import Token
from snnc.syntax.build import tokens as tokens_of
from snnc.syntax.split import StatementTokens
from snnc.syntax.yaml import nodes

_STATEMENT = re.compile(rf"^[ \t]*(?=(?:{'|'.join(BEGINNINGS)})\b)", re.MULTILINE)
_NETWORK = re.compile(r"^[ \t]*network\b[^\n#]*\{", re.MULTILINE)
_TOP = re.compile(r"^[\"']?\w+[\"']?[ \t]*:", re.MULTILINE)
_MARK = "here__"
_CLOSERS = {"{": "}", "[": "]"}

Where = Literal["header", "statement", "variant", "part", "reference", "key", "value"]
"""The position: at the beginning of a statement, in a part before a block, ..."""


class CursorPlace(NamedTuple):
    """The context of the word at the cursor.

    ``kind`` is the kind of the statement, and ``model`` the model that contains the
    property, or None if unknown. ``legal`` are the keys that are allowed here. ``key``
    is the property whose value is at the cursor. A ``measured`` word follows a number
    that may have a unit.
    """

    where: Where
    kind: str = ""
    model: type[Model] | None = None
    legal: tuple[str, ...] = ()
    key: str = ""
    measured: bool = False


class _Path(NamedTuple):
    """The kind, the variant and the keys above the cursor.

    ``siblings`` are the other keys at the same level; None if the cursor is at a value.
    """

    above: tuple[str, ...]
    siblings: tuple[str, ...] | None = None


_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"')


def is_within_text(before: str) -> bool:
    """Return whether a line ends inside a comment or a text."""
    rest = _TEXT.sub("", before)
    return "#" in rest or '"' in rest


def place_in_snn(before: str) -> CursorPlace | None:
    """Return the context at the end of a text; None after the end of the network."""
    # A kind at the beginning of a line begins a statement, even in an open block.
    begun = [match.end() for match in _STATEMENT.finditer(before)]
    if not begun:
        return CursorPlace("statement" if _NETWORK.search(before) else "header")
    statement = StatementTokens()
    for token in tokens_of(SourceFile("half.snn", before[begun[-1] :]).whole):
        if token.type == "RBRACE" and not statement.brackets:
            return None
        if token.type != "UNKNOWN":  # such as the `=` of another notation
            statement.push(token)
    return _place_after(statement)


def _place_after(statement: StatementTokens) -> CursorPlace:
    """Return the context after the tokens of an incomplete statement."""
    if not statement.brackets:
        return _in_heading(statement.tokens)
    owners = (str(word) for bracket in statement.brackets for word in bracket.owner)
    above = tuple(owners)
    if statement.key is not None:
        return _inside(_Path((*above, str(statement.key))))
    if not statement.in_block:
        return _inside(_Path(above))
    siblings = tuple(map(str, statement.brackets[-1].keys))
    place = _inside(_Path(above, siblings))
    if statement.last is not None and statement.tokens[-1].type in ("NUMBER", "RANGE"):
        return place._replace(key=str(statement.last[0]), measured=True)
    return place


def _in_heading(tokens: Sequence[Token]) -> CursorPlace:
    """Return the context after these tokens, which are outside of any block."""
    ended = takewhile(lambda t: t.type not in ("NEWLINE", "RBRACE"), reversed(tokens))
    words = [*ended][::-1]
    if not words:
        return CursorPlace("statement")
    kind = str(words[0])
    if len(words) == 1 and kind in VARIANTS:
        return CursorPlace("variant", kind)
    has_sources = any(word.type == "FROM" for word in words)
    return CursorPlace("reference" if has_sources else "part", kind)


def place_in_yaml(before: str) -> CursorPlace | None:
    """Return the context at the end of a text; None if it is unknown."""
    chunk = _chunk(before)
    # The placeholder may be a key or a value: the text parses with one of them.
    for mark in (f"{_MARK}: 0", _MARK):
        text = SourceFile("chunk.yaml", f"{chunk}{mark}{_closers(chunk)}\n")
        report = Diagnostics()
        root = nodes.Composer(text, report).compose()
        if root is not None and not report.errors:
            for path in _paths_to_mark(root):
                return _of_path(path)
    return None


def _chunk(before: str) -> str:
    """Return the text from the top-level key that contains the cursor."""
    *_, line = before.rpartition("\n")
    tops = [match.start() for match in _TOP.finditer(before)]
    is_top = not tops or (not line and tops[-1] < len(before))
    return line if is_top else before[tops[-1] :]


_QUOTED = re.compile(r"\"[^\"]*\"?|'[^']*'?")


def _closers(chunk: str) -> str:
    """Return the brackets that close those still open in a text."""
    stack: list[str] = []
    for character in _QUOTED.sub("", chunk):
        if character in _CLOSERS:
            stack.append(_CLOSERS[character])
        elif stack and character == stack[-1]:
            stack.pop()
    return "".join(reversed(stack))


def _paths_to_mark(node: nodes.Node, above: tuple[str, ...] = ()) -> Iterator[_Path]:
    """Yield the keys above each placeholder in a node."""
    match node:
        case nodes.Scalar(text=text) if text.startswith(_MARK):
            yield _Path(above)
        case nodes.Sequence(items=items):
            for item in items:
                yield from _paths_to_mark(item, above)
        case nodes.Mapping(pairs=pairs):
            keys = tuple(key.text for key, _ in pairs)
            if _MARK in keys:
                yield _Path(above, keys)
            for key, value in pairs:
                yield from _paths_to_mark(value, (*above, key.text))


def _of_path(path: _Path) -> CursorPlace:
    if not path.above:
        return CursorPlace("header")
    if path.above[0] == "layers":
        path = path._replace(above=path.above[1:])
    if not path.above:
        return CursorPlace("statement")
    kind = path.above[0]
    variants = VARIANTS.get(kind, ()) if len(path.above) == 1 else ()
    if variants and kind != "defaults":
        return CursorPlace("variant", kind)
    place = _inside(path)
    if place.where != "key" or place.model is None:
        return place
    # In YAML, parts are keys, and `defaults` has the kinds of layers as keys.
    parts = (part.key for part in parts_of(place.model).values())
    return place._replace(legal=_absent((*parts, *place.legal, *variants), path))


def _absent(keys: Sequence[str], path: _Path) -> tuple[str, ...]:
    return tuple(key for key in keys if key not in (path.siblings or ()))


def _inside(path: _Path) -> CursorPlace:
    """Return the context inside a statement, such as at (train, optimizer, adam)."""
    kind, *keys = path.above or ("",)
    statement = _statement(kind, keys)
    if statement.variant is not None:  # the first key is the variant
        keys = keys[1:]
    model = model_of_statement(statement)
    legal = keywords.legal_keys(statement)
    while len(keys) > 1:  # a choice with settings: optimizer, adam, learning_rate
        key, word, *keys = keys
        model = model_of_choice(key, word)
        legal = keywords.settings_of(word)
    if keys:
        key = keys[0]
        where: Where = "reference" if key in ("from", REFERRING) else "value"
        known = model if model is not None and key in keys_of(model) else None
        return CursorPlace(where, kind, known, key=key)
    if path.siblings is None:  # the cursor is not in a mapping
        return CursorPlace("value", kind, model)
    return CursorPlace("key", kind, model, _absent(legal, path))


def _statement(kind: str, words: Sequence[str]) -> tree.Statement:
    """Return an empty statement of a kind, with a variant if that is the next word."""
    nowhere = Span(SourceFile("", ""), 0, 0)
    variants = (word for word in words[:1] if word in VARIANTS.get(kind, ()))
    variant = next((tree.Word(word, nowhere) for word in variants), None)
    return tree.Statement(tree.Word(kind, nowhere), nowhere, variant)
