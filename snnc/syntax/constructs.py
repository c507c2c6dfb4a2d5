"""Describe YAML list items and PyTorch module names used as statements."""

from __future__ import annotations

import re
from collections.abc import Sequence
from textwrap import dedent

from lark import Token

from snnc import rules, vocabulary
from snnc.diagnostics import Diagnostic, Diagnostics, Fix
from snnc.language import tree
from snnc.language.keywords import KINDS
from snnc.source import SourceFile, Span
from snnc.syntax.split import StatementTokens

_ITEM = re.compile(r"-[ \t]*(\w+)")
_DOTTED = re.compile(r"(?:[A-Za-z_]\w*\.)+[A-Za-z_]\w*(?![\w.]|[ \t]*=)")
_LONGEST = 60


def is_item(piece: StatementTokens, source: SourceFile) -> bool:
    """Return whether a statement begins like an item of a YAML list."""
    first = piece.tokens[0]
    match = _ITEM.match(source.text, first.start_pos or 0)
    return match is not None and match[1] in KINDS


def whole_items(
    pieces: list[StatementTokens], source: SourceFile
) -> list[StatementTokens]:
    """Join the lines of each YAML list item, which then causes only one diagnostic."""
    groups: list[list[StatementTokens]] = []
    for piece in pieces:
        is_inner = len(piece.tokens) > 1 and piece.tokens[1] in (":", "-")
        is_inner = is_inner and piece.tokens[0] not in KINDS
        if groups and is_inner and is_item(groups[-1][0], source):
            groups[-1].append(piece)
        else:
            groups.append([piece])
    return [group[0] if len(group) == 1 else _join_lines(group) for group in groups]


def _join_lines(pieces: list[StatementTokens]) -> StatementTokens:
    tokens = tuple(token for piece in pieces for token in piece.tokens)
    return StatementTokens(tokens, pieces[0].broken, pieces[0].repaired)


def foreign_construct(piece: StatementTokens, source: SourceFile) -> Diagnostic | None:
    """Describe a statement that begins like a statement of another notation."""
    return _describe_item(piece, source) or _describe_module_name(piece.tokens, source)


def _describe_item(piece: StatementTokens, source: SourceFile) -> Diagnostic | None:
    if not is_item(piece, source):
        return None
    first, last = piece.tokens[0], piece.tokens[-1]
    start = first.start_pos or 0
    whole = Span(source, start, last.end_pos or start)
    line = _as_statement(whole)
    shown = line if line and len(line) <= _LONGEST else "conv2d c0 { filters 8 }"
    return rules.syntax.UnexpectedCharacter(
        span=Span(source, start, start + 1),
        text="-",
        advice="a statement begins with its kind, without a dash or a colon:"
        f" write{'' if shown == line else ', for example,'} `{shown}`",
        fix=Fix(whole, line) if line else None,
    )


def _as_statement(item: Span) -> str:
    """Return a YAML list item as an ``.snn`` statement; empty if it can't be read."""
    # Only YAML items need the YAML parser, which is slow to import.
    from snnc.syntax.printer import statement_item
    from snnc.syntax.yaml import parse_yaml

    if "#" in item.text:
        return ""
    indent = " " * (item.first.column - 1)
    text = f"snn: 1\nnetwork: x\nlayers:\n{dedent(indent + item.text)}\n"
    report = Diagnostics()
    (*_, statement) = parse_yaml(SourceFile("item.yaml", text), report).statements or [
        None
    ]
    if report.errors or statement is None:
        return ""
    return statement_item(statement).flat


def _describe_module_name(
    tokens: Sequence[Token], source: SourceFile
) -> Diagnostic | None:
    """Describe a statement such as ``nn.Conv2d``: another library's class name."""
    match = _DOTTED.match(source.text, tokens[0].start_pos or 0)
    if match is None or tokens[0].type != "NAME":
        return None
    span = Span(source, match.start(), match.end())
    return vocabulary.foreign_keywords.unknown_kind(
        tree.Statement(tree.Word(match[0], span), span)
    )
