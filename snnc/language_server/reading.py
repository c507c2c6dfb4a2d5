"""Answer requests for hover texts, colours, the outline, folds, problems and costs.

`snnc.editors.rules` finds the words in a ``.snn`` text, even with syntax errors, and
the syntax tree finds the names. Editors colour YAML themselves, so in YAML only words
with a role in the spec are coloured here.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from lsprotocol import types
from pygls.workspace import PositionCodec

from snnc.editors.rules import Category, coloured_parts
from snnc.language import tree
from snnc.language.keywords import FORMS, kinds, owner_of
from snnc.language_server.analysis import Analysis
from snnc.language_server.buffers import offsets_in, position_of, range_of
from snnc.language_server.hover import hints, page_at
from snnc.language_server.server import COLOURED, MODIFIERS, Request, SpecServer
from snnc.language_server.word_roles import Role, words_of
from snnc.source import Span
from snnc.text.tables import dims

_MODIFIER_OF = {Category.DECLARED: "declaration", Category.REFUSED: "deprecated"}
_OF_ROLE: dict[Role, Category] = {
    "kind": Category.KIND,
    "variant": Category.VARIANT,
    "definition": Category.DECLARED,
    "reference": Category.NAME,
    "key": Category.KEY,
}
_LAYERS = frozenset(kinds("layer"))


def hover(request: Request) -> types.Hover | None:
    page = page_at(request.analysis, request.offset)
    if page is None:
        return None
    span, text = page
    content = types.MarkupContent(types.MarkupKind.Markdown, text)
    return types.Hover(content, None if span is None else request.range_of(span))


def symbols(request: Request) -> list[types.DocumentSymbol]:
    analysis = request.analysis
    inner = list(symbols_of(analysis, request.server.codec))
    word = analysis.document.network
    if word is None:
        return inner
    start = word.span.start - word.span.first.column + 1
    whole = Span(analysis.source, start, len(analysis.source.text.rstrip()))
    return [
        types.DocumentSymbol(
            word.text,
            types.SymbolKind.Module,
            request.range_of(whole),
            request.range_of(word.span),
            detail="network",
            children=inner,
        )
    ]


def symbols_of(
    analysis: Analysis, codec: PositionCodec
) -> Iterator[types.DocumentSymbol]:
    """Yield the statements of a spec in order, with the shapes of layers."""
    network = analysis.made.network
    shapes = {} if network is None else {la.name: la.shape for la in network.layers}
    for statement in analysis.document.statements:
        form = FORMS.get(statement.kind.text)
        if form is None:
            continue
        label, detail, named = owner_of(statement), "", statement.head
        if statement.name is not None:
            owner, label, named = label, statement.name.text, statement.name.span
            detail = f"{owner} {dims(shapes.get(label, ()))}".rstrip()
        is_layer = form.is_layer or form.name == "required"
        yield types.DocumentSymbol(
            label,
            types.SymbolKind.Class if is_layer else types.SymbolKind.Property,
            range_of(statement.span.to(statement.head), codec),
            range_of(named, codec),
            detail=detail or None,
        )


def folding(request: Request) -> list[types.FoldingRange]:
    return list(folds(request.analysis.document))


def folds(document: tree.Document) -> Iterator[types.FoldingRange]:
    """Yield the network, statements, values and comments that span several lines."""
    for first, last in _blocks(document):
        if last > first:
            yield types.FoldingRange(first - 1, last - 1)
    alone = [c.span.first.line for c in document.comments if not c.trailing]
    for _, run in groupby(enumerate(alone), key=lambda pair: pair[1] - pair[0]):
        lines = [line for _, line in run]
        if len(lines) > 1:
            kind = types.FoldingRangeKind.Comment
            yield types.FoldingRange(lines[0] - 1, lines[-1] - 1, kind=kind)


def _blocks(document: tree.Document) -> Iterator[tuple[int, int]]:
    """Yield the first and last lines, from 1, of all parts of a spec."""
    source = document.span.source
    if document.network is not None and not source.is_yaml:
        last = source.line_column(len(source.text.rstrip()))[0]
        yield document.network.span.first.line, last
    if document.layers is not None:
        layers = (s for s in document.statements if s.kind.text in _LAYERS)
        lines = (layer.span.last.line for layer in layers)
        yield document.layers.first.line, max(lines, default=0)
    for statement in document.statements:
        spans = [statement.span, *(p.span for p in statement.properties or ())]
        yield from ((span.first.line, span.last.line) for span in spans)


def semantic(request: Request) -> types.SemanticTokens:
    """Encode the tokens, each by its distance to the previous one."""
    data: list[int] = []
    line = column = 0
    source = request.analysis.source
    for start, end, category in semantic_tokens(request.analysis.document):
        place = request.range_of(Span(source, start, end))
        first, last = place.start, place.end
        if first.line != last.line:
            continue
        column = column if first.line == line else 0
        modifier = _MODIFIER_OF.get(category)
        bits = 0 if modifier is None else 1 << MODIFIERS.index(modifier)
        length = last.character - first.character
        data += [first.line - line, first.character - column, length]
        data += [COLOURED.index(category.semantic), bits]
        line, column = first.line, first.character
    return types.SemanticTokens(data)


def semantic_tokens(document: tree.Document) -> list[tuple[int, int, Category]]:
    """Return the starts, ends and categories of a text's words, without overlaps."""
    source = document.span.source
    by_place = {
        (mark.span.start, mark.span.end): _OF_ROLE[mark.role]
        for mark in words_of(document)
        if mark.role in _OF_ROLE and mark.span.text == mark.text  # skip quoted words
    }
    if source.is_yaml:
        return [(*place, by_place[place]) for place in sorted(by_place)]
    at, tokens = 0, []
    for part, category in coloured_parts(source.text):
        start, at = at, at + len(part)
        role = by_place.get((start, at))
        if role in (Category.DECLARED, Category.NAME, Category.KEY):
            category = role
        if category is not None and category.semantic:
            tokens.append((start, at, category))
    return tokens


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


def inlay_hints(request: Request) -> list[types.InlayHint]:
    source, codec = request.analysis.source, request.server.codec
    start, end = offsets_in(source, request.params.range, codec)
    return [
        types.InlayHint(position_of(source, at, codec), text, padding_left=True)
        for at, text in hints(request.analysis)
        if start <= at <= end
    ]
