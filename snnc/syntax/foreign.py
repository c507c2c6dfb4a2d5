"""Describe values, names and statements in the notation of Python, Keras or YAML."""

from __future__ import annotations

import re
from collections.abc import Callable
from textwrap import dedent

from snnc import rules, vocabulary
from snnc.diagnostics import Diagnostic, Diagnostics, Fix
from snnc.language import readers, tree
from snnc.language.keywords import KINDS, keys_read_by
from snnc.source import SourceFile, Span
from snnc.syntax.build import Tokens, span_of
from snnc.syntax.split import StatementTokens

_DIM_KEYS = keys_read_by(readers.dims, readers.window, readers.block, readers.shape)
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
NUMBER = r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?"
_RANGE = re.compile(
    rf"""(?P<open>[(\[])?[ \t]*
        (?P<low>{NUMBER}) (?P<unit>[ \t]*Hz)?
        [ \t]*(?:\.{{2,}}|,|:|-|\u2013|\bto\b)[ \t]*
        (?P<high>{NUMBER}) (?(open)[ \t]*[)\]])
        (?![\w.])""",
    re.VERBOSE,
)
# Keys with fractional numbers: a comma in one is a decimal comma.
_AMOUNT_KEYS = keys_read_by(readers.amount, readers.share)
_DECIMAL_COMMA = re.compile(r"\d+,\d+(?![\w.,])")
_PERCENTAGE = re.compile(r"[+-]?\d+(?:\.\d+)?[ \t]*%")
_HYPHENATED = re.compile(r"[A-Za-z]\w*(?:-\w+)+")
_NO_BRACES = re.compile(
    r"(?P<name>adam|adamw|sgd)[ \t]*(?P<open>\([ \t]*)?"
    r"(?:(?:lr|learning_rate)[ \t]*=[ \t]*)?(?P<rate>[\d.]+(?:[eE][+-]?\d+)?)"
    r"(?(open)[ \t]*\))(?![\w.])"
)
_NAME_RULE = "names have letters, digits and `_`"


def foreign_problem(tokens: Tokens, index: int, in_block: bool) -> Diagnostic | None:
    """Describe the value or name at a token if it is in another notation."""
    token, before = tokens[index], tokens[index - 1] if index else None
    key, span = str(before or ""), token.span
    is_shape = tokens[0] == "input" and index in (1, 2)
    # A list is valid syntax; validation reports it.
    may_be_dims = before is not None and before.type == "NAME"
    may_be_dims = may_be_dims and (is_shape or token.type != "LSQB")
    dims = _text_from(span, _DIMS) if may_be_dims else None
    if problem := (
        _percentage(_text_from(span, _PERCENTAGE), key)
        or _decimal_comma(_text_from(span, _DECIMAL_COMMA), key)
        or _dims(dims, key, is_shape)
        or _range(_text_from(span, _RANGE), key)
    ):
        return problem
    if not index or token.type != "NAME":
        return None
    if key == "optimizer":
        return no_braces(span)
    return find_hyphens(span) if key == "shortcut" or not in_block else None


def foreign_text(key: str, span: Span) -> Diagnostic | None:
    """Describe the YAML value of a key if it is in another notation."""
    end = span.start + len(span.text.removesuffix("Hz").rstrip())
    number = Span(span.source, span.start, end)
    return (
        _percentage(_whole_text(span, _PERCENTAGE), key)
        or _decimal_comma(_whole_text(span, _DECIMAL_COMMA), key)
        or _dims(_whole_text(span, _DIMS), key)
        or _range(_whole_text(number, _RANGE), key)
    )


def _percentage(span: Span | None, key: str) -> Diagnostic | None:
    if span is None:
        return None
    number = span.text.rstrip("% \t")
    if key == "percentile":
        advice = f"percentiles are out of 100: write `percentile {number}`"
        return malformed_number(span, advice, number)
    share = f"{float(number) / 100:.6g}"
    return wrong_notation(rules.misplaced.Percentage, span, key, share)


def _decimal_comma(span: Span | None, key: str) -> Diagnostic | None:
    if span is None or key not in _AMOUNT_KEYS:
        return None
    number = span.text.replace(",", ".")
    return malformed_number(span, f"write `{key} {number}`", number)


def _dims(span: Span | None, key: str, is_shape: bool = False) -> Diagnostic | None:
    dims = "" if span is None else "x".join(re.findall(r"\d+", span.text))
    if span is None or span.text == dims:
        return None
    # Include the keys of other libraries, because the value is checked before the key.
    keys = _DIM_KEYS | {"size"}
    if key not in keys:
        keys |= vocabulary.foreign_keywords.likes_of(_DIM_KEYS)
    if key not in keys and not is_shape:
        return None
    # The shape has no key in `.snn`.
    key = "" if key not in keys or key == "shape" else key
    return wrong_notation(rules.misplaced.DimsSpelling, span, key, dims)


