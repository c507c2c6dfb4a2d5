"""Fixes of a spec, one by one, and all of them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from lsprotocol import types

from snnc.language_server import fixes
from snnc.language_server.buffers import offsets_in
from snnc.language_server.diagnostics import as_sent
from snnc.language_server.sending import workspace_edit
from snnc.language_server.server import FIX_ALL, SpecServer


async def actions(
    server: SpecServer, params: types.CodeActionParams
) -> list[types.CodeAction]:
    uri = params.text_document.uri
    found = await server.analysis(uri)
    if found is None:
        return []
    start, end = offsets_in(found.source, params.range, server.codec)
    wanted = params.context.only
    loop = asyncio.get_running_loop()
    done: list[types.CodeAction] = []
    if _is_wanted(types.CodeActionKind.QuickFix, wanted):
        told = await loop.run_in_executor(
            None, lambda: list(fixes.remedies(found, start, end))
        )
        done += [_action(remedy, uri, server) for remedy in told]
    if _is_wanted(FIX_ALL, wanted) and fixes.has_any(found):
        action = types.CodeAction("Fix all", FIX_ALL, data=uri)
        if not server.supports("text_document.code_action.resolve_support"):
            action = await resolve(server, action)
        done.append(action)
    return done


async def resolve(server: SpecServer, action: types.CodeAction) -> types.CodeAction:
    """Find the edits of what mends all, once that is chosen."""
    uri = str(action.data)
    found = await server.analysis(uri)
    if found is None:
        return action
    loop = asyncio.get_running_loop()
    edits = await loop.run_in_executor(None, fixes.fixed, found)
    return types.CodeAction(
        action.title, action.kind, edit=workspace_edit(uri, edits, server)
    )


def _is_wanted(kind: str, wanted: Iterable[str] | None) -> bool:
    """Whether a client asks for actions of a kind, or of one that it belongs to."""
    if wanted is None:
        return True
    names = [getattr(word, "value", word) for word in wanted]
    kind = getattr(kind, "value", kind)
    return any(not n or kind == n or kind.startswith(f"{n}.") for n in names)


def _action(remedy: fixes.Remedy, uri: str, server: SpecServer) -> types.CodeAction:
    return types.CodeAction(
        remedy.title,
        types.CodeActionKind.QuickFix,
        diagnostics=[as_sent(remedy.diagnostic, uri, server.codec)],
        is_preferred=remedy.sure or None,
        edit=workspace_edit(uri, remedy.edits, server),
    )
