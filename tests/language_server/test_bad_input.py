"""Clients that ask what makes no sense, or speak little of the protocol."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types
from pytest_lsp import client_capabilities

from snnc.source import LARGEST
from tests.language_server.editor import GOOD, Client, Document, open_text, start
from tests.support import ROOT

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.xdist_group("language_server"),
]
FAR = types.Position(2**31 - 1, 2**31 - 1)


@pytest.mark.parametrize(
    "place", [FAR, types.Position(0, 10_000), types.Position(99, 0)]
)
async def test_positions_outside_the_text_are_accepted(
    client: Client, place: types.Position
) -> None:
    document = open_text(client, GOOD)
    around = types.Range(place, types.Position(0, 0))  # its ends are exchanged, too
    context, options = types.CodeActionContext([]), types.FormattingOptions(2, True)
    for kind in (types.HoverParams, types.CompletionParams, types.DefinitionParams):
        await document.ask(kind, position=place)
    await document.ask(types.PrepareRenameParams, position=place)
    await document.ask(types.InlayHintParams, range=around)
    await document.ask(types.CodeActionParams, range=around, context=context)
    await document.ask(
        types.DocumentRangeFormattingParams, range=around, options=options
    )
    assert await document.diagnostics() == []


async def test_column_inside_a_character_means_its_end(
    client: Client,
) -> None:
    document = open_text(client, GOOD.replace("Eight", "\N{BRAIN}"))
    start_ = document.at("\N{BRAIN}")
    middle = types.Position(start_.line, start_.character + 1)
    change = types.TextDocumentContentChangePartial(types.Range(middle, middle), '"')
    document.change(change)
    found = await document.diagnostics()
    assert found[0].range.start.line == start_.line


async def test_edits_are_applied_in_order_within_the_text(
    client: Client,
) -> None:
    document = open_text(client, GOOD)
    document.change(
        types.TextDocumentContentChangePartial(types.Range(FAR, FAR), "# end\n")
    )
    assert await document.diagnostics() == []
    whole = types.TextDocumentContentChangeWholeDocument("s 1\n")
    document.change(whole)
    assert await document.diagnostics() != []
    start_ = types.Range(types.Position(0, 0), types.Position(0, 3))
    part = types.TextDocumentContentChangePartial(start_, GOOD.rstrip("\n"))
    document.change(whole, part)
    assert await document.diagnostics() == []


async def test_older_version_is_accepted(client: Client) -> None:
    document = open_text(client, GOOD)
    await document.diagnostics()
    document.version = -5
    document.replace("units 64", "unit 64")
    assert await document.codes() == ["SNN203"]


async def test_a_text_that_is_not_open_has_no_answers(client: Client) -> None:
    document = Document(client, "file:///nowhere/a.snn", GOOD)
    document.change(types.TextDocumentContentChangeWholeDocument(GOOD))
    document.close()
    place = types.Position(0, 0)
    assert await document.ask(types.HoverParams, position=place) is None
    assert not await document.ask(types.InlayHintParams, range=document.whole)


async def test_a_text_that_is_closed_has_no_diagnostics(client: Client) -> None:
    document = open_text(client, GOOD.replace("units 64", "unit 64"))
    assert await document.diagnostics() != []
    document.close()
    await client.until(lambda: client.told[document.uri].version is None)
    assert list(client.told[document.uri].diagnostics) == []


async def test_deleted_file_is_still_analysed(client: Client, tmp_path: Path) -> None:
    document = open_text(client, GOOD, folder=tmp_path / "gone")
    assert await document.diagnostics() == []


async def test_text_without_a_file_has_the_notation_of_its_language(
    client: Client,
) -> None:
    item = types.TextDocumentItem("untitled:Untitled-1", "snn", 1, GOOD[:-2])
    client.text_document_did_open(types.DidOpenTextDocumentParams(item))
    document = Document(client, item.uri, GOOD[:-2])
    assert await document.codes() == ["SNN105"]


@pytest.mark.slow
async def test_largest_text_is_analysed(client: Client) -> None:
    layer = "  conv2d c{} {{ filters 8, kernel 3, padding same }}\n"
    layers = (layer.format(number) for number in itertools.count())
    text = GOOD[: GOOD.index("  conv3d")]
    while len(text) < LARGEST:
        text += next(layers)
    document = open_text(client, text)
    assert await document.diagnostics() != []
    document.replace("conv2d c1 ", "conv2d c0 ")
    assert await document.diagnostics() != []


WRONG = GOOD.replace("units 64", "unit 64")


@asynccontextmanager
async def started(**options: Any) -> AsyncIterator[Client]:
    client = await start(**options)
    yield client
    await client.shutdown_session()
    await client.stop()


async def answers_without_capabilities(client: Client) -> None:
    """Ask a server whose client has said nothing about itself."""
    document = open_text(client, WRONG)
    assert await document.codes() == ["SNN203"]
    (action,) = await document.ask(
        types.CodeActionParams,
        range=document.whole,
        context=types.CodeActionContext([], ["source.fixAll"]),
    )
    assert action.edit
    edit = await document.ask(
        types.RenameParams, position=document.at("c1"), new_name="second"
    )
    assert document.uri in edit.changes


@pytest.mark.slow
async def test_client_that_pulls_diagnostics_is_sent_none() -> None:
    told = client_capabilities("neovim@0.11")
    assert told.text_document
    told.text_document.diagnostic = types.DiagnosticClientCapabilities()
    async with started(told=told) as client:
        document = open_text(client, WRONG)
        report = await document.ask(types.DocumentDiagnosticParams)
        assert [d.code for d in report.items] == ["SNN203"]
        assert client.told == {}


@pytest.mark.slow
async def test_client_without_configuration_gets_the_default_device(
    tmp_path: Path,
) -> None:
    profile = (ROOT / "snnc/loihi/loihi1.toml").read_text(encoding="utf-8")
    device = tmp_path / "half.toml"
    device.write_text(profile.replace("compartments = 1024", "compartments = 512"))
    nothing, options = types.ClientCapabilities(), {"device": "half.toml"}
    async with started(told=nothing, options=options, root=tmp_path) as client:
        await answers_without_capabilities(client)
        document = open_text(client, GOOD)
        hints = await document.ask(types.InlayHintParams, range=document.whole)
        assert str(hints[0].label).startswith("2,704 neurons, 7 cores")
        device.unlink()
        document.replace("units 64", "units 63")
        (found,) = await document.diagnostics()
        assert found.message.startswith(f"device {device}: No such file or directory")
        assert found.message.endswith("note: costs are those of Loihi 1")
        client.workspace_did_change_configuration(
            types.DidChangeConfigurationParams({"snnc": {"device": "loihi1"}})
        )
        await client.until(lambda: not client.told[document.uri].diagnostics)


@pytest.mark.slow
async def test_a_client_is_asked_for_its_device() -> None:
    async with started() as client:
        document = open_text(client, GOOD)
        assert await document.diagnostics() == []
        client.set_configuration({"device": "loihi3"}, section="snnc")
        client.workspace_did_change_configuration(
            types.DidChangeConfigurationParams({})
        )
        await client.until(lambda: bool(client.told[document.uri].diagnostics))
        (found,) = client.told[document.uri].diagnostics
        assert found.message.startswith("device ")


@pytest.mark.slow
async def test_shutdown_comes_first() -> None:
    client = await start()
    layer = "  conv2d c{0} {{ filters 8, kernel 3, padding same }}\n"
    text = GOOD[: GOOD.index("  conv3d")]
    text += "".join(layer.format(number) for number in range(2_000))
    document = open_text(client, text)
    asked = document.ask(types.InlayHintParams, range=document.whole)
    waiting = asyncio.ensure_future(asked)
    await asyncio.sleep(0.1)
    server = client._server
    assert server is not None
    begun = asyncio.get_running_loop().time()
    await client.shutdown_session()
    assert await asyncio.wait_for(server.wait(), 5) == 0
    assert asyncio.get_running_loop().time() - begun < 2
    waiting.cancel()
    await client.stop()
