"""The hooks, the Action and the workflow do what they are for."""

from __future__ import annotations

import os
import re
import shlex
import shutil
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from snnc.cli import VERBS
from snnc.starter import SPEC, starter_files
from tests.commands import Done, run_shell
from tests.consumer.repo import NOBODY
from tests.support import ROOT


def load_yaml(path: str) -> Any:
    return YAML(typ="safe").load((ROOT / path).read_text(encoding="utf-8"))


HOOKS = {hook["id"]: hook for hook in load_yaml(".pre-commit-hooks.yaml")}
STEPS = {s["name"]: s for s in load_yaml("action.yml")["runs"]["steps"] if "name" in s}


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a repo with a spec and its package."""
    begun = tmp_path_factory.mktemp("begun")
    for name, text in starter_files().items():
        (begun / name).parent.mkdir(parents=True, exist_ok=True)
        (begun / name).write_text(text, encoding="utf-8")
    bash(f"cd {begun}; git init --initial-branch main; snnc build specs; {COMMIT}")
    return begun


@pytest.fixture
def repo(begun: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a copy of the repo, to work in."""
    repo = tmp_path / "a repo"
    shutil.copytree(begun, repo)
    monkeypatch.chdir(repo)
    return repo


def bash(script: str, **environment: str) -> Done:
    """Run a script as GitHub runs a step's."""
    return run_shell(script, None, **NOBODY, **environment)


COMMIT = "git add -A; git commit -m c"


def commit() -> str:
    return bash(f"{COMMIT} > /dev/null; git rev-parse HEAD").stdout.strip()


def comments(base: str, gh: str, tmp_path: Path) -> str:
    """Return what a comment is made of by a `gh` that writes to `$CALLS`."""
    program, calls = tmp_path / "bin/gh", tmp_path / "calls"
    program.parent.mkdir(exist_ok=True)
    program.write_text(f"#!/bin/sh\n{gh}\n")
    program.chmod(0o755)
    calls.write_text("")
    done = bash(
        f"bash {shlex.quote(str(ROOT / 'tools/comment.sh'))}",
        CALLS=str(calls),
        PATH=f"{program.parent}{os.pathsep}{os.environ['PATH']}",
        BASE=base,
        PULL_REQUEST="URL",
        SPECS="specs",
    )
    assert (done.returncode, done.stderr) == (0, "")
    return calls.read_text()


def hook(name: str) -> Done:
    entry, arguments = HOOKS[name]["entry"], HOOKS[name].get("args", [])
    return bash(shlex.join([*shlex.split(entry), *arguments]))


def step(name: str) -> Done:
    return bash(STEPS[name]["run"], SPECS="specs", OUTPUT="models")


def test_each_hook_runs_the_verb_that_it_is_named_after() -> None:
    for name, found in HOOKS.items():
        verb = found["entry"].split()[1]
        assert name in (f"snnc-{verb}", f"snnc-{verb}-check")
        assert verb in VERBS


def test_hooks_that_see_packages_run_always() -> None:
    """pre-commit does not pass the names of deleted files to hooks."""
    local = YAML(typ="safe").load(starter_files()[".pre-commit-config.yaml"])
    (_, check) = local["repos"][0]["hooks"]
    for found in (HOOKS["snnc-build"], HOOKS["snnc-build-check"], check):
        assert (found["always_run"], found["pass_filenames"]) == (True, False)


@pytest.mark.slow
def test_the_hooks_catch_what_a_commit_would_leave_behind(repo: Path) -> None:
    assert hook("snnc-build-check").returncode == 0
    spec = Path(SPEC).read_text()
    Path("specs/new.snn").write_text(spec.replace("network starter", "network new"))
    assert "SNN726" in hook("snnc-build-check").stderr
    built = hook("snnc-build")  # written, but in no commit yet
    assert (built.returncode, "git add models/new" in built.stderr) == (1, True)
    assert "SNN738" in hook("snnc-build-check").stderr
    bash("git add -A")
    assert hook("snnc-build-check").returncode == 0
    for path in Path("specs").iterdir():
        path.unlink()
    Path("specs").rmdir()
    gone = hook("snnc-build-check")
    assert (gone.returncode, gone.stderr.count("SNN727")) == (1, 2)
    assert "snnc build --allow-empty -o models" in gone.stderr
    assert hook("snnc-build").returncode == 0
    assert hook("snnc-build-check").returncode == 0
    assert not Path("models/new").exists()


@pytest.mark.slow
def test_the_steps_of_the_action_find_what_each_is_for(repo: Path) -> None:
    names = ("Layout of specs", "Problems of specs", "Packages")
    assert [step(name).returncode for name in names] == [0, 0, 0]
    text = Path(SPEC).read_text()
    Path(SPEC).write_text(text.replace("filters 8,", "filters  9,"))
    assert [step(name).returncode for name in names] == [1, 0, 1]
    Path(SPEC).write_text(text.replace("filters 8,", "filtres 8,"))
    problems = step("Problems of specs")
    assert problems.stdout.startswith(f"::error file={SPEC},line=")
    assert step("SARIF").returncode == 0
    assert '"SNN203"' in Path("snnc.sarif").read_text()
    Path(SPEC).unlink()
    bash("snnc build --allow-empty")
    assert [step(name).returncode for name in names] == [0, 0, 0]


@pytest.mark.slow
def test_the_action_comments_what_specs_change(repo: Path, tmp_path: Path) -> None:
    base = bash("git rev-parse HEAD").stdout.strip()
    spec = Path(SPEC).read_text()
    Path(SPEC).write_text(spec.replace("filters 8", "filters 9"))
    Path("specs/my new.snn").write_text(spec.replace("network starter", "network new"))
    commit()
    gh = 'printf "%s\\n" "$@" >> "$CALLS"'
    said = comments(base, gh, tmp_path)
    assert said.startswith("pr\ncomment\nURL\n--edit-last\n--body\n")
    assert "Trained weights do not load" in said
    assert "### `new`" in said
    assert comments("HEAD", gh, tmp_path) == ""


@pytest.mark.slow
def test_a_comment_says_what_is_broken_and_stays_short(
    repo: Path, tmp_path: Path
) -> None:
    spec = Path(SPEC).read_text()
    names = ("damaged", *(f"many{number}" for number in range(4)), "old")
    for name in names:
        text = spec.replace("network starter", f"network {name}")
        Path(f"specs/{name}.snn").write_text(text)
    base = commit()
    Path("specs/old.snn").unlink()
    Path("specs/damaged.snn").write_text(spec.replace("filters", "filtres"))
    about = f'about "{"x" * 20_000}"'
    for name in names[1:-1]:
        text = spec.replace("network starter", f"network {name}")
        Path(f"specs/{name}.snn").write_text(re.sub("about .*", about, text))
    commit()
    gh = 'for last; do :; done; printf "%s" "$last" > "$CALLS"'
    said = comments(base, gh, tmp_path)
    assert 60_000 < len(said) < 65_536
    assert "### `specs/damaged.snn`\n\n**Broken**" in said
    assert "\n    error[SNN203]" in said
    assert "### `many0`" in said
    assert "### `specs/old.snn`\n\nThis spec is removed." in said
    assert "1 more changed specs are too long" in said


def test_every_check_of_the_action_runs_whatever_the_others_say() -> None:
    for name in ("Layout of specs", "Problems of specs", "Packages"):
        assert "always()" in STEPS[name]["if"]
    workflow = YAML(typ="safe").load(starter_files()[".github/workflows/snnc.yml"])
    steps = workflow["jobs"]["packages"]["steps"]
    assert sum("always()" in step.get("if", "") for step in steps) == 3
