"""Runs all passes that report rules over a text."""

from __future__ import annotations

import difflib
import os
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
