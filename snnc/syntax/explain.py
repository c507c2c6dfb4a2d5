"""Explain, in the user's words, why a statement can't be parsed."""

from __future__ import annotations

from itertools import pairwise, takewhile

from snnc import rules
from snnc.diagnostics import Diagnostic, Fix
from snnc.language import keywords
from snnc.language.keywords import FORMS, KEYS, keys_of, values_of
from snnc.syntax.build import CLOSERS, OPENERS, Token, Tokens, span_of
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
        return _braced_choice(tokens, index) or _missing_value(nesting.key)
    if nesting.in_block and nesting.last is not None:
        key, value = nesting.last
        if value in KEYS and value.type == "NAME":
            return _missing_value(key)
    if not nesting.openers:
        return _outside_block(tokens, index)
    expected = "a property" if nesting.in_block else "a value of the list"
    return _unexpected(tokens, index, expected)


def _missing_value(key: Token) -> Diagnostic:
    return rules.syntax.MissingValue(
        span=key.span, key=str(key), example=keywords.USUAL.get(key, "")
    )


def _braced_choice(tokens: Tokens, index: int) -> Diagnostic | None:
    """Describe ``optimizer { adam { ... } }``: braces around the choice."""
    depth, close = 0, index
    for close in range(index, len(tokens)):
        kind = tokens[close].type
        depth += (kind in OPENERS) - (kind in CLOSERS)
        if depth == 0:
            break
    inner = tokens[index + 1 : close]
    if not inner or inner[0].type != "NAME" or tokens[index].type != "LBRACE":
        return None
    if len(inner) > 1 and inner[1].type != "LBRACE":
        return None
    text = span_of(inner).text
    return rules.syntax.MissingValue(
        span=tokens[index - 1].span,
        key=str(tokens[index - 1]),
        example=f"{inner[0]} {{ ... }}" if "\n" in text else text,
        fix=Fix(span_of(tokens[index : close + 1]), text),
    )


def _outside_block(tokens: Tokens, index: int) -> Diagnostic:
    before = tokens[index - 1] if index else None
    if [t.type for t in tokens[1 : index + 1]] in (["IN", "DIMS"], ["IN", "LBRACE"]):
        return _unexpected(tokens, 1, "a name")
    if before is not None and before.type in _AFTER:
        return _unexpected(tokens, index, _AFTER[before.type])
    if problem := _describe_order(tokens, index):
        return problem
    kind = tokens[index].type if index < len(tokens) else ""
    if kind == "FROM" and index:
        return _late_from(tokens, index)
    if kind == "NAME":
        return stray_word(tokens, index)
    return _unexpected(tokens, index, _REST if index else "a statement")


def _head_and_opener(tokens: Tokens) -> tuple[str, Token | None]:
    """Return the text before the block, and the brace that opens the block."""
    opener = next((t for t in tokens if t.type == "LBRACE"), None)
    return "" if opener is None else tokens[0].span.to(opener.span.before).text, opener


def _late_from(tokens: Tokens, index: int) -> Diagnostic:
    """Describe a `from` that comes after the block or in a wrong position."""
    clause, before = tokens[index:], tokens[index - 1]
    head, opener = _head_and_opener(tokens)
    plain = all(t.type in ("FROM", "NAME", "COMMA") for t in clause)
    plain = plain and sum(t.type == "FROM" for t in tokens) == 1
    if before.type != "RBRACE" or opener is None or not plain:
        return _unexpected(tokens, index, "the end of the line")
    block, place = opener.span.to(before.span), span_of(clause)
    shown = block.text if "\n" not in block.text else "{ ... }"
    return rules.misplaced.FromAfterBlock(
        span=place,
        written=f"{head.rstrip()} {place.text} {shown}",
        fix=Fix(block.to(place), f"{place.text} {block.text}"),
    )


def stray_word(tokens: Tokens, index: int) -> Diagnostic:
    """Describe a superfluous word before the block."""
    token = tokens[index]
    if token in KEYS:
        rest = span_of(tokens[index:]).text
        plain = "\n" not in rest and "{" not in rest and len(rest) <= _LONGEST
        return rules.syntax.PropertyOutsideBlock(
            span=token.span, key=str(token), given=rest if plain else f"{token} ..."
        )
    expected = _SHAPE if tokens[0] == "input" else "the end of the line"
    return _unexpected(tokens, index, expected)


def _unexpected(tokens: Tokens, index: int, expected: str) -> Diagnostic:
    found, advice = "the end of the line", ""
    if index < len(tokens):
        token = tokens[index]
        advice = _advise_sources(tokens, index)
        if token.type != "NEWLINE":
            found = f"`{token[:_LONGEST]}{'...' if len(token) > _LONGEST else ''}`"
    return rules.syntax.UnexpectedText(
        span=tokens[index].span if index < len(tokens) else tokens[-1].span.after,
        expected=expected,
        found=found,
        advice=advice or _ADVICE.get(expected, ""),
    )


