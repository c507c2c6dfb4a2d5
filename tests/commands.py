"""Runs snnc as a user does: in this process, or in one of its own."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from snnc.cli import main
from tests.support import PROJECT, ROOT

Done = subprocess.CompletedProcess[str]
NOBODY = {
    "GIT_AUTHOR_NAME": "nobody",
    "GIT_AUTHOR_EMAIL": "nobody@example.org",
    "GIT_COMMITTER_NAME": "nobody",
    "GIT_COMMITTER_EMAIL": "nobody@example.org",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_EDITOR": "true",
}
"""The environment of git in tests."""
_SHELL = """\
snnc() { "$PY" -m snnc "$@"; }
python() { "$PY" "$@"; }
export -f snnc python
"""


def run(
    *arguments: str | Path, cwd: Path | None = None, stdin: str | bytes = ""
) -> Done:
    """Run a command in this process."""
    typed = [str(argument) for argument in arguments]
    data = stdin.encode() if isinstance(stdin, str) else stdin
    streams = [io.TextIOWrapper(io.BytesIO(b), "utf-8") for b in (data, b"", b"")]
    with pytest.MonkeyPatch.context() as patch:
        if cwd is not None:
            patch.chdir(cwd)
        for name, stream in zip(("stdin", "stdout", "stderr"), streams, strict=True):
            patch.setattr(sys, name, stream)
        status = main(typed)
    told = [stream.buffer.getvalue().decode("utf-8") for stream in streams[1:]]
    return subprocess.CompletedProcess(typed, status, *told)


def run_python(
    *arguments: str | Path, cwd: Path | None = None, **environment: str
) -> Done:
    """Run Python in a process that imports this checkout."""
    return _run([sys.executable, *map(str, arguments)], cwd, environment)


def run_shell(script: str, cwd: Path | None = None, **environment: str) -> Done:
    """Run a script of bash up to a command that fails; `snnc` is this checkout."""
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c"]
    return _run([*command, _SHELL + script], cwd, {"PY": sys.executable, **environment})


def git(*arguments: str, cwd: Path | None = None, fails: bool = False) -> str:
    """Run git, without a user's settings; return what it prints."""
    done = _run(["git", *arguments], cwd, NOBODY)
    assert (done.returncode != 0) is fails, f"{done.stdout}{done.stderr}"
    return done.stdout


def console_script() -> str:
    """Return the text of the program that an installation puts on the path."""
    module, _, function = PROJECT["project"]["scripts"]["snnc"].partition(":")
    return f"import sys\nfrom {module} import {function}\nsys.exit({function}())\n"


def _run(command: list[str], cwd: Path | None, environment: dict[str, str]) -> Done:
    return subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
