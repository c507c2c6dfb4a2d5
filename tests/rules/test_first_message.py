"""Usual mistakes are fixed by doing what the first message says, and nothing else.

`mistakes/first_message.txt` lists them. The list was written from the README alone, for
somebody who knows Keras and PyTorch, before any of them was tried. After a `-` is the
line of `specs/drift.snn`, after a `+` the mistake, then the first message, and after a
`=` the text that follows it. A case without `=` is not fixed by its first message.
"""

from pathlib import Path

import pytest

from tests.rules.checking import check_text
from tests.rules.following import errors
from tests.support import ROOT

PATH = Path(__file__).parent / "mistakes" / "first_message.txt"
DRIFT = (ROOT / "specs" / "drift.snn").read_text(encoding="utf-8")
CASES = PATH.read_text(encoding="utf-8").strip("\n").split("\n\n")
LEAST_FIXED = 39
"""The number of cases, of 40, whose first message is enough."""


def part(case: str, sign: str) -> str:
    """Return the lines of a case that begin with a sign."""
    return "\n".join(x[2:] for x in case.split("\n") if x[:1] == sign)


@pytest.mark.parametrize("case", CASES)
def test_first_message_says_what_to_write(case: str) -> None:
    old = part(case, "-")
    assert old in DRIFT
    first = check_text(DRIFT.replace(old, part(case, "+"), 1)).diagnostics[:1]
    said = [f"{found.code} {found.message}\n{found.help}" for found in first]
    assert "\n".join(said) == part(case, " ").replace("\n  ", "\n").strip()
    if "\n=" in case:
        assert errors(DRIFT.replace(old, part(case, "="), 1)) == []


def test_first_message_fixes_most_mistakes() -> None:
    assert len(CASES) == 40
    assert sum("\n=" in case for case in CASES) >= LEAST_FIXED
