"""The hooks for pre-commit run verbs that exist."""

from __future__ import annotations

import re

from snnc.cli.verbs import VERBS
from tests.support import ROOT


def test_each_hook_runs_the_verb_that_it_is_named_after() -> None:
    text = (ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")
    names = re.findall(r"^- id: snnc-(\w+)$", text, re.MULTILINE)
    entries = re.findall(r"^  entry: snnc (\w+)$", text, re.MULTILINE)
    assert names == entries
    assert {"check", "fmt", "build"} <= set(names) <= VERBS.keys()
