"""Describe statements that begin like those of YAML or of another library."""

from __future__ import annotations

import re
from textwrap import dedent

from snnc import rules, vocabulary
from snnc.diagnostics import Diagnostic, Diagnostics, Fix
from snnc.language import tree
from snnc.language.keywords import KINDS
from snnc.source import SourceFile, Span
from snnc.syntax.build import Tokens, span_of
from snnc.syntax.lexical import text_from
from snnc.syntax.split import StatementTokens

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
    span = text_from(first, _DOTTED)
    if span is None:
        return None
    statement = tree.Statement(tree.Word(span.text, span), span)
    return vocabulary.foreign_keywords.unknown_kind(statement)
