"""Text to located syntax: what good specs become."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import lark
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.walks import compile_text, walk
from snnc.diagnostics import Diagnostics
from snnc.language import tree
from snnc.language.keywords import HEADERS
from snnc.passes.parse import parse
from snnc.source import SourceFile
from snnc.syntax.build import Token, build, tokens
from tests.fuzz.texts import FRAGMENTS
from tests.support import ROOT, SPECS, codes, network


class EveryToken:
    """Keeps the tokens that no rule of the grammar has."""

    always_accept = ("MALFORMED", "UNTERMINATED", "UNKNOWN", "NEWLINE")

    def process(self, stream: Iterator[lark.Token]) -> Iterator[lark.Token]:
        return stream


GRAMMAR: Any = lark.Lark(
    (ROOT / "grammar" / "snn.lark").read_text(),
    start=["document", "statement", "value"],
    parser="lalr",
    lexer="basic",
    postlex=EveryToken(),
)
HEAD = "snn 1\nnetwork n {\n"


def grammar_type(token: Token, start: str) -> str:
    """Return the type of a token in the grammar, where header words are keywords."""
    is_header = start == "document" and token in HEADERS
    return token.upper() if is_header else token.type


def accepted(found: Sequence[Token], start: str) -> tuple[bool, int]:
    """Return whether Lark accepts the tokens, and how many it reads."""
    parser = GRAMMAR.parse_interactive("", start=start)
    index = 0
    try:
        for index, token in enumerate(found):  # noqa: B007
            parser.feed_token(lark.Token(grammar_type(token, start), str(token)))
        index = len(found)
        parser.feed_token(lark.Token("$END", ""))
    except lark.UnexpectedToken:
        return False, index
    return True, index


def parse_body(body: str) -> tuple[tree.Statement, ...]:
    report = Diagnostics()
    document = parse(SourceFile("x.snn", f"{HEAD}{body}\n}}\n"), report)
    assert report.diagnostics == ()
    return document.statements


def value(text: str) -> tree.Value:
    (statement,) = parse_body(f"dense d {{ key {text} }}")
    assert statement.properties is not None
    return statement.properties[0].value


def test_the_grammar_has_all_specs() -> None:
    for spec in SPECS:
        found = tokens(SourceFile(spec.name, spec.read_text()).whole)
        assert accepted(found, "document") == (True, len(found))


LINES = [line for spec in SPECS for line in spec.read_text().splitlines()]
SPLICED = st.tuples(st.sampled_from(LINES), FRAGMENTS, st.integers(0, 80)).map(
    lambda parts: parts[0][: parts[2]] + parts[1] + parts[0][parts[2] :]
)


@given(st.one_of(FRAGMENTS, SPLICED))
def test_lark_reads_the_same_tokens_and_statements(text: str) -> None:
    found = tokens(SourceFile("x.snn", text).whole)
    theirs = GRAMMAR.parse_interactive(text, start="statement").lexer_thread
    assert [str(token) for token in found] == list(theirs.lex(None))
    for start in ("statement", "value") if found else ():
        made, index = build(found, start)
        assert (made is not None, index) == accepted(found, start)


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
def test_values(text: str, expected: tuple[object, ...]) -> None:
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
def test_a_word_behind_a_number_is_a_unit_or_a_key(
    body: str, keys: list[str], unit: str | None
) -> None:
    (found,) = parse_body(f"dense d {{ {body} }}")
    assert found.properties is not None
    assert [item.key.text for item in found.properties] == keys
    first = found.properties[0].value
    assert (first.unit.text if isinstance(first, tree.Quantity) else None) == unit


def test_a_network_may_stand_on_one_line() -> None:
    report = Diagnostics()
    text = "snn 1\nnetwork n { input x 3 in 0..1 }"
    document = parse(SourceFile("x.snn", text), report)
    assert report.diagnostics == ()
    assert [statement.kind.text for statement in document.statements] == ["input"]


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
def test_reading_ends_at_a_hundred(body: str, code: str) -> None:
    text = network(f"  input x 3 in 0..1\n{body}")
    assert codes(text) == [code] * 100 + ["SNN120"]


def test_text_becomes_located_syntax_in_few_moves_between_files() -> None:
    counted = walk(lambda: compile_text("parse"))
    assert len(counted.files) <= 15
    assert 0 < counted.moves <= 200
