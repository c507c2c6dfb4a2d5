"""Suppress warnings that a comment allows: ``# snnc: allow SNN309 reason``."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import cache
from itertools import islice

from snnc import rules
from snnc.diagnostics import Diagnostic, Diagnostics, Fix, Severity
from snnc.language.tree import Comment, Document
from snnc.source import SourceFile, Span
from snnc.syntax.entries import Entry, Remarks, entries_of
from snnc.text.near import nearest_spelling

_ALLOW = re.compile(r"#+\s*snnc:\s*allow\s+(?P<code>\w+)(?P<reason>.*)")

# Include near misses: with other letter case, or without the colon.
_SIGNED = re.compile(r"[#\s]*snnc(?::|\s+allow\b|:?\s*allow\s+SNN\d)", re.IGNORECASE)


def suppress_warnings(
    document: Document, report: Diagnostics, *, complete: bool
) -> None:
    """Withdraw the warnings that comments allow, and report invalid comments.

    Only warnings about the spec's file are withdrawn. ``report`` receives a limited
    number of SNN140 to SNN144. If every pass that warns has run (``complete``), a
    comment without warnings is unused.
    """
    # Few specs have such comments, so nothing else is prepared for the others.
    signed = [c for c in document.comments if _SIGNED.match(c.span.text)]
    if not signed:
        return
    warnings = _warnings_by_code(document, report)
    subjects = _Subjects(document)

    def withdraw(code: str, comment: Comment) -> bool:
        """Withdraw the warnings about the first subject with any.

        Return False if there is none and no later pass warns.
        """
        for subject in subjects.of(comment):
            allowed = _remove_within(warnings[code], subject)
            for warning in allowed:
                report.withdraw(warning)
            if allowed:
                return True
        return not complete

    problems = filter(None, [_apply(comment, withdraw) for comment in signed])
    report.add(*islice(problems, report.limit))


def _apply(
    comment: Comment, withdraw: Callable[[str, Comment], bool]
) -> Diagnostic | None:
    """Withdraw the warnings that a comment allows; return the comment's problem."""
    span = comment.span
    match = _ALLOW.fullmatch(span.text)
    if match is None:
        return rules.misplaced.UnknownDirective(span=span)
    code = match["code"]
    first, stop = match.span("code")
    place = Span(span.source, span.start + first, span.start + stop)
    problem = _wrong_code(code, place)
    if problem is not None:
        return problem
    # The fix deletes such a comment, so its reason doesn't matter.
    if not withdraw(code, comment):
        fix = Fix(_whole(comment), "")
        return rules.misplaced.UnusedAllow(span=span, allowed=code, fix=fix)
    if not match["reason"].strip(" :-,"):
        return rules.misplaced.AllowWithoutReason(span=span, allowed=code)
    return None


def _warnings_by_code(
    document: Document, report: Diagnostics
) -> defaultdict[str, list[Diagnostic]]:
    """Return the warnings about the spec's file."""
    warnings = defaultdict[str, list[Diagnostic]](list)
    for each in report.diagnostics:
        # Errors can't be allowed, because the network can't run (decision 005).
        if (
            each.severity is Severity.WARNING
            and each.span.source is document.span.source
        ):
            warnings[each.code].append(each)
    return warnings


def _remove_within(warnings: list[Diagnostic], span: Span) -> list[Diagnostic]:
    """Remove the diagnostics that begin in a span from a sorted list; return them."""
    starts = [each.span.start for each in warnings]
    inside = slice(bisect_left(starts, span.start), bisect_left(starts, span.end))
    removed = warnings[inside]
    del warnings[inside]
    return removed


@cache
def _severities() -> dict[str, Severity]:
    return {rule.code: rule.severity for rule in rules.all_rules()}


def _wrong_code(code: str, span: Span) -> Diagnostic | None:
    """Describe an unknown code, or the code of an error."""
    severities = _severities()
    if code not in severities:
        near = nearest_spelling(code.upper(), severities)
        return rules.misplaced.AllowUnknownCode(span=span, allowed=code, near=near)
    if severities[code] is Severity.ERROR:
        return rules.misplaced.AllowError(span=span, allowed=code)
    return None


class _Subjects:
    """The parts of a spec that comments may be about."""

    def __init__(self, document: Document) -> None:
        self._source = document.span.source
        self._entries: dict[int, Span] = {}
        parts = [statement.span for statement in document.statements]
        parts += [p.span for s in document.statements for p in s.properties or ()]
        self._known = {(span.start, span.end) for span in parts}
        # A removed property, for example, is on a line where no part begins or ends.
        self._taken = {p.line for span in parts for p in (span.first, span.last)}
        self._with_text = _lines_with_text(self._source)
        entries = tuple(entries_of(document))
        self._remarks = Remarks(document.comments, entries)
        for entry in entries:
            self._visit(entry, None)

    def of(self, comment: Comment) -> Iterator[Span]:
        """Yield a comment's statement or property, and the line that it is about.

        A comment at the end of a block or file belongs to no statement. The line is the
        comment's own, or the next line with text, if it is not part of a statement.
        """
        if comment.span.start in self._entries:
            yield self._entries[comment.span.start]
        line = comment.span.first.line
        if not comment.trailing:
            below = bisect_right(self._with_text, line)
            line = next(iter(self._with_text[below : below + 1]), line)
        if line not in self._taken:
            start = self._source.line_start(line)
            yield Span(self._source, start, start + len(self._source.line_text(line)))

    def _visit(self, entry: Entry, owner: Span | None) -> Span | None:
        """Collect an entry's comments; return the first subject inside or around it."""
        is_part = (entry.span.start, entry.span.end) in self._known
        part = entry.span if is_part else owner
        first = part
        for inner in entry.inner or ():
            inside = self._visit(inner, part)
            first = first or inside
        around = self._remarks.of(entry)
        for comment in (*around.above, *around.beside):
            self._entries[comment.span.start] = first or entry.span
        return first


def _lines_with_text(source: SourceFile) -> list[int]:
    """Return the numbers of the lines with more than a comment."""
    return [
        line
        for line in range(1, source.line_count + 1)
        if source.line_text(line).lstrip()[:1] not in ("", "#")
    ]


def _whole(comment: Comment) -> Span:
    """Return the span of a comment, with the spaces or the line to delete with it."""
    text = comment.span.source.text
    span = comment.span
    start = len(text[: span.start].rstrip(" \t"))
    end = span.end
    if not comment.trailing and text[end : end + 1] == "\n":
        end += 1
    return Span(span.source, start, end)
