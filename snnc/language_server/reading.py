"""Answer requests for hover texts, inlay hints, the outline and problems."""

from __future__ import annotations

from lsprotocol import types

from snnc.language.keywords import FORMS, owner_of
from snnc.language_server.buffers import offsets_in, position_of
from snnc.language_server.hover import hints, page_at
from snnc.language_server.server import Request, SpecServer
from snnc.source import Span
from snnc.text.tables import dims


def hover(request: Request) -> types.Hover | None:
    page = page_at(request.analysis, request.offset)
    if page is None:
        return None
    content = types.MarkupContent(types.MarkupKind.Markdown, page[1])
    return types.Hover(content, request.range_of(page[0]))


def inlay_hints(request: Request) -> list[types.InlayHint]:
    source, codec = request.analysis.source, request.server.codec
    start, end = offsets_in(source, request.params.range, codec)
    return [
        types.InlayHint(position_of(source, at, codec), text, padding_left=True)
        for at, text in hints(request.analysis)
        if start <= at <= end
    ]


def symbols(request: Request) -> list[types.DocumentSymbol]:
    """Return the network, with its statements in order and the shapes of layers."""
    analysis = request.analysis
    network, word = analysis.made.network, analysis.document.network
    shapes = {} if network is None else {la.name: la.shape for la in network.layers}
    inner = []
    for statement in analysis.document.statements:
        form = FORMS.get(statement.kind.text)
        if form is None:
            continue
        label, detail, named = owner_of(statement), "", statement.head
        if statement.name is not None:
            owner, label, named = label, statement.name.text, statement.name.span
            detail = f"{owner} {dims(shapes.get(label, ()))}".rstrip()
        is_layer = form.is_layer or form.name == "required"
        kind = types.SymbolKind.Class if is_layer else types.SymbolKind.Property
        span = statement.span.to(statement.head)
        places = request.range_of(span), request.range_of(named)
        inner.append(types.DocumentSymbol(label, kind, *places, detail or None))
    if word is None:
        return inner
    start = word.span.start - word.span.first.column + 1
    whole = Span(analysis.source, start, len(analysis.source.text.rstrip()))
    places = request.range_of(whole), request.range_of(word.span)
    kind = types.SymbolKind.Module
    return [types.DocumentSymbol(word.text, kind, *places, "network", children=inner)]


async def diagnostic(
    server: SpecServer,
    params: types.DocumentDiagnosticParams,
) -> types.RelatedFullDocumentDiagnosticReport:
    uri = params.text_document.uri
    can_refresh = server.supports("workspace.diagnostics.refresh_support")
    analysis = await server.analyses.newest(uri, settled=not can_refresh)
    return types.RelatedFullDocumentDiagnosticReport(
        items=[] if analysis is None else server.diagnostics_of(uri, analysis)
    )
