"""Parse ``.snn`` text, statement by statement.

Each statement is parsed alone, so that a broken statement causes one diagnostic and
does not affect the others.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise, takewhile

from snnc import rules
from snnc.diagnostics import Diagnostic, Diagnostics, Fix
from snnc.language import tree
from snnc.language.editions import NEWEST, edition_of
from snnc.language.keywords import FORMS, HEADERS, KEYS, KINDS, VARIANTS
from snnc.source import SourceFile, Span
from snnc.syntax.build import Token, Tokens, build, comment, span_of, split_heading
from snnc.syntax.build import tokens as tokens_of
from snnc.syntax.explain import JOINS, explain, stray_word
from snnc.syntax.lexical import (
    find_hyphens,
    find_problem,
    find_wrong_literal,
    problem_of,
)
from snnc.syntax.split import StatementTokens, block_below, split
from snnc.text.near import nearest_spelling

MOST_TOKENS = 30_000
"""The maximum number of tokens in a file; a layer has about 15 (decision 006)."""


def parse_snn(source: SourceFile, report: Diagnostics) -> tree.Document:
    """Parse a whole file; report errors, and mark unreadable statements as broken."""
    tokens = tokens_of(source.whole, most=MOST_TOKENS)
    if len(tokens) == MOST_TOKENS:
        report.add(rules.syntax.TooLong(span=tokens[-1].span, limit=MOST_TOKENS))
        return tree.Document(None, None, (), source.whole)
    comments = _comments(source, tokens)
    edition, network, opener, start = _Header(source, report, tokens).read()
    # Without a header, report only this.
    if start == len(tokens) and network is None:
        return tree.Document(edition, None, (), source.whole, comments)
    statements = []
    for piece in split(report, tokens[start:], opener):
        statements.append(read_statement(piece, report))
        if report.full:
            break
    return tree.Document(edition, network, tuple(statements), source.whole, comments)


def _comments(source: SourceFile, tokens: Tokens) -> tuple[tree.Comment, ...]:
    if "#" not in source.text:
        return ()
    comments = []
    end_of_token = 0
    starts = [token.span.start for token in tokens]
    ends = [token.span.end for token in tokens]
    # The lexer skips comments, so they are between tokens.
    for start, end in zip([*starts, len(source.text)], [*ends, 0], strict=True):
        mark = source.text.find("#", end_of_token, start)
        if mark >= 0:
            comments.append(comment(Span(source, mark, start)))
        end_of_token = end
    return tuple(comments)


def parse_statement(code: str) -> tree.Statement | None:
    """Parse the text of one statement; return None if it has an error."""
    report = Diagnostics()
    source = SourceFile("statement.snn", f"snn {NEWEST}\nnetwork x {{\n{code}\n}}\n")
    statements = parse_snn(source, report).statements
    return statements[0] if len(statements) == 1 and not report.errors else None


def read_statement(piece: StatementTokens, report: Diagnostics) -> tree.Statement:
    """Parse one statement; on an error, report it and mark the statement as broken."""
    tokens = piece.tokens
    if piece.broken:
        return _broken(tokens)
    # The grammar accepts numbers of any length and all escapes, so check them first.
    if wrong_literal := find_wrong_literal(tokens):
        report.add(wrong_literal)
        return _broken(tokens)
    statement, index = build(tokens)
    if statement is not None:
        problem = _find_hyphens(tokens) or _describe_stray(tokens)
    else:
        problem = find_problem(tokens)
        if problem is None and not piece.repaired:
            problem = explain(tokens, index)
    if problem is not None:
        report.add(problem)
    elif statement is not None:
        located: tree.Statement = replace(statement, span=span_of(tokens))
        return located
    return _broken(tokens)


def _find_hyphens(tokens: Tokens) -> Diagnostic | None:
    """Describe a name such as `conv-1`, which reads like a name and a number."""
    for name, number in pairwise(tokens):
        if name.type == "NAME" and number.startswith("-"):
            return find_hyphens(name.span)
    return None


def _describe_stray(tokens: Tokens) -> Diagnostic | None:
    """Describe a superfluous word before the block, if there is one."""
    names = list(takewhile(lambda token: token.type == "NAME", tokens))
    most = 3 if names and names[0] in VARIANTS else 2
    if most == 3 and FORMS[names[0]].name == "none" and names[-1] in KEYS:
        most = 2  # `target loihi chips 1`
    return stray_word(tokens, most) if len(names) > most else None


def _broken(tokens: Tokens) -> tree.Statement:
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


class _Header:
    """Read ``snn 2`` and ``network NAME {`` from the first tokens of a file."""

    def __init__(self, source: SourceFile, report: Diagnostics, tokens: Tokens) -> None:
        self._report = report
        self._tokens = (*tokens, Token("END", "", source.end))
        self._index = 0

    def read(self) -> tuple[tree.Number | None, tree.Word | None, Token | None, int]:
        """Return the edition, the network, its ``{`` and the index after it."""
        self._skip_lines()
        if self._next.type == "END":
            self._report.add(rules.syntax.NothingHere(span=self._next.span))
            return None, None, None, self._index
        edition = self._edition()
        if HEADERS.isdisjoint(self._tokens):
            return None, None, None, len(self._tokens) - 1
        return edition, *self._network(), self._index

    @property
    def _next(self) -> Token:
        return self._tokens[self._index]

    def _take(self, kind: str, text: str | None = None) -> Token | None:
        """Consume the next token if it has the given type and text."""
        token = self._next
        if token.type != kind or text not in (None, str(token)):
            return None
        self._index += 1
        return token

    def _skip_lines(self) -> None:
        while self._take("NEWLINE"):
            pass

    def _skip_to(self, *kinds: str) -> None:
        while self._next.type not in (*kinds, "END"):
            self._index += 1

    def _skip_to_network(self) -> None:
        """Skip the tokens before the line of the network, if there is one."""
        for index in range(self._index, len(self._tokens)):
            begins_line = index == 0 or self._tokens[index - 1].type == "NEWLINE"
            if begins_line and self._tokens[index] == "network":
                self._index = index
                return

    def _edition(self) -> tree.Number | None:
        word = self._take("NAME", "snn")
        number = self._take("NUMBER") if word else None
        if number is None:
            here = (word or self._next).span
            rest = self._tokens[self._index :]
            line = takewhile(lambda token: token.type != "NEWLINE", rest)
            begins = rest[0] == "network" and any(t.type == "LBRACE" for t in line)
            # Unsafe: the spec may be of an older edition, with other defaults.
            first_line = Fix(here.before, f"snn {NEWEST}\n\n", unsafe=True)
            fix = first_line if begins else None
            rule = rules.syntax.MissingEdition
            self._report.add(rule(span=here, newest=NEWEST, fix=fix))
            self._skip_to_network()
            return None
        if (edition := edition_of(number)) is not None:
            return tree.Number(edition, number.span)
        problem = rules.syntax.UnknownEdition(
            span=number.span, edition=number[:20], newest=NEWEST
        )
        self._report.add(problem)
        return None

    def _network(self) -> tuple[tree.Word | None, Token | None]:
        """Return the name of the network and its ``{``, as far as they can be read."""
        self._skip_lines()
        if not self._take("NAME", "network") and not self._find_network():
            return None, None
        name = self._name()
        opener = self._take("LBRACE") or self._opener_below(name)
        if opener is None and name is not None:
            self._expect("`{`", f"write `network {name} {{`")
        if opener is None:
            self._skip_to("NEWLINE")
        return (None if name is None else tree.Word(str(name), name.span)), opener

    def _find_network(self) -> bool:
        """Report a missing ``network``; return whether a later one is consumed."""
        here = self._next
        problem = problem_of((here,)) or rules.syntax.MissingNetwork(
            span=here.span, near=nearest_spelling(here.lower(), ("network",))
        )
        self._report.add(problem)
        self._skip_to_network()
        return self._take("NAME", "network") is not None or self._is_misspelt()

    def _name(self) -> Token | None:
        name = self._take("NAME")
        if name is None:
            advice = "write, for example, `network digits {`"
            self._expect("a name for the network", advice)
        elif hyphens := find_hyphens(name.span):
            self._report.add(hyphens)
            self._skip_to("NEWLINE", "LBRACE")
        return name

    def _opener_below(self, name: Token | None) -> Token | None:
        """Consume and report a ``{`` that comes after the line of the network."""
        start = self._index
        self._skip_lines()
        if name is None or (opener := self._take("LBRACE")) is None:
            self._index = start
            return None
        self._report.add(block_below(name, opener))
        return opener

    def _expect(self, expected: str, advice: str) -> None:
        token = self._next
        ends = {"END": "the end of the file", "NEWLINE": "the end of the line"}
        problem = rules.syntax.UnexpectedText(
            span=token.span,
            expected=expected,
            found=ends.get(token.type, f"`{token[:30]}`"),
            advice=advice,
        )
        self._report.add(problem)

    def _is_misspelt(self) -> bool:
        """Consume the misspelt first word of ``netwrok NAME {``."""
        first, *others = self._tokens[self._index : self._index + 3]
        is_heading = [token.type for token in others] == ["NAME", "LBRACE"]
        is_misspelt = first.type == "NAME" and is_heading and first not in KINDS
        self._index += is_misspelt
        return is_misspelt