def _range(span: Span | None, key: str) -> Diagnostic | None:
    match = None if span is None else _RANGE.match(span.text)
    if span is None or match is None or key not in _RANGE_KEYS:
        return None
    meant, unit = f"{match['low']}..{match['high']}", " Hz" if key == "rate" else ""
    if span.text == meant:
        return None
    return wrong_notation(rules.misplaced.RangeSpelling, span, key, meant, unit)


def wrong_notation(
    rule: Callable[..., Diagnostic], span: Span, key: str, meant: str, unit: str = ""
) -> Diagnostic:
    """Describe the value of a key in another notation."""
    written = f"{key} {meant}{unit}".lstrip()
    return rule(span=span, text=span.text, written=written, fix=Fix(span, meant))


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
    name, legal = span.text, span.text.replace("-", "_")
    return rules.statements.InvalidName(
        span=span, name=name, reason=_NAME_RULE, example=legal, fix=Fix(span, legal)
    )


def no_braces(start: Span) -> Diagnostic | None:
    """Describe ``adam 1e-4`` or ``adam(1e-4)``, which begins with a name."""
    source = start.source
    match = _NO_BRACES.match(source.text, start.start)
    if match is None:
        return None
    optimizer, rate = match["name"], match["rate"]
    fixed = f"{optimizer} {{ learning_rate {rate} }}"
    if source.is_yaml:
        fixed = f"{{{optimizer}: {{learning_rate: {rate}}}}}"
    span = Span(source, *match.span())
    return rules.syntax.UnexpectedText(
        span=span,
        expected="the settings in braces",
        found=f"`{match[0]}`",
        advice=f"write `optimizer {optimizer} {{ learning_rate {rate} }}`",
        fix=Fix(span, fixed),
    )


_ITEM = re.compile(r"-[ \t]*(\w+)")
_DOTTED = re.compile(r"(?:[A-Za-z_]\w*\.)+[A-Za-z_]\w*(?![\w.]|[ \t]*=)")
_LONGEST = 60


def is_item(first: Span) -> bool:
    """Return whether a statement begins like an item of a YAML list."""
    match = _ITEM.match(first.source.text, first.start)
    return match is not None and match[1] in KINDS


def whole_items(pieces: list[StatementTokens]) -> list[StatementTokens]:
    """Join the lines of each YAML list item, which then causes only one diagnostic."""
    joined: list[StatementTokens] = []
    for piece in pieces:
        first, second, *_ = (*piece.tokens, "")
        is_inner = second in (":", "-") and first not in KINDS
        if joined and is_inner and is_item(joined[-1].tokens[0].span):
            joined[-1].tokens += piece.tokens
        else:
            joined.append(piece)
    return joined


def foreign_construct(tokens: Tokens) -> Diagnostic | None:
    """Describe a statement that begins like a statement of another notation."""
    if is_item(tokens[0].span):
        return _describe_item(span_of(tokens))
    if tokens[0].type == "NAME":
        return _describe_module_name(tokens[0].span)
    return None


def _describe_item(whole: Span) -> Diagnostic:
    line = _as_statement(whole)
    shown = line if line and len(line) <= _LONGEST else "conv2d c0 { filters 8 }"
    return rules.syntax.UnexpectedCharacter(
        span=Span(whole.source, whole.start, whole.start + 1),
        text="-",
        advice="a statement begins with its kind, without a dash or a colon:"
        f" write{'' if shown == line else ', for example,'} `{shown}`",
        fix=Fix(whole, line) if line else None,
    )


def _as_statement(item: Span) -> str:
    """Return a YAML list item as an ``.snn`` statement; empty if it can't be read."""
    # Only YAML items need the YAML parser, which is slow to import.
    from snnc.syntax.entries import statement_entry
    from snnc.syntax.yaml import parse_yaml

    if "#" in item.text:
        return ""
    indent = " " * (item.first.column - 1)
    text = f"snn: 1\nnetwork: x\nlayers:\n{dedent(indent + item.text)}\n"
    report = Diagnostics()
    statements = parse_yaml(SourceFile("item.yaml", text), report).statements
    if report.errors or not statements:
        return ""
    return statement_entry(statements[-1]).statement


def _describe_module_name(first: Span) -> Diagnostic | None:
    """Describe a statement such as ``nn.Conv2d``: another library's class name."""
    span = _text_from(first, _DOTTED)
    if span is None:
        return None
    statement = tree.Statement(tree.Word(span.text, span), span)
    return vocabulary.foreign_keywords.unknown_kind(statement)


def _text_from(start: Span, pattern: re.Pattern[str]) -> Span | None:
    """Return the text that begins where a span begins, if it matches a pattern."""
    match = pattern.match(start.source.text, start.start)
    return Span(start.source, *match.span()) if match else None


def _whole_text(span: Span, pattern: re.Pattern[str]) -> Span | None:
    """Return a span if its whole text matches a pattern."""
    return span if pattern.fullmatch(span.text) else None
