"""Says in the reader's terms what a statement lacks where its parser stopped."""

from __future__ import annotations

from itertools import takewhile

from lark import Token

from snnc import rules
from snnc.diagnostics import Diagnostic, Fix
from snnc.language.keywords import KEYS, USUAL, VARIANTS
from snnc.source import SourceFile, Span
from snnc.syntax.braces import CLOSERS, OPENERS, Nesting
from snnc.syntax.build import span_of

_AFTER = {
    "IN": "a range such as `0..1`",
    "AS": "a range such as `-1..1`",
    "FROM": "the name of a layer",
    "COMMA": "the name of a layer",
}
_LONGEST = 30
JOINS = ("add", "concat")
_ADVICE = {
    _AFTER["IN"]: "write, for example, `in 0..1`",
    _AFTER["AS"]: "write, for example, `as 0..1`",
    _AFTER["FROM"]: "write, for example, `from c0`",
    "a property": "a property is a key, a space and a value, such as `filters 8`",
    "a value of the list": "a list is written as `[cat, dog]`",
    "a statement": "a statement begins with its kind: `conv2d c0 { filters 8 }`",
    "the end of the line": "remove it, or write it in braces if it is a property",
    "the rest of the statement or the line's end": "a statement is a kind, a name and "
    "a block, such as `conv2d c0 { filters 8 }`",
}


def missing_value(span: Span, key: str) -> Diagnostic:
    """Say that a key has no value, and show one."""
    return rules.syntax.MissingValue(span=span, key=key, example=USUAL.get(key, ""))


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
            return self._braced_choice(index) or self._missing_value(nesting.key)
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

    def _braced_choice(self, index: int) -> Diagnostic | None:
        """Describe ``optimizer { adam { ... } }``: braces around the choice."""
        depth, close = 0, index
        for close in range(index, len(self.tokens)):
            kind = self.tokens[close].type
            depth += (kind in OPENERS) - (kind in CLOSERS)
            if depth == 0:
                break
        inner = self.tokens[index + 1 : close]
        if not inner or inner[0].type != "NAME" or self.tokens[index].type != "LBRACE":
            return None
        text = self.span(inner[0]).to(self.span(inner[-1])).text
        if len(inner) > 1 and inner[1].type != "LBRACE":
            return None
        key = self.tokens[index - 1]
        whole = self.span(self.tokens[index]).to(self.span(self.tokens[close]))
        plain = "\n" not in text
        return rules.syntax.MissingValue(
            span=self.span(key),
            key=str(key),
            example=text if plain else f"{inner[0]} {{ ... }}",
            fix=Fix(whole, text),
        )

    def _missing_value(self, key: Token) -> Diagnostic:
        return missing_value(self.span(key), str(key))

    def _outside_block(self, index: int) -> Diagnostic:
        before = self.tokens[index - 1] if index else None
        if before is not None and before.type in _AFTER:
            return self._unexpected(index, _AFTER[before.type])
        token = self.tokens[index] if index < len(self.tokens) else None
        from snnc.syntax.lines import rearranged  # a good spec need not wait for it

        if problem := rearranged(self.source, self.tokens, index):
            return problem
        if token is not None and token.type == "FROM" and before is not None:
            return self._late_from(index, before)
        if token is not None and token.type == "NAME":
            return self._stray_word(token, before)
        if index == 0:
            return self._unexpected(index, "a statement")
        return self._unexpected(index, "the rest of the statement or the line's end")

    def _late_from(self, index: int, before: Token) -> Diagnostic:
        """Describe a `from` that stands after something that it belongs before."""
        clause = self.tokens[index:]
        opener = next((t for t in self.tokens if t.type == "LBRACE"), None)
        plain = all(t.type in ("FROM", "NAME", "COMMA") for t in clause)
        plain = plain and sum(t.type == "FROM" for t in self.tokens) == 1
        if before.type != "RBRACE" or opener is None or not plain:
            return self._unexpected(index, "the end of the line")
        block = self.span(opener).to(self.span(before))
        sources = self.span(clause[0]).to(self.span(clause[-1])).text
        head = Span(self.source, self.span(self.tokens[0]).start, block.start).text
        shown = block.text if "\n" not in block.text else "{ ... }"
        whole = block.to(self.span(clause[-1]))
        return rules.spelling.FromAfterBlock(
            span=self.span(clause[0]).to(self.span(clause[-1])),
            line=f"{head.rstrip()} {sources} {shown}",
            fix=Fix(whole, f"{sources} {block.text}"),
        )

    def _stray_word(self, token: Token, before: Token | None) -> Diagnostic:
        if token in KEYS:
            return rules.syntax.PropertyOutsideBlock(
                span=self.span(token), key=str(token), given=self._rest_from(token)
            )
        return self._unexpected_token(token, "the end of the line")

    def _rest_from(self, token: Token) -> str:
        """The properties from a token to the end of the statement, as written."""
        rest = self.span(token).to(self.span(self.tokens[-1])).text
        plain = "\n" not in rest and "{" not in rest and len(rest) <= _LONGEST
        return rest if plain else f"{token} ..."

    def _unexpected(self, index: int, expected: str) -> Diagnostic:
        if index < len(self.tokens):
            return self._unexpected_token(self.tokens[index], expected)
        end = self.tokens[-1].end_pos or 0
        return rules.syntax.UnexpectedText(
            span=Span(self.source, end, end),
            expected=expected,
            found="the end of the line",
            advice=_ADVICE.get(expected, ""),
        )

    def _unexpected_token(self, token: Token, expected: str) -> Diagnostic:
        return rules.syntax.UnexpectedText(
            span=self.span(token),
            expected=expected,
            found=_quoted(token),
            advice=self._joined(token) or _ADVICE.get(expected, ""),
        )

    def _joined(self, token: Token) -> str:
        """Say how a join is written that lists what it reads without a `from`."""
        kind, rest = self.tokens[0], self.tokens[1:]
        plain = all(t.type in ("NAME", "COMMA") for t in rest)
        if kind not in JOINS or token.type != "COMMA" or not plain:
            return ""
        return f"write `{kind} from {self.span(rest[0]).to(self.span(rest[-1])).text}`"


def _quoted(token: Token) -> str:
    if token.type == "NEWLINE":
        return "the end of the line"
    text = token if len(token) <= _LONGEST else token[:_LONGEST] + "..."
    return f"`{text}`"
