"""Names of layers: where they are given and meant, and others for them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams

from snnc.language_server.analysis import Analysis
from snnc.language_server.buffers import offset_in, range_of
from snnc.language_server.edits import Edit, workspace_edit
from snnc.language_server.marks import (
    definition_spans,
    is_network,
    mentions,
    named_at,
    reference_spans,
    why_no_network,
    why_not_renamed,
)
from snnc.language_server.server import SpecServer
from snnc.source import Span


class _Placed(Protocol):
    """A place in a text, of whatever request."""

    @property
    def text_document(self) -> types.TextDocumentIdentifier: ...

    @property
    def position(self) -> types.Position: ...


def _places(
    server: SpecServer, uri: str, spans: Iterable[Span]
) -> list[types.Location]:
    return [types.Location(uri, range_of(span, server.codec)) for span in spans]


async def _at(server: SpecServer, params: _Placed) -> tuple[Analysis, int] | None:
    analysis = await server.analysis(params.text_document.uri)
    if analysis is None:
        return None
    return analysis, offset_in(analysis.source, params.position, server.codec)


async def definition(
    server: SpecServer, params: types.DefinitionParams
) -> list[types.Location]:
    here = await _at(server, params)
    named = here and named_at(here[0].document, here[1])
    if not here or not named:
        return []
    return _places(
        server, params.text_document.uri, definition_spans(here[0].document, named[0])
    )


async def references(
    server: SpecServer, params: types.ReferenceParams
) -> list[types.Location]:
    here = await _at(server, params)
    named = here and named_at(here[0].document, here[1])
    if not here or not named:
        return []
    spans = reference_spans(here[0].document, named[0])
    if params.context.include_declaration:
        spans = [*definition_spans(here[0].document, named[0]), *spans]
    return _places(server, params.text_document.uri, spans)


async def highlight(
    server: SpecServer,
    params: types.DocumentHighlightParams,
) -> list[types.DocumentHighlight]:
    here = await _at(server, params)
    named = here and named_at(here[0].document, here[1])
    if not here or not named:
        return []
    kinds = {True: types.DocumentHighlightKind.Write}
    return [
        types.DocumentHighlight(
            range_of(span, server.codec),
            kinds.get(given, types.DocumentHighlightKind.Read),
        )
        for name, span, given in mentions(here[0].document)
        if name == named[0]
    ]


async def rename(
    server: SpecServer, params: types.RenameParams
) -> types.WorkspaceEdit | None:
    here = await _at(server, params)
    if here is None:
        return None
    edits = _renamed(*here, params.new_name)
    return workspace_edit(params.text_document.uri, edits, server)


async def prepare(
    server: SpecServer, params: types.PrepareRenameParams
) -> types.Range | None:
    here = await _at(server, params)
    if here is None:
        return None
    analysis, offset = here
    named = named_at(analysis.document, offset)
    network = analysis.document.network
    if network is not None and is_network(analysis.document, offset):
        return range_of(network.span, server.codec)
    return None if named is None else range_of(named[1], server.codec)


def _renamed(analysis: Analysis, offset: int, name: str) -> tuple[Edit, ...]:
    """Replace a name wherever it is said.

    Raises
    ------
    JsonRpcInvalidParams
        If there is no name, or it can't be the new one; the text says why.
    """
    document = analysis.document
    if document.network is not None and is_network(document, offset):
        spans = [document.network.span]
        reason = why_no_network(document, name)
    elif named := named_at(document, offset):
        old, _ = named
        reason = why_not_renamed(document, old, name)
        spans = [span for other, span, _ in mentions(document) if other == old]
    else:
        spans, reason = [], "no name stands here"
    if reason:
        raise JsonRpcInvalidParams(reason)
    return tuple(Edit(span, name) for span in spans)
