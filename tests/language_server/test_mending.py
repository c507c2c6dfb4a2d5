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
    context = types.CodeActionContext([], only=[only] if only else None)
    params = types.CodeActionParams(
        document.identifier, place or document.whole, context
    )
    found = await document.client.text_document_code_action_async(params) or ()
    return {a.title: a for a in found if isinstance(a, types.CodeAction)}


def apply_action(document: Document, action: types.CodeAction) -> str:
    assert action.edit
    assert action.edit.document_changes
    (change,) = action.edit.document_changes
    assert isinstance(change, types.TextDocumentEdit)
    return document.apply([e for e in change.edits if isinstance(e, types.TextEdit)])


async def test_a_fix_is_offered_where_the_problem_is(client: Client) -> None:
    document = open_text(client, GOOD.replace("units 64", "unit 64"))
    found = await actions(document, only="quickfix")
    (action,) = found.values()
    assert action.title == "Replace `unit` with `units`"
    assert action.is_preferred
    assert action.diagnostics
    assert action.diagnostics[0].code == "SNN203"
    assert apply_action(document, action) == GOOD
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
    assert apply_action(document, action) == text


async def test_the_nearest_that_fits_is_offered(client: Client) -> None:
    document = open_text(client, LARGE)
    found = await actions(document, only="quickfix")
    assert len(found) >= 1
    for title, action in found.items():
        assert title.endswith("in `a`, the nearest to fit")
        mended = open_text(client, apply_action(document, action))
        assert await mended.diagnostics() == []


async def test_a_warning_can_be_allowed(client: Client) -> None:
    text = GOOD.replace("kernel 3, stride 2 }", "kernel 1, stride 2 }")
    document = open_text(client, text)
    (warning,) = await document.diagnostics()
    assert warning.severity is types.DiagnosticSeverity.Warning
    action = (await actions(document))[f"Allow {warning.code} here"]
    after = apply_action(document, action)
    assert f"\n  # snnc: allow {warning.code} reason\n  conv3d c1" in after
    assert await open_text(client, after).diagnostics() == []


async def format_document(document: Document) -> str:
    params = types.DocumentFormattingParams(
        document.identifier, types.FormattingOptions(2, True)
    )
    found = await document.client.text_document_formatting_async(params)
    return document.apply(list(found or ()))


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
    params = types.DocumentRangeFormattingParams(
        document.identifier, chosen, types.FormattingOptions(2, True)
    )
    edits = await client.text_document_range_formatting_async(params)
    after = document.apply(list(edits or ()))
    assert "conv3d c0 { filters" in after
    assert "conv3d c1 {   filters" in after


async def test_line_ends_of_windows_stay(client: Client) -> None:
    ugly = GOOD.replace("units 64", "units   64").replace("\n", "\r\n")
    document = open_text(client, ugly)
    params = types.DocumentFormattingParams(
        document.identifier, types.FormattingOptions(2, True)
    )
    (edit,) = await client.text_document_formatting_async(params) or ()
    assert edit.new_text == "  dense d0 { units 64, dropout 0.2 }\n"
    assert edit.range.start.line == 13
