"""Parse ``.snn`` text, statement by statement.

Each statement is parsed alone, so that a broken statement causes one diagnostic and
does not affect the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import takewhile

from snnc import rules
from snnc.diagnostics import Diagnostics
from snnc.language import tree
from snnc.source import SourceFile, Span
from snnc.syntax.build import Token, build, comment, span_of, split_heading
from snnc.syntax.build import tokens as tokens_of
from snnc.syntax.constructs import foreign_construct, whole_items
from snnc.syntax.explain import JOINS, describe_stray, explain
from snnc.syntax.header import EDITION, SpecHeader
from snnc.syntax.lexical import find_problem
from snnc.syntax.split import StatementTokens, split

MOST_TOKENS = 30_000
"""The maximum number of tokens in a file; a layer has about 15."""


def parse_snn(source: SourceFile, report: Diagnostics) -> tree.Document:
    """Parse a whole file; report errors, and mark unreadable statements as broken."""
    tokens = tokens_of(source.whole, most=MOST_TOKENS)
    if len(tokens) == MOST_TOKENS:
        report.add(rules.syntax.TooLong(span=tokens[-1].span, limit=MOST_TOKENS))
        return tree.Document(None, None, (), source.whole)
    comments = _comments(source, tokens)
    edition, network, opener, start = SpecHeader(source, report, tokens).read()
    if start == len(tokens) and network is None:
        return tree.Document(edition, None, (), source.whole, comments)
    statements = []
    for piece in whole_items(split(report, tokens[start:], opener)):
        statements.append(read_statement(piece, report))
        if report.full:
            break
    return tree.Document(edition, network, tuple(statements), source.whole, comments)


def _comments(source: SourceFile, tokens: Sequence[Token]) -> tuple[tree.Comment, ...]:
    """Return the comments between the tokens of a file, in order."""
    if "#" not in source.text:
        return ()
    starts = (*(token.span.start for token in tokens), len(source.text))
    ends = (0, *(token.span.end for token in tokens))
    gaps = (Span(source, *gap) for gap in zip(ends, starts, strict=True))
    found = ((gap, gap.text.find("#")) for gap in gaps)
    return tuple(
        comment(Span(source, gap.start + at, gap.end)) for gap, at in found if at >= 0
    )


def parse_statement(code: str) -> tree.Statement | None:
    """Parse the text of one statement; return None if it has an error."""
    report = Diagnostics()
    source = SourceFile("statement.snn", f"snn {EDITION}\nnetwork x {{\n{code}\n}}\n")
    statements = parse_snn(source, report).statements
    return statements[0] if len(statements) == 1 and not report.errors else None


def read_statement(piece: StatementTokens, report: Diagnostics) -> tree.Statement:
    """Parse one statement; on an error, report it and mark the statement as broken."""
    tokens = piece.tokens
    problem = None
    if not piece.broken:
        problem = foreign_construct(tokens) or find_problem(tokens)
        if problem is None:
            statement, index = build(tokens)
            if statement is None:
                problem = None if piece.repaired else explain(tokens, index)
            elif not (problem := describe_stray(tokens)):
                return replace(statement, span=span_of(tokens))
    if problem:
        report.add(problem)
    return _broken(tokens)


def _broken(tokens: Sequence[Token]) -> tree.Statement:
    """Return a broken statement with its kind and name as far as they can be read."""
    names = takewhile(lambda token: token.type == "NAME", tokens)
    words = [tree.Word(str(name), name.span) for name in names]
    span = span_of(tokens)
    if not words:
        return tree.Statement(kind=tree.Word("", span), span=span, broken=True)
    kind, variant, name = split_heading(words)
    following = tokens[len(words) : len(words) + 1]
    if kind.text in JOINS and following and following[0].type == "COMMA":
        name = None  # it is a source without `from`
    return tree.Statement(kind=kind, span=span, variant=variant, name=name, broken=True)
