"""Specs of a revision: ``git:REV:path``."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from snnc.diagnostics import Diagnostics
from snnc.source import LARGEST
from snnc.syntax.revisions import read_revision
from tests.commands import run as snnc
from tests.diff.comparing import CASES

OLD = CASES[0] / "old.snn"
IDENTITY = ("-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false")


def git(folder: Path, *arguments: str) -> None:
    command = ["git", *IDENTITY, *arguments]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a repository whose branch `start` has a spec with staged changes."""
    monkeypatch.chdir(tmp_path)
    spec = tmp_path / "specs" / "net.snn"
    spec.parent.mkdir()
    spec.write_text(OLD.read_text())
    git(tmp_path, "init", "--quiet", "--initial-branch", "start")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "--message", "first")
    spec.write_text(OLD.read_text().replace("units 24", "units 32"))
    git(tmp_path, "add", ".")
    spec.write_text(OLD.read_text().replace("units 24", "units 48"))
    return tmp_path


def diff(old: str, new: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return snnc("diff", old, new, cwd=folder)


@pytest.mark.slow
def test_a_revision_is_compared_with_the_file(repository: Path) -> None:
    done = diff("git:start:specs/net.snn", "specs/net.snn", repository)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("signs: start:specs/net.snn -> specs/net.snn\n")
    assert "  ~ d: units 24 -> 48, shape 24 -> 48\n" in done.stdout


@pytest.mark.slow
def test_a_path_may_count_from_the_current_directory(repository: Path) -> None:
    done = diff("git:HEAD:./net.snn", "git:HEAD:specs/net.snn", repository / "specs")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("The same network.\n")


@pytest.mark.slow
def test_without_a_revision_what_is_staged_is_read(repository: Path) -> None:
    done = diff("git:HEAD:specs/net.snn", "git::specs/net.snn", repository)
    assert "~ d: units 24 -> 32" in done.stdout


@pytest.mark.slow
def test_diagnostics_name_the_revision(repository: Path) -> None:
    (repository / "specs/bad.snn").write_text(OLD.read_text().replace("24", "nil"))
    git(repository, "add", ".")
    git(repository, "commit", "--quiet", "--message", "second")
    done = diff("git:HEAD:specs/bad.snn", "specs/net.snn", repository)
    assert (done.returncode, done.stdout) == (1, "")
    assert " --> HEAD:specs/bad.snn:13:" in done.stderr


def problem(revision: str, path: str) -> tuple[str, str, str]:
    """Return the code, the message and the help of a source's only problem."""
    report = Diagnostics()
    assert read_revision(revision, path, report) is None
    (found,) = report.diagnostics
    assert found.span.source.name == f"{revision}:{path}"
    return found.code, found.render_message(), found.render_help()


@pytest.mark.parametrize(
    "revision", ["nowhere", "--help", "-p", "HEAD~9", "HEAD^{blob}"]
)
def test_an_unknown_revision(repository: Path, revision: str) -> None:
    code, message, _ = problem(revision, "specs/net.snn")
    assert (code, message) == ("SNN712", f"git does not know the revision `{revision}`")


def test_an_option_is_no_revision(repository: Path) -> None:
    assert problem("--output=made", "specs/net.snn")[0] == "SNN712"
    assert not (repository / "made").exists()


def test_a_path_that_is_not_in_the_revision(repository: Path) -> None:
    code, message, way_out = problem("HEAD", "net.snn")
    assert code == "SNN713"
    assert message == "the revision `HEAD` has no file `net.snn`"
    assert "`git:HEAD:./net.snn`" in way_out
    _, _, way_out = problem("HEAD", "./net.snn")
    assert way_out == "`git ls-tree -r --name-only HEAD` lists its files"
    _, message, _ = problem("", "net.snn")
    assert message == "the index has no file `net.snn`"


def test_a_folder_and_a_file_that_is_too_large(repository: Path) -> None:
    assert problem("HEAD", "specs")[0] == "SNN701"
    (repository / "large.snn").write_text("#" * (LARGEST + 1))
    git(repository, "add", ".")
    assert problem("", "large.snn")[0] == "SNN704"


def test_bytes_that_are_no_text(repository: Path) -> None:
    (repository / "latin.snn").write_bytes(b"snn 1 # \xff")
    git(repository, "add", ".")
    assert problem("", "latin.snn")[0] == "SNN703"


def test_outside_of_a_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    monkeypatch.chdir(tmp_path)
    code, message, _ = problem("HEAD", "net.snn")
    assert code == "SNN711"
    assert "not in a readable git repository" in message


def test_without_git(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(repository))
    assert problem("HEAD", "specs/net.snn")[0] == "SNN710"
