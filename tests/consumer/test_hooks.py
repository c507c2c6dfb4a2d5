"""The hooks, the Action and the workflow do what they are for."""

import re
import shlex
from pathlib import Path

import pytest

from snnc.cli import VERBS
from snnc.starter import SPEC
from tests.commands import Done
from tests.consumer.repo import Repo, load
from tests.support import ROOT

HOOKS = {hook["id"]: hook for hook in load(ROOT / ".pre-commit-hooks.yaml")}
STEPS = {
    s["name"]: s for s in load(ROOT / "action.yml")["runs"]["steps"] if "name" in s
}
STARTER = ROOT / "snnc/starter/files"
CHECKS = ("Layout of specs", "Problems of specs", "Packages")


def comments(repo: Repo, base: str, gh: str) -> str:
    """Return what a comment is made of by a `gh` that writes to `$CALLS`."""
    program, calls = repo.folder.parent / "bin/gh", repo.folder.parent / "calls"
    program.parent.mkdir(exist_ok=True)
    program.write_text(f"#!/bin/sh\n{gh}\n")
    program.chmod(0o755)
    calls.write_text("")
    done = repo.call(
        f"PATH={program.parent}:$PATH; bash {shlex.quote(str(ROOT))}/tools/comment.sh",
        CALLS=str(calls),
        BASE=base,
        COMMENTS="repos/o/r/issues/7/comments",
        REPOSITORY="repos/o/r",
        SPECS="specs",
    )
    assert (done.returncode, done.stderr) == (0, "")
    return calls.read_text()


def hook(repo: Repo, name: str) -> Done:
    return repo.call(" ".join([HOOKS[name]["entry"], *HOOKS[name].get("args", [])]))


def step(repo: Repo, name: str) -> Done:
    return repo.call(STEPS[name]["run"], SPECS="specs", OUTPUT="models")


def states(repo: Repo) -> list[int]:
    """Return the exit status of each check of the action."""
    return [step(repo, name).returncode for name in CHECKS]


def test_each_hook_runs_the_verb_that_it_is_named_after() -> None:
    for name, found in HOOKS.items():
        verb = found["entry"].split()[1]
        assert name in (f"snnc-{verb}", f"snnc-{verb}-check")
        assert verb in VERBS


def test_hooks_that_see_packages_run_always_and_once() -> None:
    """pre-commit does not pass the names of deleted files to hooks."""
    local = load(STARTER / "pre-commit-config.yaml")
    for found in (*HOOKS.values(), *local):
        sees = "build" in found["entry"]
        assert found.get("always_run", False) is sees
        assert found.get("pass_filenames", True) is not sees


@pytest.mark.slow
def test_the_hooks_catch_what_a_commit_would_leave_behind(repo: Repo) -> None:
    assert hook(repo, "snnc-build-check").returncode == 0
    spec = Path(SPEC).read_text()
    Path("specs/new.snn").write_text(spec.replace("network starter", "network new"))
    assert "SNN726" in hook(repo, "snnc-build-check").stderr
    built = hook(repo, "snnc-build")  # written, but in no commit yet
    assert (built.returncode, "git add models/new" in built.stderr) == (1, True)
    assert "SNN738" in hook(repo, "snnc-build-check").stderr
    repo.run("git add -A")
    assert hook(repo, "snnc-build-check").returncode == 0
    for path in Path("specs").iterdir():
        path.unlink()
    Path("specs").rmdir()
    gone = hook(repo, "snnc-build-check")
    assert (gone.returncode, gone.stderr.count("SNN727")) == (1, 2)
    assert "snnc build --allow-empty -o models" in gone.stderr
    assert hook(repo, "snnc-build").returncode == 0
    assert hook(repo, "snnc-build-check").returncode == 0
    assert not Path("models/new").exists()


@pytest.mark.slow
def test_the_steps_of_the_action_find_what_each_is_for(repo: Repo) -> None:
    assert states(repo) == [0, 0, 0]
    text = Path(SPEC).read_text()
    Path(SPEC).write_text(text.replace("filters 8,", "filters  9,"))
    assert states(repo) == [1, 0, 1]
    Path(SPEC).write_text(text.replace("filters 8,", "filtres 8,"))
    problems = step(repo, "Problems of specs")
    assert problems.stdout.startswith(f"::error file={SPEC},line=")
    assert step(repo, "SARIF").returncode == 0
    assert '"SNN203"' in Path("snnc.sarif").read_text()
    Path(SPEC).unlink()
    repo.run("snnc build --allow-empty")
    assert states(repo) == [0, 0, 0]


@pytest.mark.slow
def test_the_action_comments_what_specs_change(repo: Repo) -> None:
    base = repo.run("git rev-parse HEAD").strip()
    spec = Path(SPEC).read_text()
    Path(SPEC).write_text(spec.replace("filters 8", "filters 9"))
    Path("specs/my new.snn").write_text(spec.replace("network starter", "network new"))
    repo.commit()
    tells = 'printf "%s\\n" "$@" >> "$CALLS"'
    lists = '[ "$2" = --paginate ]'
    said = comments(repo, base, f"{lists} || {tells}")
    written = "--raw-field\nbody=<!-- snnc"
    assert said.startswith(f"api\nrepos/o/r/issues/7/comments\n{written}")
    assert "Trained weights do not load" in said
    assert "### `new`" in said
    assert comments(repo, "HEAD", f"{lists} || {tells}") == ""
    finds = f"if {lists}; then echo 12; else {tells}; fi"
    edited = comments(repo, base, finds)
    start = "api\n--method\nPATCH\nrepos/o/r/issues/comments/12"
    assert edited.startswith(f"{start}\n{written}")
    deleted = comments(repo, "HEAD", finds)
    assert deleted == "api\n--method\nDELETE\nrepos/o/r/issues/comments/12\n"


@pytest.mark.slow
def test_a_comment_says_what_is_broken_and_stays_short(repo: Repo) -> None:
    spec = Path(SPEC).read_text()
    names = ("damaged", *(f"many{number}" for number in range(4)), "old")
    for name in names:
        text = spec.replace("network starter", f"network {name}")
        Path(f"specs/{name}.snn").write_text(text)
    base = repo.commit()
    Path("specs/old.snn").unlink()
    Path("specs/damaged.snn").write_text(spec.replace("filters", "filtres"))
    about = f'about "{"x" * 20_000}"'
    for name in names[1:-1]:
        text = spec.replace("network starter", f"network {name}")
        Path(f"specs/{name}.snn").write_text(re.sub("about .*", about, text))
    repo.commit()
    tells = 'for last; do :; done; printf "%s" "$last" > "$CALLS"'
    gh = f'[ "$2" = --paginate ] || {{ {tells}; }}'
    said = comments(repo, base, gh)
    assert 60_000 < len(said) < 65_536
    assert "### `specs/damaged.snn`\n\n**Broken**" in said
    assert "\n    error[SNN203]" in said
    assert "### `many0`" in said
    assert "### `specs/old.snn`\n\nThis spec is removed." in said
    assert "1 more changed specs are too long" in said


def test_every_check_of_the_action_runs_whatever_the_others_say() -> None:
    for name in CHECKS:
        assert "always()" in STEPS[name]["if"]
    workflow = load(STARTER / "snnc.yml")
    steps = workflow["jobs"]["packages"]["steps"]
    assert sum("always()" in step.get("if", "") for step in steps) == 3
