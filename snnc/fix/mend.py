"""A spec with everything mended that can be mended without asking."""

from __future__ import annotations

from dataclasses import dataclass

from snnc.diagnostics import Fix, Report
from snnc.fix.apply import apply_fixes
from snnc.passes import compile_spec
from snnc.passes.parse import parse
from snnc.source import SourceFile
from snnc.syntax.formatted import can_format, formatted

# A mended word can bring another problem to light, but not endlessly.
ROUNDS = 10


@dataclass(frozen=True, slots=True)
class Mended:
    """The spec after the fixes, how many they were, and what is left to report."""

    source: SourceFile
    count: int
    report: Report


def mend(source: SourceFile, unsafe: bool = False) -> Mended:
    """Apply the fixes of a spec's diagnostics until none is left.

    Parameters
    ----------
    unsafe
        Apply also fixes that may change what the spec means.

    Returns
    -------
    Mended
        With the text as the formatter writes it, if something was fixed and the
        result has no syntax error; ``source`` itself if nothing was fixed.
    """
    count = 0
    report = _checked(source)
    for _ in range(ROUNDS):
        text, applied = apply_fixes(source.text, _fixes(report, unsafe))
        if not applied:
            break
        source = SourceFile(source.name, text)
        count += applied
        report = _checked(source)
    if not count:
        return Mended(source, 0, report)
    source = _in_layout(source)
    return Mended(source, count, _checked(source))


def _checked(source: SourceFile) -> Report:
    report = Report()
    compile_spec(source, report, through="map")
    return report


def _fixes(report: Report, unsafe: bool) -> list[Fix]:
    fixes = (diagnostic.fix for diagnostic in report.diagnostics)
    return [fix for fix in fixes if fix is not None and (unsafe or not fix.unsafe)]


def _in_layout(source: SourceFile) -> SourceFile:
    report = Report()
    document = parse(source, report)
    if report.errors or not can_format(source.name):
        return source
    return SourceFile(source.name, formatted(document))
