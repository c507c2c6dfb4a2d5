"""The catalogue of rules is complete, and each rule is documented and shown."""

import ast
from pathlib import Path

from snnc.language.keywords import REFUSED
from snnc.rules import all_rules, refused
from tests.support import ROOT

RULES = all_rules()
CASES = Path(__file__).parent / "cases"
# They need a file system: their rooms test them, such as `tests/output`.
FILES = ("SNN7", "SNN8")
ELSEWHERE = {
    "SNN121": "takes a long file: tests/passes/test_hostile.py",
    "SNN145": "only converting reports it: tests/cli/test_convert.py",
    "SNN120": "takes a hundred problems: tests/syntax/test_recovery.py",
}


def test_every_rule_has_a_code_and_a_page_of_its_own() -> None:
    codes, pages = [[getattr(r, part) for r in RULES] for part in ("code", "__doc__")]
    assert len(set(codes)) == len(codes)
    assert all(pages)
    assert len(set(pages)) == len(pages)


def test_every_rule_is_shown_by_a_pair() -> None:
    shown = {path.parent.name.split("-")[0] for path in CASES.glob("*/valid.*")}
    due = {rule.code for rule in RULES if not rule.code.startswith(FILES)}
    assert due - shown == ELSEWHERE.keys()


def test_every_rule_without_a_pair_is_raised_somewhere() -> None:
    due = {r.__name__ for r in RULES if r.code in ELSEWHERE or r.code.startswith(FILES)}
    paths = (p for p in (ROOT / "snnc").rglob("*.py") if p.parent.name != "rules")
    texts = [path.read_text(encoding="utf-8") for path in paths]
    used = {
        node.id if isinstance(node, ast.Name) else node.attr
        for text in texts
        if any(name in text for name in due)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Name | ast.Attribute)
    }
    assert due - used == set()


def test_every_refused_word_has_a_rule() -> None:
    words = {rule.words for rule in refused.Refused.__subclasses__()} - {""}
    assert words == REFUSED
