"""Tells a text that is in the other notation than its file's name says."""

from __future__ import annotations

import re

from snnc import rules
from snnc.diagnostics import Diagnostic
from snnc.source import SourceFile, Span

# Each notation by its first words: the edition, and the network right below it.
_YAML = re.compile(r"(?:\s*#[^\n]*\n|\s|---)*(snn:[ \t]*\d+)\s*(?:#[^\n]*)?\n\s*\w+:")
_SNN = re.compile(
    r"(?:\s*#[^\n]*\n|\s)*(snn[ \t]+\d+)(?:\s|#[^\n]*\n)*network\s+\S+\s*\{"
)


def other_notation(source: SourceFile) -> Diagnostic | None:
    """Say that a file is in the other notation, if its first words tell so."""
    found = (_SNN if source.is_yaml else _YAML).match(source.text)
    if found is None:
        return None
    here, other = ("YAML", ".snn") if source.is_yaml else ("`.snn`", "YAML")
    return rules.syntax.OtherNotation(
        span=Span(source, found.start(1), found.end(1)),
        looks="`.snn`" if source.is_yaml else other,
        read=here,
        suffix=".snn" if source.is_yaml else ".yaml",
    )
