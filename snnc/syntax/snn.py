"""``.snn`` text to located syntax, statement by statement.

Each statement is parsed by itself, so that a broken one gives one diagnostic and
the others are read as if it were not there.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import islice

from lark import Token
from lark.exceptions import UnexpectedToken

from snnc import rules
from snnc.diagnostics import Report
from snnc.language import tree
from snnc.language.keywords import KINDS
from snnc.language.tree import Comment
from snnc.source import SourceFile, Span
from snnc.syntax.braces import OPENERS
from snnc.syntax.build import Builder, build, heading, parser, span_of
from snnc.syntax.build import tokens as tokens_of
from snnc.syntax.constructs import dotted, item, whole_items
from snnc.syntax.cut import Cutter, StatementTokens
from snnc.syntax.explain import JOINS, Explainer
from snnc.syntax.foreign import foreign_syntax, foreign_value
from snnc.syntax.header import SpecHeader
from snnc.syntax.lexical import other_quotes, problem_of, unquoted


def comments_of(source: SourceFile, tokens: Sequence[Token]) -> tuple[Comment, ...]:
    """Find the comments between the tokens of a file, in its order."""
    if "#" not in source.text:
        return ()
    comments = []
    end = 0
    for token in tokens:
        start = token.start_pos or 0
        if (at := source.text.find("#", end, start)) >= 0:
            comments.append(comment_at(source, at, start))
        end = token.end_pos or start
    if (at := source.text.find("#", end)) >= 0:
        comments.append(comment_at(source, at, len(source.text)))
    return tuple(comments)


def comment_at(source: SourceFile, start: int, end: int) -> Comment:
    """The comment between a sign and where it ends at the latest."""
    text = source.text[start + 1 : end].rstrip()
    _, column = source.line_column(start)
    before = source.text[start - column + 1 : start]
    span = Span(source, start, start + 1 + len(text))
    return Comment(text.removeprefix(" "), span, trailing=bool(before.strip()))


def whole_texts(pieces: list[StatementTokens]) -> list[StatementTokens]:
    """Leave out the lines that a text goes on over, up to its closing quote."""
    kept = []
    index = 0
    while index < len(pieces):
        kept.append(pieces[index])
        index = _end_of_text(pieces, index) + 1
    return kept


def _end_of_text(pieces: list[StatementTokens], index: int) -> int:
    """The index of the piece with the closing quote; ``index`` if there is none."""
    if not _has_open_quote(pieces[index]):
        return index
    for end in range(index + 1, len(pieces)):
        if str(pieces[end].tokens[0]) in KINDS:
            break
        if _has_open_quote(pieces[end]):
            return end
    return index


def _has_open_quote(piece: StatementTokens) -> bool:
    return any(token.type == "UNTERMINATED" for token in piece.tokens)


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
    header = SpecHeader(source, report, tokens)
    edition, network, opener, start = header.read()
    if start == len(tokens) and network is None:
        return tree.Document(edition, None, (), whole, comments)
    pieces = whole_texts(Cutter(source, report, tokens[start:], opener).cut())
    pieces = whole_items(pieces, source)
    statements = []
    for piece in pieces:
        statements.append(read_statement(piece, source, report))
        if report.full:
            break
    return tree.Document(edition, network, tuple(statements), whole, comments)


def _too_long(source: SourceFile, last: Token, report: Report) -> tree.Document:
    report.add(rules.syntax.TooLong(span=span_of(last, source), limit=MOST_TOKENS))
    return tree.Document(None, None, (), Span(source, 0, len(source.text)))


def read_statement(
    piece: StatementTokens, source: SourceFile, report: Report
) -> tree.Statement:
    """Read one statement; one that can't be read is reported, and marked as broken."""
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


def _is_misspelt(piece: StatementTokens, source: SourceFile, report: Report) -> bool:
    """Report the first token of a statement that is wrong by itself.

    A quote comes before all: what else is wrong may be a part of a text.
    """
    tokens = piece.tokens
    first = _first(tokens, ("UNTERMINATED",))
    block = _first(tokens, OPENERS)
    problem = unquoted(tokens, source) or item(piece, source)
    if problem := problem or dotted(tokens, source):
        report.add(problem)
        return True
    for index in range(len(tokens)) if first is None else (first,):
        before = tokens[index - 1] if index else None
        span = span_of(tokens[index], source)
        in_block = block is not None and block < index
        problem = foreign_value(tokens, index, source)
        problem = problem or other_quotes(tokens[index], source)
        problem = problem or foreign_syntax(tokens, index, source, in_block)
        if problem := problem or problem_of(tokens[index], span, before):
            report.add(problem)
            return True
    return False


def _first(tokens: tuple[Token, ...], types: Collection[str]) -> int | None:
    return next((i for i, token in enumerate(tokens) if token.type in types), None)


def _broken(piece: StatementTokens, source: SourceFile) -> tree.Statement:
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
    behind = piece.tokens[len(words) : len(words) + 1]
    if words[0].text in JOINS and behind and behind[0].type == "COMMA":
        name = None  # it is read, and a `from` is missing
    return tree.Statement(
        kind=kind or words[0], span=span, variant=variant, name=name, broken=True
    )
