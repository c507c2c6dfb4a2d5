"""Broken text: one mistake gives one diagnostic, and the rest is read."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snnc.diagnostics import Diagnostics, machine_formats
from snnc.diagnostics.diagnostic_text import render
from snnc.language import tree
from snnc.language.keywords import KEYS, KINDS, REFUSED, UNITS
from snnc.passes.parse import parse
from snnc.passes.validate import validate
from snnc.source import SourceFile, Span
from tests.support import codes, network

DRIFT = (Path(__file__).parents[2] / "specs" / "drift.snn").read_text()

MUTATIONS = [
    ("stride 1x2x2 }", "stride 1x2x2", "SNN105", 12),
    ("    l2 5e-5\n  }\n", "    l2 5e-5\n", "SNN105", 22),
    ("}\n}\n", "}\n", "SNN105", 23),
    ("1x2x2 }\n  conv3d", "1x2x2 conv3d", "SNN105", 12),
    ("snn 1", "sn 1", "SNN109", 1),
    ("network", "netwrok", "SNN111", 3),
    ("{ classes 8, decide last }", "{ classes [a, b }", "SNN105", 15),
    ("{ classes 8, decide last }", "{ classes [a, {b]}", "SNN105", 15),
    ("in 0..1", "in 0..1 }", "SNN106", 9),
    ("  train {", "}\n  train {", "SNN106", 17),
    ("kernel 3, stride 2", "kernel, stride 2", "SNN107", 13),
    ("kernel 3, stride 2", "kernel\n  stride 2", "SNN107", 13),
    ("kernel 3, stride 2", "kernel stride 2", "SNN107", 13),
    ("kernel 3, stride 2", "kernel 3 stride", "SNN107", 13),
    ("0.2 }\n", "0.2 }", "SNN108", 14),
    ("snn 1\n", "", "SNN109", 2),
    ("  input clip", "  input clip clap", "SNN100", 9),
    ("dense d0 {", "dense d0 from {", "SNN100", 14),
    ("dense d0 {", "dense d0\n  {", "SNN116", 15),
    ("5e-5\n  }\n}", "5e-5\n  }\n}\nend", "SNN112", 25),
]


def front_end(text: str) -> tuple[tree.Document, Diagnostics]:
    report = Diagnostics()
    document = parse(SourceFile("x.snn", text), report)
    validate(document, report)
    return document, report


@pytest.mark.parametrize(("old", "new", "code", "line"), MUTATIONS)
def test_a_mutation_is_found_where_it_is(
    old: str, new: str, code: str, line: int
) -> None:
    assert old in DRIFT
    _, report = front_end(DRIFT.replace(old, new, 1))
    found = [(d.code, d.span.first.line) for d in report.diagnostics]
    assert found == [(code, line)]


def test_ten_mistakes_give_ten_diagnostics_in_order() -> None:
    text = DRIFT
    mistakes = [
        ('digit."', "digit.", "SNN103"),
        ("loihi {", "lohi {", "SNN201"),
        ("60 ms", "60", "SNN207"),
        ("150 Hz", "150 hz", "SNN208"),
        ("in 0..1", "in 1..0", "SNN206"),
        ("filters 2", "filtres 2", "SNN203"),
        ("filters 8", "filters 8.5", "SNN205"),
        ("conv3d c1", "conv3 c1", "SNN200"),
        ("dropout 0.2", "dropout", "SNN107"),
        ("learning_rate 1e-3", "learning_rate = 1e-3", "SNN115"),
    ]
    for old, new, _ in mistakes:
        text = text.replace(old, new, 1)
    _, report = front_end(text)
    assert [d.code for d in report.diagnostics] == [code for *_, code in mistakes]


def test_the_end_of_a_line_is_an_empty_place() -> None:
    _, report = front_end(DRIFT.replace("drift {", "drift", 1))
    (found,) = report.diagnostics
    assert (found.code, found.span.text) == ("SNN100", "")
    assert (found.span.first.line, found.span.first.column) == (3, 14)


def test_a_statement_with_a_missing_brace_is_still_understood() -> None:
    text = DRIFT.replace("stride 1x2x2 }", "stride 1x2x2", 1)
    document, _ = front_end(text)
    found = next(s for s in document.statements if s.name and s.name.text == "c0")
    assert not found.broken
    assert found.properties is not None
    assert len(found.properties) == 3


def test_a_broken_statement_keeps_its_name() -> None:
    document, _ = front_end(DRIFT.replace("filters 8,", "filters,", 1))
    broken = [s for s in document.statements if s.broken]
    assert [s.name.text for s in broken if s.name] == ["c0"]


def test_reading_ends_at_a_hundred_problems() -> None:
    lines = "".join(f"  dense d{i} {{ units }}\n" for i in range(300))
    assert codes(network(lines)) == ["SNN107"] * 100 + ["SNN120"]


def test_reading_ends_at_a_hundred_wrong_values() -> None:
    lines = "".join(f"  dense d{i} {{ units 0 }}\n" for i in range(300))
    body = f"  input x 3 in 0..1\n{lines}  readout r {{ units 1 }}\n"
    assert codes(network(body)) == ["SNN206"] * 100 + ["SNN120"]


def test_a_hundred_wrong_properties_of_one_statement_are_enough() -> None:
    keys = " ".join(f"k{i} 1" for i in range(300))
    body = f"  input x 3 in 0..1\n  readout r {{ units 1 {keys} }}\n"
    assert codes(network(body)) == ["SNN203"] * 100 + ["SNN120"]


HOSTILE = {
    "nothing": "",
    "comments": "# a\n\n# b",
    "null": "\0",
    "escape": "\x1b[31m",
    "braces": "{" * 50_000,
    "closers": "}" * 50_000,
    "brackets": "snn 1\nnetwork n {\n dense d { block " + "[" * 50_000,
    "groups": "snn 1\nnetwork n {\n dense d { " + "a b { " * 10_000,
    "huge number": "snn 1\nnetwork n {\n dense d { units " + "9" * 50_000 + " }\n}",
    "huge exponent": "snn 1\nnetwork n {\n dense d { l2 1e999999 }\n}",
    "huge dims": "snn 1\nnetwork n {\n input x " + "9x" * 20_000 + "9 in 0..1\n}",
    "lines": "\n" * 100_000,
    "long name": "snn 1\nnetwork " + "a" * 50_000 + " {\n}",
    "quotes": '"' * 50_001,
    "second header": "snn 1\nsnn 1\nnetwork a {\n}\n",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_text_gives_a_diagnostic(text: str) -> None:
    _, report = front_end(text)
    assert 1 <= report.errors <= 101
    assert len(render(report.diagnostics)) < 100_000


OTHERS = (
    '{ } [ ] , 3 0.5 3x3 20..150 ..250 -1..1 "a" " # = : loihi conv rate lif relu adam'
    " focal from in as on off snn network a b class 1e999 \\ é 0x 5ms"
)
WORDS = st.sampled_from(
    [*sorted(KINDS | KEYS | REFUSED | UNITS), *OTHERS.split(), "\n"]
)
SOUP = st.lists(WORDS, max_size=60).map(" ".join)
STATEMENTS = st.lists(st.sampled_from(DRIFT.splitlines()) | SOUP, max_size=12)
TEXTS = (
    st.text(max_size=300)
    | SOUP
    | STATEMENTS.map("\n".join)
    | STATEMENTS.map(lambda lines: "snn 1\nnetwork n {\n" + "\n".join(lines) + "\n}\n")
)


def spans_of(node: object) -> list[Span]:
    if isinstance(node, Span):
        return [node]
    if isinstance(node, tuple):
        return [span for part in node for span in spans_of(part)]
    fields = getattr(type(node), "__dataclass_fields__", {})
    if "source" in fields:
        return []
    return [span for name in fields for span in spans_of(getattr(node, name))]


@pytest.mark.slow
@settings(max_examples=200)
@given(TEXTS)
def test_any_text_is_read_or_refused(text: str) -> None:
    document, report = front_end(text)
    assert report.errors or document.network is not None
    render(report.diagnostics, colour=True)
    machine_formats.document(report.diagnostics)
    source = document.span.source
    for span in spans_of(document):
        assert 0 <= span.start <= span.end <= len(source.text)
    for statement in document.statements:
        if not statement.broken:
            assert statement.kind.span.text == statement.kind.text


@pytest.mark.slow
@settings(max_examples=100)
@given(st.integers(0, len(DRIFT) - 1), st.integers(1, 40))
def test_a_spec_with_a_hole_is_read_or_refused(start: int, size: int) -> None:
    _, report = front_end(DRIFT[:start] + DRIFT[start + size :])
    assert report.errors <= 8
