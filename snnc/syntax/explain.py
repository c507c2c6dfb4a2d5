"""Explain, in the user's words, why a statement can't be parsed."""

from __future__ import annotations

from snnc import rules, vocabulary
from snnc.diagnostics import Diagnostic, Fix
from snnc.language import keywords
from snnc.language.keywords import KEYS
from snnc.syntax.build import Token, Tokens, span_of
from snnc.syntax.split import StatementTokens

_AFTER = {
    "IN": "a range such as `0..1`",
    "AS": "a range such as `-1..1`",
    "FROM": "the name of a layer",
    "COMMA": "the name of a layer",
}
_SHAPE = "a shape and a range"
_REST = "the rest of the statement or the line's end"
_LONGEST = 30
JOINS = ("add", "concat")
_ADVICE = {
    "a name": "use another name: this word is reserved",
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
    _REST: "a statement consists of a kind, a name and a block, such as `conv2d c0 "
    "{ filters 8 }`",
}


def explain(tokens: Tokens, index: int) -> Diagnostic:
    """Describe the error at a token; an index of ``len(tokens)`` means the end."""
    nesting = StatementTokens(tokens[:index])
    if nesting.key is not None:
        return _missing_value(nesting.key)
    if nesting.in_block and nesting.last is not None:
        key, value = nesting.last
        # In `kernel stride 2`, the next key was read as the value.
        if value in KEYS and value.type == "NAME":
            return _missing_value(key)
    if not nesting.brackets:
        return _outside_block(tokens, index)
    expected = "a property" if nesting.in_block else "a value of the list"
    return _unexpected(tokens, index, expected)


def _missing_value(key: Token) -> Diagnostic:
    return rules.syntax.MissingValue(
        span=key.span, key=str(key), example=keywords.USUAL.get(key, "")
    )


def _outside_block(tokens: Tokens, index: int) -> Diagnostic:
    types = [token.type for token in tokens]
    # `in` is a reserved word, so it can't be a name.
    if types[1 : index + 1] in (["IN", "DIMS"], ["IN", "LBRACE"]):
        return _unexpected(tokens, 1, "a name")
    if index and types[index - 1] in _AFTER:
        return _unexpected(tokens, index, _AFTER[types[index - 1]])
    if index and types[index:][:1] == ["FROM"]:
        return _late_from(tokens, index)
    if types[index:][:1] == ["NAME"]:
        return stray_word(tokens, index)
    return _unexpected(tokens, index, _REST if index else "a statement")


def _late_from(tokens: Tokens, index: int) -> Diagnostic:
    """Describe a `from` that comes after the block or in a wrong position."""
    clause = tokens[index:]
    before = tokens[index - 1]
    opener = next((token for token in tokens if token.type == "LBRACE"), None)
    plain = all(t.type in ("FROM", "NAME", "COMMA") for t in clause)
    plain = plain and sum(t.type == "FROM" for t in tokens) == 1
    if before.type != "RBRACE" or opener is None or not plain:
        return _unexpected(tokens, index, "the end of the line")
    block = opener.span.to(before.span)
    place = span_of(clause)
    return rules.misplaced.FromAfterBlock(
        span=place,
        clause=place.text,
        fix=Fix(block.to(place), f"{place.text} {block.text}"),
    )


def stray_word(tokens: Tokens, index: int) -> Diagnostic:
    """Describe a superfluous word before the block."""
    token = tokens[index]
    if token in KEYS:
        rest = span_of(tokens[index:]).text
        plain = "\n" not in rest and "{" not in rest and len(rest) <= _LONGEST
        return rules.syntax.PropertyOutsideBlock(
            span=token.span, key=str(token), written=rest if plain else f"{token} ..."
        )
    expected = _SHAPE if tokens[0] == "input" else "the end of the line"
    return _unexpected(tokens, index, expected)


def _unexpected(tokens: Tokens, index: int, expected: str) -> Diagnostic:
    found = "the end of the line"
    advice = ""
    fix = None
    place = tokens[-1].span.after
    if index < len(tokens):
        token = tokens[index]
        place = token.span
        advice = _advise_sources(tokens, index)
        fix = vocabulary.meant.meant_line(span_of(tokens), place)
        if token.type != "NEWLINE":
            found = f"`{token[:_LONGEST]}{'...' if len(token) > _LONGEST else ''}`"
    if fix is not None:
        advice = f"write `{fix.replacement}`"
    return rules.syntax.UnexpectedText(
        span=place,
        expected=expected,
        found=found,
        advice=advice or _ADVICE.get(expected, ""),
        fix=fix,
    )


def _advise_sources(tokens: Tokens, index: int) -> str:
    """Return the advice for ``add a, b``, which lacks a `from`; else empty."""
    plain = all(t.type in ("NAME", "COMMA") for t in tokens[1:])
    if tokens[0] in JOINS and tokens[index].type == "COMMA" and plain:
        return f"write `{tokens[0]} from {span_of(tokens[1:]).text}`"
    return ""
