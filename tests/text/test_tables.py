"""No text leaves its place in Markdown."""

from __future__ import annotations

from snnc.text.tables import code, prose, table
from snnc.tools.report.html import page
from snnc.tools.report.summary import summarise
from snnc.tools.report.text import markdown
from tests.support import ROOT, sound

MNIST = (ROOT / "specs/mnist.snn").read_text(encoding="utf-8")


def test_a_code_span_holds_backticks_pipes_and_line_ends() -> None:
    assert code("a`b|c\n") == "``a`b\\|c\\n``"
    assert code("`") == "`` ` ``"
    assert code("") == ""


def test_a_sentence_has_no_markup_but_its_code() -> None:
    said = "`a_b[0]` of <img src=x> is **bold** | a [link](x) & co, &lt;, conv_2d"
    assert prose(said) == (
        r"`a_b[0]` of \<img src=x\> is \*\*bold\*\* \| a \[link\](x) & co, \&lt;,"
        " conv_2d"
    )


def test_a_backtick_without_its_other_is_a_letter() -> None:
    assert prose("a ` b <b>") == r"a \` b \<b\>"
    assert prose("`x` ` <b>") == r"`x` \` \<b\>"


def test_a_row_is_one_line() -> None:
    assert list(table(("a", "b"), [("c", code("d|\n"))], right=(1,))) == [
        "| a | b |",
        "| --- | ---: |",
        "| c | `d\\|\\n` |",
    ]


ABOUT = "a\n::error::b <b> | `c` ##[error]\u202e \x1b[2J\u2028"


def test_what_a_spec_says_of_itself_stays_text_in_every_format() -> None:
    told = "Handwritten digits with two strided convolutions."
    text = MNIST.replace(told, ABOUT.replace("\n", "\\n"))
    assert text != MNIST
    summary = summarise(sound(text, "route"))
    for text in (markdown(summary), page(summary)):
        assert text.replace("\n", "").isprintable()
        assert "##[" not in text
        assert not any(line.strip().startswith("::") for line in text.splitlines())
        assert "<b>" not in text.replace("\\<b\\>", "")
