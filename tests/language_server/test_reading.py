"""Hover texts, colours, outline and folds, as clients see them."""

from __future__ import annotations

import pytest
from lsprotocol import types

from snnc.language_server.requests import COLOURED, MODIFIERS
from tests.language_server.editor import GOOD, YAML, Client, Document, open_text
from tests.support import network

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.xdist_group("language_server"),
]


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
        ("5 ms", "`synapse`: Time constant of the filter on the inputs (5 ms)."),
        ("synapse 5", "Units: `s`, `ms`, `us`."),
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
    ],
)
async def test_what_words_mean(client: Client, words: str, said: str) -> None:
    assert said in await page(open_text(client, GOOD), words)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("conv3d: {name: c0", "`conv3d`: A spiking convolution over three axes."),
        ("c0, filters", "**c0**: conv3d, `6x7x7x8`, 2,352 neurons, 3 cores"),
        ("kernel: 3", "`kernel`: The size of the kernel"),
        ("shape:", "`shape`: The input's shape, channels last"),
    ],
)
async def test_yaml_says_the_same(client: Client, words: str, said: str) -> None:
    assert said in await page(open_text(client, YAML, ".yaml"), words)


async def test_a_problem_has_the_page_of_its_rule(client: Client) -> None:
    document = open_text(client, GOOD.replace("units 64", "unit 64"))
    assert "**SNN203: " in await page(document, "unit 64")


async def test_a_broken_statement_still_has_words(client: Client) -> None:
    document = open_text(client, GOOD.replace("kernel 3, stride 1x2x2", "kernel"))
    assert "A spiking convolution" in await page(document, "conv3d c0")


async def test_nothing_is_said_of_nothing(client: Client) -> None:
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


async def test_every_word_has_its_colour(client: Client) -> None:
    text = network(
        """
        input i 8x8x1 in 0..1  # \N{BRAIN} a remark
        encode rate e
        dense a { units 4, rate ..250 Hz }
        dense b from a, e { units 4, padding same, upsample }
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
        ("upsample", "keyword", ["deprecated"]),
    ):
        assert shown in found


async def test_in_yaml_the_words_of_specs_have_colours(client: Client) -> None:
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


async def test_what_stands_on_several_lines_folds(client: Client) -> None:
    text = GOOD.replace("\n  conv3d c0", "\n  # one\n  # two\n  conv3d c0")
    document = open_text(client, text)
    found = await document.ask(types.FoldingRangeParams)
    lines = text.split("\n")
    shown = {(lines[f.start_line].strip(), lines[f.end_line].strip()) for f in found}
    assert {("network drift {", "}"), ("train {", "}"), ("# one", "# two")} <= shown
