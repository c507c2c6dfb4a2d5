"""Which word behind a number is a unit, and which the key of the next property."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from lark import Token

from snnc.syntax.words import KEYS, KINDS, UNITS

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
