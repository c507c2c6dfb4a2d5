"""Map each request of a client to a function that answers the request.

The modules of these functions are imported on first use, so that the server can
announce its capabilities without loading the compiler.
"""

from __future__ import annotations

import importlib
from functools import partial
from typing import Any

from lsprotocol import types

from snnc.language_server.server import FIX_ALL, SpecServer

COLOURED = (
    "comment",
    "string",
    "number",
    "keyword",
    "type",
    "variable",
    "operator",
    "property",
    "enumMember",
)
"""The coloured kinds of words, by their names in the protocol."""
MODIFIERS = ("declaration", "deprecated")

_OF_ANALYSIS = {
    types.TEXT_DOCUMENT_INLAY_HINT: "reading.inlay_hints",
    types.TEXT_DOCUMENT_HOVER: "reading.hover",
    types.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL: "reading.semantic",
    types.TEXT_DOCUMENT_DOCUMENT_SYMBOL: "reading.symbols",
    types.TEXT_DOCUMENT_FOLDING_RANGE: "reading.folding",
    types.TEXT_DOCUMENT_DEFINITION: "writing.definition",
    types.TEXT_DOCUMENT_REFERENCES: "writing.references",
    types.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT: "writing.highlight",
    types.TEXT_DOCUMENT_RENAME: "writing.rename",
    types.TEXT_DOCUMENT_PREPARE_RENAME: "writing.prepare",
}
"""Functions that answer with the newest analysis of a text; None if it is closed."""
_OTHERS = {
    types.TEXT_DOCUMENT_DIAGNOSTIC: "reading.diagnostic",
    types.TEXT_DOCUMENT_COMPLETION: "writing.completion",
    types.TEXT_DOCUMENT_FORMATTING: "writing.formatting",
    types.TEXT_DOCUMENT_RANGE_FORMATTING: "writing.formatting",
    types.TEXT_DOCUMENT_CODE_ACTION: "fixing.actions",
    types.CODE_ACTION_RESOLVE: "fixing.resolve",
}
_OPTIONS = {
    types.TEXT_DOCUMENT_DIAGNOSTIC: types.DiagnosticOptions(
        inter_file_dependencies=False, workspace_diagnostics=False, identifier="snnc"
    ),
    types.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL: types.SemanticTokensLegend(
        list(COLOURED), list(MODIFIERS)
    ),
    types.TEXT_DOCUMENT_COMPLETION: types.CompletionOptions(
        trigger_characters=[" ", ":", "{", ",", "["]
    ),
    types.TEXT_DOCUMENT_RENAME: types.RenameOptions(prepare_provider=True),
    types.TEXT_DOCUMENT_CODE_ACTION: types.CodeActionOptions(
        code_action_kinds=[types.CodeActionKind.QuickFix, FIX_ALL],
        resolve_provider=True,
    ),
}


def create_server(device: str | None = None) -> SpecServer:
    """Create a server that answers all requests and is ready to start.

    ``device`` is the device to compile for, unless the client sets another device.
    """
    server = SpecServer(device)
    for method in (*_OF_ANALYSIS, *_OTHERS):
        server.feature(method, _OPTIONS.get(method))(partial(_answer, server, method))
    return server


async def _answer(server: SpecServer, method: str, params: Any) -> Any:
    module, function = {**_OF_ANALYSIS, **_OTHERS}[method].split(".")
    answer = getattr(importlib.import_module(f"{__name__}.{module}"), function)
    if method in _OTHERS:
        return await answer(server, params)
    analysis = await server.analysis(params.text_document.uri)
    return None if analysis is None else answer(server, analysis, params)
