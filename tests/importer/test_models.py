"""Each architecture of the collection has the verdict that it is known to have."""

from __future__ import annotations

import os
from pathlib import Path

from benchmarks.architectures import ALL, verdict

GOLDEN = Path(__file__).parent / "imported" / "models.txt"


def test_verdicts_are_those_that_are_known() -> None:
    found = {name: verdict(make) for name, make in ALL.items()}
    lines = [
        f"{name}: {one.share}" + "".join(f"\n    {why}" for why in one.obstacles)
        for name, one in found.items()
    ]
    text = "\n".join(lines) + "\n"
    if os.environ.get("SNNC_ACCEPT"):
        GOLDEN.write_text(text, encoding="utf-8")
    assert GOLDEN.read_text(encoding="utf-8") == text, "accept with SNNC_ACCEPT=1"


def test_there_are_enough_of_them() -> None:
    assert len(ALL) >= 60
