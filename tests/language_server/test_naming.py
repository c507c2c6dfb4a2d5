"""Names of layers: found, and changed everywhere."""

from __future__ import annotations

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
    return document.at("a, b")


@BOTH
async def test_a_name_is_found_where_it_is_meant(
    client: Client, text: str, suffix: str
) -> None:
    document = open_text(client, text, suffix)
    (given,) = await document.ask(types.DefinitionParams, position=use(document))
    assert document.text_at(given.range) == "a"
    assert "conv2d" in text.split("\n")[given.range.start.line]
    for declared in (False, True):
        context = types.ReferenceContext(declared)
        found = await document.ask(
            types.ReferenceParams, context=context, position=use(document)
        )
        assert len(found) == 2 + declared
        assert {document.text_at(f.range) for f in found} == {"a"}
    marked = await document.ask(types.DocumentHighlightParams, position=use(document))
    kind = types.DocumentHighlightKind
    assert [f.kind for f in marked] == [kind.Write, kind.Read, kind.Read]


async def rename(document: Document, place: types.Position, name: str) -> str:
    edit = await document.ask(types.RenameParams, position=place, new_name=name)
    return document.edited(edit)


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
    with pytest.raises(JsonRpcException, match=reason):
        await rename(document, use(document), name)


async def test_nothing_is_renamed_that_may_be_read_otherwise(
    client: Client,
) -> None:
    document = open_text(client, SNN.replace("units 4", "units"))
    with pytest.raises(JsonRpcException, match="line 9 can't be read: fix it first"):
        await rename(document, use(document), "first")


async def test_only_names_can_be_renamed(client: Client) -> None:
    document = open_text(client, SNN)
    found = await document.ask(types.PrepareRenameParams, position=use(document))
    assert document.text_at(found) == "a"
    place = document.at("filters")
    assert await document.ask(types.PrepareRenameParams, position=place) is None
