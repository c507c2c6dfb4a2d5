"""What may be written at a place of a text that is half written.

In a ``.snn`` text the tokens from the first word of the statement up to the cursor tell
it: what comes behind, and most of what stands before, may be as wrong as it likes.

In a YAML text a word is put in at the cursor, and what is then above it tells: of the
file only the key that the cursor is below, and of the layers the last one, have to be
YAML.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from lark import Token

from snnc.diagnostics import Report
from snnc.language import tree
from snnc.language.base import Model
from snnc.language.fields import keys_of, parts_of
from snnc.language.keywords import BEGINNINGS, VARIANTS, settings_of
from snnc.language_server.marks import (
    REFERRING,
    CursorPlace,
    Where,
    kind_of,
    model_of_choice,
    statement_of,
    takes,
)
from snnc.source import SourceFile
from snnc.syntax.build import tokens
from snnc.syntax.yaml.compose import Composer
from snnc.syntax.yaml.nodes import Mapping, Node, Scalar, Sequence

_STATEMENT = re.compile(rf"^[ \t]*(?=(?:{'|'.join(BEGINNINGS)})\b)", re.MULTILINE)
_NETWORK = re.compile(r"^[ \t]*network\b[^\n#]*\{", re.MULTILINE)
_MEASURABLE = ("NUMBER", "RANGE")
_TOP = re.compile(r"^[\"']?\w+[\"']?[ \t]*:")
_ITEM = re.compile(r"^([ \t]*)-(?:[ \t]|$)")
_MARK = "here__"
_CLOSERS = {"{": "}", "[": "]"}


def place_in_snn(before: str) -> CursorPlace | None:
    """What begins behind a text; None where the network has ended."""
    # A kind that is first on its line begins a statement, whatever is open above it.
    begun = [match.end() for match in _STATEMENT.finditer(before)]
    if not begun:
        return CursorPlace("statement" if _NETWORK.search(before) else "header")
    frames = _Frames()
    for token in tokens(before[begun[-1] :]):
        if not frames.feed(token):
            return None
    return frames.place


@dataclass(slots=True)
class _Frame:
    """An open brace or bracket: whose keys stand there, and which did."""

    model: type[Model] | None
    legal: tuple[str, ...]
    is_list: bool = False
    key: str = ""
    value: str = ""
    given: set[str] = field(default_factory=set)
    last: str = ""


class _Frames:
    """Follows a statement token by token, up to the cursor."""

    def __init__(self) -> None:
        self._heading: list[Token] = []
        self._frames: list[_Frame] = []
        self._ended = False

    def feed(self, token: Token) -> bool:
        """Take a token; False where the network has ended."""
        if token.type == "NEWLINE":
            self._ended |= not self._frames
        elif token.type in ("LBRACE", "LSQB"):
            self._open(token)
        elif token.type in ("RBRACE", "RSQB"):
            if not self._frames:
                return False
            self._frames.pop()
            self._ended = not self._frames
        elif self._frames:
            _take(self._frames[-1], token)
        else:
            self._heading.append(token)
        return True

    def _open(self, token: Token) -> None:
        if not self._frames:
            self._frames.append(_Frame(*takes(self._statement)))
            return
        top = self._frames[-1]
        if token.type == "LSQB":
            self._frames.append(_Frame(top.model, (), True, top.key))
        else:
            inner = model_of_choice(top.key, top.value)
            self._frames.append(_Frame(inner, settings_of(top.value)))
        top.last = ""

    @property
    def _statement(self) -> tree.Statement:
        return statement_of(*kind_of([str(token) for token in self._heading]))

    @property
    def place(self) -> CursorPlace:
        kind, variant = kind_of([str(token) for token in self._heading])
        if self._frames:
            return replace(_inside(self._frames[-1]), kind=kind, variant=variant)
        if self._ended:
            return CursorPlace("statement")
        return replace(self._front(kind), kind=kind, variant=variant)

    def _front(self, kind: str) -> CursorPlace:
        """In front of the block."""
        types = [token.type for token in self._heading]
        if len(types) == 1 and kind in VARIANTS:
            return CursorPlace("variant")
        if "FROM" in types and types[-1] in ("FROM", "COMMA"):
            return CursorPlace("reference")
        return CursorPlace("part")


def _take(frame: _Frame, token: Token) -> None:
    """Take a word or a value inside of braces."""
    frame.last = token.type
    if token.type in ("COMMA", "UNIT") or frame.is_list:
        return
    if frame.key and not frame.value:
        frame.value = str(token)
    else:
        frame.key, frame.value = str(token), ""
        frame.given.add(frame.key)


def _inside(frame: _Frame) -> CursorPlace:
    if frame.is_list or (frame.key and not frame.value):
        where: Where = "reference" if frame.key == REFERRING else "value"
        return CursorPlace(where, model=frame.model, key=frame.key)
    return CursorPlace(
        "key",
        model=frame.model,
        legal=tuple(key for key in frame.legal if key not in frame.given),
        key=frame.key,
        measured=frame.last in _MEASURABLE,
    )


def place_in_yaml(before: str) -> CursorPlace | None:
    """What begins behind a text; None where that can't be told."""
    chunk = _chunk(before)
    closers = "".join(reversed(list(_open(chunk))))
    # The word may be a key or a value: the text is YAML with one of them.
    for mark in (f"{_MARK}: 0", _MARK):
        text = SourceFile("chunk.yaml", f"{chunk}{mark}{closers}\n")
        report = Report()
        root = Composer(text, report).compose()
        if root is None or report.errors:
            continue
        path = _path(root)
        if path is not None:
            return _of_path(*path)
    return None


