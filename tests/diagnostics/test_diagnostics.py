"""Diagnostics as text, as JSON, as GitHub annotations and as SARIF."""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from snnc.diagnostics import Diagnostic, Diagnostics, Fix, Label, Severity
from snnc.diagnostics.diagnostic_text import describe_fix, expand, render
from snnc.diagnostics.machine_formats import (
    document,
    github_commands,
    repository_path,
    sarif_document,
)
from snnc.source import DOCUMENTATION, SourceFile, Span
from tests.rules.checking import assert_accepted, check_text
from tests.support import ROOT

SARIF = json.loads((Path(__file__).parent / "sarif.schema.json").read_text())
CASES = sorted((ROOT / "tests/rules/cases").glob("*/invalid.snn"))


class Example(Diagnostic):
    """An example.

    And this is why.
    """

    code = "SNN999"
    title = "example, badly: 100%"
    message = "`{word}` is wrong"
    label = "here"
    notes = ("the shape is {shape}",)

    word: str = "it"
    shape: tuple[int, ...] = (3, 4)


class Mild(Example):
    """A warning."""

    code = "SNN998"
    severity = Severity.WARNING


def place(text: str, part: str, name: str = "a.snn") -> Span:
    start = text.index(part)
    return Span(SourceFile(name, text), start, start + len(part))


def test_diagnostic_is_printed_with_all_parts() -> None:
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


@pytest.mark.parametrize(
    ("text", "start", "end", "carets"),
    [
        # Under wide and combining characters, and tabs.
        ("\tab x", 4, 5, "       ^"),
        ("網路 x", 3, 4, "     ^"),
        ("網路 x", 1, 2, "  ^^"),
        ("e\u0301 x", 3, 4, "  ^"),
        # Empty places and the end of the file get one caret.
        ("ab\n", 1, 1, " ^"),
        ("ab\n", 2, 2, "  ^"),
        ("ab\n", 3, 3, "^"),
        # A place over several lines is underlined to the end of its first line.
        ("ab cd\nef", 3, 8, "   ^^"),
    ],
)
def test_carets_are_under_the_span(
    text: str, start: int, end: int, carets: str
) -> None:
    span = Span(SourceFile("a.snn", text), start, end)
    lines = render([Example(span=span)]).splitlines()
    assert next(line for line in lines if "^" in line) == f"  | {carets} here"


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


def test_fix_is_described_without_a_help() -> None:
    span = place("ab cd", "cd")
    fix = Fix(span, "ef")
    assert "= fix: replace `cd` with `ef`" in render([Example(span=span, fix=fix)])
    assert "fix:" not in render([Example(span=span, fix=fix, advice="write `ef`")])


def test_fix_is_described_in_words() -> None:
    text = "ab\n  cd"
    source = SourceFile("a.snn", text)
    assert describe_fix(Fix(Span(source, 2, 2), " }")) == "insert `}`"
    assert describe_fix(Fix(Span(source, 0, 2), "")) == "remove `ab`"
    assert describe_fix(Fix(Span(source, 2, 5), " ")) == "join the lines"
    assert describe_fix(Fix(Span(source, 3, 5), "\n")) == "break the line"


def test_a_report_sorts_counts_and_keeps_one_of_equal_ones() -> None:
    source = SourceFile("a.snn", "abc")
    late, early = Span(source, 2, 3), Span(source, 0, 1)
    report = Diagnostics(limit=2)
    report.add(Example(span=late))
    report.add(Mild(span=early))
    report.add(Example(span=late))
    assert [d.span for d in report.diagnostics] == [early, late]
    assert (report.errors, len(report.diagnostics), report.full) == (1, 2, False)
    report.add(Example(span=early))
    assert report.full


HOSTILE = "a`b\n::error::c\u202e\u2028\x1b[2J##[error]{word}{{ 7 }}"
ESCAPED = "a`b\\n::error::c\\u202e\\u2028\\x1b[2J\\x23#[error]{word}{{ 7 }}"
QUOTED = ESCAPED.replace("`", "\\x60")


class Hostile(Example):
    """A diagnostic all of whose words are of a stranger."""

    message = "`{word}` of {word} is refused"
    label = "{word}"
    notes = ("it is `lstm`",)
    help = "remove `{word}`"

    word: str = HOSTILE


def test_text_of_a_file_stays_in_its_line_and_quotes() -> None:
    source = SourceFile(f"{HOSTILE}.snn", f"word\x1b {HOSTILE}")
    span = source.whole
    found = Hostile(span=span, related=(Label(span, HOSTILE),), fix=Fix(span, HOSTILE))
    assert found.message == f"`{QUOTED}` of {ESCAPED} is refused"
    assert found.notes == ("it is `lstm`",)
    assert found.help == f"remove `{QUOTED}`"
    kind = type("Unhelpful", (Hostile,), {"help": ""})
    fixed = kind(span=span, related=found.related, fix=found.fix)  # shows the fix
    (command,) = github_commands([found])
    for printed in (render([found]), render([fixed]), command):
        assert printed.replace("\n", "").isprintable()
        assert "##[" not in printed
    for printed in (render([found]), render([fixed])):
        assert not any(line.startswith("::") for line in printed.splitlines())
        assert f"--> {ESCAPED}.snn:1:1" in printed
    assert "\n" not in command


