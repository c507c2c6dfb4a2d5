"""`snnc diff` as a user types it."""

import json
from pathlib import Path

import pytest

import snnc as python
from tests.commands import git
from tests.commands import run as snnc
from tests.diff.comparing import CASES

FILTERS = CASES[0].with_name("filters")
FILES = ("old.snn", "new.snn")


@pytest.mark.parametrize(
    ("case", "form", "suffix"),
    [
        ("filters", "text", "txt"),
        ("filters", "markdown", "md"),
        ("filters", "json", "json"),
        ("does-not-fit", "text", "txt"),
    ],
)
def test_the_formats(case: str, form: str, suffix: str) -> None:
    folder = FILTERS.with_name(case)
    expected = (folder / f"expected.{suffix}").read_text(encoding="utf-8")
    done = snnc("diff", *FILES, "--format", form, cwd=folder)
    assert (done.returncode, done.stdout, done.stderr) == (0, expected, "")


def test_the_problems_of_both_specs_are_shown(tmp_path: Path) -> None:
    text = (FILTERS / "old.snn").read_text()
    (tmp_path / "a.snn").write_text(text.replace("units", "unit"))
    (tmp_path / "b.snn").write_text(text.replace("window", "windows"))
    done = snnc("diff", "a.snn", "b.snn", "--format", "json", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert " --> a.snn:13:" in done.stderr
    assert " --> b.snn:12:" in done.stderr
    assert done.stderr.endswith("2 errors\n")


OLD, NEW = ((FILTERS / f"{side}.snn").read_text() for side in ("old", "new"))


@pytest.fixture
def folders(here: Path) -> Path:
    """Return a folder `old` and a folder `new`, each with specs."""
    for name, old, new in (
        ("same.snn", OLD, OLD.replace("{", "{ # said otherwise", 1)),
        ("sub/changed.snn", OLD, NEW),
        ("gone.snn", OLD, None),
        ("grown.snn", None, NEW),
        ("bad.snn", OLD, OLD.replace("filters", "filtres")),
    ):
        for side, text in (("old", old), ("new", new)):
            path = Path(side, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            if text is not None:
                path.write_text(text)
    Path("old/other.yaml").write_text("steps: []\n")
    return here


def test_each_spec_is_a_row(folders: Path) -> None:
    done = snnc("diff", "old", "new", cwd=folders)
    assert done.stdout.splitlines() == [
        "old -> new",
        "spec             change   weights        cores      energy at most",
        "bad.snn          broken                      5             47.4 uJ",
        "gone.snn         removed                     5             47.4 uJ",
        "grown.snn        added                       7             85.1 uJ",
        "same.snn         same     valid              5             47.4 uJ",
        "sub/changed.snn  changed  incompatible  5 -> 7  47.4 uJ -> 85.1 uJ",
    ]
    assert (done.returncode, "error[SNN203]" in done.stderr) == (1, True)
    assert snnc("diff", "old", "new", "--exit-code", cwd=folders).returncode == 2
    Path("new/bad.snn").unlink()
    for arguments, status in (
        (["old", "new"], 0),
        (["old", "new", "--exit-code"], 1),
        (["old", "old", "--exit-code"], 0),
    ):
        assert snnc("diff", *arguments, cwd=folders).returncode == status


def test_python_compares_folders_as_well(folders: Path) -> None:
    found = python.diff("old", "new")
    shown = snnc("diff", "old", "new", cwd=folders)
    assert f"{found}\n" == shown.stdout


def test_programs_and_comments_get_the_same(folders: Path) -> None:
    done = snnc("diff", "old", "new", "--format", "json", cwd=folders)
    changes = {
        spec["path"]: spec["change"] for spec in json.loads(done.stdout)["specs"]
    }
    assert changes["sub/changed.snn"] == "changed"
    done = snnc("diff", "old", "new", "--format", "markdown", cwd=folders)
    assert "| `sub/changed.snn` | changed | incompatible | 5 → 7 |" in done.stdout


def test_a_folder_of_a_revision_is_one_side(folders: Path) -> None:
    git("init", "--quiet")
    git("add", "old")
    git("commit", "--quiet", "--message", "first")
    for old in ("git:HEAD:old", "git:HEAD:./old/"):
        done = snnc("diff", old, "new", "--format", "json", cwd=folders)
        found = json.loads(done.stdout)["specs"]
        assert len(found) == 5
        assert found[-1]["old"]["cores"] == 5
    done = snnc("diff", "git:HEAD:", ".", "--exit-code", cwd=folders)
    assert done.returncode == 2  # new/bad.snn
    assert "new/grown.snn" in done.stdout


def test_a_folder_of_a_revision_is_found_from_inside_it(folders: Path) -> None:
    git("init", "--quiet")
    git("add", "old")
    git("commit", "--quiet", "--message", "first")
    inside = folders / "old"
    for old in ("git:HEAD:old", "git:HEAD:./../old"):
        done = snnc("diff", old, "../old", "--format", "json", cwd=inside)
        changes = {spec["change"] for spec in json.loads(done.stdout)["specs"]}
        assert changes == {"same"}
