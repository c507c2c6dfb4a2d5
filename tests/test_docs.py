"""The specs in the documentation compile without a diagnostic."""

from __future__ import annotations

import re

import pytest

from tests.support import ROOT, codes

SPEC = re.compile(r"```\n(snn 1\n.*?network (\w+).*?)```", re.DOTALL)

TEXTS = [
    pytest.param(text, id=f"{name}-{network}")
    for name in ("README.md", "docs/language.md")
    for text, network in SPEC.findall((ROOT / name).read_text(encoding="utf-8"))
]


@pytest.mark.parametrize("text", TEXTS)
def test_a_spec_of_the_documentation_is_sound(text: str) -> None:
    assert codes(text) == []


def test_the_readme_shows_the_spec_of_the_demo() -> None:
    spec = (ROOT / "specs/drift.snn").read_text(encoding="utf-8")
    assert spec in (ROOT / "README.md").read_text(encoding="utf-8")