@given(st.text(max_size=40).filter(lambda text: "\n" not in text))
def test_a_line_is_shown_as_wide_as_its_columns_say(text: str) -> None:
    shown, columns = expand(text)
    assert len(columns) == len(text) + 1
    assert columns == sorted(columns)
    assert expand(shown)[1][-1] == columns[-1]


@given(st.text(max_size=60), st.data())
def test_any_span_of_any_text_can_be_printed(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    found = Example(span=Span(SourceFile("a.snn", text), start, end))
    printed = render([found])
    assert printed.count("^") == 0 if not text else printed.count("^") >= 1


def span(start: int, end: int, name: str = "specs/a.snn") -> Span:
    return Span(SourceFile(name, "one\ntwo three\nfour\n"), start, end)


def test_an_annotation_is_escaped_as_github_asks(here: Path) -> None:
    kind = type("Kind", (Example,), {"notes": ("50% of\r\nit",)})
    found = kind(span=span(8, 13, "a,b:c%.snn"), advice="write `a:b`")
    assert list(github_commands([found])) == [
        "::error file=a%2Cb%3Ac%25.snn,line=2,endLine=2,col=5,endColumn=10,"
        "title=SNN999%3A example%2C badly%3A 100%25"
        "::`it` is wrong%0A50%25 of%0D%0Ait%0Ahelp: write `a:b`"
    ]


def test_columns_are_left_out_across_lines() -> None:
    (found,) = github_commands([Mild(span=span(8, 16))])
    assert found.startswith("::warning file=specs/a.snn,line=2,endLine=3,title=")


def test_ten_annotations_are_printed_errors_first() -> None:
    mild = [Mild(span=span(0, 1), word=str(number)) for number in range(9)]
    printed = list(
        github_commands([*mild, *(Example(span=span(i, i + 1)) for i in range(3))])
    )
    assert len(printed) == 11
    assert [line.split()[0] for line in printed[:4]] == ["::error"] * 3 + ["::warning"]
    assert (
        printed[-1] == "::notice title=snnc::2 more: run `snnc check` to see them all"
    )
    assert len(list(github_commands(mild))) == 9


def test_paths_are_relative_to_the_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "repo/.git").mkdir(parents=True)
    (tmp_path / "repo/specs").mkdir()
    monkeypatch.chdir(tmp_path / "repo/specs")
    assert repository_path("a.snn") == "specs/a.snn"
    assert repository_path("../b.snn") == "b.snn"
    assert repository_path(str(tmp_path / "repo/specs/c.snn")) == "specs/c.snn"


def test_sarif_of_every_rule_is_valid() -> None:
    reports = (check_text(case.read_text(encoding="utf-8")) for case in CASES)
    found = [diagnostic for report in reports for diagnostic in report.diagnostics]
    log = sarif_document(found)
    jsonschema.validate(log, SARIF, cls=jsonschema.Draft7Validator)
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    for result, diagnostic in zip(run["results"], found, strict=True):
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"] == diagnostic.code


def test_fingerprint_does_not_depend_on_other_lines() -> None:
    def marks(text: str, *starts: int) -> list[str]:
        source = SourceFile("specs/a.snn", text)
        found = [Example(span=Span(source, start, start + 1)) for start in starts]
        (run,) = sarif_document(found)["runs"]
        return [result["partialFingerprints"]["snnc/v1"] for result in run["results"]]

    before = marks("one\ntwo\n", 4)
    assert marks("zero\none\n  two\n", 11) == before
    assert marks("one\ntwo!\n", 4) != before
    twice = marks("two\ntwo\n", 0, 4)
    assert twice[0] == before[0]
    assert twice[0][:-1] == twice[1][:-1]
    assert twice[0] != twice[1]


@pytest.mark.parametrize("form", [document, sarif_document])
def test_json_has_all_parts_of_a_diagnostic(form: Any) -> None:
    place = span(8, 13, "specs/my net.snn")
    related = (Label(Span(place.source, 0, 3), "first"),)
    fix = Fix(place, "four")
    found = Example(span=place, advice="help", related=related, fix=fix)
    made = form([found, Mild(span=place)])
    if form is sarif_document:
        jsonschema.validate(made, SARIF, cls=jsonschema.Draft7Validator)
        made["runs"][0]["tool"]["driver"]["version"] = "VERSION"
    text = json.dumps(made, indent=1).replace(DOCUMENTATION, "DOCUMENTATION/")
    assert_accepted(Path(__file__).with_name(f"{form.__name__}.json"), text + "\n")
