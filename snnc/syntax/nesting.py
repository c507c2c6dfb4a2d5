"""Where in a statement a token stands: how deep, as a key or as a value."""

from __future__ import annotations

from lark import Token

OPENERS = {"LBRACE": "RBRACE", "LSQB": "RSQB"}
CLOSERS = frozenset(OPENERS.values())
_NEUTRAL = frozenset(("NEWLINE", "COMMA", "UNIT"))


class Nesting:
    """Follows a statement token by token.

    Attributes
    ----------
    openers
        The ``{`` and ``[`` that are open, outermost first.
    key
        The key whose value comes next, or None.
    last
        The last complete property's key and value tokens, or None.
    """

    def __init__(self) -> None:
        self.openers: list[Token] = []
        self.key: Token | None = None
        self.last: tuple[Token, Token] | None = None

    @property
    def depth(self) -> int:
        return len(self.openers)

    @property
    def in_block(self) -> bool:
        return bool(self.openers) and self.openers[-1].type == "LBRACE"

    @property
    def at_key(self) -> bool:
        """Whether the next word is the key of a property."""
        return self.in_block and self.key is None

    def feed(self, token: Token) -> None:
        if token.type in OPENERS:
            self.openers.append(token)
            self.key = self.last = None
        elif token.type in CLOSERS:
            self._close()
        elif token.type not in _NEUTRAL and self.in_block:
            self._word(token)

    def _close(self) -> None:
        if self.openers:
            self.openers.pop()
        self.key = self.last = None

    def _word(self, token: Token) -> None:
        if self.key is not None:
            self.last, self.key = (self.key, token), None
        elif token.type == "NAME":
            self.key = token
