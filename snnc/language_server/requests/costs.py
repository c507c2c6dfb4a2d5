"""Answer requests for diagnostics, and for costs as hints."""

from __future__ import annotations

from lsprotocol import types

from snnc.language_server.buffers import offsets_in, position_of
from snnc.language_server.hover import hints
from snnc.language_server.server import SpecServer


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
