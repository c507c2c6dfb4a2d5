"""The pages in `docs/rules/` are what the rules and their examples say."""

from pathlib import Path

import pytest

from snnc.diagnostics import Diagnostic
from snnc.rules import all_rules
from snnc.source import rule_pages
from tests.rules.checking import assert_accepted
from tests.rules.page import Example, index, page
from tests.support import ROOT

RULES = all_rules()
CASES = Path(__file__).parent / "cases"
PAGES = ROOT / "docs" / "rules"


def _examples(code: str) -> list[Example]:
    folders = [path for path in CASES.iterdir() if path.name.split("-")[0] == code]
    return [_example(folder) for folder in sorted(folders)]


def _example(folder: Path) -> Example:
    (invalid,), (valid,) = folder.glob("invalid.*"), folder.glob("valid.*")
    shown = (invalid, folder / "expected.txt", valid)
    return Example(*(path.read_text(encoding="utf-8") for path in shown))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_page_of_a_rule_is_generated_from_the_rule(rule: type[Diagnostic]) -> None:
    assert_accepted(PAGES / f"{rule.code}.md", page(rule, _examples(rule.code)))


def test_the_index_lists_every_page() -> None:
    assert_accepted(PAGES / "index.md", index(RULES))
    listed = (PAGES / "index.md").read_text(encoding="utf-8")
    assert all(f"({rule.code}.md)" in listed for rule in RULES)


def test_every_page_has_a_rule() -> None:
    assert sorted(rule_pages()) == sorted(rule.code for rule in RULES)
