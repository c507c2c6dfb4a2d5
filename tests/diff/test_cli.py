"""`snnc diff` as a user types it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.test_cli import snnc
from tests.diff.comparing import CASES

BY_NAME = {case.name: case for case in CASES}
FILTERS = BY_NAME["filters"]
FILES = ("old.snn", "new.snn")


def diff(folder: Path, *arguments: str) -> tuple[int, str, str]:
    """Run `snnc diff` in a folder."""
    done = snnc("diff", *arguments, cwd=folder)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(
    ("form", "name"),
    [("text", "expected.txt"), ("markdown", "expected.md"), ("json", "expected.json")],
)
def test_the_formats(form: str, name: str) -> None:
    expected = (FILTERS / name).read_text(encoding="utf-8")
    assert diff(FILTERS, *FILES, "--format", form) == (0, expected, "")


def test_a_difference_is_no_failure_unless_asked() -> None:
    assert diff(FILTERS, *FILES, "--exit-code")[0] == 1
    same = BY_NAME["other-words"]
    assert diff(same, *FILES, "--exit-code")[0] == 0
    assert diff(same, "old.snn", "missing.snn", "--exit-code")[0] == 2
    assert diff(same, "old.snn", "missing.snn")[0] == 1


def test_a_network_that_does_not_fit_is_compared() -> None:
    status, out, err = diff(BY_NAME["does-not-fit"], *FILES)
    assert (status, err) == (0, "")
    assert "new: does not fit (SNN403: " in out


def test_the_problems_of_both_specs_are_shown(tmp_path: Path) -> None:
    text = (FILTERS / "old.snn").read_text()
    (tmp_path / "a.snn").write_text(text.replace("units", "unit"))
    (tmp_path / "b.snn").write_text(text.replace("window", "windows"))
    status, out, err = diff(tmp_path, "a.snn", "b.snn", "--format", "json")
    assert (status, out) == (1, "")
    assert " --> a.snn:13:" in err
    assert " --> b.snn:12:" in err
    assert err.endswith("2 errors\n")


def test_git_without_a_path_is_wrong_usage(tmp_path: Path) -> None:
    status, _, err = diff(tmp_path, "git:main", "a.snn")
    assert status == 2
    assert "write git:REV:PATH" in err
