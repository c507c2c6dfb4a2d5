"""Says in the reader's terms what a statement lacks where its parser stopped."""

from __future__ import annotations

from itertools import takewhile

from lark import Token

from snnc import rules
from snnc.diagnostics import Diagnostic
from snnc.source import SourceFile, Span
from snnc.syntax.build import span_of
from snnc.syntax.nesting import Nesting
from snnc.syntax.words import KEYS, VARIANTS

_AFTER = {
    "IN": "a range such as `0..1`",
    "AS": "a range such as `-1..1`",
    "FROM": "the name of a layer",
    "COMMA": "the name of a layer",
}
_LONGEST = 30


class Explainer:
    """Explains why one statement's tokens do not parse."""

    def __init__(self, source: SourceFile, tokens: tuple[Token, ...]) -> None:
        self.source = source
        self.tokens = tokens

    def span(self, token: Token) -> Span:
        return span_of(token, self.source)

    def explain(self, index: int) -> Diagnostic:
        """Describe the error at a token; ``len(tokens)`` stands for the end."""
        nesting = Nesting()
        for token in self.tokens[:index]:
            nesting.feed(token)
        if nesting.key is not None:
            return self._missing_value(nesting.key)
        if nesting.in_block and nesting.last is not None:
            key, value = nesting.last
            if value in KEYS and value.type == "NAME":
                return self._missing_value(key)
        if nesting.depth == 0:
            return self._outside_block(index)
        expected = "a property" if nesting.in_block else "a value of the list"
        return self._unexpected(index, expected)

    def stray(self) -> Diagnostic | None:
        """Describe a word too many in front of the block, if there is one."""
        names = list(takewhile(lambda token: token.type == "NAME", self.tokens))
        most = 3 if names and names[0] in VARIANTS else 2
        if len(names) <= most:
            return None
        return self._stray_word(names[most], names[most - 1])

    def _missing_value(self, key: Token) -> Diagnostic:
        return rules.syntax.MissingValue(span=self.span(key), key=str(key))

    def _outside_block(self, index: int) -> Diagnostic:
        before = self.tokens[index - 1] if index else None
        if before is not None and before.type in _AFTER:
            return self._unexpected(index, _AFTER[before.type])
        token = self.tokens[index] if index < len(self.tokens) else None
        if token is not None and token.type == "NAME":
            return self._stray_word(token, before)
        if index == 0:
            return self._unexpected(index, "a statement")
        return self._unexpected(index, "the rest of the statement or the line's end")

    def _stray_word(self, token: Token, before: Token | None) -> Diagnostic:
        if token in KEYS:
            return rules.syntax.PropertyOutsideBlock(
                span=self.span(token), key=str(token)
            )
        return self._unexpected_token(token, "the end of the line")

    def _unexpected(self, index: int, expected: str) -> Diagnostic:
        if index < len(self.tokens):
            return self._unexpected_token(self.tokens[index], expected)
        end = self.tokens[-1].end_pos or 0
        return rules.syntax.UnexpectedText(
            span=Span(self.source, end, end),
            expected=expected,
            found="the end of the line",
        )

    def _unexpected_token(self, token: Token, expected: str) -> Diagnostic:
        return rules.syntax.UnexpectedText(
            span=self.span(token), expected=expected, found=_quoted(token)
        )


def _quoted(token: Token) -> str:
    if token.type == "NEWLINE":
        return "the end of the line"
    text = token if len(token) <= _LONGEST else token[:_LONGEST] + "..."
    return f"`{text}`"
