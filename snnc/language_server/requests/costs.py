"""Diagnostics, costs of a network, unasked and by lenses, which build and report."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

from lsprotocol import types

from snnc.language_server.analysis import Analysis
from snnc.language_server.buffers import Buffer, offsets_in, position_of, range_of
from snnc.language_server.pages import hints, share
from snnc.language_server.server import BUILD, REPORT, ClientSettings, SpecServer
from snnc.report.text import markdown
from snnc.runtime.files import write_file

LONGEST = 120
"""Seconds that a build may take."""


async def diagnostic(
    server: SpecServer,
    params: types.DocumentDiagnosticParams,
) -> types.RelatedFullDocumentDiagnosticReport:
    uri = params.text_document.uri
    analysis = await server.analysis(uri)
    if analysis and not server.supports("workspace.diagnostics.refresh_support"):
        analysis = await server.analyses.settled(uri)
    return types.RelatedFullDocumentDiagnosticReport(
        items=[] if analysis is None else server.sent(uri, analysis)
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


async def lenses(
    server: SpecServer, params: types.CodeLensParams
) -> list[types.CodeLens]:
    uri = params.text_document.uri
    analysis = await server.analysis(uri)
    word = None if analysis is None else analysis.document.network
    if analysis is None or word is None or analysis.mapped is None:
        return []
    place = range_of(word.span, server.codec)
    commands = ((share(analysis), REPORT), ("Report", REPORT), ("Build", BUILD))
    return [
        types.CodeLens(place, types.Command(title, command, arguments=[uri]))
        for title, command in commands
        if title
    ]


async def build(server: SpecServer, uri: Any) -> None:
    buffer = server.buffers.get(uri)
    if buffer is None:
        return
    loop = asyncio.get_running_loop()
    done, text = await loop.run_in_executor(
        None, build_package, buffer, server.settings
    )
    server.say(text, types.MessageType.Info if done else types.MessageType.Error)


async def report(server: SpecServer, uri: Any) -> None:
    analysis = await server.analysis(uri)
    path = None
    if analysis is not None:
        path = await asyncio.get_running_loop().run_in_executor(
            None, write_report, analysis, server.reports
        )
    if path is None:
        server.say("a spec with errors has no report", types.MessageType.Warning)
    elif server.supports("window.show_document.support"):
        shown = types.ShowDocumentParams(path.as_uri(), take_focus=True)
        await server.window_show_document_async(shown)
    else:
        server.say(f"the report is in {path}", types.MessageType.Info)


def is_saved(buffer: Buffer) -> bool:
    """Whether the file has the text of the buffer, line ends aside."""
    try:
        text = Path(buffer.source.name).read_text(encoding="utf-8")
    except (OSError, ValueError):
        return False
    return text == buffer.source.text


def build_package(buffer: Buffer, settings: ClientSettings) -> tuple[bool, str]:
    """Do what `snnc build` does, in a process of its own.

    Returns
    -------
    bool
        Whether the package is written.
    str
        What the command says.
    """
    if not is_saved(buffer):
        return False, "save the spec first: packages are built from files"
    command = [sys.executable, "-m", "snnc", "--device", settings.device_path]
    command += ["build", buffer.source.name, "-o", str(settings.root / settings.output)]
    try:
        done = subprocess.run(
            command,
            cwd=settings.root,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=LONGEST,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return False, f"the build did not end: {error}"
    lines = done.stderr.strip().splitlines()
    return done.returncode == 0, next(iter(lines[:: 1 if done.returncode else -1]), "")


def write_report(analysis: Analysis, folder: Path) -> Path | None:
    """Write the report of a network as Markdown; None where there is none."""
    summary = analysis.summary
    if summary is None:
        return None
    path = folder / f"{summary.network.name}.report.md"
    write_file(path, markdown(summary, why=True))
    return path
