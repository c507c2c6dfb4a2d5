"""Diagnostics, and what a network costs, unasked and by lenses."""

from __future__ import annotations

import asyncio
from typing import Any

from lsprotocol import types

from snnc.language_server import commands
from snnc.language_server.buffers import offsets_in, position_of, range_of
from snnc.language_server.hints import hints, share
from snnc.language_server.server import BUILD, REPORT, SpecServer


async def diagnostic(
    server: SpecServer,
    params: types.DocumentDiagnosticParams,
) -> types.RelatedFullDocumentDiagnosticReport:
    uri = params.text_document.uri
    found = await server.analysis(uri)
    if found and not server.supports("workspace.diagnostics.refresh_support"):
        found = await server.analyses.settled(uri)
    return types.RelatedFullDocumentDiagnosticReport(
        items=[] if found is None else server.sent(uri, found)
    )


async def inlay_hints(
    server: SpecServer, params: types.InlayHintParams
) -> list[types.InlayHint]:
    found = await server.analysis(params.text_document.uri)
    if found is None:
        return []
    start, end = offsets_in(found.source, params.range, server.codec)
    return [
        types.InlayHint(
            position_of(found.source, at, server.codec), text, padding_left=True
        )
        for at, text in hints(found)
        if start <= at <= end
    ]


async def lenses(
    server: SpecServer, params: types.CodeLensParams
) -> list[types.CodeLens]:
    uri = params.text_document.uri
    found = await server.analysis(uri)
    word = None if found is None else found.document.network
    if found is None or word is None or found.mapped is None:
        return []
    place = range_of(word.span, server.codec)
    told = ((share(found), REPORT), ("Report", REPORT), ("Build", BUILD))
    return [
        types.CodeLens(place, types.Command(title, command, arguments=[uri]))
        for title, command in told
        if title
    ]


async def build(server: SpecServer, uri: Any) -> None:
    buffer = server.buffers.get(uri)
    if buffer is None:
        return
    loop = asyncio.get_running_loop()
    done, text = await loop.run_in_executor(
        None, commands.build, buffer, server.settings
    )
    server.say(text, types.MessageType.Info if done else types.MessageType.Error)


async def report(server: SpecServer, uri: Any) -> None:
    found = await server.analysis(uri)
    path = None
    if found is not None:
        path = await asyncio.get_running_loop().run_in_executor(
            None, commands.report, found, server.reports
        )
    if path is None:
        server.say("a spec with errors has no report", types.MessageType.Warning)
    elif server.supports("window.show_document.support"):
        shown = types.ShowDocumentParams(path.as_uri(), take_focus=True)
        await server.window_show_document_async(shown)
    else:
        server.say(f"the report is in {path}", types.MessageType.Info)
