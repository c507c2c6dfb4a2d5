"""Find the context of the cursor, where the text is incomplete.

For ``.snn``, the context is found in the tokens of the last statement before the
cursor. For YAML, a placeholder is inserted at the cursor, and only the key above the
cursor is parsed, with only the last of its layers. The keys above the placeholder are
the context.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
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
from snnc.syntax.yaml import nodes

_STATEMENT = re.compile(rf"^[ \t]*(?=(?:{'|'.join(BEGINNINGS)})\b)", re.MULTILINE)
_NETWORK = re.compile(r"^[ \t]*network\b[^\n#]*\{", re.MULTILINE)
_TOP = re.compile(r"^[\"']?\w+[\"']?[ \t]*:")
_ITEM = re.compile(r"^([ \t]*)-(?:[ \t]|$)")
_MARK = "here__"
_CLOSERS = {"{": "}", "[": "]"}


Path = tuple[tuple[str, ...], list[str]]
"""The kind, variant and keys above the cursor, and the keys at the same level."""
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
    statement = _OpenStatement()
    for token in tokens_of(SourceFile("half.snn", before[begun[-1] :]).whole):
        if not statement.push(token):
            return None
    return statement.place()


class _OpenStatement:
    """The open blocks of an incomplete statement, and the words before the cursor.

    The words are a heading outside blocks, and a key with its value inside. Tokens that
    belong to neither are skipped.
    """

    def __init__(self) -> None:
        self._blocks: list[Path] = []
        self._words: list[Token] = []
        self._in_list = False

    def push(self, token: Token) -> bool:
        """Add a token; return False at the end of the network."""
        if token.type in ("LSQB", "RSQB"):
            self._in_list = token.type == "LSQB"
            self._words += [] if self._in_list else [token]
        elif self._in_list or token.type == "UNKNOWN":
            pass
        elif token.type == "RBRACE":
            if not self._blocks:
                return False
            del self._blocks[-1], self._words[:]
        elif token.type == "LBRACE":
            self._open_block()
        elif token.type == "NEWLINE":
            self._words = []
        elif self._blocks:
            self._push_in_block(token)
        else:
            self._words.append(token)
        return True

    def _open_block(self) -> None:
        is_pair = self._blocks or any(word in VARIANTS for word in self._words[:1])
        above = self._blocks[-1][0] if self._blocks else ()
        own = map(str, self._words[: 2 if is_pair else 1])
        self._blocks.append(((*above, *own), []))
        self._words = []

    def _push_in_block(self, token: Token) -> None:
        if token.type == "COMMA":
            self._words = []
        elif token.type == "NAME" and len(self._words) != 1:
            self._words = [token]
            self._blocks[-1][1].append(str(token))
        elif token.type == "UNIT" or len(self._words) == 1:
            self._words.append(token)

    def place(self) -> CursorPlace:
        """Return the context after the last token."""
        words = self._words
        if not self._blocks:
            return _in_heading(words)
        above, siblings = self._blocks[-1]
        if len(words) == 1:
            return _inside((*above, str(words[0])))
        place = _inside(above, siblings)
        if words and words[-1].type in ("NUMBER", "RANGE"):
            return place._replace(key=str(words[0]), measured=True)
        return place


def _in_heading(words: Sequence[Token]) -> CursorPlace:
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
        path = None if root is None or report.errors else _path(root)
        if path is not None:
            return _of_path(*path)
    return None


def _chunk(before: str) -> str:
    """Return the text from the key above the cursor; keep only the last layer."""
    lines = before.split("\n")
    top = next((i for i in range(len(lines))[::-1] if _TOP.match(lines[i])), None)
    if top is None or (top < len(lines) - 1 and lines[-1] == ""):
        return lines[-1]
    items = [i for i in range(top + 1, len(lines)) if _ITEM.match(lines[i])]
    if lines[top].startswith("layers") and items:
        depth = len(lines[items[0]]) - len(lines[items[0]].lstrip())
        own = [i for i in items if lines[i][:depth].isspace() or not depth]
        own = [i for i in own if lines[i][depth : depth + 1] == "-"]
        return "\n".join([lines[top], *lines[own[-1] :]])
    return "\n".join(lines[top:])


_QUOTED = re.compile(r"\"[^\"]*\"?|'[^']*'?")


def _closers(chunk: str) -> str:
    stack: list[str] = []
    for character in _QUOTED.sub("", chunk):
        if character in _CLOSERS:
            stack.append(_CLOSERS[character])
        elif stack and character == stack[-1]:
            stack.pop()
    return "".join(reversed(stack))


def _path(
    node: nodes.Node, above: tuple[str, ...] = ()
) -> tuple[tuple[str, ...], list[str] | None] | None:
    match node:
        case nodes.Scalar(text=text):
            return (above, None) if text.startswith(_MARK) else None
        case nodes.Sequence(items=items):
            inner = (_path(item, above) for item in items)
            return next((path for path in inner if path is not None), None)
        case nodes.Mapping(pairs=pairs):
            for key, value in pairs:
                if key.text == _MARK:
                    return above, [key.text for key, _ in pairs]
                if (path := _path(value, (*above, key.text))) is not None:
                    return path
    return None


def _of_path(above: tuple[str, ...], siblings: list[str] | None) -> CursorPlace:
    if not above:
        return CursorPlace("header")
    if above == ("layers",):
        return CursorPlace("statement")
    above = above[1:] if above[0] == "layers" else above
    variants = VARIANTS.get(above[0], ())
    if variants and len(above) == 1 and above != ("defaults",):
        return CursorPlace("variant", above[0])
    place = _inside(above, siblings)
    if siblings is None or place.where != "key":
        return place
    parts = [part.key for part in parts_of(place.model).values()] if place.model else []
    names = (*parts, *place.legal, *(variants if above == ("defaults",) else ()))
    return place._replace(legal=tuple(name for name in names if name not in siblings))


def _inside(above: tuple[str, ...], siblings: list[str] | None = None) -> CursorPlace:
    """Return the context inside a statement, given its kind, its variant and the keys.

    ``siblings`` contains the keys at the same level; None at a value.
    """
    kind, *keys = above or ("",)
    nowhere = Span(SourceFile("", ""), 0, 0)
    has_variant = bool(keys) and keys[0] in VARIANTS.get(kind, ())
    variant = tree.Word(keys.pop(0), nowhere) if has_variant else None
    statement = tree.Statement(tree.Word(kind, nowhere), nowhere, variant)
    model = model_of_statement(statement)
    legal = keywords.legal_keys(statement)
    while len(keys) > 1:  # a choice with settings: optimizer, adam, learning_rate
        key, word, *keys = keys
        model = model_of_choice(key, word)
        legal = keywords.settings_of(word)
    if not keys and siblings is not None:
        legal = tuple(name for name in legal if name not in siblings)
        return CursorPlace("key", kind, model, legal)
    if not keys:
        return CursorPlace("value", kind, model)
    (key,) = keys
    where: Where = "reference" if key in ("from", REFERRING) else "value"
    known = model if model is not None and key in keys_of(model) else None
    return CursorPlace(where, kind, known, key=key)
