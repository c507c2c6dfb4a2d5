"""Describe invalid tokens, and text in the notation of Python, Keras or YAML."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection

from snnc import rules, vocabulary
from snnc.diagnostics import Diagnostic, Fix
from snnc.language import readers, tree
from snnc.language.keywords import KINDS, UNITS, USUAL, keys_read_by
from snnc.language.written import MOST_DIGITS
from snnc.source import Span
from snnc.syntax.build import ESCAPES, OPENERS, Token, Tokens, quote, span_of

# Count only digits before a point: digits after the point don't make a number larger.
_DIGITS = re.compile(rf"(?<![.\d])\d{{{MOST_DIGITS + 1},}}")
_QUANTITY = re.compile(
    r"(?P<number>(?:[+-]?\d*(?:\.\d+)?\.\.)?[+-]?\d+(?:\.\d+)?)(?P<word>[^\W\d]\w*)"
)
# The rest of a text on the next line, up to the quote that closes it.
_NEXT_LINE = re.compile(
    r"[ \t]*\n[ \t]*(?P<text>[^\s\"{}#][^\"\n{}#]*)\"[ \t]*(?=\n|$)"
)
_ESCAPE = re.compile(r"\\(.)")
_TYPOGRAPHIC = "\u201c\u201d\u201e\u2018\u2019\u201a\u00ab\u00bb"
_OTHER_QUOTES = f"{_TYPOGRAPHIC}'"


def _explain_malformed(token: Token, before: Token | None) -> Diagnostic:
    match = _QUANTITY.fullmatch(token)
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
    general = (
        "numbers look like `3`, `0.5` or `1e-3`, sizes like `3x3x3`, and ranges like "
        "`20..150 Hz`"
    )
    return malformed_number(token.span, f"write `{meant}`" if meant else general, meant)


def _explain_unterminated(token: Token, before: Token | None) -> Diagnostic:
    span = token.span
    end = span.after
    if token.endswith(tuple(_TYPOGRAPHIC)):
        end = Span(span.source, span.end - 1, span.end)
    # Without a bracket or a comment, the end of the line is the end of the text.
    is_whole = not token.endswith(("]", "}")) and "#" not in token
    fix = Fix(end, '"') if is_whole else None
    if is_whole:
        fix = _join_lines(span) or fix
    return rules.syntax.UnterminatedString(span=span, fix=fix)


def _join_lines(span: Span) -> Fix | None:
    """Return the fix for a text that goes on in the next line and is closed there."""
    more = _NEXT_LINE.match(span.source.text, span.end)
    if more is None:
        return None
    breaks = Span(span.source, span.end, more.start("text"))
    return Fix(breaks, r"\n")


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
    ("-", "write a range as `0..1`, and a negative number as `-1`"),
)


def _explain_unknown(token: Token, before: Token | None) -> Diagnostic:
    if before is not None and before.type == "NAME" and token[0] in "=:":
        return _key_punctuation(token.span, before)
    problem = rules.syntax.UnexpectedCharacter(span=token.span, text=_short(token))
    advice = _advise_sign(token, before)
    return problem.but(advice=advice) if advice else problem


def _advise_sign(token: Token, before: Token | None) -> str:
    """Return the advice for a sign that is not part of the language; may be empty."""
    if before is None and token == "-":
        return "a statement begins with its kind: `conv2d c0 { filters 8 }`"
    for mark, advice in _ADVICE:
        if mark in token:
            return advice
    return f"write, for example, `{before} {USUAL[before]}`" if before in USUAL else ""


def _key_punctuation(span: Span, before: Token) -> Diagnostic:
    """Describe the text after a key, which begins with `=` or `:`."""
    source = span.source
    mark = Span(source, span.start, span.start + 1)
    # One space replaces the mark and the spaces around it.
    is_apart = source.text[mark.end : mark.end + 1] in (" ", "\t")
    place = Span(source, before.span.end, mark.end)
    return rules.syntax.KeyPunctuation(
        span=mark,
        mark=mark.text,
        key=str(before),
        written=f"`{before}`, a space, and the value",
        fix=Fix(place, "" if is_apart else " "),
    )


def _short(text: str) -> str:
    return text if len(text) <= 12 else text[:12] + "..."


def _number(token: Token, before: Token | None) -> Diagnostic | None:
    parts = re.findall(_NUMBER, token)
    finite = all(math.isfinite(float(part)) for part in parts)
    if finite and _DIGITS.search(token) is None:
        return None
    advice = "write fewer digits"
    if before in USUAL:
        advice += f", for example `{before} {USUAL[before]}`"
    return rules.syntax.NumberTooLong(span=token.span, limit=MOST_DIGITS, advice=advice)


def _range_literal(token: Token, before: Token | None) -> Diagnostic | None:
    """Describe `0...1`, which would be read as `0` to `.1`, or a number in a range."""
    if "..." in token and before in _RANGE_KEYS:
        return _range(token.span, str(before or ""))
    return _number(token, before)


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
    "RANGE": _range_literal,
    "STRING": _string,
}


_LITERALS = frozenset(("NUMBER", "DIMS", "RANGE", "STRING"))


def find_wrong_literal(tokens: Tokens) -> Diagnostic | None:
    """Describe a number that is too long, an unknown escape, or missing quotes."""
    return _find_missing_quotes(tokens) or problem_of(tokens, types=_LITERALS)


def problem_of(
    tokens: Tokens,
    before: Token | None = None,
    types: Collection[str] = _CHECKS.keys(),
) -> Diagnostic | None:
    """Describe the first token of some types that is always wrong, or return None.

    ``before`` is the token before the first one.
    """
    for token in tokens:
        if token.type in types and (problem := _CHECKS[token.type](token, before)):
            return problem
        before = token
    return None


def find_problem(tokens: Tokens) -> Diagnostic | None:
    """Describe the first token that is wrong, and show the line that is meant."""
    first = tokens[0].span
    problem = _describe_class_name(first, _MODULE_NAME) or _find_wrong_token(tokens)
    if problem is None or not _is_about_marks(problem):
        return problem
    meant = vocabulary.meant.meant_line(span_of(tokens), problem.span)
    if meant is None:
        return _describe_class_name(first, _CALLED) or problem
    line = f"`{meant.replacement}`"
    if isinstance(problem, rules.syntax.KeyPunctuation):
        return problem.but(written=line)
    return problem.but(advice=f"write {line}", fix=meant)


def _is_about_marks(problem: Diagnostic) -> bool:
    """Return whether the reason for a problem may be a line in Keras's notation.

    If a sign or a value has a fix of its own, that fix is enough.
    """
    syntax = rules.syntax  # only a wrong statement needs this slow import
    if isinstance(problem, (syntax.UnexpectedCharacter, syntax.MalformedNumber)):
        return problem.fix is None
    return isinstance(problem, (syntax.KeyPunctuation, rules.statements.UnknownKind))


def _find_wrong_token(tokens: Tokens) -> Diagnostic | None:
    """Describe the first token that is wrong or belongs to another notation.

    Report an unclosed quote first: other errors may be inside its text.
    """
    types = [token.type for token in tokens]
    if "UNTERMINATED" in types:
        index = types.index("UNTERMINATED")
        return problem_of(tokens[index : index + 1])
    openers = [types.index(opener) for opener in OPENERS if opener in types]
    block = min(openers, default=len(tokens))
    for index, token in enumerate(tokens):
        before = tokens[index - 1] if index else None
        # Another notation first, because that message has a fix.
        problem = foreign_problem(tokens, index, in_block=block < index) or problem_of(
            (token,), before
        )
        if problem is not None:
            return problem
    return None


def _find_missing_quotes(tokens: Tokens) -> Diagnostic | None:
    """Describe an ``about`` whose text has no quotes or the wrong kind."""
    if tokens[0] != "about" or len(tokens) < 3 or tokens[1].type == "STRING":
        return None
    if tokens[-1] == '"':
        tokens = tokens[:-1]
    if any(token.type in ("UNTERMINATED", "LBRACE") for token in tokens):
        return None
    span = span_of(tokens[1:])
    text = quote(span.text.strip(_OTHER_QUOTES))
    # The text may end at a `#`, or continue after it.
    line = span.source.line_text(span.last.line)
    return rules.syntax.UnexpectedText(
        span=span,
        expected="a text in double quotes",
        found=f"`{span.text}`",
        advice=f"write `about {text}`",
        fix=Fix(span, text, unsafe="#" in line),
    )


_DIM_KEYS = keys_read_by(readers.dims, readers.window, readers.block, readers.shape)
_SIZES = _DIM_KEYS | {"size"}
# Sizes in brackets, with separators other than `x`, or with a batch axis, which Keras
# shows as None.
_DIMS = re.compile(
    r"""(?P<open>[(\[])?[ \t]*
        (?:None[ \t]*,[ \t]*)?
        \d+ (?:(?:[ \t]*[,xX*\u00d7][ \t]*|[ \t]+)\d+)*
        (?(open)[ \t]*(?:,[ \t]*)?[)\]])
        (?![\w.%])""",
    re.VERBOSE,
)
_RANGE_KEYS = keys_read_by(readers.values, readers.rates)
_NUMBER = r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?"
_RANGE = re.compile(
    rf"""(?P<open>[(\[])?[ \t]*
        (?P<low>{_NUMBER}) (?P<unit>[ \t]*Hz)?
        [ \t]*(?:\.{{2,}}|,|:|-|\u2013|\bto\b)[ \t]*
        (?P<high>{_NUMBER}) (?(open)[ \t]*[)\]])
        (?![\w.])""",
    re.VERBOSE,
)
# Keys with fractional numbers: a comma in one is a decimal comma.
_AMOUNT_KEYS = keys_read_by(readers.amount, readers.share)
_DECIMAL_COMMA = re.compile(r"\d+,\d+(?![\w.,])")
_PERCENTAGE = re.compile(r"[+-]?\d+(?:\.\d+)?[ \t]*%")
_HYPHENATED = re.compile(r"[A-Za-z]\w*(?:-\w+)+")
NAME_RULE = "names have letters, digits and `_`"


def foreign_problem(tokens: Tokens, index: int, *, in_block: bool) -> Diagnostic | None:
    """Describe the value or name at a token if it is in another notation."""
    token = tokens[index]
    key = _key_before(tokens, index)
    is_value = index > 0 and tokens[index - 1].type == "NAME"
    # A list is valid syntax; validation reports it.
    may_be_dims = is_value and (key == "shape" or token.type != "LSQB")

    def find(pattern: re.Pattern[str]) -> Span | None:
        refused = pattern is _DIMS and not may_be_dims
        return None if refused else _text_from(token.span, pattern)

    problem = _foreign_value(key, find)
    is_name = token.type == "NAME" and (key == "shortcut" or not in_block)
    if problem is None and is_name and index:
        problem = find_hyphens(token.span)
    return problem


def _key_before(tokens: Tokens, index: int) -> str:
    """Return the key of a value; the shape of the input has none."""
    if tokens[0] == "input" and index in (1, 2):
        return "shape"
    return str(tokens[index - 1]) if index else ""


def _dims(span: Span, key: str) -> Diagnostic | None:
    dims = "x".join(re.findall(r"\d+", span.text))
    if span.text == dims:
        return None
    # Include the keys of other libraries, because the value is checked before the key.
    if key not in _SIZES and key not in vocabulary.foreign_keywords.likes_of(_DIM_KEYS):
        return None
    # The shape has no key in `.snn`.
    key = "" if key == "shape" else key
    return wrong_notation(rules.misplaced.DimsSpelling, span, key, dims)


def _range(span: Span, key: str) -> Diagnostic | None:
    match = _RANGE.match(span.text)
    written = f"{match['low']}..{match['high']}" if match else span.text
    if span.text == written:
        return None
    unit = " Hz" if key == "rate" else ""
    return wrong_notation(rules.misplaced.RangeSpelling, span, key, written, unit)


def wrong_notation(
    rule: Callable[..., Diagnostic], span: Span, key: str, meant: str, unit: str = ""
) -> Diagnostic:
    """Describe the value of a key in another notation."""
    written = f"{key} {meant}{unit}".lstrip()
    return rule(span=span, text=span.text, written=written, fix=Fix(span, meant))


def foreign_text(key: str, span: Span) -> Diagnostic | None:
    """Describe the YAML value of a key if it is in another notation."""
    end = span.start + len(span.text.removesuffix("Hz").rstrip())
    without_unit = Span(span.source, span.start, end)

    def find(pattern: re.Pattern[str]) -> Span | None:
        # In `20-150 Hz`, only `20-150` is replaced.
        whole = without_unit if pattern is _RANGE else span
        return whole if pattern.fullmatch(whole.text) else None

    return _foreign_value(key, find)


def _foreign_value(
    key: str, find: Callable[[re.Pattern[str]], Span | None]
) -> Diagnostic | None:
    """Describe the value of a key, of which ``find`` finds the text by a pattern."""
    if span := find(_PERCENTAGE):
        return _percentage(span, key)
    if key in _AMOUNT_KEYS and (span := find(_DECIMAL_COMMA)):
        number = span.text.replace(",", ".")
        return malformed_number(span, f"write `{key} {number}`", number)
    if (span := find(_DIMS)) and (problem := _dims(span, key)):
        return problem
    span = find(_RANGE) if key in _RANGE_KEYS else None
    return _range(span, key) if span else None


def _percentage(span: Span, key: str) -> Diagnostic:
    number = span.text.rstrip("% \t")
    if key == "percentile":
        advice = f"percentiles are out of 100: write `percentile {number}`"
        return malformed_number(span, advice, number)
    share = f"{float(number) / 100:.6g}"
    return wrong_notation(rules.misplaced.Percentage, span, key, share)


def malformed_number(span: Span, advice: str, meant: str) -> Diagnostic:
    """Describe a number that is not valid; ``meant`` is empty if the fix is unknown."""
    fix = Fix(span, meant) if meant else None
    return rules.syntax.MalformedNumber(
        span=span, text=span.text, advice=advice, fix=fix
    )


def find_hyphens(start: Span) -> Diagnostic | None:
    """Describe the name with hyphens that begins with another name, if any."""
    span = _text_from(start, _HYPHENATED)
    if span is None:
        return None
    name = span.text
    legal = span.text.replace("-", "_")
    return rules.statements.InvalidName(
        span=span, name=name, reason=NAME_RULE, example=legal, fix=Fix(span, legal)
    )


_MODULE_NAME = re.compile(r"(?:[A-Za-z_]\w*\.)+[A-Za-z_]\w*(?![\w.]|[ \t]*=)")
_CALLED = re.compile(r"[A-Z]\w*(?=[ \t]*\()")


def _describe_class_name(first: Span, pattern: re.Pattern[str]) -> Diagnostic | None:
    """Describe a statement such as ``nn.Conv2d``: another library's class name."""
    span = _text_from(first, pattern)
    if span is None:
        return None
    statement = tree.Statement(tree.Word(span.text, span), span)
    return vocabulary.unknown_kinds.unknown_kind(statement)


def _text_from(start: Span, pattern: re.Pattern[str]) -> Span | None:
    """Return the text that begins where a span begins, if it matches a pattern."""
    match = pattern.match(start.source.text, start.start)
    return Span(start.source, *match.span()) if match else None
