"""Run our workflow examples in another repo."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.consumer.repo import FailedError, Repo
from tests.support import ROOT

pytestmark = pytest.mark.slow

HOOKS = ROOT / ".pre-commit-hooks.yaml"
ACTION = ROOT / "action.yml"


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


@pytest.mark.parametrize("line_ends", ["true", "false"])
def test_any_checkout_is_up_to_date(line_ends: str, repo: Repo, tmp_path: Path) -> None:
    clone = Repo(tmp_path / "clone")
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
