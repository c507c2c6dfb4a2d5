"""Diagnostics, hints, hover texts, colours, outline and folds, as clients see them."""

from pathlib import Path

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from snnc.language_server.server import COLOURED, MODIFIERS, SpecServer
from tests.language_server.editor import GOOD, LARGE, YAML, Client, Document, open_text
from tests.support import network

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.xdist_group("language_server"),
]


async def hints(document: Document) -> dict[int, str]:
    found = await document.ask(types.InlayHintParams, range=document.whole)
    return {hint.position.line + 1: str(hint.label) for hint in found or ()}


async def test_diagnostic_is_at_the_word(client: Client) -> None:
    document = open_text(client, GOOD)
    document.replace("units 64", "unit 64")
    (found,) = await document.diagnostics()
    assert document.text_at(found.range) == "unit"
    assert (found.code, found.source) == ("SNN203", "snnc")
    assert found.message.startswith("`dense` has no property `unit`")
    assert found.message.endswith("\nhelp: did you mean `units`?")
    assert found.code_description
    page = Path(found.code_description.href.removeprefix("file://"))
    assert page.read_text(encoding="utf-8").startswith("# SNN203")
    document.replace("unit 64", "units 64")
    assert await document.diagnostics() == []


async def test_unused_suppression_is_greyed(client: Client) -> None:
    text = GOOD.replace("  conv3d c0", "  # snnc: allow SNN309 wide\n  conv3d c0")
    document = open_text(client, text)
    await document.diagnostics()  # without advice, the comment may have an effect
    await client.until(lambda: bool(client.told[document.uri].diagnostics))
    (found,) = client.told[document.uri].diagnostics
    assert found.code == "SNN140"
    assert list(found.tags or ()) == [types.DiagnosticTag.Unnecessary]


async def test_positions_use_the_encoding_of_the_client(client: Client) -> None:
    document = open_text(client, GOOD.replace("Eight", "\N{BRAIN}\u00e9\N{BRAIN}"))
    document.replace('digit."', 'digit." oops')
    (found,) = await document.diagnostics()
    assert document.text_at(found.range) == "oops"


async def test_diagnostic_has_related_positions(client: Client) -> None:
    (found,) = await open_text(client, GOOD.replace("c1 {", "c0 {")).diagnostics()
    assert found.related_information
    place = found.related_information[0].location.range
    assert place.start.line == found.range.start.line - 1


async def test_hint_of_a_layer_has_its_costs(client: Client) -> None:
    expected = {
        3: "2,704 neurons, 5 cores",
        10: "-> 8x16x16x2, 4,096 neurons, host",
        12: "-> 6x7x7x8, 2,352 neurons, 3 cores",
        13: "-> 2x3x3x16, 288 neurons, 1 core",
        14: "-> 64, 64 neurons, 1 core",
    }
    snn, yaml = open_text(client, GOOD), open_text(client, YAML, ".yaml")
    assert await snn.diagnostics() == await yaml.diagnostics() == []
    assert await hints(snn) == expected
    assert list((await hints(yaml)).values()) == list(expected.values())
    snn.replace("filters 8, kernel 3", "filters 16, kernel 3")
    assert (await hints(snn))[12] == "-> 6x7x7x16, 4,704 neurons, 5 cores"


async def test_hint_of_a_pool_has_its_costs(client: Client) -> None:
    text = network(
        """
        input i 12x12x1 in 0..1
        encode conv { filters 4 }
        maxpool p { window 2 }
        avgpool q { window 2 }
        dense d { units 8 }
        readout y { classes 2 }
        """
    )
    found = await hints(open_text(client, text))
    assert found[6] == "-> 6x6x4, 432 neurons, 2 cores"
    assert found[7] == "-> 3x3x4, folded"


async def test_hints_have_only_shapes_after_an_error(client: Client) -> None:
    found = await hints(open_text(client, GOOD.replace("units 64", "units")))
    assert found == {10: "-> 8x16x16x2", 12: "-> 6x7x7x8", 13: "-> 2x3x3x16"}


async def test_hints_of_visible_lines_come_before_comments(
    client: Client,
) -> None:
    document = open_text(client, GOOD.replace("stride 2 }", "stride 2 }  # half"))
    seen = types.Range(types.Position(12, 0), types.Position(13, 0))
    (hint,) = await document.ask(types.InlayHintParams, range=seen)
    before = document.text[: document.offset(hint.position)]
    assert before.endswith("stride 2 }")


async def test_large_network_is_reported_at_once_then_with_advice(
    client: Client,
) -> None:
    document = open_text(client, LARGE)
    first, recorded = await document.diagnostics()
    await client.until(lambda: client.told[document.uri].diagnostics[0] != first)
    second, _ = client.told[document.uri].diagnostics
    assert first.code == second.code == "SNN406"
    assert recorded.code == "SNN415"
    assert "help: write `filters" not in first.message
    assert "help: write `filters" in second.message
    assert (await hints(document))[3] == "16,384 neurons, 16 cores"


async def test_other_yaml_files_are_ignored(client: Client) -> None:
    document = open_text(client, "services: {}\n", ".yaml")
    assert await document.diagnostics() == []
    assert await hints(document) == {}
    document.replace("services: {}", "snn: 1\nnetwork: a")
    assert {d.code for d in await document.diagnostics()} == {"SNN218"}


async def test_no_request_runs_a_command(client: Client) -> None:
    document = open_text(client, GOOD)
    build = types.ExecuteCommandParams("snnc.build", [document.uri])
    with pytest.raises(JsonRpcException):
        await client.workspace_execute_command_async(build)
    features = SpecServer().protocol.fm
    assert not features.commands
    assert types.TEXT_DOCUMENT_CODE_LENS not in features.features


