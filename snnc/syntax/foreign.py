"""Describe names, values and settings written as in Python or other notations."""

from __future__ import annotations

import re
from collections.abc import Sequence

from lark import Token

from snnc import rules
from snnc.diagnostics import Diagnostic, Fix
from snnc.language import extents, scalars
from snnc.language.keywords import keys_read_by, likes_of
from snnc.source import SourceFile, Span

_OURS = keys_read_by(extents.dims, extents.window, extents.block, extents.shape)
# Include the keys of other libraries, because the value is checked before the key.
_DIM_KEYS = _OURS | {"size", *likes_of(_OURS)}
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
_RANGE_KEYS = keys_read_by(extents.values, extents.rates)
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
_AMOUNT_KEYS = keys_read_by(scalars.amount, scalars.share)
_DECIMAL_COMMA = re.compile(r"\d+,\d+(?![\w.,])")
_PERCENTAGE = re.compile(r"[+-]?\d+(?:\.\d+)?[ \t]*%")
_HYPHENATED = re.compile(r"[A-Za-z]\w*(?:-\w+)+")
_NO_BRACES = re.compile(
    r"(?P<name>adam|adamw|sgd)[ \t]*(?P<open>\([ \t]*)?"
    r"(?:(?:lr|learning_rate)[ \t]*=[ \t]*)?(?P<rate>[\d.]+(?:[eE][+-]?\d+)?)"
    r"(?(open)[ \t]*\))(?![\w.])"
)
NAME_RULE = "names have letters, digits and `_`"


def foreign_problem(
    tokens: Sequence[Token], index: int, source: SourceFile, in_block: bool
) -> Diagnostic | None:
    """Describe the value or name at a token if it is in another notation."""
    return _value(tokens, index, source) or _syntax(tokens, index, source, in_block)


def _value(
    tokens: Sequence[Token], index: int, source: SourceFile
) -> Diagnostic | None:
    token = tokens[index]
    start = token.start_pos or 0
    key = str(tokens[index - 1]) if index else ""
    if token.type == "NUMBER" and (match := _PERCENTAGE.match(source.text, start)):
        return _percentage(Span(source, start, match.end()), key)
    if _may_be_dims(tokens, index) and (match := _DIMS.match(source.text, start)):
        return _dims(Span(source, start, match.end()), key)
    if key in _AMOUNT_KEYS and (match := _DECIMAL_COMMA.match(source.text, start)):
        return _decimal_comma(Span(source, start, match.end()), key)
    if key in _RANGE_KEYS and (match := _RANGE.match(source.text, start)):
        return _range(Span(source, start, match.end()), key, match)
    return None


def _may_be_dims(tokens: Sequence[Token], index: int) -> bool:
    """Return whether a token begins a list of sizes or the input's shape."""
    if not index or tokens[index - 1].type != "NAME":
        return False
    if tokens[index - 1] in _DIM_KEYS:
        # A list is valid syntax; validation reports it.
        return tokens[index].type != "LSQB"
    return tokens[0] == "input" and index in (1, 2)


def _dims(span: Span, key: str) -> Diagnostic | None:
    dims = "x".join(re.findall(r"\d+", span.text))
    if span.text == dims:
        return None
    # The shape has no key in `.snn`.
    shown = f"{key} {dims}" if key in _DIM_KEYS - {"shape"} else dims
    return rules.misplaced.DimsSpelling(
        span=span, text=span.text, dims=shown, fix=Fix(span, dims)
    )


def _range(span: Span, key: str, match: re.Match[str]) -> Diagnostic | None:
    written = f"{match['low']}..{match['high']}"
    if span.text == written:
        return None
    unit = " Hz" if key == "rate" else ""
    return rules.misplaced.RangeSpelling(
        span=span,
        text=span.text,
        range=f"{key} {written}{unit}",
        fix=Fix(span, written),
    )


def foreign_text(key: str, span: Span) -> Diagnostic | None:
    """Describe the YAML value of a key if it is in another notation."""
    text = span.text
    if _PERCENTAGE.fullmatch(text):
        return _percentage(span, key)
    if key in _AMOUNT_KEYS and _DECIMAL_COMMA.fullmatch(text):
        return _decimal_comma(span, key)
    if key in _DIM_KEYS and _DIMS.fullmatch(text):
        return _dims(span, key)
    bare = text.removesuffix("Hz").rstrip()
    if key in _RANGE_KEYS and (match := _RANGE.fullmatch(bare)):
        return _range(Span(span.source, span.start, span.start + len(bare)), key, match)
    return None


def _decimal_comma(span: Span, key: str) -> Diagnostic:
    number = span.text.replace(",", ".")
    return rules.syntax.MalformedNumber(
        span=span,
        text=span.text,
        advice=f"write `{key} {number}`",
        fix=Fix(span, number),
    )


def _percentage(span: Span, key: str) -> Diagnostic:
    number = span.text.rstrip("% \t")
    if key == "percentile":
        return rules.syntax.MalformedNumber(
            span=span,
            text=span.text,
            advice=f"percentiles are out of 100: write `percentile {number}`",
            fix=Fix(span, number),
        )
    share = f"{float(number) / 100:.6g}"
    return rules.misplaced.Percentage(
        span=span, text=span.text, share=f"{key} {share}", fix=Fix(span, share)
    )


def _syntax(
    tokens: Sequence[Token], index: int, source: SourceFile, in_block: bool
) -> Diagnostic | None:
    token = tokens[index]
    if token.type != "NAME" or not index:
        return None
    start = token.start_pos or 0
    if tokens[index - 1] == "optimizer":
        return no_braces(source, start)
    if tokens[index - 1] == "shortcut" or not in_block:
        return find_hyphens(source, start)
    return None


def find_hyphens(source: SourceFile, start: int) -> Diagnostic | None:
    """Describe the name with hyphens at a position, if there is one."""
    match = _HYPHENATED.match(source.text, start)
    if match is None:
        return None
    span = Span(source, start, match.end())
    name = match[0].replace("-", "_")
    return rules.names.InvalidName(
        span=span, name=match[0], reason=NAME_RULE, example=name, fix=Fix(span, name)
    )


def no_braces(source: SourceFile, start: int) -> Diagnostic | None:
    """Describe ``adam 1e-4`` or ``adam(1e-4)`` at a position."""
    match = _NO_BRACES.match(source.text, start)
    if match is None:
        return None
    name, rate = match["name"], match["rate"]
    fixed = f"{name} {{ learning_rate {rate} }}"
    if source.is_yaml:
        fixed = f"{{{name}: {{learning_rate: {rate}}}}}"
    span = Span(source, start, match.end())
    return rules.syntax.UnexpectedText(
        span=span,
        expected="the settings in braces",
        found=f"`{match[0]}`",
        advice=f"write `optimizer {name} {{ learning_rate {rate} }}`",
        fix=Fix(span, fixed),
    )
