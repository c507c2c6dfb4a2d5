"""Tells a text that is in the other notation than its file's name says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from snnc import rules
from snnc.diagnostics import Diagnostic
from snnc.source import SourceFile, Span

# A line that says something, from its first word on.
_SAYS = re.compile(r"^[^\S\n]*([^\s#].*)", re.MULTILINE)
# Each notation by its first two lines: the edition, and what stands below it.
_YAML = re.compile(r"(snn:[ \t]*\d+)\s*(?:#.*)?"), re.compile(r"\w+:.*")
_SNN = re.compile(r"(snn[ \t]+\d+)\s*(?:#.*)?"), re.compile(r"network\s+\S+\s*\{.*")


def other_notation(source: SourceFile) -> Diagnostic | None:
    """Say that a file is in the other notation, if its first lines tell so."""
    lines = list(islice(_lines(source), 2))
    edition, below = _SNN if source.is_yaml else _YAML
    if len(lines) < 2 or not below.fullmatch(lines[1][1]):
        return None
    start, text = lines[0]
    found = edition.fullmatch(text)
    if found is None:
        return None
    here, other = ("YAML", ".snn") if source.is_yaml else ("`.snn`", "YAML")
    return rules.syntax.OtherNotation(
        span=Span(source, start, start + found.end(1)),
        looks="`.snn`" if source.is_yaml else other,
        read=here,
        suffix=".snn" if source.is_yaml else ".yaml",
    )


def _lines(source: SourceFile) -> Iterator[tuple[int, str]]:
    """The lines that say something, each with its place; YAML may begin with one."""
    for found in _SAYS.finditer(source.text):
        if found[1].rstrip() != "---":
            yield found.start(1), found[1]
