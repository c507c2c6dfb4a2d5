"""What must hold before a version is tagged, and what workflows may do."""

import json
import re
import subprocess
import zipfile
from pathlib import Path

import pytest
from packaging.version import Version

from snnc import __version__
from snnc.cli import version
from snnc.cli.version import commit
from tests.commands import run_python
from tests.support import ROOT
from tools import release

WORKFLOWS = [ROOT / "action.yml", *sorted((ROOT / ".github/workflows").glob("*.yml"))]


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """Return a folder in which each file names version 0.9.0."""
    (tmp_path / "editors/vscode").mkdir(parents=True)
    extension = tmp_path / "editors/vscode/package.json"
    extension.write_text(json.dumps({"version": "0.9.0"}))
    (tmp_path / "CITATION.cff").write_text("type: software\nversion: 0.9.0\n")
    (tmp_path / "CHANGELOG.md").write_text("# Changelog\n\n## 0.9.0 (2026-12-24)\n")
    return tmp_path


def test_a_version_is_named_in_each_file(repo: Path) -> None:
    assert not list(release.version_problems(repo, "0.9.0"))


@pytest.mark.parametrize(
    ("file", "problem"),
    [
        ("CHANGELOG.md", "CHANGELOG.md has no heading `## 0.9.0 (YYYY-MM-DD)`"),
        ("CITATION.cff", "CITATION.cff has no `version: 0.9.0`"),
        (
            "editors/vscode/package.json",
            "editors/vscode/package.json has version 0.8.0",
        ),
    ],
)
def test_a_file_of_another_version_is_a_problem(
    repo: Path, file: str, problem: str
) -> None:
    path = repo / file
    path.write_text(path.read_text().replace("0.9.0", "0.8.0"))
    assert list(release.version_problems(repo, "0.9.0")) == [problem]


def test_a_draft_is_not_released(repo: Path) -> None:
    problems = list(release.version_problems(repo, "0.9.0.dev0"))
    draft = "the version in snnc/text/version.py is 0.9.0.dev0"
    assert problems[0] == f"{draft}: remove .dev"


def test_a_format_whose_bytes_may_still_change_is_not_released(tmp_path: Path) -> None:
    (tmp_path / "snnc/emit").mkdir(parents=True)
    (tmp_path / "tests/golden").mkdir(parents=True)
    (tmp_path / "snnc/emit/files.py").write_text("FORMAT = 4\n")
    frozen = tmp_path / "tests/golden/formats.json"
    frozen.write_text('{"3": "..."}')
    assert "no format 4" in next(release.format_problems(tmp_path))
    frozen.write_text('{"3": "...", "4": "..."}')
    assert not list(release.format_problems(tmp_path))


def test_a_wheel_has_what_an_installed_snnc_reads(tmp_path: Path) -> None:
    wheel = tmp_path / "snnc.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name in release.IN_WHEEL[1:]:
            archive.writestr(name, "")
        archive.writestr("tests/test_secret.py", "")
    assert list(release.wheel_problems(wheel)) == [
        f"the wheel has no {release.IN_WHEEL[0]}",
        "the wheel has no licence",
        "the wheel has tests/test_secret.py",
    ]


def test_the_version_names_the_commit_of_a_clone() -> None:
    head = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, encoding="utf-8"
    ).stdout.strip()
    shown = run_python("-m", "snnc", "--version").stdout
    assert shown.startswith(f"snnc, version {__version__} (commit ")
    assert head.startswith(re.findall(r"commit (\w+)", shown)[0])


def test_the_version_names_the_commit_of_an_archive(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = tmp_path / "_commit"
    written.write_text("abc123\n")
    monkeypatch.setattr(version, "_WRITTEN", written)
    assert commit() == "abc123"


def test_a_copy_without_git_has_no_commit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(version, "_CLONE", tmp_path)
    monkeypatch.setattr(version, "_WRITTEN", tmp_path / "_commit")
    assert commit() is None


def test_pip_upgrades_from_the_last_release() -> None:
    assert Version(__version__) > Version("0.2.0")


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_actions_are_pinned_and_get_no_secret(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    used = re.findall(r"uses: (\S+)", text)
    assert used
    assert all(re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", action) for action in used), used
    assert "secrets." not in text


@pytest.mark.parametrize("python", ["3.11", "3.13"])
def test_constraints_are_versions_alone(python: str) -> None:
    file = ROOT / f"tools/constraints/python{python}.txt"
    lines = file.read_text(encoding="utf-8").splitlines()
    assert {"nengo-loihi==1.1.0", "nengo==4.1.0"} <= set(lines)
    assert all(re.fullmatch(r"[\w.-]+==[\w.+!-]+", line) for line in lines), lines
