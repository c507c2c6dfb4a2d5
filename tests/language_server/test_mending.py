"""Fixes and layout, applied as a client applies them."""

from __future__ import annotations

import pytest
from lsprotocol import types

from tests.language_server.editor import GOOD, LARGE, YAML, Client, Document, open_text

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.xdist_group("language_server"),
]


async def actions(
    document: Document, place: types.Range | None = None, only: str | None = None
) -> dict[str, types.CodeAction]:
    found = await document.ask(
        types.CodeActionParams,
        range=place or document.whole,
        context=types.CodeActionContext([], only=[only] if only else None),
    )
    return {action.title: action for action in found or ()}


async def test_a_fix_is_offered_where_the_problem_is(client: Client) -> None:
    document = open_text(client, GOOD.replace("units 64", "unit 64"))
    found = await actions(document, only="quickfix")
    (action,) = found.values()
    assert action.title == "Replace `unit` with `units`"
    assert action.is_preferred
    assert action.diagnostics
    assert action.diagnostics[0].code == "SNN203"
    assert action.edit
    assert document.edited(action.edit) == GOOD
    first = types.Range(types.Position(0, 0), types.Position(0, 1))
    assert await actions(document, first, "quickfix") == {}


@pytest.mark.parametrize(("text", "suffix"), [(GOOD, ".snn"), (YAML, ".yaml")])
async def test_all_is_fixed_at_once(client: Client, text: str, suffix: str) -> None:
    wrong = text.replace("filters", "filtres").replace("kernel", "kernal")
    document = open_text(client, wrong, suffix)
    (action,) = (await actions(document, only="source.fixAll")).values()
    assert action.kind == "source.fixAll.snnc"
    assert action.edit is None  # it is found when it is chosen
    action = await client.code_action_resolve_async(action)
    assert action.edit
    assert document.edited(action.edit) == text


async def test_the_nearest_that_fits_is_offered(client: Client) -> None:
    document = open_text(client, LARGE)
    found = await actions(document, only="quickfix")
    assert len(found) >= 1
    for title, action in found.items():
        assert title.endswith("in `a`, the nearest to fit")
        assert action.edit
        mended = open_text(client, document.edited(action.edit))
        assert await mended.diagnostics() == []


async def test_a_warning_can_be_allowed(client: Client) -> None:
    text = GOOD.replace("kernel 3, stride 2 }", "kernel 1, stride 2 }")
    document = open_text(client, text)
    (warning,) = await document.diagnostics()
    assert warning.severity is types.DiagnosticSeverity.Warning
    action = (await actions(document))[f"Allow {warning.code} here"]
    assert action.edit
    after = document.edited(action.edit)
    assert f"\n  # snnc: allow {warning.code} reason\n  conv3d c1" in after
    assert await open_text(client, after).diagnostics() == []


OPTIONS = types.FormattingOptions(2, True)


async def format_document(document: Document) -> str:
    found = await document.ask(types.DocumentFormattingParams, options=OPTIONS)
    return document.apply(found or [])


@pytest.mark.parametrize(("text", "suffix"), [(GOOD, ".snn"), (YAML, ".yaml")])
async def test_a_text_is_formatted(client: Client, text: str, suffix: str) -> None:
    ugly = text.replace(", ", " ,  ")
    document = open_text(client, ugly, suffix)
    assert await format_document(document) == text
    assert await format_document(open_text(client, text, suffix)) == text


async def test_a_text_with_errors_stays_as_it_is(client: Client) -> None:
    ugly = GOOD.replace("filters 8", "filters   8").replace("units 64", "units")
    assert await format_document(open_text(client, ugly)) == ugly


async def test_only_the_lines_that_are_chosen_are_formatted(
    client: Client,
) -> None:
    document = open_text(client, GOOD.replace("{ filters", "{   filters"))
    start = document.at("conv3d c0")
    chosen = types.Range(start, types.Position(start.line + 1, 0))
    edits = await document.ask(
        types.DocumentRangeFormattingParams, range=chosen, options=OPTIONS
    )
    after = document.apply(edits)
    assert "conv3d c0 { filters" in after
    assert "conv3d c1 {   filters" in after


async def test_line_ends_of_windows_stay(client: Client) -> None:
    ugly = GOOD.replace("units 64", "units   64").replace("\n", "\r\n")
    document = open_text(client, ugly)
    (edit,) = await document.ask(types.DocumentFormattingParams, options=OPTIONS)
    assert edit.new_text == "  dense d0 { units 64, dropout 0.2 }\n"
    assert edit.range.start.line == 13
