"""A build that is killed leaves whole files, is recognised, and can be completed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from benchmarks.kills import killed_at, mend, package, verdict
from snnc.diagnostics import Diagnostics
from snnc.output.package import PackageFiles
from snnc.output.records import MARKER
from snnc.output.stale import find_renamed
from snnc.output.write import write_package
from tests.commands import run_python
from tests.fuzz.harness import TIMES
from tests.support import ROOT

pytestmark = pytest.mark.slow

FEW = 2
"""Modules of the library in a package that is written a hundred times."""
EVERY = 11 if TIMES == 1 else 1
"""A short run kills at every eleventh call, `make fuzz` at each."""


def write(wanted: PackageFiles) -> None:
    assert write_package(wanted, False, Diagnostics()) is not None


def verdicts(folder: Path, old: PackageFiles | None, new: PackageFiles) -> list[str]:
    """Kill builds at their calls, from the first to beyond the last."""
    found: list[Any] = []
    while killed_at(EVERY * len(found), lambda: write(new)):
        found.append(verdict(old, new))
        mend(new)
        if old is not None:
            write(old)
        else:
            write(PackageFiles(new.folder, (), new.lock))
    return found


def test_a_change_is_killed_at_every_call(tmp_path: Path) -> None:
    folder = tmp_path / "out" / "net"
    old, new = package(folder, 3, FEW), package(folder, 4, FEW)
    write(old)
    found = verdicts(tmp_path, old, new)
    assert {"old", "mixed"} <= set(found) <= {"old", "mixed", "new"}
    assert found.count("mixed") > 20 // EVERY


def test_a_first_build_is_killed_at_every_call(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    found = verdicts(tmp_path, None, package(tmp_path / "out" / "net", 3, FEW))
    assert {"old", "mixed"} <= set(found) <= {"old", "mixed", "new"}
    assert found.count("mixed") > 30 // EVERY


def test_a_renaming_is_killed_at_every_call(tmp_path: Path) -> None:
    old = package(tmp_path / "out" / "net", 3, FEW)
    new = package(tmp_path / "out" / "other", 3, FEW)

    def rename() -> None:
        write(new)
        for orphan in find_renamed(new):
            write(orphan.package)

    write(old)
    calls = 0
    while killed_at(calls, rename):
        calls += EVERY
        rename()
        # Only a kill after the last file was gone leaves what had been locked.
        assert {path.name for path in old.folder.glob("*")} <= {MARKER}
        mend(new)
        write(PackageFiles(new.folder, (), new.lock))
        write(old)
    assert calls > 70


def test_processes_are_killed_at_random(tmp_path: Path) -> None:
    done = run_python("-m", "benchmarks.kills", "--kills", "8", cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("8 builds killed; left the package: ")
    assert "mixed" in done.stdout
