"""What `--fix` makes of a good spec with a mistake.

`fixes/` has each mistake, and how the fixed spec differs from the good one.
``SNNC_ACCEPT=1`` rewrites it. `--fix` leaves a word alone that may mean something else.
"""

import difflib
from pathlib import Path

import pytest

from snnc.diagnostics import Diagnostics
from snnc.passes.parse import parse
from snnc.source import SourceFile
from snnc.syntax.files import format_document
from snnc.verbs.autofix import autofix
from tests.rules.checking import assert_cases_accepted, check_text
from tests.rules.test_mistakes import FOLDER

HERE = Path(__file__).parent / "fixes"
GOOD = {path.stem: path for path in sorted(HERE.glob("*.[sy]*"))}
GOOD["newcomers"] = FOLDER / "newcomers.snn"


def answer(good: str, text: str, name: str) -> list[str]:
    """Return the lines that differ after a fix, and how many errors it leaves.

    ``good`` is in the one layout, in which a fix leaves a spec.
    """
    fixed = autofix(SourceFile(name, text))
    left = fixed.report.errors
    if not fixed.count:
        assert fixed.source.text == text
        assert left
        return ["left alone"]
    before, after = good.splitlines(), fixed.source.text.splitlines()
    changes = list(difflib.unified_diff(before, after, n=0, lineterm=""))[2:]
    changed = [line for line in changes if not line.startswith("@@")]
    return [*(changed or ["fixed"]), f"errors left: {left}" if left else ""]


@pytest.mark.parametrize("name", GOOD)
def test_mistake_is_fixed_or_left_to_the_author(name: str) -> None:
    good = GOOD[name].read_text(encoding="utf-8")
    file = f"x{GOOD[name].suffix}"
    assert check_text(good, file).errors == 0
    tidy = format_document(parse(SourceFile(file, good), Diagnostics()))
    path = HERE / f"{name}.txt"
    assert_cases_accepted(path, good, lambda text: answer(tidy, text, file))
