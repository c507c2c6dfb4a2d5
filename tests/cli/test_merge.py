"""After a merge of two branches that change one spec, one build fixes everything."""

from pathlib import Path

import pytest

from tests.cli.builds import SPEC, build, files, rewrite
from tests.commands import git

pytestmark = pytest.mark.usefixtures("repo")


def commit(spec: str = "net.snn") -> None:
    assert build(spec=spec).returncode == 0
    git("add", "--all")
    git("commit", "--quiet", "--message", "work")


def packages() -> dict[str, str]:
    return {path.as_posix(): path.read_text() for path in files("models")}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a repo with a package, from which a branch `theirs` has begun."""
    made = tmp_path_factory.mktemp("begun")
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.chdir(made)
        git("init", "--quiet", "--initial-branch", "ours")
        Path("net.snn").write_text(SPEC)
        commit()
        git("branch", "theirs")
    return made


def diverge(ours: tuple[str, str], theirs: tuple[str, str]) -> None:
    """Change the spec in both branches, build, and commit; `ours` is checked out."""
    rewrite("net.snn", *ours)
    commit()
    git("switch", "--quiet", "theirs")
    rewrite("net.snn", *theirs)
    commit()
    git("switch", "--quiet", "ours")


def put_right() -> None:
    """Build once, and check that the folder holds the spec's packages and no others."""
    done = build()
    assert done.returncode == 0, done.stderr
    found = packages()
    assert not any("<<<<<<<" in text for text in found.values())
    assert build("--check").returncode == 0
    git("add", "--all")
    for path in found:
        Path(path).unlink()
    assert build().returncode == 0
    assert packages() == found
    assert git("diff", "--stat") == ""


@pytest.mark.parametrize(
    ("style", "command"), [("merge", "merge"), ("diff3", "rebase")]
)
def test_changes_in_different_places(style: str, command: str) -> None:
    git("config", "merge.conflictStyle", style)
    diverge(("a { filters 4", "a { filters 6"), ("epochs 3", "epochs 5"))
    git(command, "theirs", fails=True)
    assert "<<<<<<<" in Path("models/net/snnc.lock").read_text()
    assert "<<<<<<<" not in Path("net.snn").read_text()
    done = build("--check")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(
        "error[SNN737]: `models/net` contains an unresolved merge\n"
    )
    assert "run `snnc build net.snn -o models`" in done.stderr
    assert done.stderr.endswith("\n1 error\nnot up to date: models/net\n")
    put_right()
    git(command, "--continue") if command != "merge" else git("commit", "--no-edit")
    assert git("status", "--porcelain") == ""
    text = Path("models/net/train.py").read_text()
    assert "epochs=5" in text


def test_a_spec_that_could_not_be_merged_is_resolved_first() -> None:
    diverge(("epochs 3", "epochs 4"), ("epochs 3", "epochs 5"))
    git("merge", "theirs", fails=True)
    before = packages()
    assert build().returncode == 1
    assert packages() == before
    Path("net.snn").write_text(SPEC.replace("epochs 3", "epochs 4"))
    put_right()


OTHER, EPOCHS = ("network net", "network other"), ("epochs 3", "epochs 5")


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [(OTHER, EPOCHS), (EPOCHS, OTHER), (("network net", "network mine"), OTHER)],
)
def test_a_branch_gives_the_network_another_name(
    ours: tuple[str, str], theirs: tuple[str, str]
) -> None:
    diverge(ours, theirs)
    git("merge", "theirs", fails=True)
    if EPOCHS not in (ours, theirs):  # both branches change one line
        Path("net.snn").write_text(SPEC.replace(*theirs))
    put_right()
    assert [path.name for path in Path("models").iterdir()] == ["other"]


def test_a_file_that_one_branch_edited_by_hand_is_no_longer_known() -> None:
    """Only markers in the lock make all headed files ours: none, and edits count."""
    diverge(("a { filters 4", "a { filters 6"), ("epochs 3", "epochs 3 "))
    Path("models/net/train.py").write_text(
        Path("models/net/train.py").read_text() + "edited = True\n"
    )
    git("merge", "theirs")
    assert "error[SNN721]" in build().stderr


def test_branches_that_change_different_specs_merge_by_themselves() -> None:
    rewrite("net.snn", "epochs 3", "epochs 4")
    commit()
    git("switch", "--quiet", "theirs")
    Path("other.snn").write_text(SPEC.replace("network net", "network other"))
    commit("other.snn")
    git("switch", "--quiet", "ours")
    git("merge", "theirs")
    assert build("--check").returncode == 0
