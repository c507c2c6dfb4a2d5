"""Each rule has a spec that breaks it, and the exact text that is then printed."""

from pathlib import Path

import pytest

from snnc.diagnostics.diagnostic_text import render
from tests.rules.checking import assert_accepted, check_case
from tests.rules.following import follow, replaces, suggestion

CASES = sorted(path.parent for path in Path(__file__).parent.glob("cases/*/invalid.*"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case_prints_its_accepted_text_and_can_be_fixed(case: Path) -> None:
    diagnostics = check_case(case, "invalid").diagnostics
    assert [d.code for d in diagnostics] == [case.name.split("-")[0]]
    assert_accepted(case / "expected.txt", render(diagnostics))
    assert check_case(case, "valid").diagnostics == ()
    if (case / "invalid.snn").exists():
        text, (found,) = (case / "invalid.snn").read_text(), diagnostics
        said = suggestion(found)
        if said is not None and replaces(text, found, said[0]):
            follow(text, found, *said)
