"""Answer requests to complete, format, find and rename."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

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
from snnc.language_server.completion import Completion, Sort, completions_at
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
    return types.CompletionList(
        False,
        [_item(o, place, number, snippets) for number, o in enumerate(completions)],
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


class _Placed(Protocol):
    """The parameters of a request about a position in a text."""

    @property
    def text_document(self) -> types.TextDocumentIdentifier: ...

    @property
    def position(self) -> types.Position: ...


async def _at(server: SpecServer, params: _Placed) -> tuple[Analysis, int] | None:
    analysis = await server.analysis(params.text_document.uri)
    if analysis is None:
        return None
    return analysis, offset_in(analysis.source, params.position, server.codec)


async def _uses(server: SpecServer, params: _Placed) -> list[SpecWord]:
    here = await _at(server, params)
    return uses_at(here[0].document, here[1]) if here else []


async def definition(
    server: SpecServer, params: types.DefinitionParams
) -> list[types.Location]:
    uses = await _uses(server, params)
    return _places(server, params, (w for w in uses if w.role == "definition"))


async def references(
    server: SpecServer, params: types.ReferenceParams
) -> list[types.Location]:
    uses = await _uses(server, params)
    if not params.context.include_declaration:
        uses = [w for w in uses if w.role == "reference"]
    # The definitions come first.
    return _places(server, params, sorted(uses, key=lambda w: w.role))


def _places(
    server: SpecServer, params: _Placed, words: Iterable[SpecWord]
) -> list[types.Location]:
    uri = params.text_document.uri
    return [types.Location(uri, range_of(w.span, server.codec)) for w in words]


async def highlight(
    server: SpecServer,
    params: types.DocumentHighlightParams,
) -> list[types.DocumentHighlight]:
    kinds = {
        "definition": types.DocumentHighlightKind.Write,
        "reference": types.DocumentHighlightKind.Read,
    }
    return [
        types.DocumentHighlight(range_of(word.span, server.codec), kinds[word.role])
        for word in await _uses(server, params)
    ]


async def rename(
    server: SpecServer, params: types.RenameParams
) -> types.WorkspaceEdit | None:
    here = await _at(server, params)
    if here is None:
        return None
    edits = _rename_everywhere(*here, params.new_name)
    return workspace_edit(params.text_document.uri, edits, server)


async def prepare(
    server: SpecServer, params: types.PrepareRenameParams
) -> types.Range | None:
    here = await _at(server, params)
    if here is None:
        return None
    analysis, offset = here
    found = network_at(analysis.document, offset) or named_at(analysis.document, offset)
    return None if found is None else range_of(found.span, server.codec)


def _rename_everywhere(analysis: Analysis, offset: int, name: str) -> tuple[Fix, ...]:
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
    return tuple(Fix(span, name) for span in spans)
