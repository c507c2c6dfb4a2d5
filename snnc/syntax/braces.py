"""Braces: how deep they nest, and what the cutting of a file says of them."""

from __future__ import annotations

from collections.abc import Sequence

from lark import Token

from snnc import rules
from snnc.diagnostics import Fix, Label, Report
from snnc.language.keywords import HEADERS
from snnc.source import SourceFile, Span
from snnc.syntax.build import span_of

DEEPEST = 16
_CLOSER_OF = {"{": "}", "[": "]"}


def last_word(tokens: Sequence[Token]) -> Token | None:
    """Return the last token that is no line end."""
    return next((t for t in reversed(tokens) if t.type != "NEWLINE"), None)


class Braces:
    """Words problems of braces for one file."""

    def __init__(self, source: SourceFile, report: Report) -> None:
        self._source = source
        self._report = report

    def missing(self, opener: Token, last: Token, before: str) -> None:
        """Report a bracket that is not closed behind ``last``."""
        closer = _CLOSER_OF[opener]
        self._missing(opener, last, closer, before, f" {closer}")

    def missing_opener(self, before: Token) -> None:
        """Report that the block behind ``before`` has no ``{``."""
        end = span_of(before, self._source).end
        place = Span(self._source, end, end)
        self._report.add(
            rules.syntax.MissingOpeningBrace(
                span=place, before=str(before), fix=Fix(place, " {")
            )
        )

    def network_open(self, opener: Token, last: Token) -> None:
        """Report that the file ends inside the network."""
        self._missing(opener, last, "}", "the end of the file", "\n}")

    def _missing(
        self, opener: Token, last: Token, closer: str, before: str, replacement: str
    ) -> None:
        end = span_of(last, self._source).end
        place = Span(self._source, end, end)
        self._report.add(
            rules.syntax.MissingBrace(
                span=place,
                closer=closer,
                opener=str(opener),
                before=before,
                related=(Label(span_of(opener, self._source), "opened here"),),
                fix=Fix(place, replacement),
            )
        )

    def unmatched(self, closer: Token) -> None:
        """Report a brace that closes nothing."""
        span = span_of(closer, self._source)
        self._report.add(
            rules.syntax.UnmatchedBrace(span=span, closer="}", fix=Fix(span, ""))
        )

    def too_deep(self, opener: Token) -> None:
        """Report a brace that is nested deeper than any spec needs."""
        span = span_of(opener, self._source)
        self._report.add(rules.syntax.TooDeep(span=span, limit=DEEPEST))

    def on_next_line(self, statement: Token, opener: Token) -> None:
        """Report a block that opens behind the line of its statement."""
        span = span_of(opener, self._source)
        gap = Span(self._source, span_of(statement, self._source).end, span.start)
        fix = None if gap.text.strip() else Fix(gap, " ")
        self._report.add(rules.syntax.BlockOnNextLine(span=span, fix=fix))

    def on_same_line(self, last: Token, kind: Token) -> None:
        """Report a statement that begins behind another one on its line."""
        span = span_of(kind, self._source)
        gap = Span(self._source, span_of(last, self._source).end, span.start)
        self._report.add(
            rules.syntax.OneLineEach(span=span, kind=str(kind), fix=Fix(gap, "\n"))
        )

    def after_end(self, first: Token) -> None:
        """Report what follows the end of the network."""
        second = first in HEADERS
        rule = rules.syntax.SecondNetwork if second else rules.syntax.TextAfterEnd
        self._report.add(rule(span=span_of(first, self._source)))


OPENERS = {"LBRACE": "RBRACE", "LSQB": "RSQB"}
CLOSERS = frozenset(OPENERS.values())
_NEUTRAL = frozenset(("NEWLINE", "COMMA", "UNIT"))


class Nesting:
    """Follows a statement token by token.

    Attributes
    ----------
    openers
        The ``{`` and ``[`` that are open, outermost first.
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
    def depth(self) -> int:
        return len(self.openers)

    @property
    def in_block(self) -> bool:
        return bool(self.openers) and self.openers[-1].type == "LBRACE"

    @property
    def at_key(self) -> bool:
        """Whether the next word is the key of a property."""
        return self.in_block and self.key is None

    def feed(self, token: Token) -> None:
        if token.type in OPENERS:
            self.openers.append(token)
            self.key = self.last = None
        elif token.type in CLOSERS:
            self._close()
        elif token.type not in _NEUTRAL and self.in_block:
            self._word(token)

    def _close(self) -> None:
        if self.openers:
            self.openers.pop()
        self.key = self.last = None

    def _word(self, token: Token) -> None:
        if self.key is not None:
            self.last, self.key = (self.key, token), None
        elif token.type == "NAME" or (token.type == "FROM" and self.depth > 1):
            self.key = token
