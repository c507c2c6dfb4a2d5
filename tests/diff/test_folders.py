"""Two folders of specs side by side."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from snnc.cli import main
from tests.diff.comparing import CASES
from tests.diff.test_git import git

FILTERS = next(case for case in CASES if case.name == "filters")
OLD, NEW = ((FILTERS / f"{side}.snn").read_text() for side in ("old", "new"))


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder `old` and a folder `new`, each with specs."""
    monkeypatch.chdir(tmp_path)
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
    return tmp_path


def test_each_spec_is_a_row(folders: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", "old", "new"]) == 1
    out, err = capsys.readouterr()
    assert out.splitlines() == [
        "old -> new",
        "spec             change   weights        cores      energy at most",
        "bad.snn          broken                      5             47.4 uJ",
        "gone.snn         removed                     5             47.4 uJ",
        "grown.snn        added                       7             85.1 uJ",
        "same.snn         same     valid              5             47.4 uJ",
        "sub/changed.snn  changed  incompatible  5 -> 7  47.4 uJ -> 85.1 uJ",
    ]
    assert "error[SNN203]" in err
    assert main(["diff", "old", "new", "--exit-code"]) == 2
    Path("new/bad.snn").unlink()
    assert main(["diff", "old", "new"]) == 0
    assert main(["diff", "old", "new", "--exit-code"]) == 1
    assert main(["diff", "old", "old", "--exit-code"]) == 0


def test_programs_and_comments_get_the_same(
    folders: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["diff", "old", "new", "--format", "json"])
    found = json.loads(capsys.readouterr().out)
    changes = {spec["path"]: spec["change"] for spec in found["specs"]}
    assert changes["sub/changed.snn"] == "changed"
    main(["diff", "old", "new", "--format", "markdown"])
    out = capsys.readouterr().out
    assert "| `sub/changed.snn` | changed | incompatible | 5 → 7 |" in out


def test_a_folder_of_a_revision_is_one_side(
    folders: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    git(folders, "init", "--quiet")
    git(folders, "add", "old")
    git(folders, "commit", "--quiet", "--message", "first")
    for old in ("git:HEAD:old", "git:HEAD:./old/"):
        main(["diff", old, "new", "--format", "json"])
        found = json.loads(capsys.readouterr().out)["specs"]
        assert len(found) == 5
        assert found[-1]["old"]["cores"] == 5
    assert main(["diff", "git:HEAD:", ".", "--exit-code"]) == 2  # new/bad.snn
    assert "new/grown.snn" in capsys.readouterr().out


def test_a_folder_is_not_compared_with_a_spec(
    folders: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["diff", "old", "new/same.snn"]) == 2
    assert "compare two specs, or two folders" in capsys.readouterr().err
