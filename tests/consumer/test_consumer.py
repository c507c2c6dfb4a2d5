"""Run our workflow examples in another repo."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.consumer.repo import FailedError, Repo, load
from tests.support import ROOT

pytestmark = pytest.mark.slow

HOOKS = ROOT / ".pre-commit-hooks.yaml"
ACTION = ROOT / "action.yml"


def our_hooks(repo: Repo) -> None:
    repo.run_hooks(HOOKS)


def our_hooks_that_only_check(repo: Repo) -> None:
    repo.run_hooks(HOOKS, but="snnc-build")


def our_action(repo: Repo) -> None:
    repo.run_steps(ACTION)


def their_hooks(repo: Repo) -> None:
    repo.run_hooks(repo.folder / ".pre-commit-config.yaml")


def their_workflow(repo: Repo) -> None:
    repo.run_steps(repo.folder / ".github" / "workflows" / "snnc.yml")


CHECKS = (
    our_hooks, our_hooks_that_only_check, our_action, their_hooks, their_workflow,
)  # fmt: skip


@pytest.mark.parametrize("check", CHECKS)
def test_a_spec_that_was_changed_needs_a_build(
    check: Callable[[Repo], None], repo: Repo
) -> None:
    check(repo)
    repo.edit("specs/starter.snn", "units 32", "units 48")
    repo.commit()
    with pytest.raises(FailedError):
        check(repo)
    repo.run("git checkout --quiet .")  # a hook may have built already
    repo.run("snnc build specs/*.snn")
    repo.commit()
    check(repo)


@pytest.mark.parametrize("check", [our_action, their_workflow])
def test_an_edit_a_loss_and_a_leftover_are_refused(
    check: Callable[[Repo], None], repo: Repo
) -> None:
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


@pytest.mark.parametrize(
    ("file", "folded"),
    [
        ("_runtime/keras/model.py", "true"),
        ("snnc.lock", "true"),
        ("train.py", "unspecified"),
    ],
)
def test_git_takes_the_library_for_generated(
    repo: Repo, file: str, folded: str
) -> None:
    told = repo.run(f"git check-attr linguist-generated models/starter/{file}")
    assert told.strip().endswith(f"linguist-generated: {folded}")


def test_hooks_that_build_see_all_specs_at_once() -> None:
    whole = {h["id"] for h in load(HOOKS) if not h.get("pass_filenames", True)}
    assert whole == {h["id"] for h in load(HOOKS) if "build" in h["entry"]}
    assert whole == {h["id"] for h in load(HOOKS) if h.get("always_run")}
