"""Fixes, layout and new names, applied as a client applies them."""

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from tests.language_server.editor import GOOD, LARGE, YAML, Client, Document, open_text
from tests.rules.checking import check_text
from tests.support import network

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
async def test_fix_all_applies_every_safe_fix(
    client: Client, text: str, suffix: str
) -> None:
    wrong = text.replace("filters", "filtres").replace("kernel", "kernal")
    document = open_text(client, wrong, suffix)
    (action,) = (await actions(document, only="source.fixAll")).values()
    assert action.kind == "source.fixAll.snnc"
    assert action.edit is None  # it is found when it is chosen
    action = await client.code_action_resolve_async(action)
    assert action.edit
    assert document.edited(action.edit) == text


MENDED = {
    "kernel 3, stride 2": ("kernel 9, stride 2", "Replace `9` with `6x7x7`", "SNN301"),
    "target loihi": ("target loihi2", "Replace `loihi2` with `loihi`", "SNN201"),
    "readout direction { classes 8, decide last }": (
        "dense direction { units 8, activation softmax }",
        "Replace `dense direction { units 8, activation softmax }` with "
        "`readout direction { classes 8 }`",
        "SNN218",
    ),
    "classes 8, decide last": (
        "classes 8, decide last, learn pes { rate 0.99 }",
        "Replace `0.99` with `0.497`",
        "SNN423",
    ),
    "present 40 ms": ("present 20 ms", "Write `present 29 ms`", "SNN509"),
}
"""For a part of a good spec: a mistake, and the fix in the editor, which is a guess."""


@pytest.mark.parametrize("part", MENDED)
async def test_help_is_offered_as_a_code_action(client: Client, part: str) -> None:
    wrong, title, code = MENDED[part]
    document = open_text(client, GOOD.replace(part, wrong, 1))
    # Some advice comes after a search.
    written = title.split("`")[-2]
    await document.until_told("padding same" if code == "SNN301" else written)
    action = (await actions(document, only="quickfix"))[title]
    assert not action.is_preferred
    assert action.diagnostics
    assert action.diagnostics[0].code == code
    assert action.edit
    after = check_text(document.edited(action.edit)).diagnostics
    assert code not in [diagnostic.code for diagnostic in after]


LARGE_YAML = """\
snn: 1
network: net
target: {loihi: {cores: 2}}

input: {name: image, shape: 32x32x1, in: 0..1}
encode: {conv: {filters: 2}}

layers:
  - conv2d: {name: a, filters: 16, padding: same}  # wide
readout: {name: y, classes: 2}
"""


@pytest.mark.parametrize(("text", "suffix"), [(LARGE, ".snn"), (LARGE_YAML, ".yaml")])
async def test_nearest_fitting_value_is_offered(
    client: Client, text: str, suffix: str
) -> None:
    document = open_text(client, text, suffix)
    every = await actions(document, only="quickfix")
    # Its neurons are also more than a board can record, which can be allowed.
    found = {t: action for t, action in every.items() if "Allow SNN415" not in t}
    assert len(found) >= 1
    for title, action in found.items():
        assert title.endswith("in `a`, the nearest to fit")
        assert action.edit
        after = document.edited(action.edit)
        assert after.count("\n") == text.count("\n")
        mended = open_text(client, after, suffix)
        assert await mended.diagnostics() == []


async def test_fitting_value_changes_no_other_line(client: Client) -> None:
    document = open_text(client, LARGE.replace("readout y {", "readout   y   {"))
    found = await actions(document, only="quickfix")
    assert any("Write `stride" in title for title in found)
    for action in found.values():
        assert action.edit
        assert "readout   y   {" in document.edited(action.edit)


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


async def test_text_with_errors_is_not_formatted(client: Client) -> None:
    ugly = GOOD.replace("filters 8", "filters   8").replace("units 64", "units")
    assert await format_document(open_text(client, ugly)) == ugly


async def test_range_formatting_changes_only_selected_lines(
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


async def test_formatting_keeps_windows_line_ends(client: Client) -> None:
    ugly = GOOD.replace("units 64", "units   64").replace("\n", "\r\n")
    document = open_text(client, ugly)
    (edit,) = await document.ask(types.DocumentFormattingParams, options=OPTIONS)
    assert edit.new_text == "  dense d0 { units 64, dropout 0.2 }\n"
    assert edit.range.start.line == 13


NAMED = network(
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
NAMED_YAML = """\
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
BOTH = pytest.mark.parametrize(
    ("text", "suffix"), [(NAMED, ".snn"), (NAMED_YAML, ".yaml")]
)


def use(document: Document) -> types.Position:
    """Return the place of `a` in the list of added layers."""
    return document.at("a, b")


@BOTH
async def test_definition_and_references_of_a_name(
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
    document = open_text(client, NAMED_YAML, ".yaml")
    after = await rename(document, document.at('"b"', 1), "second")
    assert 'name: "second"' in after
    assert "from: [a, second]" in after


async def test_a_network_is_renamed(client: Client) -> None:
    document = open_text(client, NAMED)
    assert "network other {" in await rename(document, document.at("net {"), "other")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("conv2d", "it is a reserved word of the language"),
        ("b", "there is another layer of that name"),
        ("1x", "a name consists of letters"),
    ],
)
async def test_rename_to_an_invalid_name_is_refused(
    client: Client, name: str, reason: str
) -> None:
    document = open_text(client, NAMED)
    with pytest.raises(JsonRpcException, match=reason):
        await rename(document, use(document), name)


async def test_rename_is_refused_in_a_text_with_syntax_errors(
    client: Client,
) -> None:
    document = open_text(client, NAMED.replace("units 4", "units"))
    with pytest.raises(JsonRpcException, match="line 9 can't be read: fix it first"):
        await rename(document, use(document), "first")


async def test_only_names_can_be_renamed(client: Client) -> None:
    document = open_text(client, NAMED)
    found = await document.ask(types.PrepareRenameParams, position=use(document))
    assert document.text_at(found) == "a"
    place = document.at("filters")
    assert await document.ask(types.PrepareRenameParams, position=place) is None
