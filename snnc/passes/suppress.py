"""Suppress warnings that a comment allows: ``# snnc: allow SNN309 reason``."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable
from functools import cache
from itertools import islice

from snnc import rules
from snnc.diagnostics import Diagnostic, Diagnostics, Fix, Severity
from snnc.language.tree import Comment, Document
from snnc.source import Span
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
        """Withdraw the warnings about a comment's subject.

        Return False if there is none and no later pass warns.
        """
        subject = subjects.by_comment.get(comment.span.start)
        if subject is None:
            return not complete
        allowed = _remove_within(warnings[code], subject)
        for warning in allowed:
            report.withdraw(warning)
        return bool(allowed) or not complete

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
    """The statements and properties of a spec that comments are about.

    ``by_comment`` has the span of each, by the start of a comment. A comment at the end
    of a block or file is about none.
    """

    def __init__(self, document: Document) -> None:
        self.by_comment: dict[int, Span] = {}
        parts = [statement.span for statement in document.statements]
        parts += [p.span for s in document.statements for p in s.properties or ()]
        self._known = {(span.start, span.end) for span in parts}
        entries = tuple(entries_of(document))
        self._remarks = Remarks(document.comments, entries)
        for entry in entries:
            self._visit(entry, None)

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
            self.by_comment[comment.span.start] = first or entry.span
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