def _chunk(before: str) -> str:
    """The key of the file that the cursor is below, and of its layers the last one."""
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


def _open(chunk: str) -> Iterator[str]:
    """What closes the brackets that are open at the end."""
    stack: list[str] = []
    quote = ""
    for character in chunk:
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'":
            quote = character
        elif character in _CLOSERS:
            stack.append(_CLOSERS[character])
        elif stack and character == stack[-1]:
            stack.pop()
    return iter(stack)


Path = tuple[tuple[str, ...], bool, tuple[str, ...]]
"""The keys above the cursor, whether it is at a key, and the keys beside it."""


def _path(node: Node, above: tuple[str, ...] = ()) -> Path | None:
    match node:
        case Scalar(text=text):
            return (above, False, ()) if text.startswith(_MARK) else None
        case Sequence(items=items):
            inner = (_path(item, above) for item in items)
            return next((path for path in inner if path is not None), None)
        case Mapping(pairs=pairs):
            beside = tuple(key.text for key, _ in pairs if key.text != _MARK)
            for key, value in pairs:
                if key.text == _MARK:
                    return above, True, beside
                if (path := _path(value, (*above, key.text))) is not None:
                    return path
    return None


def _of_path(
    above: tuple[str, ...], at_key: bool, beside: tuple[str, ...]
) -> CursorPlace:
    """What a place below some keys of a YAML file is."""
    if not above:
        return CursorPlace("header")
    if above == ("layers",):
        return CursorPlace("statement")
    kind, *rest = above[1:] if above[0] == "layers" else above
    variants = VARIANTS.get(kind, ())
    if variants and not rest and kind != "defaults":
        return CursorPlace("variant", kind=kind)
    variant = rest.pop(0) if rest and rest[0] in variants else ""
    model, legal = takes(statement_of(kind, variant))
    while len(rest) > 1:  # a choice with settings: optimizer, adam, learning_rate
        key, word, *rest = rest
        model, legal = model_of_choice(key, word), settings_of(word)
    place = CursorPlace("key", kind, variant, model)
    if not rest and at_key:
        parts = [part.key for part in parts_of(model).values()] if model else []
        scopes = variants if kind == "defaults" and not variant else ()
        names = (*parts, *legal, *scopes)
        return replace(place, legal=tuple(key for key in names if key not in beside))
    if not rest:
        return replace(place, where="value")
    referring = rest[0] in ("from", REFERRING)
    has = model is not None and rest[0] in keys_of(model)
    return CursorPlace(
        "reference" if referring else "value", kind, variant, model if has else None,
        (), rest[0],
    )  # fmt: skip
