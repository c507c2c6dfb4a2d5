"""Warnings that a comment allows: ``# snnc: allow SNN309 reason``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from snnc import rules
from snnc.diagnostics import Diagnostic, Fix, Report, Severity
from snnc.source import SourceFile, Span
from snnc.syntax.tree import Comment, Document

SIGN = "snnc:"
_ALLOW = re.compile(r"#+\s*snnc:\s*allow\s+(?P<code>\w+)(?P<reason>.*)")

# Near misses too: in other cases, or without the colon.
_SIGNED = re.compile(r"[#\s]*snnc(?::|\s+allow\b|:?\s*allow\s+SNN\d)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Allowance:
    """A comment that allows warnings of a code on some lines."""

    comment: Comment
    code: str
    reason: str
    lines: range


def suppress_warnings(document: Document, report: Report, complete: bool) -> None:
    """Withdraw the warnings that comments allow, and report comments that are wrong.

    Parameters
    ----------
    document
        The spec; only warnings about its file are withdrawn.
    report
        Loses what is allowed; gets SNN140 to SNN144.
    complete
        Whether every pass that warns has run, so that an allowance which has
        nothing to allow is unused.
    """
    signed = [c for c in document.comments if _SIGNED.match(c.span.text)]
    if not signed:
        return
    source = document.span.source
    allowances = list(_allowances(signed, document, report))
    warnings = [
        diagnostic
        for diagnostic in report.diagnostics
        if diagnostic.severity is Severity.WARNING and diagnostic.span.source is source
    ]
    for allowance in allowances:
        allowed = [d for d in warnings if _is_allowed(d, allowance)]
        for diagnostic in allowed:
            warnings.remove(diagnostic)
            report.withdraw(diagnostic)
        if not allowed and complete:
            report.add(
                rules.suppression.UnusedAllow(
                    span=allowance.comment.span,
                    allowed=allowance.code,
                    fix=Fix(_whole(allowance.comment), ""),
                )
            )
        elif not allowance.reason:
            report.add(
                rules.suppression.AllowWithoutReason(
                    span=allowance.comment.span, allowed=allowance.code
                )
            )


def _is_allowed(diagnostic: Diagnostic, allowance: _Allowance) -> bool:
    line = diagnostic.span.first.line
    return diagnostic.code == allowance.code and line in allowance.lines


def _allowances(
    comments: list[Comment], document: Document, report: Report
) -> Iterator[_Allowance]:
    """Read the comments; report those that can't allow anything."""
    from snnc.rules.catalogue import RULES

    severities = {rule.code: rule.severity for rule in RULES}
    for comment in comments:
        found = _ALLOW.fullmatch(comment.span.text)
        if found is None:
            report.add(rules.suppression.UnknownDirective(span=comment.span))
            continue
        source, start = comment.span.source, comment.span.start
        place = Span(source, start + found.start("code"), start + found.end("code"))
        code, reason = found["code"], found["reason"].strip(" :-,")
        if problem := _problem(code, place, severities):
            report.add(problem)
            continue
        yield _Allowance(comment, code, reason, _lines(comment, document))


def _problem(
    code: str, place: Span, severities: dict[str, Severity]
) -> Diagnostic | None:
    if code not in severities:
        import difflib

        near = difflib.get_close_matches(code.upper(), severities, n=1)
        return rules.suppression.AllowUnknownCode(
            span=place, allowed=code, near=near[0] if near else None
        )
    if severities[code] is Severity.ERROR:
        return rules.suppression.AllowError(span=place, allowed=code)
    return None


def _lines(comment: Comment, document: Document) -> range:
    """The lines of what a comment is about: a statement, a property or one line."""
    source = comment.span.source
    line = comment.span.first.line
    if not comment.trailing:
        line = _next_line(source, line)
    for span in _candidates(document):
        first, last = span.first.line, span.last.line
        if line in ((first, last) if comment.trailing else (first,)):
            return range(first, last + 1)
    return range(line, line + 1)


def _next_line(source: SourceFile, line: int) -> int:
    """The first line below that is neither blank nor a comment."""
    for below in range(line + 1, source.line_count + 1):
        text = source.line_text(below).strip()
        if text and not text.startswith("#"):
            return below
    return line


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
