"""Compares texts and cases of specs in memory."""

from functools import cache
from pathlib import Path

import snnc.views  # noqa: F401 - fills the table of the results' writers
from snnc.diagnostics import Diagnostics
from snnc.driver import compile_spec
from snnc.results.diff import Diff
from snnc.source import SourceFile
from snnc.verbs.diff.compare import compare
from snnc.verbs.diff.properties import Version, version_of

CASES = sorted(path for path in (Path(__file__).parent / "cases").iterdir())


@cache
def compile_text(text: str, name: str = "net.snn") -> Version | None:
    """Compile a text; None if it is not sound."""
    report = Diagnostics()
    return version_of(compile_spec(SourceFile(name, text), report, "place"), report)


def compare_texts(old: str, new: str) -> Diff:
    """Compare two texts that are sound."""
    before, after = compile_text(old), compile_text(new)
    assert before is not None
    assert after is not None
    return compare(before, after)


def case_version(case: Path, side: str) -> Version:
    """Compile the ``old`` or the ``new`` spec of a case, in the notation it is in."""
    path = next(case.glob(f"{side}.*"))
    made = compile_text(path.read_text(encoding="utf-8"), path.name)
    assert made is not None
    return made


@cache
def case_difference(case: Path) -> Diff:
    """Compare the two specs of a case."""
    return compare(case_version(case, "old"), case_version(case, "new"))
