"""Diagnostics as the protocol has them."""

from __future__ import annotations

from functools import cache

from lsprotocol import types
from pygls.workspace import PositionCodec

from snnc.diagnostics import Diagnostic, Severity
from snnc.language_server.buffers import range_of
from snnc.resources import rule_pages
from snnc.rules.suppression import UnusedAllow
from snnc.text.printable import printable

SOURCE = "snnc"
_SEVERITIES = {
    Severity.ERROR: types.DiagnosticSeverity.Error,
    Severity.WARNING: types.DiagnosticSeverity.Warning,
}
_TAGS = {UnusedAllow.code: [types.DiagnosticTag.Unnecessary]}


def as_sent(diagnostic: Diagnostic, uri: str, codec: PositionCodec) -> types.Diagnostic:
    """One diagnostic, its notes and help in the message, with a link to its page."""
    href = _page(diagnostic.code)
    related = [
        types.DiagnosticRelatedInformation(
            types.Location(uri, range_of(label.span, codec)), printable(label.text)
        )
        for label in diagnostic.related
    ]
    return types.Diagnostic(
        range=range_of(diagnostic.span, codec),
        message=message(diagnostic),
        severity=_SEVERITIES[diagnostic.severity],
        code=diagnostic.code,
        code_description=None if href is None else types.CodeDescription(href),
        source=SOURCE,
        tags=_TAGS.get(diagnostic.code),
        related_information=related or None,
    )


def message(diagnostic: Diagnostic) -> str:
    """What `snnc check` prints, but for the lines of the spec."""
    label = diagnostic.render_label()
    head = diagnostic.render_message()
    lines = [f"{head} ({label})" if label else head]
    lines += [f"note: {note}" for note in diagnostic.render_notes()]
    if help_text := diagnostic.render_help():
        lines.append(f"help: {help_text}")
    return "\n".join(lines)


def of_device(problem: str) -> types.Diagnostic:
    """Say, above all else, that costs are not those of the device that is wanted."""
    text = f"device {problem}\nnote: costs are those of Loihi 1"
    return _of_all("\n".join(map(printable, text.split("\n"))))


def of_bug(error: Exception) -> types.Diagnostic:
    """Say that nothing is known of a text, as the compiler has a bug."""
    name = type(error).__name__
    return _of_all(f"{name}: this is a bug in snnc: please report it with the spec")


def _of_all(text: str) -> types.Diagnostic:
    """An error of a text as a whole, shown where it begins."""
    start = types.Position(0, 0)
    return types.Diagnostic(
        types.Range(start, start), text, types.DiagnosticSeverity.Error, source=SOURCE
    )


@cache
def _pages() -> dict[str, str]:
    return {code: path.resolve().as_uri() for code, path in rule_pages().items()}


def _page(code: str) -> str | None:
    return _pages().get(code)
