"""Explain, in the user's words, why a statement can't be parsed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise, takewhile

from lark import Token

from snnc import rules
from snnc.diagnostics import Diagnostic, Fix
from snnc.language.fields import keys_of
from snnc.language.keywords import FORMS, KEYS, MODELS, USUAL, VARIANTS, values_of
from snnc.source import SourceFile, Span
from snnc.syntax.build import CLOSERS, OPENERS, span_of
from snnc.syntax.split import Nesting

_AFTER = {
    "IN": "a range such as `0..1`",
    "AS": "a range such as `-1..1`",
    "FROM": "the name of a layer",
    "COMMA": "the name of a layer",
}
_SHAPE = "a shape and a range"
_LONGEST = 30
JOINS = ("add", "concat")
_ADVICE = {
    _SHAPE: "sizes are numbers, without a batch axis: write, for example,"
    " `input image 28x28x1 in 0..1`",
    _AFTER["IN"]: "write, for example, `in 0..1`",
    _AFTER["AS"]: "write, for example, `as 0..1`",
    _AFTER["FROM"]: "write, for example, `from c0`",
    "a property": "a property consists of a key, a space and a value, such as "
    "`filters 8`",
    "a value of the list": "write a list as `[cat, dog]`",
    "a statement": "a statement begins with its kind: `conv2d c0 { filters 8 }`",
    "the end of the line": "remove it, or write it in braces if it is a property",
    "the rest of the statement or the line's end": "a statement consists of a kind, a "
    "name and a block, such as `conv2d "
    "c0 { filters 8 }`",
}


def missing_value(span: Span, key: str) -> Diagnostic:
    """Describe a key without a value, and show an example."""
    return rules.syntax.MissingValue(span=span, key=key, example=USUAL.get(key, ""))


class Explainer:
    """Explain why the tokens of one statement do not parse."""

    def __init__(self, source: SourceFile, tokens: tuple[Token, ...]) -> None:
        self.source = source
        self.tokens = tokens

    def span(self, token: Token) -> Span:
        return span_of(token, self.source)

    def explain(self, index: int) -> Diagnostic:
        """Describe the error at a token; an index of ``len(tokens)`` means the end."""
        nesting = Nesting()
        for token in self.tokens[:index]:
            nesting.feed(token)
        if nesting.key is not None:
            return self._braced_choice(index) or self._missing_value(nesting.key)
        if nesting.in_block and nesting.last is not None:
            key, value = nesting.last
            if value in KEYS and value.type == "NAME":
                return self._missing_value(key)
        if not nesting.openers:
            return self._outside_block(index)
        expected = "a property" if nesting.in_block else "a value of the list"
        return self._describe_at(index, expected)

    def stray(self) -> Diagnostic | None:
        """Describe a superfluous word before the block, if there is one."""
        names = list(takewhile(lambda token: token.type == "NAME", self.tokens))
        most = 3 if names and names[0] in VARIANTS else 2
        if most == 3 and FORMS[names[0]].name == "none" and names[-1] in KEYS:
            most = 2  # `target loihi chips 1`
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
            return self._describe_at(index, _AFTER[before.type])
        token = self.tokens[index] if index < len(self.tokens) else None

        if problem := describe_order(self.source, self.tokens, index):
            return problem
        if token is not None and token.type == "FROM" and before is not None:
            return self._late_from(index, before)
        if token is not None and token.type == "NAME":
            return self._stray_word(token, before)
        if index == 0:
            return self._describe_at(index, "a statement")
        return self._describe_at(index, "the rest of the statement or the line's end")

    def _late_from(self, index: int, before: Token) -> Diagnostic:
        """Describe a `from` that comes after the block or in a wrong position."""
        clause = self.tokens[index:]
        opener = next((t for t in self.tokens if t.type == "LBRACE"), None)
        plain = all(t.type in ("FROM", "NAME", "COMMA") for t in clause)
        plain = plain and sum(t.type == "FROM" for t in self.tokens) == 1
        if before.type != "RBRACE" or opener is None or not plain:
            return self._describe_at(index, "the end of the line")
        block = self.span(opener).to(self.span(before))
        sources = self.span(clause[0]).to(self.span(clause[-1])).text
        head = Span(self.source, self.span(self.tokens[0]).start, block.start).text
        shown = block.text if "\n" not in block.text else "{ ... }"
        whole = block.to(self.span(clause[-1]))
        return rules.misplaced.FromAfterBlock(
            span=self.span(clause[0]).to(self.span(clause[-1])),
            written=f"{head.rstrip()} {sources} {shown}",
            fix=Fix(whole, f"{sources} {block.text}"),
        )

    def _stray_word(self, token: Token, before: Token | None) -> Diagnostic:
        if token in KEYS:
            return rules.syntax.PropertyOutsideBlock(
                span=self.span(token), key=str(token), given=self._rest_from(token)
            )
        if self.tokens[0] == "input":
            return self._describe_token(token, _SHAPE)
        return self._describe_token(token, "the end of the line")

    def _rest_from(self, token: Token) -> str:
        rest = self.span(token).to(self.span(self.tokens[-1])).text
        plain = "\n" not in rest and "{" not in rest and len(rest) <= _LONGEST
        return rest if plain else f"{token} ..."

    def _describe_at(self, index: int, expected: str) -> Diagnostic:
        if index < len(self.tokens):
            return self._describe_token(self.tokens[index], expected)
        end = self.tokens[-1].end_pos or 0
        return rules.syntax.UnexpectedText(
            span=Span(self.source, end, end),
            expected=expected,
            found="the end of the line",
            advice=_ADVICE.get(expected, ""),
        )

    def _describe_token(self, token: Token, expected: str) -> Diagnostic:
        return rules.syntax.UnexpectedText(
            span=self.span(token),
            expected=expected,
            found=_quote(token),
            advice=self._advise_join(token)
            or self._advise_from(token)
            or self._advise_brackets(token)
            or _ADVICE.get(expected, ""),
        )

    def _advise_join(self, token: Token) -> str:
        kind, rest = self.tokens[0], self.tokens[1:]
        plain = all(t.type in ("NAME", "COMMA") for t in rest)
        if kind not in JOINS or token.type != "COMMA" or not plain:
            return ""
        return f"write `{kind} from {self.span(rest[0]).to(self.span(rest[-1])).text}`"

    def _advise_from(self, token: Token) -> str:
        behind = self.tokens[self.tokens.index(token) + 1 :]
        opener = next((t for t in self.tokens if t.type == "LBRACE"), None)
        if token.type != "FROM" or opener is None or not behind:
            return ""
        head = Span(
            self.source, self.span(self.tokens[0]).start, self.span(opener).start
        )
        sources = _join_names(behind[1:] if behind[0].type == "LSQB" else behind[:1])
        return f"`from` goes before the block: `{head.text}from {sources} {{ ... }}`"

    def _advise_brackets(self, token: Token) -> str:
        at = self.tokens.index(token)
        if token.type != "LSQB" or at == 0 or self.tokens[at - 1].type != "FROM":
            return ""
        sources = _join_names(self.tokens[at + 1 :])
        return f"write `from {sources}`" if sources else ""


def _join_names(tokens: Sequence[Token]) -> str:
    """Join the leading names of a token sequence with commas."""
    listed = takewhile(lambda token: token.type in ("NAME", "COMMA"), tokens)
    return ", ".join(token for token in listed if token.type == "NAME")


def _quote(token: Token) -> str:
    if token.type == "NEWLINE":
        return "the end of the line"
    text = token if len(token) <= _LONGEST else token[:_LONGEST] + "..."
    return f"`{text}`"


_SIZED = frozenset(k for k, form in FORMS.items() if form.is_layer and form.size)
_KEY_OF = {word: key for key in ("padding", "neuron") for word in values_of(key)}
"""The key of each word that is a value of only one key."""


@dataclass(slots=True)
class _Meant:
    """A statement whose values are written without keys and braces."""

    kind: str
    name: str = ""
    values: dict[str, str] = field(default_factory=dict)

    @property
    def line(self) -> str:
        name = self.name or FORMS[self.kind].usual_name
        inside = ", ".join(f"{key} {value}" for key, value in self.values.items())
        return f"{self.kind} {name} {{ {inside} }}".replace("  ", " ")

    def take(self, token: Token) -> bool:
        """Add a value under its key; return False if no key takes it."""
        key = self._key(token)
        if key is None or key in self.values:
            return False
        self.values[key] = str(token)
        return True

    def _key(self, token: Token) -> str | None:
        if token.type == "NUMBER":
            size = FORMS[self.kind].size
            return size if size not in self.values else "kernel"
        if token.type == "DIMS":
            return "kernel" if "kernel" in keys_of(MODELS[self.kind][""]) else None
        return _KEY_OF.get(token) if token.type in ("NAME", "UNIT") else None


def describe_order(
    source: SourceFile, tokens: Sequence[Token], index: int
) -> Diagnostic | None:
    """Describe a statement whose parts are in the wrong order; show the right line."""
    meant = _input(source, tokens) if tokens[0] == "input" else _layer(tokens)
    if meant is None or index >= len(tokens):
        return None
    line, sure = meant
    first, last = tokens[0], tokens[-1]
    whole = Span(source, first.start_pos or 0, last.end_pos or 0)
    here = tokens[index]
    place = Span(source, here.start_pos or 0, here.end_pos or 0)
    return rules.syntax.UnexpectedText(
        span=place,
        expected="`{`" if tokens[0] != "input" else "a name, a shape and a range",
        found=f"`{here}`",
        advice=f"write `{line}`",
        fix=Fix(whole, line) if sure else None,
    )


def _layer(tokens: Sequence[Token]) -> tuple[str, bool] | None:
    """Return the line for ``conv2d 32 3x3 same``, and whether this fix is certain."""
    kind = str(tokens[0])
    if kind not in _SIZED or len(tokens) < 2:
        return None
    meant, rest = _Meant(kind), list(tokens[1:])
    if rest[0].type == "NAME" and rest[0] not in _KEY_OF:
        meant.name = str(rest.pop(0))
    rest = [token for token in rest if token.type != "COMMA"]
    if not rest or not all(meant.take(token) for token in rest):
        return None
    # With two bare numbers, the meaning is unclear: one may be the kernel size or the
    # number of input channels.
    sure = sum(token.type == "NUMBER" for token in rest) < 2
    return meant.line, sure and bool(meant.name or not FORMS[kind].usual_name)


def _input(source: SourceFile, tokens: Sequence[Token]) -> tuple[str, bool] | None:
    """Return the line for an input with reordered parts, and whether it is certain."""
    names = [t for t in tokens[1:] if t.type == "NAME"]
    shapes = [t for t in tokens[1:] if t.type in ("DIMS", "NUMBER")]
    ranges = {
        before.type: token
        for before, token in pairwise(tokens)
        if token.type == "RANGE"
    }
    known = 1 + len(names) + len(shapes) + 2 * len(ranges)
    if len(names) != 1 or len(shapes) != 1 or known != len(tokens):
        return None
    if not ranges.keys() <= {"IN", "AS"} or not ranges:
        return None
    within = ranges.get("IN", "0..255")
    mapped = f" as {ranges['AS']}" if "AS" in ranges else ""
    line = f"input {names[0]} {shapes[0]} in {within}{mapped}"
    return line, "IN" in ranges
