"""The catalogue of rules is complete, and each rule is documented and shown."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path

import snnc.rules
from snnc.diagnostics import Diagnostic
from snnc.rules import refused
from snnc.rules.catalogue import RULES
from snnc.syntax.words import REFUSED

CASES = Path(__file__).parent / "cases"
FRONT = ("SNN1", "SNN20", "SNN21", "SNN22", "SNN9")
ELSEWHERE = {
    "SNN120": "takes a hundred problems: tests/syntax/test_recovery.py",
    "SNN916": "raised where shapes are known",
}


def _concrete_rules() -> set[type[Diagnostic]]:
    found: set[type[Diagnostic]] = set()
    for module in pkgutil.iter_modules(snnc.rules.__path__):
        for value in vars(
            importlib.import_module(f"snnc.rules.{module.name}")
        ).values():
            is_rule = isinstance(value, type) and issubclass(value, Diagnostic)
            if is_rule and "code" in vars(value):
                found.add(value)
    return found


def test_the_catalogue_has_every_rule() -> None:
    assert _concrete_rules() - set(RULES) == set()


def test_codes_are_unique() -> None:
    codes = [rule.code for rule in RULES]
    assert len(set(codes)) == len(codes)


def test_every_rule_has_a_page_of_its_own() -> None:
    pages = [rule.__doc__ for rule in RULES]
    assert all(
        page and not page.startswith(f"{rule.__name__}(")
        for rule, page in zip(RULES, pages, strict=True)
    )
    assert len(set(pages)) == len(pages)


def test_every_rule_of_the_front_end_has_a_pair() -> None:
    shown = {path.name.split("-")[0] for path in CASES.iterdir()}
    due = {rule.code for rule in RULES if rule.code.startswith(FRONT)}
    assert due - shown - ELSEWHERE.keys() == set()


def test_every_refused_word_has_a_rule() -> None:
    assert set(refused.REFUSED) == REFUSED
