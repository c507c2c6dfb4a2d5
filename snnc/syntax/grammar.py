"""The grammar of ``.snn`` files, loaded once a process, and its units."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib.util import cache_from_source
from itertools import chain
from pathlib import Path
from typing import Any

from lark import Lark, Token

from snnc.language.keywords import KEYS, KINDS, UNITS
from snnc.resources import grammar_path

_MEASURABLE = frozenset(("NUMBER", "RANGE"))
_VALUES = frozenset(("NAME", "NUMBER", "DIMS", "RANGE", "STRING", "LSQB"))


def _is_unit(word: Token, following: Token | None) -> bool:
    """Decide by the closed sets of units and keys, then by what comes next.

    An unknown word is a misspelt key if a value follows, else a misspelt unit.
    """
    if word in UNITS:
        return True
    if word in KEYS or word in KINDS:
        return False
    if following is None or following.type not in _VALUES:
        return following is None or following.type != "LBRACE"
    return following in KEYS


class UnitMarker:
    """Lark's hook between lexer and parser: turns a NAME that is a unit into UNIT."""

    always_accept = ("MALFORMED", "UNTERMINATED", "UNKNOWN", "NEWLINE")

    def process(self, stream: Iterator[Token]) -> Iterator[Token]:
        previous: Token | None = None
        waiting: Token | None = None
        for token in chain(stream, (None,)):
            if waiting is not None:
                yield self._marked(previous, waiting, token)
                previous = waiting
            waiting = token

    @staticmethod
    def _marked(before: Token | None, token: Token, after: Token | None) -> Token:
        if token.type != "NAME" or before is None or before.type not in _MEASURABLE:
            return token
        return token.update(type="UNIT") if _is_unit(token, after) else token


def grammar_text() -> str:
    """Read ``snn.lark``."""
    return grammar_path().read_text(encoding="utf-8")


@cache
def parser(start: str = "statement") -> Lark:
    """Build the LALR parser whose entry point is ``statement`` or ``document``.

    Lark keeps its tables beside this module's byte code, and makes them anew when
    the grammar or Lark itself has changed: building them takes a fifth of the time
    of `snnc check`.
    """
    return Lark(
        grammar_text(),
        start=start,
        parser="lalr",
        lexer="basic",
        postlex=UnitMarker(),
        maybe_placeholders=True,
        cache=_tables(start),
    )


def tokens(text: str) -> Iterator[Token]:
    """Cut a text into tokens; what is none becomes one too, to be reported.

    `Lark.lex` would build a lexer for each text, which takes longer than most texts.
    """
    thread: Any = parser().parse_interactive(text).lexer_thread
    stream: Iterator[Token] = thread.lex(None)
    return stream


def _tables(start: str) -> str | bool:
    code = Path(cache_from_source(__file__))
    return str(code.with_suffix(f".{start}.lark")) if code.parent.is_dir() else False
