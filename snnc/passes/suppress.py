"""Suppress warnings that a comment allows: ``# snnc: allow SNN309 reason``."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator

from snnc import rules
from snnc.diagnostics import Diagnostic, Diagnostics, Fix, Severity
from snnc.language.tree import Comment, Document
from snnc.source import Span
from snnc.syntax.entries import Entry, Remarks, entries_of
from snnc.text.near import closest

_ALLOW = re.compile(r"#+\s*snnc:\s*allow\s+(?P<code>\w+)(?P<reason>.*)")

# Include near misses: with other letter case, or without the colon.
_SIGNED = re.compile(r"[#\s]*snnc(?::|\s+allow\b|:?\s*allow\s+SNN\d)", re.IGNORECASE)


def suppress_warnings(document: Document, report: Diagnostics, complete: bool) -> None:
    """Withdraw the warnings that comments allow, and report invalid comments.

    Only warnings about the spec's file are withdrawn. ``report`` receives a limited
    number of SNN140 to SNN144. If every pass that warns has run (``complete``), a
    comment without warnings is unused.
    """
    signed = [c for c in document.comments if _SIGNED.match(c.span.text)]
    if not signed:
        return
    severities = {rule.code: rule.severity for rule in rules.all_rules()}
    warnings = defaultdict[str, list[Diagnostic]](list)
    for each in report.diagnostics:
        is_own = each.span.source is document.span.source
        if is_own and each.severity is Severity.WARNING:
            warnings[each.code].append(each)
    subjects = _Subjects(document)
    problems = list[Diagnostic]()
    for comment in signed:
        span = comment.span
        match = _ALLOW.fullmatch(comment.span.text)
        if match is None:
            problems.append(rules.misplaced.UnknownDirective(span=span))
            continue
        code = match["code"]
        place = Span(span.source, *(span.start + end for end in match.span("code")))
        if problem := _wrong_code(code, place, severities):
            problems.append(problem)
            continue
        found = (_remove_within(warnings[code], each) for each in subjects.of(comment))
        allowed = next(filter(None, found), [])
        for each in allowed:
            report.withdraw(each)
        if not allowed and complete:
            fix = Fix(_whole(comment), "")
            problem = rules.misplaced.UnusedAllow(span=span, allowed=code, fix=fix)
            problems.append(problem)
        elif not match["reason"].strip(" :-,"):
            problems.append(rules.misplaced.AllowWithoutReason(span=span, allowed=code))
    report.add(*problems[: report.limit])


def _remove_within(found: list[Diagnostic], span: Span) -> list[Diagnostic]:
    """Remove the diagnostics that begin in a span from a sorted list; return them."""
    start, end = (
        bisect_left(found, at, key=lambda each: each.span.start)
        for at in (span.start, span.end)
    )
    removed = found[start:end]
    del found[start:end]
    return removed


def _wrong_code(
    code: str, span: Span, severities: dict[str, Severity]
) -> Diagnostic | None:
    """Describe an unknown code, or the code of an error."""
    if code not in severities:
        near = closest(code.upper(), severities)
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
        self._with_text = [
            line
            for line in range(1, self._source.line_count + 1)
            if self._source.line_text(line).lstrip()[:1] not in ("", "#")
        ]
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
        own = entry.span if is_part else owner
        first = own
        for inner in entry.inner or ():
            found = self._visit(inner, own)
            first = first or found
        around = self._remarks.of(entry)
        for comment in (*around.above, *around.beside):
            self._entries[comment.span.start] = first or entry.span
        return first


def _whole(comment: Comment) -> Span:
    """Return the span of a comment, with the spaces or the line to delete with it."""
    text = comment.span.source.text
    span = comment.span
    start = len(text[: span.start].rstrip(" \t"))
    end = span.end
    if not comment.trailing and text[end : end + 1] == "\n":
        end += 1
    return Span(span.source, start, end)
