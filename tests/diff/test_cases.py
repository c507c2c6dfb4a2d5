"""Pairs of specs, and the exact texts that `snnc diff` prints for them.

``SNNC_ACCEPT=1`` rewrites the expected texts; review the difference before you
commit.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from snnc.tools.diff import Diff, render
from tests.diff.comparing import CASES, case_difference


def _json(difference: Diff) -> str:
    return json.dumps(difference.as_dict(), indent=2) + "\n"


WRITERS: dict[str, Callable[[Diff], str]] = {
    "expected.txt": render.text,
    "expected.md": render.markdown,
    "expected.json": _json,
}


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_prints_exactly_this(case: Path, name: str) -> None:
    printed = WRITERS[name](case_difference(case))
    expected = case / name
    if os.environ.get("SNNC_ACCEPT"):
        expected.write_text(printed, encoding="utf-8")
    assert printed == expected.read_text(encoding="utf-8")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_text_fits_a_terminal(case: Path) -> None:
    lines = render.text(case_difference(case)).splitlines()
    assert max(map(len, lines)) <= render.WIDTH


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_row_of_a_table_has_its_cells(case: Path) -> None:
    lines = render.markdown(case_difference(case)).splitlines()
    for above, row in pairwise(lines):
        if above.startswith("|") and row.startswith("|"):
            assert _bars(row) == _bars(above)


def _bars(row: str) -> int:
    return row.replace("\\|", "").count("|")


@pytest.mark.slow
def test_every_form_of_verdict_is_among_the_cases() -> None:
    verdicts = {case_difference(case).weights for case in CASES}
    assert verdicts == {"valid", "retrain", "incompatible"}
