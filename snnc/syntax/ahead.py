"""What comes behind each token of a network, found in one pass from its end."""

from __future__ import annotations

from collections.abc import Sequence

from lark import Token

from snnc.language.keywords import BEGINNINGS


class Ahead:
    """Looks ahead from any token at no cost.

    Attributes
    ----------
    following
        For each token the next one behind it that is no line end, or None.
    closes
        For each token whether, from it on, a ``}`` too many comes before the next
        statement, other than the last one of the file, which is the network's own.
    """

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens = tokens
        self.following: list[Token | None] = [None] * len(tokens)
        self.closes = [False] * len(tokens)
        self._look()

    def begins_line(self, index: int) -> bool:
        """Whether a token is a kind of statement and first on its line."""
        token = self._tokens[index]
        first = index == 0 or self._tokens[index - 1].type == "NEWLINE"
        return first and token.type == "NAME" and token in BEGINNINGS

    def _look(self) -> None:
        behind: Token | None = None
        last: int | None = None
        unmatched: list[int] = []  # the `}` of this statement, the nearest one last
        for index in reversed(range(len(self._tokens))):
            token = self._tokens[index]
            self.following[index] = behind
            if token.type != "NEWLINE":
                behind = token
            if token.type == "RBRACE":
                last = index if last is None else last
                unmatched.append(index)
            elif token.type == "LBRACE" and unmatched:
                unmatched.pop()
            elif self.begins_line(index):
                unmatched.clear()
            self.closes[index] = bool(unmatched) and unmatched[-1] != last
