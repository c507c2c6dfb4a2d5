"""Describe errors in the braces of a file and in the statements before them."""

from __future__ import annotations

from lark import Token

from snnc import rules
from snnc.diagnostics import Diagnostic, Fix, Label
from snnc.language.keywords import HEADERS
from snnc.source import SourceFile, Span
from snnc.syntax.build import span_of

DEEPEST = 16
_CLOSER_OF = {"{": "}", "[": "]"}


def _after(token: Token, source: SourceFile) -> Span:
    end = span_of(token, source).end
    return Span(source, end, end)


def not_closed(
    opener: Token, last: Token, before: str, source: SourceFile, apart: str = " "
) -> Diagnostic:
    """Describe a bracket that is not closed after ``last``."""
    closer, place = _CLOSER_OF[opener], _after(last, source)
    return rules.syntax.MissingBrace(
        span=place,
        closer=closer,
        opener=str(opener),
        before=before,
        related=(Label(span_of(opener, source), "opened here"),),
        fix=Fix(place, f"{apart}{closer}"),
    )


def not_opened(before: Token, source: SourceFile) -> Diagnostic:
    """Describe a block whose ``{`` is missing after ``before``."""
    place = _after(before, source)
    return rules.syntax.MissingOpeningBrace(
        span=place, before=str(before), fix=Fix(place, " {")
    )


def stray_closer(closer: Token, source: SourceFile) -> Diagnostic:
    """Describe a closing brace without an opening brace."""
    span = span_of(closer, source)
    return rules.syntax.UnmatchedBrace(span=span, closer="}", fix=Fix(span, ""))


def too_deep(opener: Token, source: SourceFile) -> Diagnostic:
    """Describe a brace that is nested deeper than any spec needs."""
    return rules.syntax.TooDeep(span=span_of(opener, source), limit=DEEPEST)


def on_next_line(statement: Token, opener: Token, source: SourceFile) -> Diagnostic:
    """Describe a block that opens on the line after its statement."""
    span = span_of(opener, source)
    gap = Span(source, span_of(statement, source).end, span.start)
    fix = None if gap.text.strip() else Fix(gap, " ")
    return rules.syntax.BlockOnNextLine(span=span, fix=fix)


def on_same_line(last: Token, kind: Token, source: SourceFile) -> Diagnostic:
    """Describe a statement that follows another one on the same line."""
    span = span_of(kind, source)
    gap = Span(source, span_of(last, source).end, span.start)
    return rules.syntax.OneLineEach(span=span, kind=str(kind), fix=Fix(gap, "\n"))


def after_end(first: Token, source: SourceFile) -> Diagnostic:
    """Describe text after the end of the network."""
    second = first in HEADERS
    rule = rules.syntax.SecondNetwork if second else rules.syntax.TextAfterEnd
    return rule(span=span_of(first, source))
