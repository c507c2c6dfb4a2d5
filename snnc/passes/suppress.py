"""Suppress warnings that a comment allows: ``# snnc: allow SNN309 reason``."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property
from itertools import chain
from operator import itemgetter

from snnc import rules
from snnc.diagnostics import Diagnostic, Diagnostics, Fix, Severity
from snnc.language.tree import Comment, Document
from snnc.source import SourceFile, Span
from snnc.syntax.entries import Entry, Remarks, entries_of
from snnc.text.near import closest

_ALLOW = re.compile(r"#+\s*snnc:\s*allow\s+(?P<code>\w+)(?P<reason>.*)")

# Include near misses: with other letter case, or without the colon.
_SIGNED = re.compile(r"[#\s]*snnc(?::|\s+allow\b|:?\s*allow\s+SNN\d)", re.IGNORECASE)


class _Warnings:
    """The warnings about a file, by code and position."""

    def __init__(self, source: SourceFile, report: Diagnostics) -> None:
        self._report = report
        self._found = defaultdict[str, list[tuple[int, Diagnostic]]](list)
        for diagnostic in report.diagnostics:
            is_warning = diagnostic.severity is Severity.WARNING
            if is_warning and diagnostic.span.source is source:
                at = diagnostic.span.start
                self._found[diagnostic.code].append((at, diagnostic))

    def withdraw(self, code: str, subject: Span) -> bool:
        """Withdraw the warnings with a code in a span; return whether any exist."""
        warnings = self._found[code]
        start = bisect_left(warnings, subject.start, key=itemgetter(0))
        end = bisect_left(warnings, subject.end, key=itemgetter(0))
        for _, diagnostic in warnings[start:end]:
            self._report.withdraw(diagnostic)
        del warnings[start:end]
        return start < end


def suppress_warnings(document: Document, report: Diagnostics, complete: bool) -> None:
    """Withdraw the warnings that comments allow, and report invalid comments.

    Parameters
    ----------
    document
        The spec; only warnings about its file are withdrawn.
    report
        Allowed warnings are removed, and a limited number of SNN140 to SNN144 are
        added.
    complete
        Whether every pass that warns has run; if so, a comment without warnings is
        unused.
    """
    signed = [c for c in document.comments if _SIGNED.match(c.span.text)]
    if not signed:
        return
    severities = {rule.code: rule.severity for rule in rules.all_rules()}
    warnings = _Warnings(document.span.source, report)
    subjects, lines = subjects_of(document), _Lines(document)
    problems = list[Diagnostic]()
    for comment in signed:
        match = _ALLOW.fullmatch(comment.span.text)
        if match is None:
            problems.append(rules.misplaced.UnknownDirective(span=comment.span))
            continue
        code = match["code"]
        if problem := _wrong_code(code, comment.span, match.span("code"), severities):
            problems.append(problem)
            continue
        places = subjects.get(comment.span.start), lines.of(comment)
        used = any(place and warnings.withdraw(code, place) for place in places)
        if not used and complete:
            fix = Fix(_whole(comment), "")
            problems.append(
                rules.misplaced.UnusedAllow(span=comment.span, allowed=code, fix=fix)
            )
        elif not match["reason"].strip(" :-,"):
            problems.append(
                rules.misplaced.AllowWithoutReason(span=comment.span, allowed=code)
            )
    report.add(*problems[: report.limit])


def _wrong_code(
    code: str, comment: Span, within: tuple[int, int], severities: dict[str, Severity]
) -> Diagnostic | None:
    """Describe an unknown code, or the code of an error."""
    span = Span(comment.source, *(comment.start + end for end in within))
    if code not in severities:
        near = closest(code.upper(), severities)
        return rules.misplaced.AllowUnknownCode(span=span, allowed=code, near=near)
    if severities[code] is Severity.ERROR:
        return rules.misplaced.AllowError(span=span, allowed=code)
    return None


def subjects_of(document: Document) -> dict[int, Span]:
    """Return the statement or property of each comment, by the comment's position.

    A comment at the end of a block or file belongs to no statement.
    """
    entries = tuple(entries_of(document))
    remarks = Remarks(document.comments, entries)
    known = {(span.start, span.end) for span in _candidates(document)}
    subjects: dict[int, Span] = {}

    def visit(entry: Entry, owner: Span | None) -> Span | None:
        """Collect an entry's comments; return the first subject inside or around it."""
        ends = entry.span.start, entry.span.end
        own = entry.span if ends in known else owner
        first = own
        for inner in entry.inner or ():
            found = visit(inner, own)
            first = first or found
        for comment in (*remarks.of(entry).above, *remarks.of(entry).beside):
            subjects[comment.span.start] = first or entry.span
        return first

    for entry in entries:
        visit(entry, None)
    return subjects


class _Lines:
    """Lines where no part of the spec begins or ends, such as a removed property."""

    def __init__(self, document: Document) -> None:
        self._source = document.span.source
        ends = ((s.first.line, s.last.line) for s in _candidates(document))
        self._taken = set(chain.from_iterable(ends))

    def of(self, comment: Comment) -> Span | None:
        """Return the span of a comment's line, or of the next line with text.

        Return None if a part of the spec begins or ends there.
        """
        line = comment.span.first.line
        if not comment.trailing:
            line = self._below[line]
        if line in self._taken:
            return None
        start = self._source.line_start(line)
        return Span(self._source, start, start + len(self._source.line_text(line)))

    @cached_property
    def _below(self) -> dict[int, int]:
        """Return, for each line, the next line that contains part of the spec."""
        below: dict[int, int] = {}
        nearest = 0
        for line in range(self._source.line_count, 0, -1):
            below[line] = nearest or line
            if self._source.line_text(line).lstrip()[:1] not in ("", "#"):
                nearest = line
        return below


def _candidates(document: Document) -> Iterator[Span]:
    for statement in document.statements:
        yield statement.span
        yield from (item.span for item in statement.properties or ())


def _whole(comment: Comment) -> Span:
    """Return the span of a comment, with the spaces or the line to delete with it."""
    text, span = comment.span.source.text, comment.span
    start = len(text[: span.start].rstrip(" \t"))
    end = span.end
    if not comment.trailing and text[end : end + 1] == "\n":
        end += 1
    return Span(span.source, start, end)
