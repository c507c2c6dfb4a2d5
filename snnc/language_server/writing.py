"""Answer requests to complete, format, find and rename."""

from __future__ import annotations

from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams

from snnc.diagnostics import Diagnostics, Fix
from snnc.language_server.analysis import Analysis
from snnc.language_server.buffers import (
    between,
    offset_in,
    offsets_in,
    range_of,
    text_edits,
    workspace_edit,
)
from snnc.language_server.completion import Completion, completions_at
from snnc.language_server.server import SpecServer
from snnc.language_server.word_roles import (
    SpecWord,
    named_at,
    network_at,
    uses_at,
    why_no_network,
    why_not_renamed,
)
from snnc.passes.parse import parse
from snnc.source import SourceFile, Span
from snnc.syntax.files import format_document


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
    numbered = enumerate(completions)
    return types.CompletionList(
        False, [_item(o, place, n, snippets) for n, o in numbered]
    )


async def formatting(
    server: SpecServer,
    params: types.DocumentFormattingParams | types.DocumentRangeFormattingParams,
) -> list[types.TextEdit]:
    buffer = server.buffers.get(params.text_document.uri)
    if buffer is None or not buffer.is_spec:
        return []
    lines = None
    if isinstance(params, types.DocumentRangeFormattingParams):
        lines = _lines(buffer.source, params.range, server)
    return text_edits(layout(buffer.source, lines), server)


def _item(
    offer: Completion, place: types.Range, number: int, snippets: bool
) -> types.CompletionItem:
    page = types.MarkupContent(types.MarkupKind.Markdown, offer.page)
    form = types.InsertTextFormat
    return types.CompletionItem(
        offer.word,
        kind=offer.kind,
        detail=offer.detail or None,
        documentation=page if offer.page else None,
        sort_text=f"{number:03}",
        insert_text_format=form.Snippet if snippets else form.PlainText,
        text_edit=types.TextEdit(place, offer.text if snippets else offer.plain),
    )


def _lines(source: SourceFile, places: types.Range, server: SpecServer) -> range:
    start, end = offsets_in(source, places, server.codec)
    first, (last, column) = source.line_column(start)[0], source.line_column(end)
    # A selection that ends at the beginning of a line does not include that line.
    return range(first, last + (column > 1 or last == first))


def layout(source: SourceFile, lines: range | None = None) -> tuple[Fix, ...]:
    """Return the edits of `snnc fmt`; empty for a text with a syntax error.

    Parameters
    ----------
    lines
        The lines to change, counted from 1; None for all lines.
    """
    report = Diagnostics()
    document = parse(source, report)
    if report.errors:
        return ()
    edits = between(source, format_document(document))
    return tuple(edit for edit in edits if lines is None or _touches(edit, lines))


def _touches(edit: Fix, lines: range) -> bool:
    first = edit.span.first.line
    # An edit that ends with a line end does not touch the next line.
    end = max(edit.span.start, edit.span.end - 1)
    last = edit.span.source.line_column(end)[0]
    return first < lines.stop and last >= lines.start


def _uses(
    server: SpecServer, analysis: Analysis, position: types.Position
) -> list[SpecWord]:
    offset = offset_in(analysis.source, position, server.codec)
    return uses_at(analysis.document, offset)


def definition(
    server: SpecServer, analysis: Analysis, params: types.DefinitionParams
) -> list[types.Location]:
    uses = _uses(server, analysis, params.position)
    found = [word for word in uses if word.role == "definition"]
    return _places(server, params.text_document.uri, found)


def references(
    server: SpecServer, analysis: Analysis, params: types.ReferenceParams
) -> list[types.Location]:
    uses = _uses(server, analysis, params.position)
    if not params.context.include_declaration:
        uses = [word for word in uses if word.role == "reference"]
    uses.sort(key=lambda word: word.role)  # the definition first
    return _places(server, params.text_document.uri, uses)


def _places(
    server: SpecServer, uri: str, words: list[SpecWord]
) -> list[types.Location]:
    return [types.Location(uri, range_of(word.span, server.codec)) for word in words]


def highlight(
    server: SpecServer, analysis: Analysis, params: types.DocumentHighlightParams
) -> list[types.DocumentHighlight]:
    kinds = types.DocumentHighlightKind
    return [
        types.DocumentHighlight(
            range_of(word.span, server.codec),
            kinds.Write if word.role == "definition" else kinds.Read,
        )
        for word in _uses(server, analysis, params.position)
    ]


def rename(
    server: SpecServer, analysis: Analysis, params: types.RenameParams
) -> types.WorkspaceEdit:
    offset = offset_in(analysis.source, params.position, server.codec)
    edits = _rename_everywhere(analysis, offset, params.new_name)
    return workspace_edit(params.text_document.uri, edits, server)


def prepare(
    server: SpecServer, analysis: Analysis, params: types.PrepareRenameParams
) -> types.Range | None:
    document = analysis.document
    offset = offset_in(analysis.source, params.position, server.codec)
    found = network_at(document, offset) or named_at(document, offset)
    return None if found is None else range_of(found.span, server.codec)


def _rename_everywhere(analysis: Analysis, offset: int, name: str) -> list[Fix]:
    """Replace a name everywhere.

    Raise JsonRpcInvalidParams if no name is at the offset, or the new name is refused.
    """
    document = analysis.document
    uses = uses_at(document, offset)
    if network := network_at(document, offset):
        spans, reason = [network.span], why_no_network(document, name)
    elif uses:
        spans = [word.span for word in uses]
        reason = why_not_renamed(document, uses[0].text, name)
    else:
        spans, reason = [], "there is no name here"
    if reason:
        raise JsonRpcInvalidParams(reason)
    return [Fix(span, name) for span in spans]
