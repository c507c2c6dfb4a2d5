"""What may be written at the cursor, and the layout of what is."""

from __future__ import annotations

from lsprotocol import types

from snnc.diagnostics import Report
from snnc.language_server.buffers import offset_in, offsets_in, range_of
from snnc.language_server.completion import Completion, Sort, completions_at
from snnc.language_server.edits import Edit, between, text_edits
from snnc.language_server.server import SpecServer
from snnc.passes.parse import parse
from snnc.source import SourceFile, Span
from snnc.syntax.formatted import formatted


async def completion(
    server: SpecServer, params: types.CompletionParams
) -> types.CompletionList:
    buffer = server.buffers.get(params.text_document.uri)
    if buffer is None:
        return types.CompletionList(False, [])
    source = buffer.source
    offset = offset_in(source, params.position, server.codec)
    start, completions = completions_at(source, offset)
    place = range_of(Span(source, start, offset), server.codec)
    snippets = server.supports(
        "text_document.completion.completion_item.snippet_support"
    )
    return types.CompletionList(
        False,
        [_item(o, place, number, snippets) for number, o in enumerate(completions)],
    )


async def formatting(
    server: SpecServer, params: types.DocumentFormattingParams
) -> list[types.TextEdit]:
    return _formatted(server, params.text_document.uri)


async def range_formatting(
    server: SpecServer,
    params: types.DocumentRangeFormattingParams,
) -> list[types.TextEdit]:
    return _formatted(server, params.text_document.uri, params.range)


def _formatted(
    server: SpecServer, uri: str, places: types.Range | None = None
) -> list[types.TextEdit]:
    buffer = server.buffers.get(uri)
    if buffer is None or not buffer.is_spec:
        return []
    lines = None if places is None else _lines(buffer.source, places, server)
    return text_edits(layout(buffer.source, lines), server)


_KINDS: dict[Sort, types.CompletionItemKind] = {
    "statement": types.CompletionItemKind.Keyword,
    "variant": types.CompletionItemKind.EnumMember,
    "key": types.CompletionItemKind.Property,
    "value": types.CompletionItemKind.Value,
    "unit": types.CompletionItemKind.Unit,
    "layer": types.CompletionItemKind.Variable,
    "text": types.CompletionItemKind.Text,
}


def _item(
    offer: Completion, place: types.Range, number: int, snippets: bool
) -> types.CompletionItem:
    page = types.MarkupContent(types.MarkupKind.Markdown, offer.page)
    form = types.InsertTextFormat
    return types.CompletionItem(
        offer.word,
        kind=_KINDS[offer.sort],
        detail=offer.detail or None,
        documentation=page if offer.page else None,
        sort_text=f"{number:03}",
        insert_text_format=form.Snippet if snippets else form.PlainText,
        text_edit=types.TextEdit(place, offer.text if snippets else offer.plain),
    )


def _lines(source: SourceFile, places: types.Range, server: SpecServer) -> range:
    start, end = offsets_in(source, places, server.codec)
    first, (last, column) = source.line_column(start)[0], source.line_column(end)
    # A selection that ends where a line begins has nothing of that line.
    return range(first, last + (column > 1 or last == first))


def layout(source: SourceFile, lines: range | None = None) -> tuple[Edit, ...]:
    """What `snnc fmt` changes; nothing where the text has a syntax error.

    Parameters
    ----------
    lines
        The lines to change, counted from 1; None for all.
    """
    report = Report()
    document = parse(source, report)
    if report.errors:
        return ()
    edits = between(source, formatted(document))
    return tuple(edit for edit in edits if lines is None or _touches(edit, lines))


def _touches(edit: Edit, lines: range) -> bool:
    first = edit.span.first.line
    # What ends with a line's end does not touch the line below.
    end = max(edit.span.start, edit.span.end - 1)
    last = edit.span.source.line_column(end)[0]
    return first < lines.stop and last >= lines.start
