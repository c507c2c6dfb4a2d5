"""Diagnostics as text and as JSON."""

from __future__ import annotations

import json
import re

from hypothesis import given
from hypothesis import strategies as st

from snnc.diagnostics import Diagnostic, Diagnostics, Fix, Label, Severity
from snnc.diagnostics.diagnostic_text import describe_fix, expand, render
from snnc.diagnostics.machine_formats import document
from snnc.source import SourceFile, Span


class Example(Diagnostic):
    """An example."""

    code = "SNN999"
    title = "example"
    message = "`{word}` is wrong"
    label = "here"
    notes = ("the shape is {shape}",)
    help = "{advice}"

    word: str = "it"
    shape: tuple[int, ...] = (3, 4)
    advice: str = ""


class Mild(Example):
    """A warning."""

    code = "SNN998"
    severity = Severity.WARNING


def place(text: str, part: str, name: str = "a.snn") -> Span:
    start = text.index(part)
    return Span(SourceFile(name, text), start, start + len(part))


def test_a_whole_diagnostic() -> None:
    text = "one\ntwo\nthree\nfour five\n"
    span = place(text, "five")
    related = Span(span.source, 0, 3)
    found = Example(span=span, related=(Label(related, "first"),), advice="write `six`")
    assert render([found]) == (
        "error[SNN999]: `it` is wrong\n"
        " --> a.snn:4:6\n"
        "  |\n"
        "1 | one\n"
        "  | --- first\n"
        "...\n"
        "4 | four five\n"
        "  |      ^^^^ here\n"
        "  = note: the shape is 3x4\n"
        "  = help: write `six`\n"
        "\n"
        "1 error\n"
    )


def caret_line(span: Span) -> str:
    lines = render([Example(span=span)]).splitlines()
    return next(line for line in lines if "^" in line)


def test_carets_stand_under_wide_and_combining_characters_and_tabs() -> None:
    assert caret_line(place("\tab x", "x")) == "  |        ^ here"
    assert caret_line(place("網路 x", "x")) == "  |      ^ here"
    assert caret_line(place("網路 x", "路")) == "  |   ^^ here"
    assert caret_line(place("e\u0301 x", "x")) == "  |   ^ here"


def test_empty_places_and_the_end_of_the_file_get_one_caret() -> None:
    source = SourceFile("a.snn", "ab\n")
    assert caret_line(Span(source, 1, 1)) == "  |  ^ here"
    assert caret_line(Span(source, 2, 2)) == "  |   ^ here"
    assert caret_line(Span(source, 3, 3)) == "  | ^ here"


def test_a_place_over_several_lines_is_underlined_to_the_line_s_end() -> None:
    assert caret_line(place("ab cd\nef", "cd\nef")) == "  |    ^^ here"


def test_a_file_without_text_has_no_snippet() -> None:
    found = Example(span=Span(SourceFile("a.snn", ""), 0, 0))
    assert "|" not in render([found])


def test_a_long_line_is_shown_around_the_place() -> None:
    text = "a" * 5000 + " x " + "b" * 5000
    lines = render([Example(span=place(text, "x"))]).splitlines()
    shown = next(line for line in lines if "aaa" in line)
    caret = next(line for line in lines if "^" in line)
    assert len(shown) < 200
    assert shown[caret.index("^")] == "x"


def test_control_characters_do_not_reach_the_terminal() -> None:
    text = "a \x1b[31mb\x07 c"
    printed = render([Example(span=place(text, "c"), word="\x1b[0m")])
    assert "\x1b" not in printed
    assert "\x07" not in printed


def test_colour_only_on_request_and_never_in_the_words() -> None:
    found = [Example(span=place("ab cd", "cd"), advice="no")]
    coloured = render(found, colour=True)
    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == render(found)


def test_the_last_line_counts() -> None:
    span = place("ab", "a")
    both = [Example(span=span), Example(span=span, word="b"), Mild(span=span)]
    assert render(both).splitlines()[-1] == "2 errors, 1 warning"
    assert render([Mild(span=span)]).splitlines()[-1] == "1 warning"
    assert render([]) == ""


def test_a_fix_is_told_where_there_is_no_help() -> None:
    span = place("ab cd", "cd")
    fix = Fix(span, "ef")
    assert "= fix: replace `cd` with `ef`" in render([Example(span=span, fix=fix)])
    assert "fix:" not in render([Example(span=span, fix=fix, advice="write `ef`")])


def test_fixes_in_words() -> None:
    text = "ab\n  cd"
    source = SourceFile("a.snn", text)
    assert describe_fix(Fix(Span(source, 2, 2), " }")) == "insert `}`"
    assert describe_fix(Fix(Span(source, 0, 2), "")) == "remove `ab`"
    assert describe_fix(Fix(Span(source, 2, 5), " ")) == "join the lines"
    assert describe_fix(Fix(Span(source, 3, 5), "\n")) == "break the line"


def test_json() -> None:
    text = "one\ntwo é three\n"
    span = place(text, "three")
    related = (Label(Span(span.source, 0, 3), "first"),)
    fix = Fix(span, "four")
    found = Example(span=span, advice="help", related=related, fix=fix)
    assert json.loads(json.dumps(document([found]))) == {
        "version": 1,
        "diagnostics": [
            {
                "code": "SNN999",
                "severity": "error",
                "message": "`it` is wrong",
                "file": "a.snn",
                "line": 2,
                "column": 7,
                "end_line": 2,
                "end_column": 12,
                "label": "here",
                "notes": ["the shape is 3x4"],
                "help": "help",
                "related": [
                    {
                        "message": "first",
                        "file": "a.snn",
                        "line": 1,
                        "column": 1,
                        "end_line": 1,
                        "end_column": 4,
                    }
                ],
                "fix": {
                    "description": "replace `three` with `four`",
                    "start": {"line": 2, "column": 7},
                    "end": {"line": 2, "column": 12},
                    "replacement": "four",
                    "unsafe": False,
                },
            }
        ],
    }
    assert document([Example(span=span)])["diagnostics"][0]["fix"] is None


def test_a_report_sorts_counts_and_keeps_one_of_equal_ones() -> None:
    source = SourceFile("a.snn", "abc")
    late, early = Span(source, 2, 3), Span(source, 0, 1)
    report = Diagnostics(limit=2)
    report.add(Example(span=late))
    report.add(Mild(span=early))
    report.add(Example(span=late))
    assert [d.span for d in report.diagnostics] == [early, late]
    assert (report.errors, report.warnings, report.full) == (1, 1, False)
    report.add(Example(span=early))
    assert report.full


@given(st.text(max_size=40).filter(lambda text: "\n" not in text))
def test_a_line_is_shown_as_wide_as_its_columns_say(text: str) -> None:
    shown, columns = expand(text)
    assert len(columns) == len(text) + 1
    assert columns == sorted(columns)
    assert expand(shown)[1][-1] == columns[-1]


@given(st.text(max_size=60), st.data())
def test_any_place_of_any_text_can_be_shown(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    found = Example(span=Span(SourceFile("a.snn", text), start, end))
    printed = render([found])
    assert printed.count("^") == 0 if not text else printed.count("^") >= 1
