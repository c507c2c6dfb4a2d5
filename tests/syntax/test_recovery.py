"""Broken text: one mistake gives one diagnostic, and the rest is read."""

from __future__ import annotations

import pytest

from snnc.diagnostics import Diagnostics
from snnc.language import tree
from snnc.passes.parse import parse
from snnc.passes.validate import validate
from snnc.source import SourceFile
from tests.support import ROOT, codes, network

DRIFT = (ROOT / "specs/drift.snn").read_text(encoding="utf-8")


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


READOUT = "  readout r { units 1 }\n"
LAYERS = "".join(f"  dense d{i} {{ units {{}} }}\n" for i in range(300))
KEYS = " ".join(f"k{i} 1" for i in range(300))


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (LAYERS.replace("{}", ""), "SNN107"),
        (LAYERS.replace("{}", "0") + READOUT, "SNN206"),
        (READOUT.replace("}", f"{KEYS} }}"), "SNN203"),
    ],
    ids=["problems", "wrong values", "wrong properties of one statement"],
)
def test_reading_ends_at_a_hundred(body: str, code: str) -> None:
    text = network(f"  input x 3 in 0..1\n{body}")
    assert codes(text) == [code] * 100 + ["SNN120"]
