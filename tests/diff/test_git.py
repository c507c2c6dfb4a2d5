"""Specs of a revision: ``git:REV:path``."""

from pathlib import Path

import pytest

from snnc.diagnostics import Diagnostics
from snnc.source import LARGEST
from snnc.syntax.revisions import read_revision
from tests.commands import git
from tests.commands import run as snnc
from tests.diff.comparing import CASES

OLD = CASES[0] / "old.snn"


@pytest.fixture
def repository(here: Path) -> Path:
    """Return a repository whose branch `start` has a spec with staged changes."""
    spec = here / "specs" / "net.snn"
    spec.parent.mkdir()
    spec.write_text(OLD.read_text())
    git("init", "--quiet", "--initial-branch", "start")
    git("add", ".")
    git("commit", "--quiet", "--message", "first")
    spec.write_text(OLD.read_text().replace("units 24", "units 32"))
    git("add", ".")
    spec.write_text(OLD.read_text().replace("units 24", "units 48"))
    return here


@pytest.mark.parametrize(
    ("old", "new", "folder", "printed"),
    [
        (
            "git:start:specs/net.snn",
            "specs/net.snn",
            ".",
            ["signs: start:specs/net.snn -> specs/net.snn\n", "units 24 -> 48, shape"],
        ),
        (
            "git:HEAD:./net.snn",
            "git:HEAD:specs/net.snn",
            "specs",
            ["The same network.\n"],
        ),
        ("git:HEAD:specs/net.snn", "git::specs/net.snn", ".", ["~ d: units 24 -> 32"]),
    ],
)
def test_a_revision_or_the_index_is_one_side(
    repository: Path, old: str, new: str, folder: str, printed: list[str]
) -> None:
    done = snnc("diff", old, new, cwd=repository / folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert all(text in done.stdout for text in printed)


def test_diagnostics_name_the_revision(repository: Path) -> None:
    (repository / "specs/bad.snn").write_text(OLD.read_text().replace("24", "nil"))
    git("add", ".")
    done = snnc("diff", "git::specs/bad.snn", "specs/net.snn", cwd=repository)
    assert (done.returncode, done.stdout) == (1, "")
    assert " --> :specs/bad.snn:13:" in done.stderr


def problem(revision: str, path: str) -> tuple[str, str, str]:
    """Return the code, the message and the help of a source's only problem."""
    report = Diagnostics()
    assert read_revision(revision, path, report) is None
    (found,) = report.diagnostics
    assert found.span.source.name == f"{revision}:{path}"
    return found.code, found.message, found.help


@pytest.mark.parametrize(
    "revision", ["nowhere", "--output=made", "-p", "HEAD~9", "HEAD^{blob}"]
)
def test_an_unknown_revision(repository: Path, revision: str) -> None:
    code, message, _ = problem(revision, "specs/net.snn")
    assert (code, message) == ("SNN712", f"git does not know the revision `{revision}`")
    assert not (repository / "made").exists()  # an option is no revision


@pytest.mark.parametrize(
    ("revision", "path", "message", "way_out"),
    [
        ("HEAD", "net.snn", "the revision `HEAD` has", "`git:HEAD:./net.snn`"),
        ("HEAD", "./net.snn", "the revision `HEAD` has", "`git ls-tree -r --name-only"),
        ("", "net.snn", "the index has", ""),
    ],
)
def test_a_path_that_is_not_in_the_revision(
    repository: Path, revision: str, path: str, message: str, way_out: str
) -> None:
    code, said, told = problem(revision, path)
    assert (code, said) == ("SNN713", f"{message} no file `{path}`")
    assert way_out in told


def test_a_file_that_is_no_spec(repository: Path) -> None:
    (repository / "large.snn").write_text("#" * (LARGEST + 1))
    (repository / "latin.snn").write_bytes(b"snn 1 # \xff")
    git("add", ".")
    assert problem("HEAD", "specs")[0] == "SNN701"
    assert problem("", "large.snn")[0] == "SNN704"
    assert problem("", "latin.snn")[0] == "SNN703"


def test_outside_of_a_repository(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(here.parent))
    code, message, _ = problem("HEAD", "net.snn")
    assert code == "SNN711"
    assert "not in a readable git repository" in message


def test_without_git(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(repository))
    assert problem("HEAD", "specs/net.snn")[0] == "SNN710"
