"""Says which files of a package git does not track."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from snnc.diagnostics import Diagnostic
from snnc.output.lock import NAME
from snnc.output.package import Package
from snnc.output.write import nowhere
from snnc.rules.output import Untracked


def untracked(package: Package) -> Iterator[Diagnostic]:
    """Report, once, the files of a package that are not in git's index.

    They are up to date on this disk, and a commit would leave them behind.
    """
    folder = package.folder.as_posix()
    names = [*(file.path for file in package.files), NAME]
    try:
        done = _listed(package.folder)
    except FileNotFoundError:
        yield _report(folder, names, names, "there is no program `git`")
        return
    said = done.stderr.decode("utf-8", "replace").partition("\n")[0]
    tracked = set(done.stdout.decode("utf-8", "surrogateescape").split("\0"))
    missing = [name for name in names if name not in tracked]
    if missing:
        yield _report(folder, names, missing, said.removeprefix("fatal: "))


def _listed(folder: Path) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        ["git", "ls-files", "--cached", "-z"],
        capture_output=True,
        check=False,
        cwd=folder,
        env={**os.environ, "LC_ALL": "C"},
    )


def _report(
    folder: str, names: Sequence[str], missing: Sequence[str], reason: str
) -> Diagnostic:
    listed = "" if len(missing) == len(names) else ", ".join(missing)
    return Untracked(span=nowhere(folder), path=folder, names=listed, reason=reason)
