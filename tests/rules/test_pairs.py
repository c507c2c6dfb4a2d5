"""Each rule has a spec that breaks it, and the exact text that is then printed.

``SNNC_ACCEPT=1`` writes the expected texts anew; look at the difference before it
is committed.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from snnc.diagnostics.diagnostic_text import render
from tests.rules.checking import assert_accepted, check_case

CASES = sorted(path.parent for path in Path(__file__).parent.glob("cases/*/invalid.*"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_prints_exactly_this(case: Path) -> None:
    report = check_case(case, "invalid")
    assert_accepted(case / "expected.txt", render(report.diagnostics))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_one_mistake_gives_one_diagnostic(case: Path) -> None:
    report = check_case(case, "invalid")
    code = case.name.split("-")[0]
    codes = [diagnostic.code for diagnostic in report.diagnostics]
    assert codes == [code]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_mended_spec_has_no_problem(case: Path) -> None:
    assert check_case(case, "valid").diagnostics == ()
