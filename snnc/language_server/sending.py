"""Edits as the protocol has them."""

from __future__ import annotations

from collections.abc import Iterable

from lsprotocol import types

from snnc.language_server.buffers import range_of
from snnc.language_server.edits import Edit
from snnc.language_server.server import SpecServer


def text_edits(edits: Iterable[Edit], server: SpecServer) -> list[types.TextEdit]:
    return [types.TextEdit(range_of(e.span, server.codec), e.text) for e in edits]


def workspace_edit(
    uri: str, edits: Iterable[Edit], server: SpecServer
) -> types.WorkspaceEdit:
    """Edits of the text as it is now, where the client can tell that from later."""
    found = text_edits(edits, server)
    if not server.supports("workspace.workspace_edit.document_changes"):
        return types.WorkspaceEdit(changes={uri: found})
    buffer = server.buffers.get(uri)
    version = None if buffer is None else buffer.version
    document = types.OptionalVersionedTextDocumentIdentifier(uri, version)
    return types.WorkspaceEdit(
        document_changes=[types.TextDocumentEdit(document, list(found))]
    )
