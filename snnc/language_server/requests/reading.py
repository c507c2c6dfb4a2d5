"""Answer requests for hover texts, colours, the outline, folds, problems and costs.

`snnc.editors.rules` finds the words in a ``.snn`` text, even with syntax errors, and
the syntax tree finds the names. Editors colour YAML themselves, so in YAML only words
with a role in the spec are coloured here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from lsprotocol import types

from snnc.editors.rules import Category, coloured_parts
from snnc.language import tree
from snnc.language.keywords import FORMS, owner_of
from snnc.language_server.analysis import Analysis
from snnc.language_server.buffers import offset_in, offsets_in, position_of, range_of
from snnc.language_server.hover import hints, page_at
from snnc.language_server.requests import COLOURED, MODIFIERS
from snnc.language_server.server import SpecServer
from snnc.language_server.word_roles import Role, words_of
from snnc.passes.validate.structure import head
from snnc.source import SourceFile, Span
from snnc.text.tables import dims

Token = tuple[int, int, str, tuple[str, ...]]
"""A start, an end, a type and modifiers."""

_OF_CATEGORY: dict[Category, tuple[str, tuple[str, ...]]] = {
    Category.COMMENT: ("comment", ()),
    Category.TEXT: ("string", ()),
    Category.NUMBER: ("number", ()),
    Category.DIMS: ("number", ()),
    Category.RANGE: ("number", ()),
    Category.UNIT: ("number", ()),
    Category.HEADER: ("keyword", ()),
    Category.KIND: ("keyword", ()),
    Category.VARIANT: ("type", ()),
    Category.DECLARED: ("variable", ("declaration",)),
    Category.REFUSED: ("keyword", ("deprecated",)),
    Category.CLAUSE: ("operator", ()),
    Category.KEY: ("property", ()),
    Category.VALUE: ("enumMember", ()),
    Category.NAME: ("variable", ()),
}
_OF_ROLE: dict[Role, tuple[str, tuple[str, ...]]] = {
    "kind": ("keyword", ()),
    "variant": ("type", ()),
    "definition": ("variable", ("declaration",)),
    "reference": ("variable", ()),
    "key": ("property", ()),
}


async def hover(server: SpecServer, params: types.HoverParams) -> types.Hover | None:
    analysis = await server.analysis(params.text_document.uri)
    if analysis is None:
        return None
    offset = offset_in(analysis.source, params.position, server.codec)
    page = page_at(analysis, offset)
    if page is None:
        return None
    span, text = page
    content = types.MarkupContent(types.MarkupKind.Markdown, text)
    return types.Hover(content, None if span is None else range_of(span, server.codec))


async def semantic(
    server: SpecServer, params: types.SemanticTokensParams
) -> types.SemanticTokens:
    analysis = await server.analysis(params.text_document.uri)
    if analysis is None:
        return types.SemanticTokens([])
    return types.SemanticTokens(_encode(analysis, server))


async def symbols(
    server: SpecServer, params: types.DocumentSymbolParams
) -> list[types.DocumentSymbol]:
    analysis = await server.analysis(params.text_document.uri)
    return [] if analysis is None else _symbols(analysis, server)


async def folding(
    server: SpecServer, params: types.FoldingRangeParams
) -> list[types.FoldingRange]:
    analysis = await server.analysis(params.text_document.uri)
    comment = types.FoldingRangeKind.Comment
    return [
        types.FoldingRange(
            fold.first - 1, fold.last - 1, kind=comment if fold.is_comment else None
        )
        for fold in (() if analysis is None else folds(analysis.document))
    ]


def _encode(analysis: Analysis, server: SpecServer) -> list[int]:
    """Encode tokens for the protocol, each by its distance to the previous one."""
    data: list[int] = []
    line = column = 0
    for start, end, kind, modifiers in semantic_tokens(analysis.document):
        place = range_of(Span(analysis.source, start, end), server.codec)
        first, last = place.start, place.end
        if first.line != last.line:
            continue
        column = column if first.line == line else 0
        bits = sum(1 << MODIFIERS.index(word) for word in modifiers)
        length = last.character - first.character
        data += [first.line - line, first.character - column, length]
        data += [COLOURED.index(kind), bits]
        line, column = first.line, first.character
    return data


def _symbols(analysis: Analysis, server: SpecServer) -> list[types.DocumentSymbol]:
    inner = [_symbol(entry, server) for entry in symbols_of(analysis)]
    word = analysis.document.network
    if word is None:
        return inner
    start = word.span.start - word.span.first.column + 1
    whole = Span(analysis.source, start, len(analysis.source.text.rstrip()))
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


def _symbol(entry: Symbol, server: SpecServer) -> types.DocumentSymbol:
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


@dataclass(frozen=True, slots=True)
class Symbol:
    """A statement with its name, kind and spans."""

    name: str
    detail: str
    role: Literal["layer", "setting"]
    whole: Span
    named: Span


def symbols_of(analysis: Analysis) -> Iterator[Symbol]:
    """Yield the statements of a spec in order, with the shapes of layers."""
    network = analysis.made.network
    shapes = {} if network is None else {la.name: la.shape for la in network.layers}
    for statement in analysis.document.statements:
        kind = statement.kind.text
        if kind not in FORMS:
            continue
        owner, name = owner_of(statement), statement.name
        label = owner if name is None else name.text
        shape = dims(shapes.get(label, ())) if name is not None else ""
        detail = " ".join(filter(None, ("" if name is None else owner, shape)))
        is_layer = FORMS[kind].is_layer or FORMS[kind].name == "required"
        yield Symbol(
            label,
            detail,
            "layer" if is_layer else "setting",
            statement.span.to(head(statement)),
            head(statement) if name is None else name.span,
        )


@dataclass(frozen=True, slots=True)
class Fold:
    """The first and the last line of a fold, both from 1."""

    first: int
    last: int
    is_comment: bool = False


def folds(document: tree.Document) -> Iterator[Fold]:
    """Yield the network, statements, values and comments that span several lines."""
    source = document.span.source
    last = source.line_column(len(source.text.rstrip()))[0]
    if document.network is not None and not source.is_yaml:
        yield from _fold_lines(document.network.span.first.line, last)
    if document.layers is not None and document.statements:
        lines = [s.span.last.line for s in document.statements if _is_layer(s)]
        yield from _fold_lines(document.layers.first.line, max(lines, default=0))
    for statement in document.statements:
        yield from _fold_span(statement.span)
        for item in statement.properties or ():
            yield from _fold_span(item.span)
    alone = [c.span.first.line for c in document.comments if not c.trailing]
    for _, run in groupby(enumerate(alone), key=lambda pair: pair[1] - pair[0]):
        lines = [line for _, line in run]
        for fold in _fold_lines(lines[0], lines[-1]):
            yield Fold(fold.first, fold.last, is_comment=True)


def _is_layer(statement: tree.Statement) -> bool:
    form = FORMS.get(statement.kind.text)
    return form is not None and form.place == "layer"


def _fold_span(span: Span) -> Iterator[Fold]:
    return _fold_lines(span.first.line, span.last.line)


def _fold_lines(first: int, last: int) -> Iterator[Fold]:
    if last > first:
        yield Fold(first, last)


def semantic_tokens(document: tree.Document) -> list[Token]:
    """Return the tokens of a text in order, without overlaps."""
    source = document.span.source
    by_place = {
        (mark.span.start, mark.span.end): _OF_ROLE[mark.role]
        for mark in words_of(document)
        if mark.role in _OF_ROLE and mark.span.text == mark.text  # skip quoted words
    }
    if source.is_yaml:
        return [(*place, *by_place[place]) for place in sorted(by_place)]
    names = {
        place: kind
        for place, kind in by_place.items()
        if kind[0] in ("variable", "property")
    }
    return [
        (start, end, *names.get((start, end), _OF_CATEGORY[category]))
        for start, end, category in _words(source)
        if category in _OF_CATEGORY
    ]


def _words(source: SourceFile) -> Iterator[tuple[int, int, Category]]:
    at = 0
    for part, category in coloured_parts(source.text):
        if category is not None:
            yield at, at + len(part), category
        at += len(part)


async def diagnostic(
    server: SpecServer,
    params: types.DocumentDiagnosticParams,
) -> types.RelatedFullDocumentDiagnosticReport:
    uri = params.text_document.uri
    analysis = await server.analysis(uri)
    if analysis and not server.supports("workspace.diagnostics.refresh_support"):
        analysis = await server.analyses.with_advice(uri)
    return types.RelatedFullDocumentDiagnosticReport(
        items=[] if analysis is None else server.diagnostics_of(uri, analysis)
    )


async def inlay_hints(
    server: SpecServer, params: types.InlayHintParams
) -> list[types.InlayHint]:
    analysis = await server.analysis(params.text_document.uri)
    if analysis is None:
        return []
    start, end = offsets_in(analysis.source, params.range, server.codec)
    return [
        types.InlayHint(
            position_of(analysis.source, at, server.codec), text, padding_left=True
        )
        for at, text in hints(analysis)
        if start <= at <= end
    ]
