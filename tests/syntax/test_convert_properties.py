"""Converting a spec to YAML and back is formatting it: no comment, no line is lost."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings

from snnc.diagnostics import Diagnostics
from snnc.language import tree
from snnc.passes.parse import parse
from snnc.source import SourceFile
from snnc.syntax.printer import print_snn
from snnc.syntax.yaml.printer import print_yaml
from tests.syntax.paired import specs

_SETTINGS = settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow])


def parse_text(text: str, name: str) -> tree.Document:
    report = Diagnostics()
    document = parse(SourceFile(name, text), report)
    assert report.diagnostics == (), [d.render_message() for d in report.diagnostics]
    return document


def to_yaml(text: str) -> str:
    return print_yaml(parse_text(text, "x.snn"))


def to_snn(text: str) -> str:
    return print_snn(parse_text(text, "x.yaml"))


@pytest.mark.slow
@_SETTINGS
@given(specs())
def test_converting_there_and_back_is_formatting(text: str) -> None:
    formatted = print_snn(parse_text(text, "x.snn"))
    assert to_snn(to_yaml(text)) == formatted


@pytest.mark.slow
@_SETTINGS
@given(specs())
def test_what_is_converted_is_formatted_yaml(text: str) -> None:
    yaml = to_yaml(text)
    assert print_yaml(parse_text(yaml, "x.yaml")) == yaml
    assert to_yaml(to_snn(yaml)) == yaml


@pytest.mark.slow
@_SETTINGS
@given(specs())
def test_every_comment_is_kept_once(text: str) -> None:
    before = [comment.text for comment in parse_text(text, "x.snn").comments]
    after = [comment.text for comment in parse_text(to_yaml(text), "x.yaml").comments]
    assert sorted(after) == sorted(before)
