"""Numbers, tables and foreign text as one line that commands nothing."""

import ast

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from snnc.text.tables import (
    align,
    cells,
    code,
    counted,
    human,
    percent,
    printable,
    prose,
    table,
)
from snnc.verbs.report.summary import report_of
from tests.support import ROOT, sound

ANY = st.text(st.characters(codec=None), max_size=40)


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0, "", "0"),
        (9.6, "", "9.6"),
        (999.4, "", "999"),
        (999.6, "", "1.00 k"),
        (85_800, "", "85.8 k"),
        (1e6, "", "1.00 M"),
        (7.5e13, "", "7.50e+04 G"),
        (16.9e-6, "J", "16.9 uJ"),
        (2.5e-15, "J", "0.00250 pJ"),
        (1, "J", "1 J"),
    ],
)
def test_numbers_have_three_digits_and_a_prefix(
    value: float, unit: str, text: str
) -> None:
    assert human(value, unit) == text


def test_columns_are_aligned() -> None:
    rows = [("layer", "rate"), ("c0", "7 Hz"), ("longest", "150 Hz"), ("x", "")]
    assert align(rows, "<>") == [
        "layer      rate",
        "c0         7 Hz",
        "longest  150 Hz",
        "x",
    ]


def test_shares_and_counts_have_words() -> None:
    assert percent(0.12345) == "12.3 %"
    assert [counted(n, "core") for n in (0, 1, 2)] == ["0 cores", "1 core", "2 cores"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Größe 数字 🧿", "Größe 数字 🧿"),
        ("\x1b[2Jgone", "\\x1b[2Jgone"),
        ("a\u202eb\u2028c\u200b", "a\\u202eb\\u2028c\\u200b"),
        ("a\n::error::x\r\t", "a\\n::error::x\\r\\t"),
        ("::error::x", "\\x3a:error::x"),
        (" \t::error::x", " \\t\\x3a:error::x"),
        ("a ::b", "a ::b"),
        ("see ##[error]x and ##vso[task]", "see \\x23#[error]x and \\x23#vso[task]"),
        ("##[section]", "\\x23#[section]"),
        ("## [section]", "## [section]"),
        ("caf\udce9.snn", "caf\\udce9.snn"),
        ("\U000e0001", "\\U000e0001"),
    ],
)
def test_control_characters_and_ci_commands_are_escaped(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(ANY)
@example("###[x]")
def test_printable_text_is_one_line_without_ci_commands(text: str) -> None:
    shown = printable(text)
    assert shown.isprintable()
    assert not shown.strip().startswith("::")
    assert "##[" not in shown
    assert "##vso[" not in shown
    assert printable(shown) == shown


@given(ANY)
def test_the_escapes_are_those_of_python(text: str) -> None:
    escaped = [c.replace("\\", "\\\\") if c == "\\" else c for c in cells(text)]
    literal = "".join(escaped).replace('"', '\\"')
    assert ast.literal_eval(f'"{literal}"') == text


def test_newer_unicode_is_escaped_on_every_python() -> None:
    assert cells("🧿", on_every_python=True) == ["\\U0001f9ff"]


@pytest.mark.parametrize(
    ("text", "span"), [("a`b|c\n", "``a`b\\|c\\n``"), ("`", "`` ` ``"), ("", "")]
)
def test_a_code_span_holds_backticks_pipes_and_line_ends(text: str, span: str) -> None:
    assert code(text) == span


@pytest.mark.parametrize(
    ("said", "markdown"),
    [
        ("`a_b[0]` of <img src=x> is", r"`a_b[0]` of \<img src=x\> is"),
        ("**bold**", r"\*\*bold\*\*"),
        ("| a [link](x) & co, &lt;, conv_2d", r"\| a \[link\](x) & co, \&lt;, conv_2d"),
        ("a ` b <b>", r"a \` b \<b\>"),
        ("`x` ` <b>", r"`x` \` \<b\>"),
    ],
)  # fmt: skip
def test_a_sentence_has_no_markup_but_its_code(said: str, markdown: str) -> None:
    assert prose(said) == markdown


def test_a_row_is_one_line() -> None:
    assert list(table(("a", "b"), [("c", code("d|\n"))], right=(1,))) == [
        "| a | b |",
        "| --- | ---: |",
        "| c | `d\\|\\n` |",
    ]


def test_about_is_escaped_in_every_format() -> None:
    spec = (ROOT / "specs/mnist.snn").read_text(encoding="utf-8")
    told = "Handwritten digits with two strided convolutions."
    about = "a\\n::error::b <b> | `c` ##[error]\u202e \x1b[2J\u2028"
    assert told in spec
    report = report_of(sound(spec.replace(told, about), "route"))
    for text in (report.markdown(), report._repr_html_()):
        assert text.replace("\n", "").isprintable()
        assert "##[" not in text
        assert not any(line.strip().startswith("::") for line in text.splitlines())
        assert "<b>" not in text.replace("\\<b\\>", "")
