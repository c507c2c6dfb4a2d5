"""Texts as clients edit them, and places in them as the protocol counts.

A place of the protocol is a line and a column, from 0, in units that client and server
agree on: those of UTF-16 unless the client offers others. Places outside the text are
the nearest inside, as the protocol wants it. So are diagnostics and edits told.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from functools import cache
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from lsprotocol import types
from pygls.uris import to_fs_path
from pygls.workspace import PositionCodec

from snnc.diagnostics import Diagnostic, Fix, Severity
from snnc.language import tree
from snnc.rules.suppression import UnusedAllow
from snnc.source import SourceFile, Span, rule_pages
from snnc.text.tables import printable

if TYPE_CHECKING:
    from snnc.language_server.server import SpecServer

Change = types.TextDocumentContentChangeEvent
_LINE_END = re.compile("\r\n?")
# What tells that a YAML file is a spec, and none of a hundred others.
_EDITION = re.compile(r"^[\"']?snn[\"']?[ \t]*:", re.MULTILINE)
_SUFFIXES = {"snn": ".snn", "yaml": ".yaml"}


@dataclass(frozen=True, slots=True)
class Buffer:
    r"""One state of a text that a client has open.

    Attributes
    ----------
    uri
        What the client calls it.
    version
        Counts the states; a client's own number.
    source
        The text, with ``\n`` line ends: no place changes by that.
    """

    uri: str
    version: int
    source: SourceFile

    @classmethod
    def of(cls, item: types.TextDocumentItem) -> Buffer:
        name = _name(item.uri, item.language_id)
        return cls(item.uri, item.version, SourceFile(name, _lines(item.text)))

    @property
    def is_spec(self) -> bool:
        """Whether a YAML text says that it is a spec; any ``.snn`` text is one."""
        return not self.source.is_yaml or bool(_EDITION.search(self.source.text))

    def edit(
        self, changes: Iterable[Change], version: int, codec: PositionCodec
    ) -> Buffer:
        """The text after some edits, each made on what the one before has left."""
        source = self.source
        for change in changes:
            text = _lines(change.text)
            if isinstance(change, types.TextDocumentContentChangePartial):
                start, end = offsets_in(source, change.range, codec)
                text = f"{source.text[:start]}{text}{source.text[end:]}"
            source = SourceFile(source.name, text)
        return replace(self, version=version, source=source)


def _lines(text: str) -> str:
    """The text with line ends of snnc, and nothing that no file can hold."""
    text = text.encode("utf-8", "replace").decode("utf-8")
    return _LINE_END.sub("\n", text) if "\r" in text else text


def _name(uri: str, language: str) -> str:
    """The path of a file, whose end tells the notation; of others, what is like one."""
    path = to_fs_path(uri) or unquote(urlsplit(uri).path) or uri
    suffix = _SUFFIXES.get(language, "")
    own = PurePosixPath(path).suffix
    known = own in (*_SUFFIXES.values(), ".yml")
    return path if known else path + suffix


def offset_in(
    source: SourceFile, position: types.Position, codec: PositionCodec
) -> int:
    """The character at a place of the protocol, or the nearest one."""
    if position.line >= source.line_count:
        return len(source.text)
    line = position.line + 1
    text = source.line_text(line)
    start = source.line_start(line)
    if text.isascii():
        return start + min(position.character, len(text))
    place = types.Position(0, position.character)
    return start + min(
        codec.position_from_client_units([text], place).character, len(text)
    )


def offsets_in(
    source: SourceFile, places: types.Range, codec: PositionCodec
) -> tuple[int, int]:
    """The first character of a range and the one behind it, whatever its ends are."""
    start, end = (offset_in(source, p, codec) for p in (places.start, places.end))
    return min(start, end), max(start, end)


def position_of(
    source: SourceFile, offset: int, codec: PositionCodec
) -> types.Position:
    line, column = source.line_column(offset)
    text = source.line_text(line)
    if not text.isascii():
        column = 1 + codec.client_num_units(text[: column - 1])
    return types.Position(line - 1, column - 1)


def range_of(span: Span, codec: PositionCodec) -> types.Range:
    source = span.source
    start, end = (position_of(source, at, codec) for at in (span.start, span.end))
    return types.Range(start, end)


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
