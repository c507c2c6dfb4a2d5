"""Convert texts, positions, diagnostics and edits between snnc and the protocol.

A position in the protocol is a line and a column, counted from 0. Columns are in units
on which client and server agree: UTF-16 code units, unless the client offers another
encoding. As the protocol requires, a position outside the text means the nearest
position inside.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher
from itertools import accumulate
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from lsprotocol import types
from pygls.uris import to_fs_path
from pygls.workspace import PositionCodec

from snnc.diagnostics import Diagnostic, Fix, Severity
from snnc.rules.misplaced import UnusedAllow
from snnc.source import SourceFile, Span, rule_pages
from snnc.syntax.files import can_format, is_spec
from snnc.text.tables import printable

Change = types.TextDocumentContentChangeEvent
_LINE_END = re.compile("\r\n?")


class Buffer(NamedTuple):
    """One version of a text that is open in a client.

    ``uri`` and ``version`` are the client's. The LF line ends of ``source`` keep all
    positions.
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
        """Whether the text is a spec; other YAML files get no diagnostics."""
        source = self.source
        return not source.is_yaml or is_spec(source.name, source.text.encode)

    def edit(
        self, changes: Iterable[Change], version: int, codec: PositionCodec
    ) -> Buffer:
        """Return the text after some edits, applied one after another."""
        source = self.source
        for change in changes:
            text = _lines(change.text)
            if isinstance(change, types.TextDocumentContentChangePartial):
                start, end = offsets_in(source, change.range, codec)
                text = f"{source.text[:start]}{text}{source.text[end:]}"
            source = SourceFile(source.name, text)
        return self._replace(version=version, source=source)


def _lines(text: str) -> str:
    """Return a text with LF line ends and without lone surrogates."""
    # JSON may contain half a surrogate pair, which no file of UTF-8 can.
    return _LINE_END.sub("\n", text.encode("utf-8", "replace").decode("utf-8"))


def _name(uri: str, language: str) -> str:
    """Return the path in a URI, with the suffix of its notation."""
    # The name of a text that is not saved yet has no suffix.
    path = to_fs_path(uri) or unquote(urlsplit(uri).path) or uri
    suffix = {"snn": ".snn", "yaml": ".yaml"}.get(language, "")
    return path if can_format(path) else path + suffix


def offset_in(source: SourceFile, at: types.Position, codec: PositionCodec) -> int:
    """Return the offset of a position in the protocol, or the nearest offset."""
    if at.line >= source.line_count:
        return len(source.text)
    line = at.line + 1
    text = source.line_text(line)
    units = min(at.character, codec.client_num_units(text))
    place = codec.position_from_client_units([text], types.Position(0, units))
    return source.line_start(line) + place.character


def offsets_in(
    source: SourceFile, places: types.Range, codec: PositionCodec
) -> tuple[int, int]:
    """Return the start and end offsets of a range, in order."""
    start, end = (offset_in(source, p, codec) for p in (places.start, places.end))
    return min(start, end), max(start, end)


def position_of(source: SourceFile, at: int, codec: PositionCodec) -> types.Position:
    line, column = source.line_column(at)
    before = source.line_text(line)[: column - 1]
    return types.Position(line - 1, codec.client_num_units(before))


def range_of(span: Span, codec: PositionCodec) -> types.Range:
    start, end = (position_of(span.source, at, codec) for at in (span.start, span.end))
    return types.Range(start, end)


SOURCE = "snnc"
_SEVERITIES = {
    Severity.ERROR: types.DiagnosticSeverity.Error,
    Severity.WARNING: types.DiagnosticSeverity.Warning,
}
_TAGS = {UnusedAllow.code: [types.DiagnosticTag.Unnecessary]}


def as_sent(diagnostic: Diagnostic, uri: str, codec: PositionCodec) -> types.Diagnostic:
    """Convert a diagnostic.

    Its message is the text that `snnc check` prints, without the lines of the spec.
    """
    head = diagnostic.message
    label = diagnostic.label
    lines = [f"{head} ({label})" if label else head]
    lines += [f"note: {note}" for note in diagnostic.notes]
    if help_text := diagnostic.help:
        lines.append(f"help: {help_text}")
    page = rule_pages()[diagnostic.code].resolve().as_uri()
    related = [
        types.DiagnosticRelatedInformation(
            types.Location(uri, range_of(label.span, codec)), printable(label.text)
        )
        for label in diagnostic.related
    ]
    return types.Diagnostic(
        range=range_of(diagnostic.span, codec),
        message="\n".join(lines),
        severity=_SEVERITIES[diagnostic.severity],
        code=diagnostic.code,
        code_description=types.CodeDescription(page),
        source=SOURCE,
        tags=_TAGS.get(diagnostic.code),
        related_information=related or None,
    )


def of_all(text: str) -> types.Diagnostic:
    """Return an error about a whole text, at its beginning."""
    start = types.Position(0, 0)
    shown = "\n".join(map(printable, text.split("\n")))
    return types.Diagnostic(
        types.Range(start, start), shown, types.DiagnosticSeverity.Error, source=SOURCE
    )


def between(source: SourceFile, text: str) -> Iterator[Fix]:
    """Yield the line edits that turn a source into another text."""
    before, after = (t.splitlines(keepends=True) for t in (source.text, text))
    starts = [0, *accumulate(map(len, before))]
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for tag, first, last, start, end in matcher.get_opcodes():
        if tag == "replace" and last - first == end - start:
            for at in range(last - first):  # a client may apply some of them
                span = Span(source, starts[first + at], starts[first + at + 1])
                yield Fix(span, after[start + at])
        elif tag != "equal":
            span = Span(source, starts[first], starts[last])
            yield Fix(span, "".join(after[start:end]))
