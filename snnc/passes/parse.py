"""Source text to located syntax."""

from __future__ import annotations

from snnc.diagnostics import Report
from snnc.source import SourceFile, Span
from snnc.syntax.notation import not_a_spec
from snnc.syntax.snn import parse_snn
from snnc.syntax.tree import Document


def parse(source: SourceFile, report: Report) -> Document:
    """Read a spec; problems are reported and their statements marked as broken.

    The name of the file tells the notation: ``.yaml`` or ``.yml``, else ``.snn``.
    """
    if problem := not_a_spec(source):
        report.add(problem)
        return Document(None, None, (), Span(source, 0, len(source.text)))
    if source.is_yaml:
        from snnc.syntax.yaml import parse_yaml  # a .snn file need not wait for it

        return parse_yaml(source, report)
    return parse_snn(source, report)
