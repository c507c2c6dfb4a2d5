"""``.snn`` text to located syntax, statement by statement.

Each statement is parsed by itself, so that a broken one gives one diagnostic and
the others are read as if it were not there.
"""

from __future__ import annotations

from collections.abc import Collection
from itertools import islice

from lark import Token
from lark.exceptions import UnexpectedToken

from snnc import rules
from snnc.diagnostics import Report
from snnc.source import SourceFile, Span
from snnc.syntax import tree
from snnc.syntax.build import Builder, build, heading, span_of
from snnc.syntax.comments import comments_of
from snnc.syntax.constructs import arithmetic, arrow, item, variable, whole_items
from snnc.syntax.cut import Cutter, Piece
from snnc.syntax.explain import Explainer
from snnc.syntax.foreign import foreign_value
from snnc.syntax.grammar import parser
from snnc.syntax.grammar import tokens as tokens_of
from snnc.syntax.habits import habit
from snnc.syntax.header import Header
from snnc.syntax.lexical import problem_of
from snnc.syntax.loops import without_loops
from snnc.syntax.nesting import OPENERS
from snnc.syntax.quotes import other_quotes, unquoted
from snnc.syntax.texts import whole_texts

_END = Token("$END", "")

MOST_TOKENS = 30_000
"""Above it a file is refused unread; a layer has about 15 words and marks."""


def parse_snn(source: SourceFile, report: Report) -> tree.Document:
    """Read a whole file; what can't be read is reported and marked as broken."""
    tokens = list(islice(tokens_of(source.text), MOST_TOKENS))
    if len(tokens) == MOST_TOKENS:
        return _too_long(source, tokens[-1], report)
    comments = comments_of(source, tokens)
    whole = Span(source, 0, len(source.text))
    header = Header(source, report, tokens)
    edition, network, opener, start = header.read()
    if start == len(tokens) and network is None:
        return tree.Document(edition, None, (), whole, comments)
    body = without_loops(tokens[start:], source, report)
    pieces = whole_texts(Cutter(source, report, body, opener).cut())
    pieces = whole_items(pieces, source)
    statements = []
    for piece in pieces:
        statements.append(_statement(piece, source, report))
        if report.full:
            break
    return tree.Document(edition, network, tuple(statements), whole, comments)


def _too_long(source: SourceFile, last: Token, report: Report) -> tree.Document:
    report.add(rules.syntax.TooLong(span=span_of(last, source), limit=MOST_TOKENS))
    return tree.Document(None, None, (), Span(source, 0, len(source.text)))


def _statement(piece: Piece, source: SourceFile, report: Report) -> tree.Statement:
    if piece.broken or _is_misspelt(piece, source, report):
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
        if not piece.mended:
            report.add(explainer.explain(index))
        return _broken(piece, source)
    if stray := explainer.stray():
        report.add(stray)
        return _broken(piece, source)
    return build(parsed, piece.tokens, source)


def _is_misspelt(piece: Piece, source: SourceFile, report: Report) -> bool:
    """Report the first token of a statement that is wrong by itself.

    A quote comes before all: what else is wrong may be a part of a text.
    """
    tokens = piece.tokens
    first = _first(tokens, ("UNTERMINATED",))
    block = _first(tokens, OPENERS)
    if problem := unquoted(tokens, source) or item(piece, source):
        report.add(problem)
        return True
    if problem := variable(tokens, source):
        report.add(problem)
        return True
    for index in range(len(tokens)) if first is None else (first,):
        before = tokens[index - 1] if index else None
        span = span_of(tokens[index], source)
        in_block = block is not None and block < index
        problem = foreign_value(tokens, index, source)
        problem = problem or arithmetic(tokens, index, source)
        problem = problem or other_quotes(tokens[index], source)
        problem = problem or arrow(tokens[index], source)
        problem = problem or habit(tokens, index, source, in_block)
        if problem := problem or problem_of(tokens[index], span, before):
            report.add(problem)
            return True
    return False


def _first(tokens: tuple[Token, ...], types: Collection[str]) -> int | None:
    return next((i for i, token in enumerate(tokens) if token.type in types), None)


def _broken(piece: Piece, source: SourceFile) -> tree.Statement:
    """What can still be told of a statement: its kind and its name."""
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
    return tree.Statement(
        kind=kind or words[0], span=span, variant=variant, name=name, broken=True
    )
