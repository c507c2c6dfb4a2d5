"""Comments silence the warnings that they name, there and nowhere else.

`suppressed.txt` has lines of a network in place of one that gets a warning, and the
codes that are then reported. ``SNNC_ACCEPT=1`` rewrites the codes.
"""

from pathlib import Path

from tests.rules.checking import assert_cases_accepted
from tests.support import codes, network

CASES = Path(__file__).parent / "suppressed.txt"
CROSSED = """
  input image 12x12x2 in 0..1
  encode conv e { filters 2 }
  conv2d a { filters 2, padding same }
  conv2d b { filters 2, padding same }
  conv2d c { filters 2, padding same, shortcut a }
  conv2d d { filters 2, padding same, shortcut b }
  readout y { classes 2 }
"""


def test_a_warning_is_silenced_on_its_statement_and_not_elsewhere() -> None:
    def answer(text: str) -> list[str]:
        return [", ".join(codes(text)) or "nothing"]

    assert_cases_accepted(CASES, network(CROSSED), answer)
