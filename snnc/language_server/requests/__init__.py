"""Map each request of a client to a function that answers the request.

The modules of these functions are imported on first use, so that the server can
announce its capabilities without loading the compiler.
"""

from __future__ import annotations

import importlib
from collections.abc import Awaitable, Callable
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

# For each request: the module, the function and the announced options.
_ANSWERS: dict[str, tuple[str, str, object]] = {
    types.TEXT_DOCUMENT_DIAGNOSTIC: (
        "reading",
        "diagnostic",
        types.DiagnosticOptions(
            inter_file_dependencies=False,
            workspace_diagnostics=False,
            identifier="snnc",
        ),
    ),
    types.TEXT_DOCUMENT_INLAY_HINT: ("reading", "inlay_hints", None),
    types.TEXT_DOCUMENT_HOVER: ("reading", "hover", None),
    types.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL: (
        "reading",
        "semantic",
        types.SemanticTokensLegend(list(COLOURED), list(MODIFIERS)),
    ),
    types.TEXT_DOCUMENT_DOCUMENT_SYMBOL: ("reading", "symbols", None),
    types.TEXT_DOCUMENT_FOLDING_RANGE: ("reading", "folding", None),
    types.TEXT_DOCUMENT_COMPLETION: (
        "writing",
        "completion",
        types.CompletionOptions(trigger_characters=[" ", ":", "{", ",", "["]),
    ),
    types.TEXT_DOCUMENT_FORMATTING: ("writing", "formatting", None),
    types.TEXT_DOCUMENT_RANGE_FORMATTING: ("writing", "range_formatting", None),
    types.TEXT_DOCUMENT_DEFINITION: ("writing", "definition", None),
    types.TEXT_DOCUMENT_REFERENCES: ("writing", "references", None),
    types.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT: ("writing", "highlight", None),
    types.TEXT_DOCUMENT_RENAME: (
        "writing",
        "rename",
        types.RenameOptions(prepare_provider=True),
    ),
    types.TEXT_DOCUMENT_PREPARE_RENAME: ("writing", "prepare", None),
    types.TEXT_DOCUMENT_CODE_ACTION: (
        "fixing",
        "actions",
        types.CodeActionOptions(
            code_action_kinds=[types.CodeActionKind.QuickFix, FIX_ALL],
            resolve_provider=True,
        ),
    ),
    types.CODE_ACTION_RESOLVE: ("fixing", "resolve", None),
}


def create_server(device: str | None = None) -> SpecServer:
    """Create a server that answers all requests and is ready to start.

    ``device`` is the device to compile for, unless the client sets another device.
    """
    server = SpecServer(device)
    for method, (module, function, options) in _ANSWERS.items():
        server.feature(method, options)(_make_handler(server, module, function))
    return server


def _make_handler(
    server: SpecServer, module: str, function: str
) -> Callable[[Any], Awaitable[Any]]:
    async def answer(params: Any) -> Any:
        family = importlib.import_module(f"{__name__}.{module}")
        return await getattr(family, function)(server, params)

    return answer
