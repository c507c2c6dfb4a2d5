"""Names of layers: found, and changed everywhere."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from tests.language_server.editor import Client, Document, open_text
from tests.support import network

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.xdist_group("language_server"),
]
SNN = network(
    """
    input i 8x8x4 in 0..1
    encode conv e { filters 4 }
    conv2d a { filters 4, padding same }
    conv2d b { filters 4, padding same, shortcut a }
    add s from a, b
    dense d { units 4 }
    readout y { classes 2 }
    """
)
YAML = """\
snn: 1
network: net
input: {name: i, shape: 8x8x4, in: 0..1}
encode: {conv: {name: e, filters: 4}}
layers:
  - conv2d: {name: a, filters: 4, padding: same}
  - conv2d: {name: "b", filters: 4, padding: same, shortcut: a}
  - add:
      name: s
      from: [a, b]
  - dense: {name: d, units: 4}
readout: {name: y, classes: 2}
"""
BOTH = pytest.mark.parametrize(("text", "suffix"), [(SNN, ".snn"), (YAML, ".yaml")])


def use(document: Document) -> types.Position:
    """Return the place of `a` in the list of added layers."""
    text = document.text
    return document.position(text.index("a, b"))


@BOTH
async def test_a_name_leads_to_where_it_is_given(
    client: Client, text: str, suffix: str
) -> None:
    document = open_text(client, text, suffix)
    params = types.DefinitionParams(document.identifier, use(document))
    places = await client.text_document_definition_async(params)
    assert isinstance(places, Sequence)
    (found,) = places
    assert isinstance(found, types.Location)
    line = document.text.split("\n")[found.range.start.line]
    assert document.text_at(found.range) == "a"
    assert "conv2d" in line


@BOTH
async def test_a_name_is_found_where_it_is_meant(
    client: Client, text: str, suffix: str
) -> None:
    document = open_text(client, text, suffix)
    for declared in (False, True):
        params = types.ReferenceParams(
            types.ReferenceContext(declared), document.identifier, use(document)
        )
        found = await client.text_document_references_async(params) or ()
        assert len(found) == 2 + declared
        assert {document.text_at(f.range) for f in found} == {"a"}


async def test_a_name_is_highlighted(client: Client) -> None:
    document = open_text(client, SNN)
    params = types.DocumentHighlightParams(document.identifier, use(document))
    found = await client.text_document_document_highlight_async(params) or ()
    assert [f.kind for f in found] == [
        types.DocumentHighlightKind.Write,
        types.DocumentHighlightKind.Read,
        types.DocumentHighlightKind.Read,
    ]


async def rename(document: Document, place: types.Position, name: str) -> str:
    params = types.RenameParams(document.identifier, place, name)
    found = await document.client.text_document_rename_async(params)
    assert found
    assert found.document_changes
    (change,) = found.document_changes
    assert isinstance(change, types.TextDocumentEdit)
    assert change.text_document.version == document.version
    return document.apply([e for e in change.edits if isinstance(e, types.TextEdit)])


@BOTH
async def test_a_layer_is_renamed_in_lists_and_shortcuts(
    client: Client, text: str, suffix: str
) -> None:
    document = open_text(client, text, suffix)
    after = await rename(document, use(document), "first")
    again = open_text(client, after, suffix)
    assert await again.diagnostics() == []
    assert after.count("first") == 3
    assert after.replace("first", "a") == text


async def test_a_quoted_name_stays_quoted(client: Client) -> None:
    document = open_text(client, YAML, ".yaml")
    after = await rename(document, document.at('"b"', 1), "second")
    assert 'name: "second"' in after
    assert "from: [a, second]" in after


async def test_a_network_is_renamed(client: Client) -> None:
    document = open_text(client, SNN)
    assert "network other {" in await rename(document, document.at("net {"), "other")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("conv2d", "it is a reserved word of the language"),
        ("b", "there is another layer of that name"),
        ("1x", "a name consists of letters"),
    ],
)
async def test_what_can_be_no_name_is_refused(
    client: Client, name: str, reason: str
) -> None:
    document = open_text(client, SNN)
    params = types.RenameParams(document.identifier, use(document), name)
    with pytest.raises(JsonRpcException, match=reason):
        await client.text_document_rename_async(params)


async def test_nothing_is_renamed_that_may_be_read_otherwise(
    client: Client,
) -> None:
    document = open_text(client, SNN.replace("units 4", "units"))
    params = types.RenameParams(document.identifier, use(document), "first")
    with pytest.raises(JsonRpcException, match="line 9 can't be read: fix it first"):
        await client.text_document_rename_async(params)


async def test_only_names_can_be_renamed(client: Client) -> None:
    document = open_text(client, SNN)
    params = types.PrepareRenameParams(document.identifier, use(document))
    found = await client.text_document_prepare_rename_async(params)
    assert isinstance(found, types.Range)
    assert document.text_at(found) == "a"
    params = types.PrepareRenameParams(document.identifier, document.at("filters"))
    assert await client.text_document_prepare_rename_async(params) is None
