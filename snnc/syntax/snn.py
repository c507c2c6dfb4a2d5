"""Parse ``.snn`` text, statement by statement.

Each statement is parsed alone, so that a broken statement causes one diagnostic and
does not affect the others.
"""

from __future__ import annotations

from collections.abc import Sequence

from lark import Token
from lark.exceptions import UnexpectedToken

from snnc import rules
from snnc.diagnostics import Diagnostics
from snnc.language import tree
from snnc.source import SourceFile, Span
from snnc.syntax.build import Builder, build, heading, parser, span_of
from snnc.syntax.build import tokens as tokens_of
from snnc.syntax.constructs import foreign_construct, whole_items
from snnc.syntax.explain import JOINS, Explainer
from snnc.syntax.header import EDITION, SpecHeader
from snnc.syntax.lexical import find_problem
from snnc.syntax.split import StatementTokens, split


def comments_of(
    source: SourceFile, tokens: Sequence[Token]
) -> tuple[tree.Comment, ...]:
    """Return the comments between the tokens of a file, in order."""
    if "#" not in source.text:
        return ()
    builder = Builder(source)
    comments = []
    end = 0
    for start, following in (
        *((token.start_pos or 0, token.end_pos or 0) for token in tokens),
        (len(source.text), 0),
    ):
        if (at := source.text.find("#", end, start)) >= 0:
            comments.append(builder.comment(at, start))
        end = following
    return tuple(comments)


_END = Token("$END", "")

MOST_TOKENS = 30_000
"""The maximum number of tokens in a file; a layer has about 15."""


def parse_snn(source: SourceFile, report: Diagnostics) -> tree.Document:
    """Parse a whole file; report errors, and mark unreadable statements as broken."""
    tokens = tokens_of(source.text, MOST_TOKENS)
    if len(tokens) == MOST_TOKENS:
        return _too_long(source, tokens[-1], report)
    comments = comments_of(source, tokens)
    whole = Span(source, 0, len(source.text))
    edition, network, opener, start = SpecHeader(source, report, tokens).read()
    if start == len(tokens) and network is None:
        return tree.Document(edition, None, (), whole, comments)
    pieces = split(source, report, tokens[start:], opener)
    statements = []
    for piece in whole_items(pieces, source):
        statements.append(read_statement(piece, source, report))
        if report.full:
            break
    return tree.Document(edition, network, tuple(statements), whole, comments)


def _too_long(source: SourceFile, last: Token, report: Diagnostics) -> tree.Document:
    report.add(rules.syntax.TooLong(span=span_of(last, source), limit=MOST_TOKENS))
    return tree.Document(None, None, (), Span(source, 0, len(source.text)))


def parse_statement(code: str) -> tree.Statement | None:
    """Parse the text of one statement; return None if it has an error."""
    report = Diagnostics()
    source = SourceFile("statement.snn", f"snn {EDITION}\nnetwork x {{\n{code}\n}}\n")
    statements = parse_snn(source, report).statements
    return statements[0] if len(statements) == 1 and not report.errors else None


def read_statement(
    piece: StatementTokens, source: SourceFile, report: Diagnostics
) -> tree.Statement:
    """Parse one statement; on an error, report it and mark the statement as broken."""
    if piece.broken:
        return _broken(piece, source)
    if problem := foreign_construct(piece, source) or find_problem(
        piece.tokens, source
    ):
        report.add(problem)
        return _broken(piece, source)
    explainer = Explainer(source, piece.tokens)
    interactive = parser().parse_interactive("")
    index = 0
    try:
        for index, token in enumerate(piece.tokens):  # noqa: B007
            interactive.feed_token(token)
        index = len(piece.tokens)
        parsed = interactive.feed_token(_END)
    except UnexpectedToken:
        if not piece.repaired:
            report.add(explainer.explain(index))
        return _broken(piece, source)
    if stray := explainer.stray():
        report.add(stray)
        return _broken(piece, source)
    return build(parsed, piece.tokens, source)


def _broken(piece: StatementTokens, source: SourceFile) -> tree.Statement:
    """Return a broken statement with its kind and name as far as they can be read."""
    builder = Builder(source)
    words: list[tree.Word] = []
    for token in piece.tokens:
        if token.type != "NAME":
            break
        words.append(builder.word(token))
    span = builder.span(piece.tokens[0]).to(builder.span(piece.tokens[-1]))
    if not words:
        return tree.Statement(kind=tree.Word("", span), span=span, broken=True)
    kind, variant, name, _ = heading(tuple(words))
    following = piece.tokens[len(words) : len(words) + 1]
    if words[0].text in JOINS and following and following[0].type == "COMMA":
        name = None  # it is a source without `from`
    return tree.Statement(
        kind=kind or words[0], span=span, variant=variant, name=name, broken=True
    )
