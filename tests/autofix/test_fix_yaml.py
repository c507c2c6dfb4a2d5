"""Fixes of YAML specs work among comments, quotes and braces, and keep them."""

from __future__ import annotations

from snnc.source import SourceFile
from snnc.tools.autofix import Fixed, autofix
from tests.autofix.test_fixes import HERE as FIXES

GOOD = (FIXES / "yaml.yaml").read_text(encoding="utf-8")


def fix(text: str, unsafe: bool = False) -> Fixed:
    return autofix(SourceFile("x.yaml", text), unsafe)


def test_the_spec_is_good_and_formatted() -> None:
    assert fix(GOOD).report.diagnostics == ()
    assert fix(GOOD.replace("units: 8", "unit: 8")).source.text == GOOD


def test_all_mistakes_are_mended_at_once() -> None:
    text = GOOD.replace("filters: 4", "filtres: 4").replace("5 ms", "'5'")
    result = fix(text.replace("units", "unit"))
    assert (result.source.text, result.count) == (GOOD, 3)


def test_what_may_mean_another_network_is_replaced_only_if_asked_for() -> None:
    text = GOOD.replace("snn: 1", "snn: 2")
    kept = fix(text)
    assert (kept.source.text, kept.count, kept.report.errors) == (text, 0, 1)
    replaced = fix(text, unsafe=True)
    assert replaced.source.text == GOOD
    assert replaced.report.diagnostics == ()


def test_an_allowance_of_nothing_is_removed() -> None:
    remark = "  # snnc: allow SNN309 crossing is meant\n"
    result = fix(GOOD.replace("  - dense", f"{remark}  - dense"))
    assert (result.source.text, result.count) == (GOOD, 1)


def test_a_misspelt_key_is_mended_where_other_lines_are_wrong() -> None:
    text = GOOD.replace("filters: 4", "filtres: 4").replace("units: 8", "units: 1:30")
    result = fix(text)
    assert "filters: 4" in result.source.text
    assert "units: 1:30  # few" in result.source.text
    assert result.report.errors == 1
