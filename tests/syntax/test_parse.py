"""Text to located syntax: what good specs become."""

from pathlib import Path
from typing import Any

import lark
import pytest

from benchmarks.walks import compile_text, walk
from snnc.diagnostics import Diagnostics
from snnc.language import tree
from snnc.passes.parse import parse
from snnc.source import SourceFile, grammar_path
from snnc.syntax.build import UnitMarker
from tests.support import SPECS, codes, network

GRAMMAR = lark.Lark(
    grammar_path().read_text(),
    start="document",
    parser="lalr",
    lexer="basic",
    postlex=UnitMarker(),
)


def parse_body(body: str) -> tuple[tree.Statement, ...]:
    """Parse statements in a network on one line."""
    report = Diagnostics()
    document = parse(SourceFile("x.snn", f"snn 1\nnetwork n {{ {body} }}"), report)
    assert report.diagnostics == ()
    return document.statements


def value(text: str) -> tree.Value:
    (statement,) = parse_body(f"dense d {{ key {text} }}")
    assert statement.properties is not None
    return statement.properties[0].value


@pytest.mark.parametrize("spec", SPECS, ids=lambda path: path.stem)
def test_the_grammar_of_a_whole_document_agrees(spec: Path) -> None:
    text = spec.read_text()
    whole = list(GRAMMAR.parse(text).find_data("statement"))
    document = parse(SourceFile(spec.name, text), Diagnostics())
    assert len(whole) == len(document.statements)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3", (3,)),
        ("-3", (-3,)),
        ("0.5", (0.5,)),
        (".5", (0.5,)),
        ("1e-3", (0.001,)),
        ("+2.5E2", (250.0,)),
        ("20..150 Hz", (20, 150, "Hz")),
        ("..250", (None, 250, None)),
        ("-1..1", (-1, 1, None)),
        ("0...5", (0, 0.5, None)),
        ("1e1..1.5e2 Hz", (10.0, 150.0, "Hz")),
        ("5..", (5, None, None)),
        (r'"a \"b\" \\ \n # { \t"', ('a "b" \\ \n # { \t',)),
    ],
)
def test_literal_has_its_value_and_type(
    text: str, expected: tuple[object, ...]
) -> None:
    found: Any = value(text)
    assert found.span.text == text
    parts = [getattr(found, name) for name in found.__slots__ if name != "span"]
    parts = [part.text if isinstance(part, tree.Word) else part for part in parts]
    assert [(type(part), part) for part in parts] == [(type(e), e) for e in expected]


def test_kinds_without_a_variant_take_one_word_as_name() -> None:
    (found,) = parse_body("dense rate { units 3 }")
    assert found.variant is None
    assert found.name is not None
    assert found.name.text == "rate"


@pytest.mark.parametrize(
    ("body", "keys", "unit"),
    [
        ("kernel 3 padding same", ["kernel", "padding"], None),
        ("dt 5 ms present 60 ms", ["dt", "present"], "ms"),
        ("dt 5 msec present 60 ms", ["dt", "present"], "msec"),
        ("dt 5 msec, present 60 ms", ["dt", "present"], "msec"),
        ("kernel 3 pading same", ["kernel", "pading"], None),
        ("kernel 3 foo", ["kernel"], "foo"),
        ("dt 5 ms\n  neuron lif", ["dt", "neuron"], "ms"),
    ],
)
def test_word_after_a_number_is_a_unit_or_a_key(
    body: str, keys: list[str], unit: str | None
) -> None:
    (found,) = parse_body(f"dense d {{ {body} }}")
    assert found.properties is not None
    assert [item.key.text for item in found.properties] == keys
    first = found.properties[0].value
    assert (first.unit.text if isinstance(first, tree.Quantity) else None) == unit


def test_comments_are_found_in_order() -> None:
    lines = ("#top", "snn 1 # edition", "network n {", '  about "no # comment"  #')
    text = "\n".join((*lines, "  #   indented \t", "}", "# end"))
    comments = parse(SourceFile("x.snn", text), Diagnostics()).comments
    assert [(c.text, c.span.text, c.trailing) for c in comments] == [
        ("top", "#top", False),
        ("edition", "# edition", True),
        ("", "#", True),
        ("  indented", "#   indented", False),
        ("end", "# end", False),
    ]


READOUT = "  readout r { units 1 }\n"
LAYERS = "".join(f"  dense d{i} {{ units {{}} }}\n" for i in range(300))
KEYS = " ".join(f"k{i} 1" for i in range(300))


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (LAYERS.replace("{}", ""), "SNN107"),
        (LAYERS.replace("{}", "0") + READOUT, "SNN206"),
        (READOUT.replace("}", f"{KEYS} }}"), "SNN203"),
    ],
    ids=["problems", "wrong values", "wrong properties of one statement"],
)
def test_parsing_stops_after_100_problems(body: str, code: str) -> None:
    text = network(f"  input x 3 in 0..1\n{body}")
    assert codes(text) == [code] * 100 + ["SNN120"]


def test_parsing_takes_few_calls_between_files() -> None:
    counted = walk(lambda: compile_text("parse"))
    assert len(counted.files) <= 15
    assert 0 < counted.moves <= 200
