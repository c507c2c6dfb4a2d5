"""`snnc diff` as a user types it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.test_cli import snnc
from tests.diff.comparing import CASES

BY_NAME = {case.name: case for case in CASES}
FILTERS = BY_NAME["filters"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("form", "name"),
    [("text", "expected.txt"), ("markdown", "expected.md"), ("json", "expected.json")],
)
def test_the_formats(form: str, name: str) -> None:
    done = snnc("diff", "old.snn", "new.snn", "--format", form, cwd=FILTERS)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (FILTERS / name).read_text(encoding="utf-8")


@pytest.mark.slow
def test_a_difference_is_no_failure_unless_asked() -> None:
    files = ("old.snn", "new.snn")
    assert snnc("diff", *files, "--exit-code", cwd=FILTERS).returncode == 1
    same = BY_NAME["other-words"]
    assert snnc("diff", *files, "--exit-code", cwd=same).returncode == 0
    broken = (files[0], "missing.snn")
    assert snnc("diff", *broken, "--exit-code", cwd=same).returncode == 2
    assert snnc("diff", *broken, cwd=same).returncode == 1


@pytest.mark.slow
def test_a_network_that_does_not_fit_is_compared() -> None:
    done = snnc("diff", "old.snn", "new.snn", cwd=BY_NAME["does-not-fit"])
    assert (done.returncode, done.stderr) == (0, "")
    assert "new: does not fit (SNN403: " in done.stdout


@pytest.mark.slow
def test_the_problems_of_both_specs_are_shown(tmp_path: Path) -> None:
    text = (FILTERS / "old.snn").read_text()
    (tmp_path / "a.snn").write_text(text.replace("units", "unit"))
    (tmp_path / "b.snn").write_text(text.replace("window", "windows"))
    done = snnc("diff", "a.snn", "b.snn", "--format", "json", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert " --> a.snn:13:" in done.stderr
    assert " --> b.snn:12:" in done.stderr
    assert done.stderr.endswith("2 errors\n")


@pytest.mark.slow
def test_git_without_a_path_is_wrong_usage(tmp_path: Path) -> None:
    done = snnc("diff", "git:main", "a.snn", cwd=tmp_path)
    assert done.returncode == 2
    assert "write git:REV:PATH" in done.stderr


def test_json_has_the_same_keys_for_every_pair() -> None:
    documents = [json.loads((case / "expected.json").read_text()) for case in CASES]
    assert len({tuple(document) for document in documents}) == 1
    assert len({tuple(document["weights"]) for document in documents}) == 1
