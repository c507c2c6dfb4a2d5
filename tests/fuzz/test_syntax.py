"""`check` answers any text soon and shows where the problem is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given

from snnc.diagnostics import Diagnostics
from snnc.diagnostics.diagnostic_text import render
from snnc.diagnostics.machine_formats import document, github_commands, sarif_document
from snnc.driver import compile_spec
from snnc.source import SourceFile, Span
from tests.fuzz.harness import fuzz, processor_time, seed_paths
from tests.fuzz.texts import large_texts, named_texts

pytestmark = pytest.mark.slow

LONGEST = 10.0
"""Seconds of a processor; a tenth of it is what users wait for on an idle machine."""


def check(name: str, text: str) -> None:
    with processor_time(LONGEST):
        report = Diagnostics()
        source = SourceFile(name, text)
        made = compile_spec(source, report, through="verify")
        found = report.diagnostics
        shown = render(found)
        for form in (
            document(found),
            list(github_commands(found)),
            sarif_document(found),
        ):
            json.dumps(form)
    assert all(line.isprintable() for line in shown.splitlines())
    assert made.document is not None
    for span in spans_of(made.document):
        assert 0 <= span.start <= span.end <= len(text)
    assert report.errors or made.document.network is not None


def spans_of(node: object) -> list[Span]:
    if isinstance(node, Span):
        return [node]
    if isinstance(node, tuple):
        return [span for part in node for span in spans_of(part)]
    fields = getattr(type(node), "__dataclass_fields__", {})
    if "source" in fields:
        return []
    return [span for name in fields for span in spans_of(getattr(node, name))]


@seed_paths("syntax")
def test_known_texts_are_answered(path: Path) -> None:
    check(path.name, path.read_bytes().decode())


@fuzz(150)
@given(named_texts())
def test_texts_are_answered(named: tuple[str, str]) -> None:
    check(*named)


@fuzz(10)
@given(large_texts())
def test_the_largest_texts_are_answered(named: tuple[str, str]) -> None:
    check(*named)
