"""`snnc init` writes what a first repo needs, and over nothing."""

import json
import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from snnc import __version__
from snnc.starter import AT_ROOT, EXTENDED, SPEC, starter_files
from snnc.syntax.files import format_document
from tests.commands import Done, run, run_shell
from tests.rules.checking import assert_accepted
from tests.support import ROOT, codes, sound

EXPECTED = Path(__file__).parent / "init"
pytestmark = pytest.mark.usefixtures("here")


def init(*arguments: str) -> Done:
    return run("init", *arguments)


def told(done: Done) -> str:
    """Return what `init` prints, without the number that each release changes."""
    return done.stderr.replace(__version__, "VERSION")


def contents(folder: Path) -> dict[str, str]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_text() for path in files}


def test_it_writes_its_files_and_says_what_is_next(here: Path) -> None:
    done = init("my networks")
    assert done.returncode == 0
    assert contents(here / "my networks") == starter_files()
    assert done.stdout.splitlines() == [
        f"my networks/{name}" for name in starter_files()
    ]
    assert_accepted(EXPECTED / "new_folder.txt", told(done))


def test_within_a_repo_it_needs_no_other(here: Path) -> None:
    (here / ".git").mkdir()
    done = init()
    assert done.returncode == 0
    assert_accepted(EXPECTED / "repo.txt", told(done))


def test_hooks_and_workflow_stand_at_the_root_of_a_repo(here: Path) -> None:
    (here / ".git").mkdir()
    done = init("networks")
    assert done.returncode == 0
    written = contents(here)
    assert "networks/specs/starter.snn" in written
    assert "files: ^networks/specs/" in written[".pre-commit-config.yaml"]
    assert "-o networks/models" in written[".github/workflows/snnc.yml"]
    at_root = ".pre-commit-config.yaml, .github/workflows/snnc.yml"
    assert f"GitHub and pre-commit read them: {at_root}" in done.stderr
    again = init("others")
    assert again.returncode == 0
    assert "files: ^others/specs/" in again.stderr
    assert (
        contents(here)[".pre-commit-config.yaml"] == written[".pre-commit-config.yaml"]
    )


@pytest.mark.parametrize("name", [SPEC, *AT_ROOT])
def test_nothing_is_written_over(here: Path, name: str) -> None:
    (here / name).parent.mkdir(parents=True, exist_ok=True)
    (here / name).write_text("mine\n")
    done = init()
    assert done.returncode == (name == SPEC)
    assert (here / name).read_text() == "mine\n"
    if name == SPEC:
        assert [*contents(here)] == [SPEC]
        assert f"error[SNN730]: `{SPEC}` already exists" in done.stderr
    else:
        assert f"{name} exists; add the lines that you need from:" in done.stderr
        assert starter_files()[name].splitlines()[-1] in done.stderr
        assert contents(here)[SPEC] == starter_files()[SPEC]


@pytest.mark.parametrize("name", EXTENDED)
def test_lines_are_added_to_a_file_that_exists(here: Path, name: str) -> None:
    lines = starter_files()[name].splitlines()
    before = f"*.h5 mine\r\n{lines[1]}\nlast".encode() + b"\xff"
    (here / name).write_bytes(before)
    done = init()
    assert done.returncode == 0
    after = (here / name).read_bytes()
    assert after.startswith(before + b"\n")
    added = after[len(before) + 1 :].decode().splitlines()
    assert added == [line for line in lines if line != lines[1]]
    assert name in done.stdout.splitlines()
    (here / SPEC).unlink()
    again = init()
    assert (here / name).read_bytes() == after
    assert name not in again.stdout.splitlines()


def test_a_link_that_leads_nowhere_is_in_the_way_too(here: Path) -> None:
    (here / ".gitattributes").symlink_to(here / "nowhere")
    done = init()
    assert done.returncode == 1
    assert "error[SNN730]: `.gitattributes`" in done.stderr
    assert [path.name for path in here.iterdir()] == [".gitattributes"]


def test_the_first_spec_is_sound_and_formatted() -> None:
    text = starter_files()[SPEC]
    assert codes(text) == []
    assert format_document(sound(text, "parse")) == text


def test_a_page_shows_the_attributes_of_files() -> None:
    lines = starter_files()[".gitattributes"].splitlines()
    page = (ROOT / "docs/workflow.md").read_text(encoding="utf-8")
    assert all(f"    {line}\n" in page for line in lines[1:])


def test_the_workflow_pins_nothing_that_nobody_has(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workflow = ".github/workflows/snnc.yml"
    wheel = f"./snnc-{__version__}-py3-none-any.whl"
    assert f"pip install {wheel}\n" in starter_files()[workflow]
    assert not any(re.search(r"@\w+@", text) for text in starter_files().values())
    assert init("asked", "--requirement", "snnc==0.2; python_version > '3'").stdout
    written = contents(here)[f"asked/{workflow}"]
    assert """pip install 'snnc==0.2; python_version > '"'"'3'"'"''\n""" in written
    origin = {"url": "file:///r", "vcs_info": {"vcs": "git", "commit_id": "ab12"}}
    installed = SimpleNamespace(read_text=lambda name: json.dumps(origin))
    monkeypatch.setattr("snnc.starter.distribution", lambda name: installed)
    done = init("from_git")
    written = contents(here)[f"from_git/{workflow}"]
    assert "pip install 'snnc @ git+file:///r@ab12'\n" in written
    assert "--requirement" not in done.stderr


def test_source_in_a_folder_called_data_is_not_ignored(here: Path) -> None:
    run_shell("git init --quiet", here)
    assert init().returncode == 0
    for name in ("data/x.npz", "x.npz", "src/data/a.py", "src/table.npz"):
        (here / name).parent.mkdir(parents=True, exist_ok=True)
        (here / name).touch()
    listed = run_shell("git ls-files --others --ignored --exclude-standard", here)
    assert listed.stdout.split() == ["data/x.npz", "x.npz"]


def test_a_workflow_with_a_wheel_says_what_to_fill_in() -> None:
    workflow = starter_files()[".github/workflows/snnc.yml"]
    assert "          # Fill in: commit this wheel" in workflow
    pinned = starter_files(requirement="snnc==9")[".github/workflows/snnc.yml"]
    assert "Fill in" not in pinned
    assert "        run: |\n          python -m pip install snnc==9\n" in pinned
