"""Each rule has a spec that breaks it, and the exact text that is then printed.

``SNNC_ACCEPT=1`` writes the expected texts anew; look at the difference before it
is committed.
"""

from __future__ import annotations

import difflib
import os
from pathlib import Path

import pytest

from snnc.diagnostics.text import render
from tests.rules.checking import check_case

CASES = sorted(path.parent for path in Path(__file__).parent.glob("cases/*/invalid.*"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_prints_exactly_this(case: Path) -> None:
    report = check_case(case, "invalid")
    printed = render(report.diagnostics)
    expected = case / "expected.txt"
    if os.environ.get("SNNC_ACCEPT"):
        expected.write_text(printed, encoding="utf-8")
    difference = "\n".join(
        difflib.unified_diff(
            expected.read_text(encoding="utf-8").splitlines(),
            printed.splitlines(),
            "expected.txt",
            "printed",
            lineterm="",
        )
    )
    assert not difference, f"{difference}\naccept with SNNC_ACCEPT=1"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_one_mistake_gives_one_diagnostic(case: Path) -> None:
    report = check_case(case, "invalid")
    code = case.name.split("-")[0]
    codes = [diagnostic.code for diagnostic in report.diagnostics]
    assert codes == [code]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_mended_spec_has_no_problem(case: Path) -> None:
    assert check_case(case, "valid").diagnostics == ()