def _advise_sources(tokens: Tokens, index: int) -> str:
    """Return the advice for ``add a, b``, ``from [a, b]`` or a late ``from``."""
    token, rest = tokens[index], tokens[index + 1 :]
    plain = all(t.type in ("NAME", "COMMA") for t in tokens[1:])
    if tokens[0] in JOINS and token.type == "COMMA" and plain:
        return f"write `{tokens[0]} from {span_of(tokens[1:]).text}`"
    if token.type == "FROM" and rest:
        return _advise_head(tokens, index)
    if token.type == "LSQB" and index and tokens[index - 1].type == "FROM":
        sources = _join_names(rest)
        return f"write `from {sources}`" if sources else ""
    return ""


def _advise_head(tokens: Tokens, index: int) -> str:
    """Return the advice for a `from` inside the block, with all its sources."""
    head, opener = _head_and_opener(tokens)
    sources, end = _sources_after(tokens, index)
    if opener is None or not sources:
        return ""
    is_alone = tokens[index - 1] is opener and tokens[end].type == "RBRACE"
    block = "" if is_alone else " { ... }"
    return f"`from` goes before the block: `{head}from {', '.join(sources)}{block}`"


def _sources_after(tokens: Tokens, index: int) -> tuple[list[str], int]:
    """Return the names after a `from`, and the index of the token after them.

    In `from c0, c1, units 3`, the property ends the names.
    """
    names: list[str] = []
    for end in range(index + 1, len(tokens)):
        token, before = tokens[end], tokens[end - 1]
        if token.type in ("COMMA", "LSQB", "RSQB"):
            continue
        if token.type != "NAME" or token in KEYS or before.type == "NAME":
            return names, end
        names.append(str(token))
    return names, len(tokens) - 1


def _join_names(tokens: Tokens) -> str:
    listed = takewhile(lambda token: token.type in ("NAME", "COMMA"), tokens)
    return ", ".join(token for token in listed if token.type == "NAME")


_SIZED = frozenset(k for k, form in FORMS.items() if form.is_layer and form.size)
_KEY_OF = {word: key for key in ("padding", "neuron") for word in values_of(key)}
"""The key of each word that is a value of only one key."""


def _describe_order(tokens: Tokens, index: int) -> Diagnostic | None:
    """Describe a statement whose parts are in the wrong order; show the right line."""
    is_input = tokens[0] == "input"
    meant = _input(tokens) if is_input else _layer(tokens)
    if meant is None or index >= len(tokens):
        return None
    line, sure = meant
    here = tokens[index]
    return rules.syntax.UnexpectedText(
        span=here.span,
        expected="a name, a shape and a range" if is_input else "`{`",
        found=f"`{here}`",
        advice=f"write `{line}`",
        fix=Fix(span_of(tokens), line) if sure else None,
    )


def _layer(tokens: Tokens) -> tuple[str, bool] | None:
    """Return the line for ``conv2d 32 3x3 same``, and whether this fix is certain."""
    kind, *rest = tokens
    if kind not in _SIZED or not rest:
        return None
    usual = name = FORMS[kind].usual_name
    named = rest[0].type == "NAME" and rest[0] not in _KEY_OF
    if named:
        name = str(rest.pop(0))
    values: dict[str, str] = {}
    for token in rest:
        if token.type == "COMMA":
            continue
        key = _key_of_value(kind, token, values)
        if key is None or key in values:
            return None
        values[key] = str(token)
    if not values:
        return None
    inside = ", ".join(f"{key} {value}" for key, value in values.items())
    line = f"{kind} {name} {{ {inside} }}".replace("  ", " ")
    # With two bare numbers, the meaning is unclear: one may be the kernel size or the
    # number of input channels.
    sure = sum(token.type == "NUMBER" for token in rest) < 2
    return line, sure and (named or not usual)


def _key_of_value(kind: str, token: Token, given: dict[str, str]) -> str | None:
    """Return the key of a value without one, in a statement with ``given`` keys."""
    if token.type == "NUMBER":
        size = FORMS[kind].size
        return size if size not in given else "kernel"
    if token.type == "DIMS":
        return "kernel" if "kernel" in keys_of(keywords.MODELS[kind][""]) else None
    return _KEY_OF.get(token) if token.type in ("NAME", "UNIT") else None


def _input(tokens: Tokens) -> tuple[str, bool] | None:
    """Return the line for an input with reordered parts, and whether it is certain."""
    names = [t for t in tokens[1:] if t.type == "NAME"]
    shapes = [t for t in tokens[1:] if t.type in ("DIMS", "NUMBER")]
    ranges = {a.type: b for a, b in pairwise(tokens) if b.type == "RANGE"}
    known = 1 + len(names) + len(shapes) + 2 * len(ranges)
    if len(names) != 1 or len(shapes) != 1 or known != len(tokens):
        return None
    if not ranges.keys() <= {"IN", "AS"} or not ranges:
        return None
    within = ranges.get("IN", "0..255")
    mapped = f" as {ranges['AS']}" if "AS" in ranges else ""
    line = f"input {names[0]} {shapes[0]} in {within}{mapped}"
    return line, "IN" in ranges
