"""The formatter changes no meaning, loses no comment, and has nothing to add."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from snnc.diagnostics import Diagnostics
from snnc.language import tree
from snnc.source import SourceFile, Span
from snnc.syntax.printer import WIDTH, print_snn
from snnc.syntax.snn import parse_snn
from tests.syntax.written import specs

_SETTINGS = settings(
    max_examples=150,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


def parse_text(text: str) -> tree.Document:
    report = Diagnostics()
    document = parse_snn(SourceFile("x.snn", text), report)
    assert report.diagnostics == (), [d.render_message() for d in report.diagnostics]
    return document


def meaning(node: Any) -> Any:
    """Return a tree without places; numbers with their types."""
    if isinstance(node, tuple):
        return [meaning(part) for part in node]
    if not dataclasses.is_dataclass(node):
        return type(node), node
    parts = {
        field.name: getattr(node, field.name) for field in dataclasses.fields(node)
    }
    return type(node), {
        name: meaning(part)
        for name, part in parts.items()
        if not isinstance(part, Span) and name not in ("comments", "trailing")
    }


def remarks(document: tree.Document) -> list[str]:
    return [comment.text for comment in document.comments]


@pytest.mark.slow
@_SETTINGS
@given(specs())
def test_the_meaning_and_the_comments_stay(text: str) -> None:
    before = parse_text(text)
    after = parse_text(print_snn(before))
    assert meaning(after) == meaning(before)
    assert remarks(after) == remarks(before)


@pytest.mark.slow
@_SETTINGS
@given(specs())
def test_formatting_twice_is_formatting_once(text: str) -> None:
    once = print_snn(parse_text(text))
    assert print_snn(parse_text(once)) == once


@pytest.mark.slow
@_SETTINGS
@given(specs())
def test_only_what_cannot_be_broken_is_wide(text: str) -> None:
    for line in print_snn(parse_text(text)).splitlines():
        code = line.split("#")[0].rstrip()
        assert len(code) <= WIDTH or not code.endswith("}")
        assert line == line.rstrip()
