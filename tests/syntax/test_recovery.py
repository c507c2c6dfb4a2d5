"""Broken text: one mistake gives one diagnostic, and the rest is read."""

from __future__ import annotations

from pathlib import Path

from snnc.diagnostics import Diagnostics
from snnc.language import tree
from snnc.passes.parse import parse
from snnc.passes.validate import validate
from snnc.source import SourceFile
from tests.support import codes, network

DRIFT = (Path(__file__).parents[2] / "specs" / "drift.snn").read_text()


def front_end(text: str) -> tuple[tree.Document, Diagnostics]:
    report = Diagnostics()
    document = parse(SourceFile("x.snn", text), report)
    validate(document, report)
    return document, report


def test_the_end_of_a_line_is_an_empty_place() -> None:
    _, report = front_end(DRIFT.replace("drift {", "drift", 1))
    (found,) = report.diagnostics
    assert (found.code, found.span.text) == ("SNN100", "")
    assert (found.span.first.line, found.span.first.column) == (3, 14)


def test_a_statement_with_a_missing_brace_is_still_understood() -> None:
    text = DRIFT.replace("stride 1x2x2 }", "stride 1x2x2", 1)
    document, _ = front_end(text)
    found = next(s for s in document.statements if s.name and s.name.text == "c0")
    assert not found.broken
    assert found.properties is not None
    assert len(found.properties) == 3


def test_a_broken_statement_keeps_its_name() -> None:
    document, _ = front_end(DRIFT.replace("filters 8,", "filters,", 1))
    broken = [s for s in document.statements if s.broken]
    assert [s.name.text for s in broken if s.name] == ["c0"]


def test_reading_ends_at_a_hundred_problems() -> None:
    lines = "".join(f"  dense d{i} {{ units }}\n" for i in range(300))
    assert codes(network(lines)) == ["SNN107"] * 100 + ["SNN120"]


def test_reading_ends_at_a_hundred_wrong_values() -> None:
    lines = "".join(f"  dense d{i} {{ units 0 }}\n" for i in range(300))
    body = f"  input x 3 in 0..1\n{lines}  readout r {{ units 1 }}\n"
    assert codes(network(body)) == ["SNN206"] * 100 + ["SNN120"]


def test_a_hundred_wrong_properties_of_one_statement_are_enough() -> None:
    keys = " ".join(f"k{i} 1" for i in range(300))
    body = f"  input x 3 in 0..1\n  readout r {{ units 1 {keys} }}\n"
    assert codes(network(body)) == ["SNN203"] * 100 + ["SNN120"]
