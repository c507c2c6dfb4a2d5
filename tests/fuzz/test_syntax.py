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
from snnc.source import SourceFile
from tests.fuzz.harness import fuzz, processor_time, seed_paths
from tests.fuzz.texts import large_texts, named_texts

pytestmark = pytest.mark.slow

LONGEST = 10.0
"""Seconds of a processor; a tenth of it is what users wait for on an idle machine."""


def check(name: str, text: str) -> None:
    with processor_time(LONGEST):
        report = Diagnostics()
        compile_spec(SourceFile(name, text), report, through="verify")
        found = report.diagnostics
        shown = render(found)
        for form in (
            document(found),
            list(github_commands(found)),
            sarif_document(found),
        ):
            json.dumps(form)
    assert all(line.isprintable() for line in shown.splitlines())


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
