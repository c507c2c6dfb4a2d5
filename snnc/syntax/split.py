"""Split the tokens of a network into statements.

A statement ends with its line, or with the line on which its block closes. A kind at
the beginning of a line, or where a key is expected, always begins a statement. If
braces are open, a ``}`` is missing before the kind.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile
from typing import NamedTuple

from snnc import rules
from snnc.diagnostics import Diagnostics, Fix, Label
from snnc.language.keywords import BEGINNINGS, HEADERS, KEYS, KINDS
from snnc.source import Span
from snnc.syntax.build import CLOSERS, OPENERS, Token

_NEUTRAL = frozenset(("NEWLINE", "COMMA", "UNIT"))
_ENDINGS = frozenset(("RBRACE", "NUMBER", "DIMS", "RANGE", "STRING"))
_CLOSER_TYPES = {"}": "RBRACE", "]": "RSQB"}
_CLOSER_OF = {"{": "}", "[": "]"}
_DEEPEST = 16


class StatementTokens(NamedTuple):
    """The tokens of one statement.

    ``broken`` statements are not parsed. In ``repaired`` statements, a missing brace
    was reported and added, so further errors probably follow from it.
    """

    tokens: tuple[Token, ...]
    broken: bool
    repaired: bool

    @property
    def has_open_quote(self) -> bool:
        return any(token.type == "UNTERMINATED" for token in self.tokens)


class Nesting:
    """The open brackets and the current key inside a statement.

    Attributes
    ----------
    openers
        The open ``{`` and ``[``, outermost first.
    key
        The key whose value comes next, or None.
    last
        The last complete property's key and value tokens, or None.
    """

    def __init__(self) -> None:
        self.openers: list[Token] = []
        self.key: Token | None = None
        self.last: tuple[Token, Token] | None = None

    @property
    def in_block(self) -> bool:
        return bool(self.openers) and self.openers[-1].type == "LBRACE"

    def feed(self, token: Token) -> None:
        if token.type in OPENERS:
            self.openers.append(token)
            self.key = self.last = None
        elif token.type in CLOSERS:
            del self.openers[-1:]
            self.key = self.last = None
        elif token.type not in _NEUTRAL and self.in_block:
            if self.key is not None:
                self.last, self.key = (self.key, token), None
            elif token.type == "NAME" or (
                token.type == "FROM" and len(self.openers) > 1
            ):
                self.key = token


def split(
    report: Diagnostics, tokens: Sequence[Token], opener: Token | None
) -> list[StatementTokens]:
    """Return the statements after the network's ``{``, which is None if missing.

    Errors in the braces are reported. For an unclosed text, the lines after the first
    are omitted, up to the closing quote.
    """
    pieces = _Splitter(report, tokens).split(opener)
    kept = []
    index = 0
    while index < len(pieces):
        kept.append(pieces[index])
        index = _end_of_text(pieces, index) + 1
    return kept


def _end_of_text(pieces: list[StatementTokens], index: int) -> int:
    if not pieces[index].has_open_quote:
        return index
    for end in range(index + 1, len(pieces)):
        if str(pieces[end].tokens[0]) in KINDS:
            break
        if pieces[end].has_open_quote:
            return end
    return index


def _last_word(tokens: Sequence[Token]) -> Token | None:
    return next((t for t in reversed(tokens) if t.type != "NEWLINE"), None)


def _gap(before: Token, after: Token) -> Span:
    return Span(after.span.source, before.span.end, after.span.start)


class _Splitter:
    def __init__(self, report: Diagnostics, tokens: Sequence[Token]) -> None:
        self._report = report
        self._tokens = tokens
        self._pieces: list[StatementTokens] = []
        self._following, self._closes = _look_ahead(tokens)
        self._closers_ahead = sum(t.type == "RBRACE" for t in tokens)
        self._openers_ahead = sum(t.type == "LBRACE" for t in tokens)
        self._groups = 0
        self._begin()

    def split(self, opener: Token | None) -> list[StatementTokens]:
        ended = False
        for index, token in enumerate(self._tokens):
            self._closers_ahead -= token.type == "RBRACE"
            self._openers_ahead -= token.type == "LBRACE"
            if self._groups and token.type == "RBRACE" and not self._depth:
                self._flush()
                self._groups -= 1
            elif not ended and self._is_end(index, token):
                self._flush()
                ended = True
                if not self._goes_on(index):
                    return self._pieces
            else:
                self._take(index, token)
        self._flush()
        if opener is not None and not ended:
            last = _last_word(self._tokens) or opener
            self._report_open(opener, last, "the end of the file", apart="\n")
        return self._pieces

    def _begin(self) -> None:
        self._current: list[Token] = []
        self._nesting = Nesting()
        self._has_block = False
        self._broken = False
        self._repaired = False

    @property
    def _depth(self) -> int:
        return len(self._nesting.openers)

    def _report_open(
        self, opener: Token, last: Token, before: str, apart: str = " "
    ) -> None:
        """Report a bracket that is not closed after ``last``."""
        closer, place = _CLOSER_OF[opener], last.span.after
        self._report.add(
            rules.syntax.MissingBrace(
                span=place,
                closer=closer,
                opener=str(opener),
                before=before,
                related=(Label(opener.span, "opened here"),),
                fix=Fix(place, f"{apart}{closer}"),
            )
        )

    def _is_end(self, index: int, token: Token) -> bool:
        """Return whether a token is the network's ``}``, not a superfluous brace."""
        if token.type != "RBRACE":
            return False
        if self._depth > 0:
            return self._closes_early(index, token)
        following = self._following[index]
        another = following is not None and following in HEADERS
        return another or self._closers_ahead <= self._openers_ahead

    def _goes_on(self, index: int) -> bool:
        """Report text after the network; return whether it is a statement."""
        following = self._following[index]
        if following is None:
            return False
        second = following in HEADERS
        rule = rules.syntax.SecondNetwork if second else rules.syntax.TextAfterEnd
        self._report.add(rule(span=following.span))
        return following in KINDS

    def _closes_early(self, index: int, token: Token) -> bool:
        """Return whether the file's last ``}`` belongs to the network.

        This is the case if the brace begins its line and is indented less than the
        statement.
        """
        if self._closers_ahead > 0 or self._depth != 1:
            return False
        if self._tokens[index - 1].type != "NEWLINE":
            return False
        return token.span.first.column < self._current[0].span.first.column

    def _take(self, index: int, token: Token) -> None:
        is_key = self._nesting.in_block and self._nesting.key is None
        is_kind = token.type == "NAME" and token in BEGINNINGS
        if is_kind and (is_key or _begins_line(self._tokens, index)):
            if self._opens_group():
                self._groups += self._depth
                self._close_all(None)
            self._flush()
        if self._follows_statement(token):
            fix = Fix(_gap(self._current[-1], token), "\n")
            self._report.add(
                rules.syntax.OneLineEach(span=token.span, kind=str(token), fix=fix)
            )
            self._flush()
        if self._lacks_opener(index, token):
            self._open_here()
        if self._depth == 0 and token.type == "NEWLINE":
            self._end_line(index)
            return
        if self._depth == 0 and token.type == "RBRACE":
            fix = Fix(token.span, "")
            self._report.add(
                rules.syntax.UnmatchedBrace(span=token.span, closer="}", fix=fix)
            )
            return
        if token.type == "RBRACE" and not self._nesting.in_block:
            self._close_open("LBRACE", "`}`")
        self._push(token)

    def _opens_group(self) -> bool:
        """Return whether the closed block of an unknown statement contains statements.

        These statements are then read as if the block did not exist, so that the
        unknown word causes only one error.
        """
        last = _last_word(self._current)
        if last is None or last.type != "LBRACE":
            return False
        unknown = self._current[0] not in KINDS | HEADERS
        closed = self._closers_ahead - self._openers_ahead
        return unknown and closed > self._groups + self._depth

    def _lacks_opener(self, index: int, token: Token) -> bool:
        """Return whether the next token is the first key of a block without ``{``."""
        if self._depth > 0 or not self._current:
            return False
        first, last = self._current[0], self._current[-1]
        if first not in BEGINNINGS or last.type != "NAME" or self._has_block:
            return False
        key = token if token.type != "NEWLINE" else self._following[index]
        return key is not None and key in KEYS and self._closes[index]

    def _open_here(self) -> None:
        """Report and add a missing ``{`` after the current statement."""
        last = self._current[-1]
        place = last.span.after
        self._report.add(
            rules.syntax.MissingOpeningBrace(
                span=place, before=str(last), fix=Fix(place, " {")
            )
        )
        self._repaired = True
        self._push(Token("LBRACE", "{", place))

    def _follows_statement(self, token: Token) -> bool:
        """Return whether a kind follows a complete statement."""
        if self._depth > 0 or not self._current or token.type != "NAME":
            return False
        return token in KINDS and self._current[-1].type in _ENDINGS

    def _end_line(self, index: int) -> None:
        following = self._following[index] if self._current else None
        if following is None or following.type != "LBRACE":
            self._flush()
        elif self._tokens[index + 1] is following:
            gap = _gap(self._current[-1], following)
            fix = None if gap.text.strip() else Fix(gap, " ")
            self._report.add(rules.syntax.BlockOnNextLine(span=following.span, fix=fix))

    def _push(self, token: Token) -> None:
        if token.type in OPENERS:
            self._has_block = True
            if self._depth == _DEEPEST:
                self._report.add(rules.syntax.TooDeep(span=token.span, limit=_DEEPEST))
                self._broken = True
        if token.type != "RSQB" or not self._nesting.in_block:
            self._nesting.feed(token)
        self._current.append(token)
        if token.type == "UNTERMINATED":
            self._close_swallowed(token)

    def _close_swallowed(self, text: Token) -> None:
        """Close the brackets at the end of an unclosed text."""
        end = takewhile(lambda c: c in "]}," or c.isspace(), reversed(text))
        openers = self._nesting.openers
        for closer in [_CLOSER_TYPES[c] for c in end if c in _CLOSER_TYPES][::-1]:
            if openers and OPENERS[openers[-1].type] == closer:
                self._put_in(closer)

    def _flush(self) -> None:
        """End the current statement, and close its open brackets."""
        while self._current and self._current[-1].type == "NEWLINE":
            self._current.pop()
        if self._current:
            self._close_open(None, "the next statement")
            piece = StatementTokens(tuple(self._current), self._broken, self._repaired)
            self._pieces.append(piece)
        self._begin()

    def _close_open(self, down_to: str | None, before: str) -> None:
        """Report the innermost open bracket, and close all open brackets."""
        openers = self._nesting.openers
        if openers and openers[-1].type != down_to and not self._broken:
            last = _last_word(self._current) or openers[-1]
            self._report_open(openers[-1], last, before)
            self._repaired = True
        self._close_all(down_to)

    def _close_all(self, down_to: str | None) -> None:
        openers = self._nesting.openers
        while openers and openers[-1].type != down_to:
            self._put_in(OPENERS[openers[-1].type])

    def _put_in(self, kind: str) -> None:
        """Add a closing bracket that the text lacks."""
        last = self._current[-1]
        end = last.span.end + (last.type == "NEWLINE")
        closer = Token(kind, "", Span(last.span.source, end, end))
        self._nesting.feed(closer)
        self._current.append(closer)


def _look_ahead(tokens: Sequence[Token]) -> tuple[list[Token | None], list[bool]]:
    """Find what follows each token, in one pass.

    Returns
    -------
    list of Token or None
        For each token, the next token that is not a line end, or None.
    list of bool
        For each token, whether a superfluous ``}`` comes before the next statement. The
        last ``}`` of the file closes the network and is never superfluous.
    """
    following: list[Token | None] = [None] * len(tokens)
    closes = [False] * len(tokens)
    after: Token | None = None
    last: int | None = None
    unmatched: list[int] = []  # the `}` of this statement, the nearest last
    for index in reversed(range(len(tokens))):
        token = tokens[index]
        following[index] = after
        if token.type != "NEWLINE":
            after = token
        if token.type == "RBRACE":
            last = index if last is None else last
            unmatched.append(index)
        elif token.type == "LBRACE" and unmatched:
            unmatched.pop()
        elif _begins_line(tokens, index):
            unmatched.clear()
        closes[index] = bool(unmatched) and unmatched[-1] != last
    return following, closes


def _begins_line(tokens: Sequence[Token], index: int) -> bool:
    """Return whether a token is a kind of statement and first on its line."""
    token = tokens[index]
    first = index == 0 or tokens[index - 1].type == "NEWLINE"
    return first and token.type == "NAME" and token in BEGINNINGS