async def page(document: Document, words: str, inside: int = 1) -> str:
    place = document.at(words, inside)
    found = await document.ask(types.HoverParams, position=place)
    return "" if found is None else str(found.contents.value)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("conv3d c0", "`conv3d`: A spiking convolution over three axes."),
        ("loihi {", "`target loihi`: A Loihi system"),
        ("kernel 3", "`kernel`: The size of the kernel: one number or dims (3)."),
        (
            "1 ms }",
            "`synapse`: Time constant of the filter on the inputs (1 ms; 5 ms in "
            "edition 1).",
        ),
        ("synapse 1", "Units: `s`, `ms`, `us`."),
        ("adam {", "`adam`: Adam (Kingma and Ba, 2014)."),
        (
            "learning_rate",
            "`learning_rate`: The learning rate of the optimizer (1e-3).",
        ),
        ("clip 8", "**clip**: input, `8x16x16x1`, values in 0..1"),
        ("direction {", "**direction**: readout, `8`, host"),
        ("drift {", "**drift**: 2,704 neurons, 5 cores (5 of 128 cores, on 1 chip)"),
        ("drift {", "5 cores, the smallest possible number"),
        ("c0 {", "**c0**: conv3d, `6x7x7x8`, 2,352 neurons, 3 cores"),
        ("c0 {", "compartments 77 %, in-axons 22 %, out-axons 1 %, synapses 14 %"),
        ("c0 {", "c0: 3 cores. 2352 neurons alone need 3 (1024 per core)."),
        (
            "in 0..1",
            "`in`: The range of the values, which data must not exceed: `0..1`.",
        ),
        # In YAML
        ("conv3d: {name: c0", "`conv3d`: A spiking convolution over three axes."),
        ("c0, filters", "**c0**: conv3d, `6x7x7x8`, 2,352 neurons, 3 cores"),
        ("kernel: 3", "`kernel`: The size of the kernel"),
        ("shape:", "`shape`: The input's shape, channels last"),
    ],
)
async def test_hover_describes_the_word(client: Client, words: str, said: str) -> None:
    text, suffix = (GOOD, ".snn") if words in GOOD else (YAML, ".yaml")
    assert said in await page(open_text(client, text, suffix), words)


@pytest.mark.parametrize(
    ("right", "wrong", "words", "said"),
    [
        ("units 64", "unit 64", "unit 64", "**SNN203: "),
        ("kernel 3, stride 1x2x2", "kernel", "conv3d c0", "A spiking convolution"),
    ],
)
async def test_hover_on_a_problem_has_the_page_of_its_rule(
    client: Client, right: str, wrong: str, words: str, said: str
) -> None:
    assert said in await page(open_text(client, GOOD.replace(right, wrong)), words)


async def test_hover_on_a_blank_line_is_empty(client: Client) -> None:
    assert await page(open_text(client, GOOD), "\n\n  input", 0) == ""


async def colours(document: Document) -> list[tuple[str, str, list[str]]]:
    found = await document.ask(types.SemanticTokensParams)
    line = column = 0
    shown = []
    for at in range(0, len(found.data), 5):
        lines, columns, length, kind, bits = found.data[at : at + 5]
        column = columns if lines else column + columns
        line += lines
        ends = types.Position(line, column), types.Position(line, column + length)
        modifiers = [m for i, m in enumerate(MODIFIERS) if bits >> i & 1]
        text = document.text_at(types.Range(*ends))
        shown.append((text, COLOURED[kind], modifiers))
    return shown


async def test_words_have_their_colours(client: Client) -> None:
    text = network(
        """
        input i 8x8x1 in 0..1  # \N{BRAIN} a remark
        encode rate e
        dense a { units 4, rate ..250 Hz }
        dense b from a, e { units 4, padding same, lstm }
        """
    )
    found = await colours(open_text(client, text))
    for shown in (
        ("network", "keyword", []),
        ("# \N{BRAIN} a remark", "comment", []),
        ("rate", "type", []),
        ("a", "variable", ["declaration"]),
        ("a", "variable", []),
        ("units", "property", []),
        ("..250", "number", []),
        ("same", "enumMember", []),
        ("from", "operator", []),
        ("lstm", "keyword", ["deprecated"]),
    ):
        assert shown in found


async def test_words_in_yaml_have_colours(client: Client) -> None:
    found = await colours(open_text(client, YAML, ".yaml"))
    assert ("conv3d", "keyword", []) in found
    assert ("c0", "variable", ["declaration"]) in found


@pytest.mark.parametrize(("text", "suffix"), [(GOOD, ".snn"), (YAML, ".yaml")])
async def test_the_outline_has_layers_with_their_shapes(
    client: Client, text: str, suffix: str
) -> None:
    document = open_text(client, text, suffix)
    (whole,) = await document.ask(types.DocumentSymbolParams)
    assert whole.name == "drift"
    shown = {s.name: s.detail for s in whole.children}
    assert shown["c0"] == "conv3d 6x7x7x8"
    assert shown["train"] is None
    for symbol in (whole, *whole.children):
        outer, inner = symbol.range, symbol.selection_range
        assert document.offset(outer.start) <= document.offset(inner.start)
        assert document.offset(inner.end) <= document.offset(outer.end)


async def test_parts_on_several_lines_can_be_folded(client: Client) -> None:
    text = GOOD.replace("\n  conv3d c0", "\n  # one\n  # two\n  conv3d c0")
    document = open_text(client, text)
    found = await document.ask(types.FoldingRangeParams)
    lines = text.split("\n")
    shown = {(lines[f.start_line].strip(), lines[f.end_line].strip()) for f in found}
    assert {("network drift {", "}"), ("train {", "}"), ("# one", "# two")} <= shown
