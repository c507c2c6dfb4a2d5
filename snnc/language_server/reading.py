"""Answer requests for hover texts, hints, colours, the outline, folds and problems.

`snnc.editors.rules` finds the words in a ``.snn`` text, even with syntax errors, and
the syntax tree finds the names. Editors colour YAML themselves, so in YAML only words
with a role in the spec are coloured here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import reduce
from itertools import groupby

from lsprotocol import types

from snnc.editors.rules import Category, coloured_parts
from snnc.language import tree
from snnc.language.keywords import FORMS, kinds, owner_of
from snnc.language_server.buffers import offsets_in, position_of
from snnc.language_server.hover import hints, page_at
from snnc.language_server.server import COLOURED, Request, SpecServer
from snnc.language_server.word_roles import Role, words_of
from snnc.source import Span
from snnc.text.tables import dims

_MODIFIER_BITS = {Category.DECLARED: 0b01, Category.REFUSED: 0b10}
"""One bit per entry of `server.MODIFIERS`."""
_OF_ROLE: dict[Role, Category] = {
    "kind": Category.KIND,
    "variant": Category.VARIANT,
    "definition": Category.DECLARED,
    "reference": Category.NAME,
    "key": Category.KEY,
}


def hover(request: Request) -> types.Hover | None:
    page = page_at(request.analysis, request.offset)
    if page is None:
        return None
    span, text = page
    content = types.MarkupContent(types.MarkupKind.Markdown, text)
    return types.Hover(content, request.range_of(span))


def inlay_hints(request: Request) -> list[types.InlayHint]:
    source = request.analysis.source
    codec = request.server.codec
    start, end = offsets_in(source, request.params.range, codec)
    return [
        types.InlayHint(position_of(source, at, codec), text, padding_left=True)
        for at, text in hints(request.analysis)
        if start <= at <= end
    ]


def symbols(request: Request) -> list[types.DocumentSymbol]:
    """Return the network, with its statements in order and the shapes of layers."""
    analysis = request.analysis
    network = analysis.compilation.network
    word = analysis.document.network
    shapes = {} if network is None else {la.name: la.shape for la in network.layers}
    inner = []
    for statement in analysis.document.statements:
        form = FORMS.get(statement.kind.text)
        if form is None:
            continue
        label = owner_of(statement)
        detail = ""
        named = statement.head
        if statement.name is not None:
            owner = label
            label = statement.name.text
            named = statement.name.span
            detail = f"{owner} {dims(shapes.get(label, ()))}".rstrip()
        is_layer = form.is_layer or form.name == "required"
        kind = types.SymbolKind.Class if is_layer else types.SymbolKind.Property
        # The protocol requires that the selected range is inside the whole one.
        span = statement.span.to(statement.head)
        whole = request.range_of(span)
        selected = request.range_of(named)
        symbol = types.DocumentSymbol(label, kind, whole, selected, detail or None)
        inner.append(symbol)
    if word is None:
        return inner
    start = word.span.start - word.span.first.column + 1
    end = len(analysis.source.text.rstrip())
    outermost = types.DocumentSymbol(
        word.text,
        types.SymbolKind.Module,
        request.range_of(Span(analysis.source, start, end)),
        request.range_of(word.span),
        "network",
        children=inner,
    )
    return [outermost]


def folding(request: Request) -> list[types.FoldingRange]:
    """Return the network, statements, values and comments that span several lines."""
    document = request.analysis.document
    folds = [
        types.FoldingRange(first - 1, last - 1)
        for first, last in _blocks(document)
        if last > first
    ]
    alone = [c.span.first.line for c in document.comments if not c.trailing]
    # Consecutive lines have the same distance to their indices.
    for _, run in groupby(enumerate(alone), key=lambda pair: pair[1] - pair[0]):
        first, *others = [line - 1 for _, line in run]
        if others:
            kind = types.FoldingRangeKind.Comment
            folds.append(types.FoldingRange(first, others[-1], kind=kind))
    return folds


def _blocks(document: tree.Document) -> Iterator[tuple[int, int]]:
    """Yield the first and last lines, from 1, of all parts of a spec."""
    source = document.span.source
    if document.network is not None and not source.is_yaml:
        last = source.line_column(len(source.text.rstrip()))[0]
        yield document.network.span.first.line, last
    spans = list(_spans(document.statements))
    if document.layers is not None:
        layers = (s.span for s in document.statements if s.kind.text in kinds("layer"))
        spans.append(reduce(Span.to, layers, document.layers))
    yield from ((span.first.line, span.last.line) for span in spans)


def _spans(statements: Iterable[tree.Statement]) -> Iterator[Span]:
    """Yield the spans of statements and their properties."""
    for statement in statements:
        yield statement.span
        yield from (item.span for item in statement.properties or ())


def semantic(request: Request) -> types.SemanticTokens:
    """Encode the coloured words, each by its distance to the previous one."""
    data: list[int] = []
    line = column = 0
    for span, category in coloured_words(request.analysis.document):
        place = request.range_of(span)
        start = place.start
        length = place.end.character - place.start.character
        column = column if start.line == line else 0
        data += [start.line - line, start.character - column, length]
        data += [COLOURED.index(category.semantic), _MODIFIER_BITS.get(category, 0)]
        line = start.line
        column = start.character
    return types.SemanticTokens(data)


def coloured_words(document: tree.Document) -> Iterator[tuple[Span, Category]]:
    """Yield the words of a text in order, without overlaps, and their categories."""
    source = document.span.source
    by_place = {
        (word.span.start, word.span.end): _OF_ROLE[word.role]
        for word in words_of(document)
        if word.role in _OF_ROLE and word.span.text == word.text  # skip quoted words
    }
    if source.is_yaml:
        for (start, end), colour in sorted(by_place.items()):
            yield Span(source, start, end), colour
        return
    end = 0
    for part, category in coloured_parts(source.text):
        start = end
        end = end + len(part)
        role = by_place.get((start, end))
        if role in (Category.DECLARED, Category.NAME, Category.KEY):
            category = role
        if category is not None and category.semantic:
            yield Span(source, start, end), category


async def diagnostic(
    server: SpecServer, params: types.DocumentDiagnosticParams
) -> types.RelatedFullDocumentDiagnosticReport:
    uri = params.text_document.uri
    can_refresh = server.supports("workspace.diagnostics.refresh_support")
    # A client that can't be asked to request again has to wait for all advice.
    analysis = await server.analyses.newest(uri, settled=not can_refresh)
    return types.RelatedFullDocumentDiagnosticReport(
        items=[] if analysis is None else server.diagnostics_of(uri, analysis)
    )
