"""Describe invalid tokens: numbers, texts and characters that are always wrong."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

from snnc import rules, vocabulary
from snnc.diagnostics import Diagnostic, Fix
from snnc.language.keywords import KEYS, KINDS, UNITS
from snnc.language.written import MOST_DIGITS
from snnc.source import Span
from snnc.syntax.build import ESCAPES, OPENERS, Token, Tokens, quote, span_of
from snnc.syntax.foreign import NUMBER, foreign_problem, malformed_number

# Count only digits before a point: digits after the point don't make a number larger.
_DIGITS = re.compile(rf"(?<![.\d])\d{{{MOST_DIGITS + 1},}}")
_QUANTITY = re.compile(
    r"(?P<number>(?:[+-]?\d*(?:\.\d+)?\.\.)?[+-]?\d+(?:\.\d+)?)(?P<word>[^\W\d]\w*)"
)
_INFINITE = re.compile(r"[+-]?inf(inity)?\b")
_ESCAPE = re.compile(r"\\(.)")
_TYPOGRAPHIC = "\u201c\u201d\u201e\u2018\u2019\u201a\u00ab\u00bb"
_PAIR = (
    r"\u201c([^\u201d\n]*)\u201d|\u201e([^\u201c\u201d\n]*)[\u201c\u201d]"
    r"|\u2018([^\u2019\n]*)\u2019|\u201a([^\u2018\u2019\n]*)[\u2018\u2019]"
    r"|\u00ab([^\u00bb\n]*)\u00bb|\u00bb([^\u00ab\n]*)\u00ab|'([^'\n]*)'"
)


def _with_one_unit(text: str) -> str:
    """Return `20..150Hz` for `20Hz..150Hz`, and other texts as they are."""
    low, dots, high = text.partition("..")
    for unit in sorted(UNITS, key=len, reverse=True):
        if low.endswith(unit) and high.endswith(unit):
            return f"{low.removesuffix(unit)}{dots}{high}"
    return text


def _explain_malformed(token: Token, before: Token | None) -> Diagnostic:
    match = _QUANTITY.fullmatch(_with_one_unit(token))
    meant = ""
    if match and match["word"] in UNITS:
        meant = f"{match['number']} {match['word']}"
    elif re.fullmatch(r"[\d_]+", token):
        meant = token.replace("_", "")
    elif before in KINDS and re.fullmatch(r"\d\w*", token):
        return rules.statements.InvalidName(
            span=token.span,
            name=str(token),
            reason="a name begins with a letter",
            example=f"n{token}",
        )
    general = "numbers look like `3`, `0.5` or `1e-3`, and sizes like `3x3x3`"
    return malformed_number(token.span, f"write `{meant}`" if meant else general, meant)


def _explain_unterminated(token: Token, before: Token | None) -> Diagnostic:
    span = token.span
    end = span.after
    if token.endswith(tuple(_TYPOGRAPHIC)):
        end = Span(span.source, span.end - 1, span.end)
    # With brackets or a comment in it, the end of the text is unknown.
    fix = None if token.endswith(("]", "}")) or "#" in token else Fix(end, '"')
    return rules.syntax.UnterminatedString(span=span, fix=fix)


_STRAIGHT = 'write texts in straight double quotes: `"text"`'
_CALL = (
    "write properties in braces, as in `conv2d c0 { filters 8, kernel 3 }`; `snnc "
    "import` converts a Keras model"
)
_ADVICE = (
    *((mark, _STRAIGHT) for mark in _TYPOGRAPHIC),
    ("(", _CALL),
    (")", _CALL),
    ("//", "comments begin with `#`"),
    ("/*", "comments begin with `#`"),
    (";", "remove it: a statement ends at the end of its line"),
    ("'", 'write texts in double quotes: `"text"`'),
    ("%", "fractions are numbers from 0 to 1: `0.3`"),
    ("*", "join sizes with `x`: `3x3`"),
)


def _explain_unknown(token: Token, before: Token | None) -> Diagnostic:
    span = token.span
    if token in ("=", ":") and before is not None and before.type == "NAME":
        if advice := _no_key(span, str(before)):
            return rules.syntax.UnexpectedCharacter(
                span=span, text=str(token), advice=advice
            )
        # One space replaces the mark and the spaces around it.
        text, start = span.source.text, before.span.end
        blank = "" if text[span.end : span.end + 1] in (" ", "\t") else " "
        fix = Fix(Span(span.source, start, span.end), blank)
        return rules.syntax.KeyPunctuation(
            span=span, mark=str(token), key=str(before), fix=fix
        )
    advice = next((a for mark, a in _ADVICE if mark in token), "")
    if _INFINITE.match(span.source.text, span.start):
        advice = (
            "the ends of a range are finite: write the smallest and the largest value "
            "of the data"
        )
    problem = rules.syntax.UnexpectedCharacter(span=span, text=_short(token))
    return problem.but(advice=advice) if advice else problem


def _no_key(mark: Span, before: str) -> str:
    """Return the advice for a `:` or `=` after a name that is not a key, if any."""
    rest = mark.source.text[mark.end :].lstrip(" \t")
    if rest.startswith("{"):
        return "remove it: the block follows the name"
    if before == "shape":
        value = re.match(r"[\w.]*", rest)
        return f"a shape has no key: write `{value[0]}`" if value else ""
    word = re.match(r"(?:\w+\.)*(\w+)", rest)
    if word is None or before in KEYS:
        return ""
    known = vocabulary.foreign_keywords.known_kind
    kind = word[1] if word[1] in KINDS else known(word[1], KINDS)[0]
    return (
        f"a statement begins with its kind: `{kind} {before} {{ ... }}`" if kind else ""
    )


def _short(text: str) -> str:
    return text if len(text) <= 12 else text[:12] + "..."


def _number(token: Token, before: Token | None) -> Diagnostic | None:
    parts = re.findall(NUMBER, token)
    finite = all(math.isfinite(float(part)) for part in parts)
    if finite and _DIGITS.search(token) is None:
        return None
    return rules.syntax.NumberTooLong(span=token.span, limit=MOST_DIGITS)


def _string(token: Token, before: Token | None) -> Diagnostic | None:
    for match in _ESCAPE.finditer(token):
        if match[1] not in ESCAPES:
            start = token.span.start + match.start()
            place = Span(token.span.source, start, start + 2)
            return rules.syntax.UnknownEscape(span=place, text=_short(match[0]))
    return None


_CHECKS: dict[str, Callable[[Token, Token | None], Diagnostic | None]] = {
    "MALFORMED": _explain_malformed,
    "UNTERMINATED": _explain_unterminated,
    "UNKNOWN": _explain_unknown,
    "NUMBER": _number,
    "DIMS": _number,
    "RANGE": _number,
    "STRING": _string,
}


def problem_of(tokens: Tokens, before: Token | None = None) -> Diagnostic | None:
    """Describe the first token that is always wrong, or return None.

    ``before`` is the token before the first one.
    """
    pairs = zip(tokens, (before, *tokens), strict=False)
    found = (_CHECKS[t.type](t, b) for t, b in pairs if t.type in _CHECKS)
    return next(filter(None, found), None)


def find_problem(tokens: Tokens) -> Diagnostic | None:
    """Describe the first token that is wrong or belongs to another notation.

    Report an unclosed quote first: other errors may be inside its text.
    """
    if problem := _find_missing_quotes(tokens):
        return problem
    types = [token.type for token in tokens]
    first = types.index("UNTERMINATED") if "UNTERMINATED" in types else None
    block = min((types.index(t) for t in OPENERS if t in types), default=len(tokens))
    for index in range(len(tokens)) if first is None else (first,):
        token, before = tokens[index], tokens[index - 1] if index else None
        if problem := (
            foreign_problem(tokens, index, in_block=block < index)
            or _other_quotes(token, before)
            or problem_of((token,), before)
        ):
            return problem
    return None


def _other_quotes(token: Token, before: Token | None) -> Diagnostic | None:
    """Describe a text with the wrong kind of quotes that begins at a token."""
    if token.type != "UNKNOWN":
        return None
    source = token.span.source
    # Compiling non-ASCII sets takes a tenth of the time of `snnc check`.
    match = re.compile(_PAIR).match(source.text, token.span.start)
    if match is None:
        return None
    inner = match[match.lastindex or 0]
    text, advice = quote(inner), "texts need straight double quotes"
    if inner.isidentifier() and before != "about":
        text, advice = inner, "words need no quotes"
    span = Span(source, *match.span())
    return rules.syntax.UnexpectedCharacter(
        span=span,
        text=match[0][0],
        advice=f"{advice}: write `{text}`",
        fix=Fix(span, text),
    )


def _find_missing_quotes(tokens: Tokens) -> Diagnostic | None:
    """Describe an ``about`` whose text has no quotes or the wrong kind."""
    if tokens[0] != "about" or len(tokens) < 3 or tokens[1].type == "STRING":
        return None
    if tokens[-1] == '"':
        tokens = tokens[:-1]
    if any(token.type in ("UNTERMINATED", "LBRACE") for token in tokens):
        return None
    if problem := _other_quotes(tokens[1], tokens[0]):
        return problem
    span = span_of(tokens[1:])
    text = quote(span.text)
    # The text may end at a `#`, or continue after it.
    line = span.source.line_text(span.last.line)
    return rules.syntax.UnexpectedText(
        span=span,
        expected="a text in double quotes",
        found=f"`{span.text}`",
        advice=f"write `about {text}`",
        fix=Fix(span, text, unsafe="#" in line),
    )
