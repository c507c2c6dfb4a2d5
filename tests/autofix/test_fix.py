"""Fixes: which are applied, in which order, and what comes out."""

from __future__ import annotations

import pytest

from snnc.diagnostics import Fix
from snnc.loihi.search import Search, Solution
from snnc.source import SourceFile, Span
from snnc.tools.autofix import Fixed, apply_fixes, autofix
from tests.autofix.test_fixes import HERE as FIXES

GOOD = (FIXES / "layout.snn").read_text(encoding="utf-8")
LAYOUT = GOOD.replace(" # head", "  # head")


def fix(text: str, unsafe: bool = False) -> Fixed:
    return autofix(SourceFile("x.snn", text), unsafe)


def test_a_network_is_mapped_once(monkeypatch: pytest.MonkeyPatch) -> None:
    mapped, run = [], Search.run

    def count_search(search: Search, hopeless: bool = False) -> Solution | None:
        mapped.append(search)
        return run(search, hopeless)

    monkeypatch.setattr(Search, "run", count_search)
    found = fix(GOOD.replace("filters 4", "filtres 4"))
    assert (found.source.text, found.count) == (LAYOUT, 1)
    assert len(mapped) == 1


def test_of_overlapping_fixes_the_first_wins() -> None:
    source = SourceFile("x.snn", "abcdef")
    fixes = [
        Fix(Span(source, 2, 4), "X"),
        Fix(Span(source, 0, 3), "Y"),
        Fix(Span(source, 5, 6), "Z"),
    ]
    assert apply_fixes("abcdef", fixes) == ("YdeZ", 2)


def test_of_two_insertions_at_one_place_the_first_wins() -> None:
    place = Span(SourceFile("x.snn", "ab"), 1, 1)
    assert apply_fixes("ab", [Fix(place, "X"), Fix(place, "Y")]) == ("aXb", 1)


def test_a_fix_at_the_start_of_the_text_counts() -> None:
    source = SourceFile("x.snn", "abc")
    assert apply_fixes("abc", [Fix(Span(source, 0, 0), "X")]) == ("Xabc", 1)


def test_all_mistakes_are_mended() -> None:
    text = GOOD.replace("filters 4", "filtres 4").replace("5 ms", "5")
    result = fix(text.replace("snn 1\n\n", "").replace("units", "unit"))
    assert result.source.text == LAYOUT
    assert result.count == 4


def test_what_may_mean_another_network_is_replaced_only_if_asked_for() -> None:
    text = LAYOUT.replace("snn 1", "snn 2")
    kept = fix(text)
    assert (kept.source.text, kept.count, kept.report.errors) == (text, 0, 1)
    replaced = fix(text, unsafe=True)
    assert replaced.source.text == LAYOUT
    assert replaced.report.diagnostics == ()


def test_what_does_not_parse_gets_the_fixes_and_keeps_its_layout() -> None:
    text = GOOD.replace("filters 4", "filtres 4").replace("units 8", "units ?")
    result = fix(text)
    assert result.source.text == GOOD.replace("units 8", "units ?")
    assert result.report.errors == 1


def test_a_good_spec_is_not_touched() -> None:
    result = fix(GOOD)
    assert (result.source.text, result.count) == (GOOD, 0)


def test_an_allowance_of_nothing_is_removed() -> None:
    remark = "  # snnc: allow SNN309 crossing is meant\n"
    result = fix(LAYOUT.replace("  dense", f"{remark}  dense"))
    assert (result.source.text, result.count) == (LAYOUT, 1)
