"""What a text means: pages, colours, outline, folds."""

from __future__ import annotations

from lsprotocol import types

from snnc.language_server import colours
from snnc.language_server.analysis import Analysis
from snnc.language_server.buffers import offset_in, range_of
from snnc.language_server.legend import MODIFIERS, TYPES
from snnc.language_server.outline import Entry, entries, folds
from snnc.language_server.pages import page_at
from snnc.language_server.server import SpecServer
from snnc.source import Span


async def hover(server: SpecServer, params: types.HoverParams) -> types.Hover | None:
    found = await server.analysis(params.text_document.uri)
    if found is None:
        return None
    offset = offset_in(found.source, params.position, server.codec)
    page = page_at(found, offset)
    if page is None:
        return None
    span, text = page
    content = types.MarkupContent(types.MarkupKind.Markdown, text)
    return types.Hover(content, None if span is None else range_of(span, server.codec))


async def semantic(
    server: SpecServer, params: types.SemanticTokensParams
) -> types.SemanticTokens:
    found = await server.analysis(params.text_document.uri)
    if found is None:
        return types.SemanticTokens([])
    return types.SemanticTokens(_encoded(found, server))


async def symbols(
    server: SpecServer, params: types.DocumentSymbolParams
) -> list[types.DocumentSymbol]:
    found = await server.analysis(params.text_document.uri)
    return [] if found is None else _symbols(found, server)


async def folding(
    server: SpecServer, params: types.FoldingRangeParams
) -> list[types.FoldingRange]:
    found = await server.analysis(params.text_document.uri)
    comment = types.FoldingRangeKind.Comment
    return [
        types.FoldingRange(
            fold.first - 1, fold.last - 1, kind=comment if fold.is_comment else None
        )
        for fold in (() if found is None else folds(found.document))
    ]


def _encoded(found: Analysis, server: SpecServer) -> list[int]:
    """Tokens as the protocol has them: each by its distance to the one before."""
    data: list[int] = []
    line = column = 0
    for start, end, kind, modifiers in colours.tokens(found.document):
        place = range_of(Span(found.source, start, end), server.codec)
        first, last = place.start, place.end
        if first.line != last.line:
            continue
        column = column if first.line == line else 0
        bits = sum(1 << MODIFIERS.index(word) for word in modifiers)
        length = last.character - first.character
        data += [first.line - line, first.character - column, length]
        data += [TYPES.index(kind), bits]
        line, column = first.line, first.character
    return data


def _symbols(found: Analysis, server: SpecServer) -> list[types.DocumentSymbol]:
    inner = [_symbol(entry, server) for entry in entries(found)]
    word = found.document.network
    if word is None:
        return inner
    start = word.span.start - word.span.first.column + 1
    whole = Span(found.source, start, len(found.source.text.rstrip()))
    kind = types.SymbolKind.Module
    return [
        types.DocumentSymbol(
            word.text,
            kind,
            range_of(whole, server.codec),
            range_of(word.span, server.codec),
            detail="network",
            children=inner,
        )
    ]


def _symbol(entry: Entry, server: SpecServer) -> types.DocumentSymbol:
    kind = (
        types.SymbolKind.Class if entry.role == "layer" else types.SymbolKind.Property
    )
    return types.DocumentSymbol(
        entry.name,
        kind,
        range_of(entry.whole, server.codec),
        range_of(entry.named, server.codec),
        detail=entry.detail or None,
    )
