"""The worked example in docs/importer.md prints what the page shows."""

import doctest
import os
import re
from pathlib import Path

import pytest

from tests.support import ROOT

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

PAGE = ROOT / "docs" / "importer.md"
FENCE = re.compile(r"^```.*$", re.MULTILINE)


def test_the_worked_example_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = FENCE.sub("", PAGE.read_text(encoding="utf-8"))
    example = doctest.DocTestParser().get_doctest(text, {}, PAGE.name, str(PAGE), 0)
    assert len(example.examples) > 30
    report: list[str] = []
    doctest.DocTestRunner().run(example, out=report.append)
    assert "".join(report) == ""
