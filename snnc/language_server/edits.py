"""Diagnostics and edits as the protocol has them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache

from lsprotocol import types
from pygls.workspace import PositionCodec

from snnc.diagnostics import Diagnostic, Fix, Severity
from snnc.language import tree
from snnc.language_server.buffers import range_of
from snnc.language_server.server import SpecServer
from snnc.rules.suppression import UnusedAllow
from snnc.source import SourceFile, Span, rule_pages
from snnc.text.tables import printable

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


@dataclass(frozen=True, slots=True)
class Edit:
    """A stretch of a text, and what takes its place."""

    span: Span
    text: str

    @classmethod
    def of(cls, fix: Fix) -> Edit:
        return cls(fix.span, fix.replacement)


def between(source: SourceFile, text: str) -> Iterator[Edit]:
    """The lines to replace to make another text of a source."""
    before, after = (t.splitlines(keepends=True) for t in (source.text, text))
    starts = [0]
    for line in before:
        starts.append(starts[-1] + len(line))
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for tag, first, last, start, end in matcher.get_opcodes():
        if tag == "replace" and last - first == end - start:
            for at in range(last - first):  # so that of some lines some can be taken
                span = Span(source, starts[first + at], starts[first + at + 1])
                yield Edit(span, after[start + at])
        elif tag != "equal":
            span = Span(source, starts[first], starts[last])
            yield Edit(span, "".join(after[start:end]))


def with_property(statement: tree.Statement, key: str, value: str) -> Edit:
    """Give a statement a property: in place of the one it has, or behind the last."""
    for item in statement.properties or ():
        if item.key.text == key:
            return Edit(item.value.span, value)
    source = statement.span.source
    if source.is_yaml:
        return _with_key(statement, f"{key}: {value}")
    if not statement.properties:
        end = statement.span.end
        block = statement.span.text.rstrip().endswith("}")
        at = source.text.rindex("}", 0, end) if block else end
        text = f"{key} {value} " if block else f" {{ {key} {value} }}"
        return Edit(Span(source, at, at), text)
    end = statement.properties[-1].span.end
    return Edit(Span(source, end, end), f", {key} {value}")


def _with_key(statement: tree.Statement, pair: str) -> Edit:
    """Put a key behind the last of a YAML mapping, in the form that the mapping has."""
    source = statement.span.source
    words = (statement.name, *statement.sources, *(statement.properties or ()))
    last = max((w.span for w in words if w is not None), key=lambda span: span.end)
    line, _ = source.line_column(last.start)
    begun = source.text[source.line_start(line) : last.start]
    flow = "{" in begun or "{" in statement.span.text
    indent = " " * (len(begun) - len(begun.lstrip(" -")))
    text = f", {pair}" if flow else f"\n{indent}{pair}"
    return Edit(Span(source, last.end, last.end), text)


def text_edits(edits: Iterable[Edit], server: SpecServer) -> list[types.TextEdit]:
    return [types.TextEdit(range_of(e.span, server.codec), e.text) for e in edits]


def workspace_edit(
    uri: str, edits: Iterable[Edit], server: SpecServer
) -> types.WorkspaceEdit:
    """Edits of the text as it is now, where the client can tell that from later."""
    sent = text_edits(edits, server)
    if not server.supports("workspace.workspace_edit.document_changes"):
        return types.WorkspaceEdit(changes={uri: sent})
    buffer = server.buffers.get(uri)
    version = None if buffer is None else buffer.version
    document = types.OptionalVersionedTextDocumentIdentifier(uri, version)
    return types.WorkspaceEdit(
        document_changes=[types.TextDocumentEdit(document, list(sent))]
    )
