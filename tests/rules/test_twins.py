"""An error in `.snn` is also an error in YAML, in YAML's words.

`twin.yaml` of a case is its invalid spec in YAML, `twin.txt` the printed text.
"""

import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from snnc.diagnostics.diagnostic_text import render
from snnc.language.keywords import CLAUSES, HEADERS, KEYS, KINDS
from snnc.syntax.yaml.printer import in_yaml, snippet
from tests.rules.checking import assert_accepted, assert_cases_accepted, check_text
from tests.support import ROOT, in_notation

CASES = sorted((Path(__file__).parent / "cases").glob("*/invalid.snn"))
TWINS = sorted((Path(__file__).parent / "cases").glob("*/twin.yaml"))
# What YAML can't hold: statements in another order, twice or inside another, and
# numbers as texts; names with points are read there as any other.
NOT_IN_YAML = {"SNN217", "SNN219", "SNN915", "SNN205-quoted", "SNN913-block"}
NOT_IN_YAML |= {"SNN200-module"}
BOTH = [
    path
    for path in CASES
    if not path.parent.name.startswith(("SNN10", "SNN11", "SNN12", *NOT_IN_YAML))
]
QUOTED = re.compile(r"`([^`]+)`")


def code_of(path: Path) -> str:
    return path.parent.name.split("-")[0]


@pytest.mark.parametrize("twin", TWINS, ids=lambda path: path.parent.name)
def test_yaml_message_is_the_accepted_text(twin: Path) -> None:
    report = check_text(twin.read_text(encoding="utf-8"), "invalid.yaml")
    assert [d.code for d in report.diagnostics] == [code_of(twin)]
    assert_accepted(twin.with_suffix(".txt"), render(report.diagnostics))


def test_many_rules_have_a_yaml_case() -> None:
    assert len({code_of(twin) for twin in TWINS}) >= 12


@pytest.mark.parametrize("case", BOTH, ids=lambda path: path.parent.name)
def test_yaml_has_the_same_problem_with_quotes_in_yaml(case: Path) -> None:
    in_other_notation = in_notation(case.read_text(encoding="utf-8"), "yaml")
    (diagnostic,) = check_text(in_other_notation, "invalid.yaml").diagnostics
    assert diagnostic.code == code_of(case)
    texts = (*diagnostic.notes, diagnostic.help)
    for quoted in QUOTED.findall(" ".join(texts)):
        assert_is_yaml(quoted)


def assert_is_yaml(quoted: str) -> None:
    """Check that quoted statements and properties are mappings, or lists of one."""
    first, _, rest = quoted.removeprefix("- ").partition(" ")
    if not rest or first.rstrip(":") not in KEYS | KINDS | CLAUSES | HEADERS:
        return
    loaded = YAML(typ="safe").load(quoted)
    assert isinstance(loaded, (dict, list)), quoted


def test_statements_and_properties_are_translated() -> None:
    """`snippets.txt` has code of helps (`+`), and what helps say for YAML."""

    def answer(code: str) -> list[str]:
        yaml = snippet(code)
        assert in_yaml(f"write `{code}`, or not") == f"write `{yaml}`, or not"
        if yaml != code:
            assert_is_yaml(yaml)
        return [yaml]

    path = Path(__file__).with_name("snippets.txt")
    assert_cases_accepted(path, "", answer)


def test_words_of_the_file_are_not_translated() -> None:
    text = (ROOT / "specs" / "drift.yaml").read_text(encoding="utf-8")
    (diagnostic,) = check_text(
        text.replace("units: 64", "units: kernel 3"), "a.yaml"
    ).diagnostics
    assert "`kernel 3`" in diagnostic.message
