"""Texts as clients edit them, and places in them as the protocol counts.

A place of the protocol is a line and a column, from 0, in units that client and server
agree on: those of UTF-16 unless the client offers others. Places outside the text are
the nearest inside, as the protocol wants it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from lsprotocol import types
from pygls.uris import to_fs_path
from pygls.workspace import PositionCodec

from snnc.source import SourceFile, Span

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
    def opened(cls, item: types.TextDocumentItem) -> Buffer:
        name = _name(item.uri, item.language_id)
        return cls(item.uri, item.version, SourceFile(name, _lines(item.text)))

    @property
    def is_spec(self) -> bool:
        """Whether a YAML text says that it is a spec; any ``.snn`` text is one."""
        return not self.source.is_yaml or bool(_EDITION.search(self.source.text))

    def changed(
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
