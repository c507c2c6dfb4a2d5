"""Runs all passes that report rules over a text."""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable
from pathlib import Path

from snnc.diagnostics import Diagnostics
from snnc.driver import compile_spec
from snnc.source import SourceFile


def check_text(text: str, name: str = "invalid.snn") -> Diagnostics:
    """Report everything that is wrong with the text of a spec."""
    report = Diagnostics()
    compile_spec(SourceFile(name, text), report, through="place")
    return report


def check_case(folder: Path, name: str) -> Diagnostics:
    """Check ``invalid`` or ``valid`` of a case, in the notation that it is in."""
    path = next(folder.glob(f"{name}.*"))
    return check_text(path.read_text(encoding="utf-8"), path.name)


def assert_accepted(path: Path, printed: str) -> None:
    """Compare with the accepted text of a file, or accept if that is asked for."""
    if os.environ.get("SNNC_ACCEPT"):
        path.write_text(printed, encoding="utf-8")
    difference = "\n".join(
        difflib.unified_diff(
            path.read_text(encoding="utf-8").splitlines(),
            printed.splitlines(),
            path.name,
            "printed",
            lineterm="",
        )
    )
    assert not difference, f"{difference}\naccept with SNNC_ACCEPT=1"


def assert_cases_accepted(
    path: Path, good: str, answer: Callable[[str], list[str]]
) -> None:
    """Compare the answers to all cases of a file with those that it has.

    A case is an old text of a good one (`-`), a new text (`+`), and the answer, two
    blanks before each line. Without an old text, the new one is the whole text.
    """
    said = []
    for block in path.read_text(encoding="utf-8").strip("\n").split("\n\n"):
        lines = [line for line in block.split("\n") if line[:1] in ("-", "+")]
        found = answer(_seeded(good, lines))
        said.append("\n".join((*lines, *(f"  {x}".rstrip() for x in found if x))))
    assert_accepted(path, "\n\n".join(said) + "\n")


def _seeded(good: str, lines: list[str]) -> str:
    old, new = (
        "\n".join(line[2:] for line in lines if line[0] == sign) for sign in "-+"
    )
    if lines[0][0] == "+":
        return new
    assert old in good, old
    return good.replace(old, new, 1)
