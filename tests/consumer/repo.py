"""Run commands in a consumer's repo, also the ones in our workflow examples."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests.commands import NOBODY, Done, run_shell


class FailedError(Exception):
    """A command ended with another status than 0."""


@dataclass(frozen=True, slots=True)
class Repo:
    """A folder with a git repo."""

    folder: Path

    def call(self, command: str, **environment: str) -> Done:
        """Run a command of bash, as an action does."""
        return run_shell(command, self.folder, **NOBODY, **environment)

    def run(self, command: str, **environment: str) -> str:
        """Run a command that succeeds, and return what it printed."""
        done = self.call(command, **environment)
        if done.returncode:
            raise FailedError(f"{command}\n{done.stdout}{done.stderr}")
        return done.stdout

    def commit(self) -> str:
        """Commit all changes, and return the revision."""
        self.run("git add --all && git commit --quiet --message work")
        return self.run("git rev-parse HEAD").strip()

    def edit(self, path: str, old: str, new: str) -> None:
        text = (self.folder / path).read_text()
        assert old in text
        (self.folder / path).write_text(text.replace(old, new))

    def run_hooks(self, hooks: Path, builds: bool | None = None) -> None:
        """Run hooks of a file: those that build, others, or all, as pre-commit does."""
        tracked = self.run("git ls-files").splitlines()
        for hook in load(hooks):
            files = [path for path in tracked if re.search(hook.get("files", ""), path)]
            if builds not in (None, hook["id"] == "snnc-build"):
                continue
            if files or hook.get("always_run"):
                passed = files if hook.get("pass_filenames", True) else []
                words = [hook["entry"], *hook.get("args", []), *passed]
                self.run(" ".join(words))
        # pre-commit fails where a hook changed a file.
        self.run("git diff --exit-code")

    def run_steps(self, path: Path) -> None:
        """Run the steps of an action or a workflow that are commands."""
        data = load(path)
        for step in _steps(data):
            environment = {
                name: _fill_defaults(value, data.get("inputs", {}))
                for name, value in step.get("env", {}).items()
            }
            self.run(step["run"], **environment)


def load(path: Path) -> Any:
    data = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    if isinstance(data, dict) and "repos" in data:
        return [hook for repo in data["repos"] for hook in repo["hooks"]]
    return data


def _steps(data: Any) -> Iterator[dict[str, Any]]:
    jobs = [data["runs"]] if "runs" in data else data["jobs"].values()
    for step in chain.from_iterable(job["steps"] for job in jobs):
        # The packages that steps install are installed here already.
        is_command = "run" in step and "pip install" not in step["run"]
        is_optional = "== 'true'" in step.get("if", "")
        if is_command and not is_optional:
            yield step


def _fill_defaults(value: str, inputs: dict[str, Any]) -> str:
    """Put the defaults of an action's inputs into an expression."""
    return re.sub(
        r"\$\{\{ inputs\.(\w+) \}\}", lambda m: inputs[m[1]]["default"], value
    )
