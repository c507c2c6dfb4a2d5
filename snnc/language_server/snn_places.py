"""What may be written at a place of a ``.snn`` text that is half written.

The tokens from the statement's first word up to the cursor tell it: what comes behind,
and most of what stands before, may be as wrong as it likes.
"""

from __future__ import annotations

import re
from dataclasses import field, replace

from lark import Token

from snnc.dataclass import dataclass
from snnc.language import tree
from snnc.language.base import Model
from snnc.language.forms import settings_of
from snnc.language.keywords import BEGINNINGS, VARIANTS
from snnc.language_server.marks import REFERRING, model_of_choice
from snnc.language_server.place import CursorPlace, Where, kind_of, statement_of, takes
from snnc.syntax.grammar import tokens

_STATEMENT = re.compile(rf"^[ \t]*(?=(?:{'|'.join(BEGINNINGS)})\b)", re.MULTILINE)
_NETWORK = re.compile(r"^[ \t]*network\b[^\n#]*\{", re.MULTILINE)
_MEASURABLE = ("NUMBER", "RANGE")


def place_behind(before: str) -> CursorPlace | None:
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
