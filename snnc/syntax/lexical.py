"""Tokens that are wrong by themselves, whatever stands around them."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

from lark import Token

from snnc import rules
from snnc.diagnostics import Diagnostic, Fix
from snnc.language.keywords import KEYS, KINDS, UNITS
from snnc.language.written import MOST_DIGITS
from snnc.source import Span
from snnc.syntax.build import ESCAPES
from snnc.syntax.quotes import TYPOGRAPHIC

# Digits behind a point make a number no larger.
_DIGITS = re.compile(rf"(?<![.\d])\d{{{MOST_DIGITS + 1},}}")
_NUMERAL = re.compile(r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_QUANTITY = re.compile(
    r"(?P<number>(?:[+-]?\d*(?:\.\d+)?\.\.)?[+-]?\d+(?:\.\d+)?)(?P<word>[^\W\d]\w*)"
)
_ESCAPE = re.compile(r"\\(.)")


def _malformed(token: Token, span: Span, before: Token | None) -> Diagnostic:
    found = _QUANTITY.fullmatch(token)
    if found and found["word"] in UNITS:
        text = f"{found['number']} {found['word']}"
        return rules.syntax.MalformedNumber(
            span=span, text=str(token), advice=f"write `{text}`", fix=Fix(span, text)
        )
    if re.fullmatch(r"[\d_]+", token):
        plain = token.replace("_", "")
        return rules.syntax.MalformedNumber(
            span=span, text=str(token), advice=f"write `{plain}`", fix=Fix(span, plain)
        )
    return rules.syntax.MalformedNumber(
        span=span,
        text=str(token),
        advice="numbers look like `3`, `0.5` or `1e-3`, dims like `3x3x3`",
    )


def _unterminated(token: Token, span: Span, before: Token | None) -> Diagnostic:
    end = Span(span.source, span.end, span.end)
    if token.endswith(tuple(TYPOGRAPHIC)):
        end = Span(span.source, span.end - 1, span.end)
    # Where the text ends is a guess if brackets or a comment stand behind it.
    fix = None if token.endswith(("]", "}")) or "#" in token else Fix(end, '"')
    return rules.syntax.UnterminatedString(span=span, fix=fix)


_STRAIGHT = 'texts stand in straight double quotes: `"text"`'
_ADVICE = (
    *((mark, _STRAIGHT) for mark in TYPOGRAPHIC),
    ("(", "properties stand in braces, `conv2d c0 { filters 8 }`; there are no calls"),
    (")", "properties stand in braces, `conv2d c0 { filters 8 }`; there are no calls"),
    ("//", "comments begin with `#`"),
    ("/*", "comments begin with `#`"),
    (";", "a line ends a statement: remove it"),
    ("'", 'texts stand in double quotes: `"text"`'),
    ("%", "shares are numbers from 0 to 1: `0.3`"),
    ("*", "dims are joined by `x`: `3x3`"),
)


def _unknown(token: Token, span: Span, before: Token | None) -> Diagnostic:
    if token in ("=", ":") and before is not None and before.type == "NAME":
        if advice := _no_key(span, str(before)):
            return rules.syntax.UnexpectedCharacter(
                span=span, text=str(token), advice=advice
            )
        return rules.syntax.KeyPunctuation(
            span=span, mark=str(token), key=str(before), fix=_spaced(span)
        )
    advice = next((a for mark, a in _ADVICE if mark in token), "")
    if not advice:
        return rules.syntax.UnexpectedCharacter(span=span, text=_short(token))
    return rules.syntax.UnexpectedCharacter(
        span=span, text=_short(token), advice=advice
    )


def _no_key(mark: Span, before: str) -> str:
    """What to write where a mark follows a name and not a key; or nothing."""
    rest = mark.source.text[mark.end :].lstrip(" \t")
    if rest.startswith("{"):
        return "remove it: the block follows the name"
    kind = re.match(r"\w*", rest)
    if kind is None or kind[0] not in KINDS or before in KEYS:
        return ""
    return f"a statement begins with its kind: `{kind[0]} {before} {{ ... }}`"


def _spaced(mark: Span) -> Fix:
    """Replace a mark and the blanks in front of it by one blank."""
    text = mark.source.text
    start = len(text[: mark.start].rstrip(" \t"))
    blank = "" if text[mark.end : mark.end + 1] in (" ", "\t") else " "
    return Fix(Span(mark.source, start, mark.end), blank)


def _short(text: str) -> str:
    return text if len(text) <= 12 else text[:12] + "..."


def _number(token: Token, span: Span, before: Token | None) -> Diagnostic | None:
    parts = _NUMERAL.findall(token)
    finite = all(math.isfinite(float(part)) for part in parts)
    if finite and _DIGITS.search(token) is None:
        return None
    return rules.syntax.NumberTooLong(span=span, limit=MOST_DIGITS)


def _string(token: Token, span: Span, before: Token | None) -> Diagnostic | None:
    for found in _ESCAPE.finditer(token):
        if found[1] not in ESCAPES:
            start = span.start + found.start()
            place = Span(span.source, start, start + 2)
            return rules.syntax.UnknownEscape(span=place, text=_short(found[0]))
    return None


_CHECKS: dict[str, Callable[[Token, Span, Token | None], Diagnostic | None]] = {
    "MALFORMED": _malformed,
    "UNTERMINATED": _unterminated,
    "UNKNOWN": _unknown,
    "NUMBER": _number,
    "DIMS": _number,
    "RANGE": _number,
    "STRING": _string,
}


def problem_of(token: Token, span: Span, before: Token | None) -> Diagnostic | None:
    """What is wrong with a token, or None; ``before`` is the one in front of it."""
    check = _CHECKS.get(token.type)
    return check(token, span, before) if check else None
