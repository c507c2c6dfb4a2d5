"""Warnings that a comment allows: ``# snnc: allow SNN309 reason``."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from operator import itemgetter

from snnc import rules
from snnc.diagnostics import Diagnostic, Fix, Report, Severity
from snnc.language.tree import Comment, Document
from snnc.source import SourceFile, Span
from snnc.text.near import closest

SIGN = "snnc:"
_ALLOW = re.compile(r"#+\s*snnc:\s*allow\s+(?P<code>\w+)(?P<reason>.*)")

# Near misses too: in other cases, or without the colon.
_SIGNED = re.compile(r"[#\s]*snnc(?::|\s+allow\b|:?\s*allow\s+SNN\d)", re.IGNORECASE)


class _Warnings:
    """The warnings about a file, by code and then by line."""

    def __init__(self, source: SourceFile, report: Report) -> None:
        self._report = report
        self._found = defaultdict[str, list[tuple[int, Diagnostic]]](list)
        for diagnostic in report.diagnostics:
            is_warning = diagnostic.severity is Severity.WARNING
            if is_warning and diagnostic.span.source is source:
                line = diagnostic.span.first.line
                self._found[diagnostic.code].append((line, diagnostic))

    def withdraw(self, code: str, lines: range) -> bool:
        """Withdraw the warnings of a code on some lines; whether there are any."""
        warnings = self._found[code]
        start = bisect_left(warnings, lines.start, key=itemgetter(0))
        end = bisect_left(warnings, lines.stop, key=itemgetter(0))
        for _, diagnostic in warnings[start:end]:
            self._report.withdraw(diagnostic)
        del warnings[start:end]
        return start < end


def suppress_warnings(document: Document, report: Report, complete: bool) -> None:
    """Withdraw the warnings that comments allow, and report comments that are wrong.

    Parameters
    ----------
    document
        The spec; only warnings about its file are withdrawn.
    report
        Loses what is allowed; gets SNN140 to SNN144, as many as a reader can want.
    complete
        Whether every pass that warns has run, so that an allowance which has
        nothing to allow is unused.
    """
    signed = [c for c in document.comments if _SIGNED.match(c.span.text)]
    if not signed:
        return
    from snnc.rules.catalogue import RULES

    severities = {rule.code: rule.severity for rule in RULES}
    warnings = _Warnings(document.span.source, report)
    subjects = _Subjects(document)
    problems = list[Diagnostic]()
    for comment in signed:
        problem, code, reason = _read(comment, severities)
        if problem is not None:
            problems.append(problem)
            continue
        used = warnings.withdraw(code, subjects.lines(comment))
        if not used and complete:
            fix = Fix(_whole(comment), "")
            problems.append(
                rules.suppression.UnusedAllow(span=comment.span, allowed=code, fix=fix)
            )
        elif not reason:
            problems.append(
                rules.suppression.AllowWithoutReason(span=comment.span, allowed=code)
            )
    for problem in problems[: report.limit]:
        report.add(problem)


def _read(
    comment: Comment, severities: dict[str, Severity]
) -> tuple[Diagnostic | None, str, str]:
    """What is wrong with a comment that can't allow anything, its code and reason."""
    match = _ALLOW.fullmatch(comment.span.text)
    if match is None:
        return rules.suppression.UnknownDirective(span=comment.span), "", ""
    source, start = comment.span.source, comment.span.start
    place = Span(source, start + match.start("code"), start + match.end("code"))
    code, reason = match["code"], match["reason"].strip(" :-,")
    return _problem(code, place, severities), code, reason


def _problem(
    code: str, place: Span, severities: dict[str, Severity]
) -> Diagnostic | None:
    if code not in severities:
        near = closest(code.upper(), severities)
        return rules.suppression.AllowUnknownCode(span=place, allowed=code, near=near)
    if severities[code] is Severity.ERROR:
        return rules.suppression.AllowError(span=place, allowed=code)
    return None


class _Subjects:
    """What comments are about: a statement, a property or one line."""

    def __init__(self, document: Document) -> None:
        self._source = document.span.source
        self._begun: dict[int, range] = {}
        self._touched: dict[int, range] = {}
        self._below: dict[int, int] | None = None
        for span in _candidates(document):
            first, last = span.first.line, span.last.line
            lines = range(first, last + 1)
            self._begun.setdefault(first, lines)
            self._touched.setdefault(first, lines)
            self._touched.setdefault(last, lines)

    def lines(self, comment: Comment) -> range:
        """The lines of what a comment stands beside or above."""
        line = comment.span.first.line
        if comment.trailing:
            return self._touched.get(line, range(line, line + 1))
        if self._below is None:
            self._below = _lines_below(self._source)
        line = self._below[line]
        return self._begun.get(line, range(line, line + 1))


def _lines_below(source: SourceFile) -> dict[int, int]:
    """For each line the first below that is neither blank nor a comment.

    It is the line itself where there is none.
    """
    below: dict[int, int] = {}
    nearest = 0
    for line in range(source.line_count, 0, -1):
        below[line] = nearest or line
        text = source.line_text(line).strip()
        if text and not text.startswith("#"):
            nearest = line
    return below


def _candidates(document: Document) -> Iterator[Span]:
    """What an allowance can be about, statements before their properties."""
    for statement in document.statements:
        yield statement.span
    for statement in document.statements:
        yield from (item.span for item in statement.properties or ())


def _whole(comment: Comment) -> Span:
    """A comment and the blanks, or the line, that it would leave behind."""
    text, span = comment.span.source.text, comment.span
    start = len(text[: span.start].rstrip(" \t"))
    end = span.end
    if not comment.trailing and text[end : end + 1] == "\n":
        end += 1
    return Span(span.source, start, end)
