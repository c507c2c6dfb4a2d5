"""Diagnostics as GitHub annotations and as SARIF."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from snnc.diagnostics import Diagnostic, Fix, Severity
from snnc.diagnostics.machine_formats import (
    github_commands,
    repository_path,
    sarif_document,
)
from snnc.source import DOCUMENTATION, SourceFile, Span
from tests.rules.checking import check_text
from tests.support import ROOT

SCHEMA = json.loads((Path(__file__).parent / "sarif.schema.json").read_text())
CASES = sorted((ROOT / "tests/rules/cases").glob("*/invalid.snn"))


class Wrong(Diagnostic):
    """Something is wrong.

    And this is why.
    """

    code = "SNN999"
    title = "wrong, badly: 100%"
    message = "`{word}` is wrong"
    notes = ("50% of\r\nit",)
    help = "write `a:b`"

    word: str = "it"


class Mild(Wrong):
    """Something is doubtful."""

    code = "SNN998"
    severity = Severity.WARNING


def span(start: int, end: int, name: str = "specs/a.snn") -> Span:
    return Span(SourceFile(name, "one\ntwo three\nfour\n"), start, end)


def test_an_annotation_is_escaped_as_github_asks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (found,) = github_commands([Wrong(span=span(8, 13, "a,b:c%.snn"))])
    assert found == (
        "::error file=a%2Cb%3Ac%25.snn,line=2,endLine=2,col=5,endColumn=10,"
        "title=SNN999%3A wrong%2C badly%3A 100%25"
        "::`it` is wrong%0A50%25 of%0D%0Ait%0Ahelp: write `a:b`"
    )


def test_columns_are_left_out_across_lines() -> None:
    (found,) = github_commands([Mild(span=span(8, 16))])
    assert found.startswith("::warning file=specs/a.snn,line=2,endLine=3,title=")


def test_ten_annotations_then_how_many_more_errors_first() -> None:
    mild = [Mild(span=span(0, 1), word=str(number)) for number in range(9)]
    printed = list(
        github_commands([*mild, *(Wrong(span=span(i, i + 1)) for i in range(3))])
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
    jsonschema.validate(log, SCHEMA, cls=jsonschema.Draft7Validator)
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    for result, diagnostic in zip(run["results"], found, strict=True):
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"] == diagnostic.code


def test_every_rule_leads_to_its_page() -> None:
    (run,) = sarif_document([Wrong(span=span(0, 3))])["runs"]
    (rule,) = run["tool"]["driver"]["rules"]
    assert rule["helpUri"] == f"{DOCUMENTATION}rules/SNN999.html"


def test_a_fingerprint_outlives_a_change_of_other_lines() -> None:
    def marks(text: str, *starts: int) -> list[str]:
        source = SourceFile("specs/a.snn", text)
        found = [Wrong(span=Span(source, start, start + 1)) for start in starts]
        (run,) = sarif_document(found)["runs"]
        return [result["partialFingerprints"]["snnc/v1"] for result in run["results"]]

    before = marks("one\ntwo\n", 4)
    assert marks("zero\none\n  two\n", 11) == before
    assert marks("one\ntwo!\n", 4) != before
    twice = marks("two\ntwo\n", 0, 4)
    assert twice[0] == before[0]
    assert twice[0][:-1] == twice[1][:-1]
    assert twice[0] != twice[1]


def test_sarif_tells_places_fixes_and_help() -> None:
    place = span(8, 13, "specs/my net.snn")
    found = [Wrong(span=place, fix=Fix(place, "four")), Mild(span=place)]
    log = sarif_document(found)
    jsonschema.validate(log, SCHEMA, cls=jsonschema.Draft7Validator)
    (run,) = log["runs"]
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == [
        "SNN998",
        "SNN999",
    ]
    help_text = run["tool"]["driver"]["rules"][1]["help"]["text"]
    assert help_text == "Something is wrong.\n\nAnd this is why."
    physical = run["results"][0]["locations"][0]["physicalLocation"]
    assert physical["artifactLocation"]["uri"] == "specs/my%20net.snn"
    assert physical["region"] == {
        "startLine": 2,
        "startColumn": 5,
        "endLine": 2,
        "endColumn": 10,
    }
    (change,) = run["results"][0]["fixes"][0]["artifactChanges"]
    assert change["replacements"][0]["insertedContent"] == {"text": "four"}
