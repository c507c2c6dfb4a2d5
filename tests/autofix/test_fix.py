"""Fixes: which are applied, in which order, and what comes out."""

import re

import pytest

from snnc.diagnostics import Fix
from snnc.loihi.search import Search, Solution
from snnc.source import SourceFile, Span
from snnc.verbs.autofix import Fixed, apply_fixes, autofix
from tests.autofix.test_fixes import HERE as FIXES
from tests.rules.checking import check_text

SNN = (FIXES / "layout.snn").read_text(encoding="utf-8").replace(" # head", "  # head")
YAML = (FIXES / "yaml.yaml").read_text(encoding="utf-8")
SAFE = (FIXES / "safe.snn").read_text(encoding="utf-8")
BOTH = pytest.mark.parametrize(
    ("good", "name"), [(SNN, "x.snn"), (YAML, "x.yaml")], ids=["snn", "yaml"]
)


def fix(text: str, name: str = "x.snn", unsafe: bool = False) -> Fixed:
    return autofix(SourceFile(name, text), unsafe=unsafe)


def test_a_network_is_mapped_once(monkeypatch: pytest.MonkeyPatch) -> None:
    mapped, run = [], Search.run

    def count_search(search: Search, *, hopeless: bool = False) -> Solution | None:
        mapped.append(search)
        return run(search, hopeless=hopeless)

    monkeypatch.setattr(Search, "run", count_search)
    assert fix(SNN.replace("filters 4", "filtres 4")).count == 1
    assert len(mapped) == 1


@pytest.mark.parametrize(
    ("fixes", "fixed", "count"),
    [
        ([(2, 4, "X"), (0, 3, "Y"), (5, 6, "Z")], "YdeZ", 2),
        ([(1, 1, "X"), (1, 1, "Y")], "aXbcdef", 1),
        ([(0, 0, "X")], "Xabcdef", 1),
    ],
)
def test_of_overlapping_fixes_the_first_wins(
    fixes: list[tuple[int, int, str]], fixed: str, count: int
) -> None:
    source = SourceFile("x.snn", "abcdef")
    found = [Fix(Span(source, start, end), text) for start, end, text in fixes]
    assert apply_fixes(source.text, found) == (fixed, count)


@BOTH
def test_all_mistakes_are_fixed_at_once(good: str, name: str) -> None:
    five = "5" if name == "x.snn" else "'5'"
    text = good.replace("filters", "filtres").replace("5 ms", five)
    result = fix(text.replace("units", "unit"), name)
    assert (result.source.text, result.count) == (good, 4)


@BOTH
def test_unsafe_fixes_are_applied_only_on_request(good: str, name: str) -> None:
    text = re.sub(r"snn:? 1\n\s*", "", good, count=1)
    kept = fix(text, name)
    assert (kept.source.text, kept.count, kept.report.errors) == (text, 0, 1)
    replaced = fix(text, name, unsafe=True)
    newest = good.replace("1", "2", 1)
    assert replaced.source.text.split() == newest.split()
    assert replaced.report.diagnostics == ()


@BOTH
def test_no_fix_changes_the_edition(good: str, name: str) -> None:
    for number in ("0", "3", "1.5"):
        text = good.replace("1", number, 1)
        kept = fix(text, name, unsafe=True)
        assert (kept.source.text, kept.count, kept.report.errors) == (text, 0, 1)
    for number in ("v1", "1.0") if name == "x.yaml" else ():
        assert fix(good.replace("1", number, 1), name).source.text == good


@pytest.mark.parametrize(
    ("good", "name", "value"),
    [(SNN.replace("  # head", " # head"), "x.snn", "?"), (YAML, "x.yaml", "1:30")],
)
def test_text_with_syntax_errors_is_fixed_but_not_formatted(
    good: str, name: str, value: str
) -> None:
    broken = good.replace("8", value)
    result = fix(broken.replace("filters", "filtres"), name)
    assert result.source.text == broken
    assert result.report.errors == 1


@BOTH
def test_valid_spec_is_not_changed(good: str, name: str) -> None:
    unformatted = good.replace("  #", " #")
    result = fix(unformatted, name)
    assert (result.source.text, result.count) == (unformatted, 0)
    assert result.report.diagnostics == ()


def test_fixes_that_reduce_errors_are_applied() -> None:
    pool = "  avgpol { loss 3 }\n"
    text = SAFE.replace("  dense", f"{pool}  dense").replace("classes 2", "clases 2")
    text = text.replace("from end_a", "from end_a, e")
    fixed = fix(text, unsafe=True)
    assert "classes 2" in fixed.source.text
    assert fixed.report.errors < check_text(text).errors
