"""The amount of code to understand only falls."""

import json
import os
from dataclasses import asdict
from pathlib import Path

from tests.support import ROOT
from tools.density import CEILINGS, measure

SMALL = '''
"""Not counted."""

def example(a, deep: bool, *rest, wide=True):
    """Not counted either."""
    first, second = a, 1
    first, second = second, first
    for value in rest if deep else [x for x in a if x]:
        print(*rest, *value)
    return first and second
'''


def test_no_count_rises() -> None:
    """`SNNC_ACCEPT=1` lowers the numbers in the file to what there is."""
    ceilings = json.loads(CEILINGS.read_text(encoding="utf-8"))
    counts = asdict(measure(ROOT / "snnc"))
    higher = {name: count for name, count in counts.items() if count > ceilings[name]}
    assert not higher, f"above tools/density.json: {higher}"
    if os.environ.get("SNNC_ACCEPT"):
        CEILINGS.write_text(f"{json.dumps(counts, indent=2)}\n", encoding="utf-8")


def test_packed_code_is_counted(tmp_path: Path) -> None:
    (tmp_path / "small.py").write_text(SMALL, encoding="utf-8")
    found = measure(tmp_path)
    assert (found.pairs, found.splats, found.flags) == (1, 1, 1)
    # A loop, a conditional expression, a comprehension with its condition, an `and`.
    assert (found.branches_over_10, found.branches_over_15) == (0, 0)
    twice = SMALL + "\n" + "    if a: pass\n" * 6
    (tmp_path / "small.py").write_text(twice, encoding="utf-8")
    assert (measure(tmp_path).branches_over_10, measure(tmp_path).branches_over_15) == (
        1,
        0,
    )
