"""Answer requests to complete, format, find and rename."""

from __future__ import annotations

from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams

from snnc.diagnostics import Diagnostics, Fix
from snnc.language.names import why_no_name, why_no_package
from snnc.language_server.buffers import between, offset_in, offsets_in, range_of
from snnc.language_server.completion import Completion, completions_at
from snnc.language_server.server import Request, SpecServer
from snnc.language_server.word_roles import SpecWord, network_at, uses_at, words_of
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
    return server.text_edits(layout(buffer.source, lines))


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


def _uses(request: Request) -> list[SpecWord]:
    return uses_at(request.analysis.document, request.offset)


def definition(request: Request) -> list[types.Location]:
    found = [word for word in _uses(request) if word.role == "definition"]
    return _locate(request, found)


def references(request: Request) -> list[types.Location]:
    uses = _uses(request)
    if not request.params.context.include_declaration:
        uses = [word for word in uses if word.role == "reference"]
    uses.sort(key=lambda word: word.role)  # the definition first
    return _locate(request, uses)


def _locate(request: Request, words: list[SpecWord]) -> list[types.Location]:
    return [types.Location(request.uri, request.range_of(word.span)) for word in words]


def highlight(request: Request) -> list[types.DocumentHighlight]:
    kinds = types.DocumentHighlightKind
    kind_of = {"definition": kinds.Write, "reference": kinds.Read}
    return [
        types.DocumentHighlight(request.range_of(word.span), kind_of[word.role])
        for word in _uses(request)
    ]


def prepare(request: Request) -> types.Range | None:
    document, offset = request.analysis.document, request.offset
    network = network_at(document, offset)
    spans = [word.span for word in (network, *_uses(request)) if word is not None]
    here = (span for span in spans if span.start <= offset <= span.end)
    return next(map(request.range_of, here), None)


def rename(request: Request) -> types.WorkspaceEdit:
    """Replace a name everywhere.

    Raise JsonRpcInvalidParams if no name is at the offset, or the new name is refused.
    """
    document, uses = request.analysis.document, _uses(request)
    name, spans = request.params.new_name, [word.span for word in uses]
    if network := network_at(document, request.offset):
        spans, reason = [network.span], why_no_package(name)
    elif uses:
        reason = why_no_name(name)
        defined = {w.text for w in words_of(document) if w.role == "definition"}
        if not reason and name in defined - {uses[0].text}:
            reason = "there is another layer of that name"
    else:
        raise JsonRpcInvalidParams("there is no name here")
    if reason:
        raise JsonRpcInvalidParams(f"{name}: {reason}")
    # A statement with a syntax error may use the name.
    if broken := next((s for s in document.statements if s.broken), None):
        line = broken.span.first.line
        raise JsonRpcInvalidParams(f"line {line} can't be read: fix it first")
    edits = [Fix(span, name) for span in spans]
    return request.server.workspace_edit(request.uri, edits)
