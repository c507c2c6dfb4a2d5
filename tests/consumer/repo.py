"""Run commands in a consumer's repo, also the ones in our workflow examples."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests.support import ROOT

NOBODY = {
    "GIT_AUTHOR_NAME": "nobody",
    "GIT_AUTHOR_EMAIL": "nobody@example.org",
    "GIT_COMMITTER_NAME": "nobody",
    "GIT_COMMITTER_EMAIL": "nobody@example.org",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
}


class FailedError(Exception):
    """A command ended with another status than 0."""


@dataclass(frozen=True, slots=True)
class Repo:
    """A folder, and the search path on which commands are found."""

    folder: Path
    search_path: str

    def run(self, command: str, **environment: str) -> str:
        """Run a command of bash, as an action does, and return what it printed."""
        done = subprocess.run(
            ["bash", "-e", "-o", "pipefail", "-c", command],
            cwd=self.folder,
            env={
                **os.environ,
                **NOBODY,
                "PATH": self.search_path,
                "PYTHONPATH": str(ROOT),
                **environment,
            },
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise FailedError(f"{command}\n{done.stdout}{done.stderr}")
        return done.stdout

    def commit(self) -> None:
        self.run("git add --all && git commit --quiet --message work")

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
