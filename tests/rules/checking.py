"""Runs all passes that report rules over a text."""

from __future__ import annotations

from snnc.diagnostics import Report
from snnc.passes import compile_spec
from snnc.source import SourceFile


def check_text(text: str, name: str = "invalid.snn") -> Report:
    """Report everything that is wrong with the text of a spec."""
    report = Report()
    compile_spec(SourceFile(name, text), report, through="map")
    return report
