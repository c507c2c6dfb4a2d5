"""Run our workflow examples in another repo."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.consumer.repo import FailedError, Repo, load
from tests.support import ROOT

pytestmark = pytest.mark.slow

HOOKS = ROOT / ".pre-commit-hooks.yaml"
ACTION = ROOT / "action.yml"


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Repo:
    """Return a repo as `snnc init` and `snnc build` make it, all of it committed."""
    script = tmp_path_factory.mktemp("bin") / "snnc"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m snnc "$@"\n')
    script.chmod(0o755)
    search_path = os.pathsep.join((str(script.parent), os.environ["PATH"]))
    repo = Repo(tmp_path_factory.mktemp("begun"), search_path)
    for command in ("git init -q", "snnc init", "snnc build specs/starter.snn"):
        repo.run(command)
    repo.commit()
    return repo


@pytest.fixture
def repo(begun: Repo, tmp_path: Path) -> Repo:
    """Return a copy of the repo."""
    copy = Repo(tmp_path / "theirs", begun.search_path)
    shutil.copytree(begun.folder, copy.folder, symlinks=True)
    return copy


Check = Callable[[Repo], None]
CHECKS: dict[str, Check] = {
    "our hook that builds": lambda repo: repo.run_hooks(HOOKS, builds=True),
    "our hooks that only check": lambda repo: repo.run_hooks(HOOKS, builds=False),
    "our action": lambda repo: repo.run_steps(ACTION),
    "their hooks": lambda repo: repo.run_hooks(repo.folder / ".pre-commit-config.yaml"),
    "their workflow": lambda repo: repo.run_steps(
        repo.folder / ".github" / "workflows" / "snnc.yml"
    ),
}


@pytest.mark.parametrize("name", CHECKS)
def test_a_spec_that_was_changed_needs_a_build(name: str, repo: Repo) -> None:
    check = CHECKS[name]
    repo.edit("specs/starter.snn", "units 32", "units 48")
    repo.commit()
    with pytest.raises(FailedError):
        check(repo)
    repo.run("git checkout --quiet .")  # a hook may have built already
    repo.run("snnc build specs/*.snn")
    repo.commit()
    check(repo)


@pytest.mark.parametrize("name", ["our action", "their workflow"])
def test_an_edit_a_loss_and_a_leftover_are_refused(name: str, repo: Repo) -> None:
    check = CHECKS[name]
    repo.edit("models/starter/train.py", "epochs=20", "epochs=21")
    with pytest.raises(FailedError, match="was edited by hand"):
        check(repo)
    repo.run("git rm --quiet --force models/starter/train.py")
    with pytest.raises(FailedError, match=r"train\.py` is missing"):
        check(repo)
    repo.run("git reset --quiet --hard")
    repo.run("git mv models/starter models/starter2")
    with pytest.raises(FailedError, match=r"models/starter` is missing"):
        check(repo)


@pytest.mark.parametrize("line_ends", ["true", "false"])
def test_any_checkout_is_up_to_date(line_ends: str, repo: Repo, tmp_path: Path) -> None:
    clone = Repo(tmp_path / "clone", repo.search_path)
    repo.run("git rm --quiet .gitattributes && git commit --quiet --message none")
    repo.run(f"git clone --quiet -c core.autocrlf={line_ends} . {clone.folder}")
    is_crlf = b"\r\n" in (clone.folder / "models/starter/train.py").read_bytes()
    assert is_crlf == (line_ends == "true")
    clone.run("snnc build --check specs/starter.snn")
    assert clone.run("snnc build specs/starter.snn") == ""
    clone.run("git diff --exit-code")


def test_git_takes_the_library_for_generated(begun: Repo) -> None:
    folder = "models/starter"
    files = [f"{folder}/_runtime/keras/model.py", f"{folder}/snnc.lock"]
    command = "git check-attr linguist-generated"
    told = begun.run(f"{command} {' '.join(files)} {folder}/train.py")
    assert [line.rpartition(": ")[2] for line in told.splitlines()] == [
        *("true", "true", "unspecified")
    ]


def test_hooks_that_build_see_all_specs_at_once() -> None:
    whole = {h["id"] for h in load(HOOKS) if not h.get("pass_filenames", True)}
    assert whole == {h["id"] for h in load(HOOKS) if "build" in h["entry"]}
    assert whole == {h["id"] for h in load(HOOKS) if h.get("always_run")}
