"""Answer requests for colours, the outline and problems.

`snnc.editors.rules` finds the words in a ``.snn`` text, even with syntax errors, and
the syntax tree finds the names. Editors colour YAML themselves, so in YAML only words
with a role in the spec are coloured here.
"""

from __future__ import annotations

from lsprotocol import types

from snnc.editors.rules import Category, coloured_parts
from snnc.language import tree
from snnc.language.keywords import FORMS, owner_of
from snnc.language_server.server import COLOURED, MODIFIERS, Request, SpecServer
from snnc.language_server.word_roles import Role, words_of
from snnc.passes.validate.structure import head
from snnc.source import Span
from snnc.text.tables import dims

_MODIFIER_OF = {Category.DECLARED: "declaration", Category.REFUSED: "deprecated"}
_OF_ROLE: dict[Role, Category] = {
    "kind": Category.KIND,
    "variant": Category.VARIANT,
    "network": Category.DECLARED,
    "definition": Category.DECLARED,
    "reference": Category.NAME,
    "key": Category.KEY,
}


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
        label, detail, named = owner_of(statement), "", head(statement)
        if statement.name is not None:
            owner, label, named = label, statement.name.text, statement.name.span
            detail = f"{owner} {dims(shapes.get(label, ()))}".rstrip()
        is_layer = form.is_layer or form.name == "required"
        kind = types.SymbolKind.Class if is_layer else types.SymbolKind.Property
        span = statement.span.to(head(statement))
        places = request.range_of(span), request.range_of(named)
        inner.append(types.DocumentSymbol(label, kind, *places, detail or None))
    if word is None:
        return inner
    start = word.span.start - word.span.first.column + 1
    whole = Span(analysis.source, start, len(analysis.source.text.rstrip()))
    places = request.range_of(whole), request.range_of(word.span)
    kind = types.SymbolKind.Module
    return [types.DocumentSymbol(word.text, kind, *places, "network", children=inner)]


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
