"""Clients that ask what makes no sense, or speak little of the protocol."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio
from lsprotocol import types

from snnc.source import LARGEST
from tests.language_server.editor import (
    GOOD,
    Client,
    Document,
    capabilities,
    open_text,
    start,
)
from tests.support import ROOT

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.xdist_group("language_server"),
]
FAR = types.Position(2**31 - 1, 2**31 - 1)


@pytest.mark.parametrize(
    "place", [FAR, types.Position(0, 10_000), types.Position(99, 0)]
)
async def test_places_outside_the_text_are_no_error(
    client: Client, place: types.Position
) -> None:
    document = open_text(client, GOOD)
    at = document.identifier, place
    await client.text_document_hover_async(types.HoverParams(*at))
    await client.text_document_completion_async(types.CompletionParams(*at))
    await client.text_document_definition_async(types.DefinitionParams(*at))
    await client.text_document_prepare_rename_async(types.PrepareRenameParams(*at))
    around = types.Range(place, types.Position(0, 0))  # its ends are exchanged, too
    await client.text_document_inlay_hint_async(
        types.InlayHintParams(document.identifier, around)
    )
    context = types.CodeActionContext([])
    await client.text_document_code_action_async(
        types.CodeActionParams(document.identifier, around, context)
    )
    options = types.FormattingOptions(2, True)
    await client.text_document_range_formatting_async(
        types.DocumentRangeFormattingParams(document.identifier, around, options)
    )
    assert await document.diagnostics() == []


async def test_a_column_in_the_middle_of_a_character_is_behind_it(
    client: Client,
) -> None:
    document = open_text(client, GOOD.replace("Eight", "\N{BRAIN}"))
    start_ = document.at("\N{BRAIN}")
    middle = types.Position(start_.line, start_.character + 1)
    change = types.TextDocumentContentChangePartial(types.Range(middle, middle), '"')
    document.change(change)
    found = await document.diagnostics()
    assert found[0].range.start.line == start_.line


async def test_edits_of_what_is_not_there_are_made_where_the_text_ends(
    client: Client,
) -> None:
    document = open_text(client, GOOD)
    document.change(
        types.TextDocumentContentChangePartial(types.Range(FAR, FAR), "# end\n")
    )
    assert await document.diagnostics() == []
    document.change(types.TextDocumentContentChangeWholeDocument("snn 1\n"))
    assert await document.diagnostics() != []
    document.change(types.TextDocumentContentChangeWholeDocument(GOOD))
    assert await document.diagnostics() == []


async def test_several_edits_at_once_are_made_in_their_order(
    client: Client,
) -> None:
    document = open_text(client, GOOD)
    whole = types.TextDocumentContentChangeWholeDocument("s 1\n")
    start_ = types.Range(types.Position(0, 0), types.Position(0, 3))
    part = types.TextDocumentContentChangePartial(start_, GOOD.rstrip("\n"))
    document.change(whole, part)
    assert await document.diagnostics() == []


async def test_an_older_version_is_taken_as_it_comes(client: Client) -> None:
    document = open_text(client, GOOD)
    await document.diagnostics()
    document.version = -5
    document.replace("units 64", "unit 64")
    assert [d.code for d in await document.diagnostics()] == ["SNN203"]


async def test_a_text_that_is_not_open_has_no_answers(client: Client) -> None:
    document = Document(client, "file:///nowhere/a.snn", GOOD)
    document.change(types.TextDocumentContentChangeWholeDocument(GOOD))
    document.close()
    params = types.HoverParams(document.identifier, types.Position(0, 0))
    assert await client.text_document_hover_async(params) is None
    hints = types.InlayHintParams(document.identifier, document.whole)
    assert not await client.text_document_inlay_hint_async(hints)


async def test_a_text_that_is_closed_has_no_diagnostics(client: Client) -> None:
    document = open_text(client, GOOD.replace("units 64", "unit 64"))
    assert await document.diagnostics() != []
    document.close()
    await client.until(lambda: client.told[document.uri].version is None)
    assert list(client.told[document.uri].diagnostics) == []


async def test_a_file_that_is_gone_is_still_a_text(
    client: Client, tmp_path: Path
) -> None:
    document = open_text(client, GOOD, folder=tmp_path / "gone")
    assert await document.diagnostics() == []


async def test_a_text_without_a_file_is_one_by_its_language(
    client: Client,
) -> None:
    item = types.TextDocumentItem("untitled:Untitled-1", "snn", 1, GOOD[:-2])
    client.text_document_did_open(types.DidOpenTextDocumentParams(item))
    document = Document(client, item.uri, GOOD[:-2])
    assert [d.code for d in await document.diagnostics()] == ["SNN105"]


@pytest.mark.slow
async def test_a_text_as_large_as_can_be_is_judged(client: Client) -> None:
    layer = "  conv2d c{} {{ filters 8, kernel 3, padding same }}\n"
    layers = (layer.format(number) for number in itertools.count())
    text = GOOD[: GOOD.index("  conv3d")]
    while len(text) < LARGEST:
        text += next(layers)
    document = open_text(client, text)
    assert await document.diagnostics() != []
    document.replace("conv2d c1 ", "conv2d c0 ")
    assert await document.diagnostics() != []


Started = Callable[..., Awaitable[Client]]


@pytest_asyncio.fixture(loop_scope="session")
async def start_client() -> AsyncIterator[Started]:
    """Start servers that end with the test."""
    clients: list[Client] = []

    async def begin(*arguments: object, **more: object) -> Client:
        clients.append(await start(*arguments, **more))  # type: ignore[arg-type]
        return clients[-1]

    yield begin
    for client in clients:
        await client.shutdown_session()
        await client.stop()


@pytest.mark.slow
async def test_a_client_that_says_nothing_gets_diagnostics(
    start_client: Started,
) -> None:
    client = await start_client(told=types.ClientCapabilities())
    document = open_text(client, GOOD.replace("units 64", "unit 64"))
    (found,) = await document.diagnostics()
    assert found.code == "SNN203"
    actions = await client.text_document_code_action_async(
        types.CodeActionParams(
            document.identifier,
            document.whole,
            types.CodeActionContext([], ["source.fixAll"]),
        )
    )
    (action,) = actions or ()
    assert isinstance(action, types.CodeAction)
    assert action.edit
    params = types.RenameParams(document.identifier, document.at("c1"), "second")
    edit = await client.text_document_rename_async(params)
    assert edit
    assert edit.changes
    assert document.uri in edit.changes


@pytest.mark.slow
async def test_a_client_that_asks_is_sent_nothing(start_client: Started) -> None:
    told = capabilities("neovim@0.11")
    assert told.text_document
    told.text_document.diagnostic = types.DiagnosticClientCapabilities()
    client = await start_client(told=told)
    document = open_text(client, GOOD.replace("units 64", "unit 64"))
    params = types.DocumentDiagnosticParams(document.identifier)
    report = await client.text_document_diagnostic_async(params)
    assert isinstance(report, types.RelatedFullDocumentDiagnosticReport)
    assert [d.code for d in report.items] == ["SNN203"]
    assert client.told == {}


@pytest.mark.slow
async def test_a_device_is_configured_and_read_anew(
    start_client: Started, tmp_path: Path
) -> None:
    profile = (ROOT / "snnc/loihi/loihi1.toml").read_text(encoding="utf-8")
    device = tmp_path / "half.toml"
    device.write_text(profile.replace("compartments = 1024", "compartments = 512"))
    client = await start_client(options={"device": "half.toml"}, root=tmp_path)
    document = open_text(client, GOOD)
    params = types.InlayHintParams(document.identifier, document.whole)
    hints = await client.text_document_inlay_hint_async(params)
    assert hints
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
async def test_shutdown_comes_first(start_client: Started) -> None:
    client = await start()
    layer = "  conv2d c{0} {{ filters 8, kernel 3, padding same }}\n"
    text = GOOD[: GOOD.index("  conv3d")]
    text += "".join(layer.format(number) for number in range(2_000))
    document = open_text(client, text)
    params = types.InlayHintParams(document.identifier, document.whole)
    waiting = asyncio.ensure_future(client.text_document_inlay_hint_async(params))
    await asyncio.sleep(0.1)
    server = client._server
    assert server is not None
    begun = asyncio.get_running_loop().time()
    await client.shutdown_session()
    assert await asyncio.wait_for(server.wait(), 5) == 0
    assert asyncio.get_running_loop().time() - begun < 2
    waiting.cancel()
    await client.stop()


@pytest.mark.slow
async def test_an_end_without_shutdown_is_a_failure() -> None:
    client = await start()
    server = client._server
    assert server is not None
    client.exit(None)
    assert await asyncio.wait_for(server.wait(), 10) == 1
    await client.stop()
