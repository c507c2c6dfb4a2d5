"""No text leaves its place in Markdown."""

from __future__ import annotations

from snnc.report.markdown import code, prose, table


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
