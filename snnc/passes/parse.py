"""Source text to located syntax."""

from __future__ import annotations

from snnc.diagnostics import Report
from snnc.source import SourceFile
from snnc.syntax.snn import parse_snn
from snnc.syntax.tree import Document


def parse(source: SourceFile, report: Report) -> Document:
    """Read a spec; problems are reported and their statements marked as broken."""
    return parse_snn(source, report)
