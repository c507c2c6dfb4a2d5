"""What a client may ask: each request, and the function that answers it.

A family of functions is imported when one is asked for the first time, so that a client
need not wait for the compiler to be told what the server can do.
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
"""The kinds of words that are coloured, by their names in the protocol."""
MODIFIERS = ("declaration", "deprecated")

# By request: the module, its function, and what a client is told of it.
_ANSWERS: dict[str, tuple[str, str, object]] = {
    types.TEXT_DOCUMENT_DIAGNOSTIC: (
        "costs",
        "diagnostic",
        types.DiagnosticOptions(
            inter_file_dependencies=False,
            workspace_diagnostics=False,
            identifier="snnc",
        ),
    ),
    types.TEXT_DOCUMENT_INLAY_HINT: ("costs", "inlay_hints", None),
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
    """Make a server with all that it answers, ready to be started.

    ``device`` is what is compiled for unless the client says otherwise.
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
