"""A build that is killed leaves whole files, is recognised, and can be completed."""

from pathlib import Path
from typing import Any

import pytest

from benchmarks.kills import killed_at, mend, package, verdict
from snnc.diagnostics import Diagnostics
from snnc.output.imported import CannotRunError, open_package
from snnc.output.package import MARKER, PackageFiles
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
    assert write_package(wanted, Diagnostics()) is not None


def verdicts(old: PackageFiles | None, new: PackageFiles) -> list[str]:
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


@pytest.mark.parametrize(("is_change", "least"), [(True, 20), (False, 30)])
def test_a_build_is_killed_at_every_call(
    is_change: bool, least: int, tmp_path: Path
) -> None:
    (tmp_path / "out").mkdir()
    old, new = (package(tmp_path / "out" / "net", part, FEW) for part in (3, 4))
    if is_change:
        write(old)
    found = verdicts(old if is_change else None, new)
    assert {"old", "mixed"} <= set(found) <= {"old", "mixed", "new"}
    assert found.count("mixed") > least // EVERY


@pytest.mark.parametrize("is_upgrade", [True, False])
def test_a_package_of_two_builds_is_not_opened(
    is_upgrade: bool, tmp_path: Path
) -> None:
    (tmp_path / "out").mkdir()
    old, new = (package(tmp_path / "out" / "net", part) for part in (3, 4))
    wholes = [
        {file.path: file.text.encode() for file in whole.files if ".py" in file.path}
        for whole in (old, new)
    ]
    refusals: list[str] = []
    calls = 0
    if is_upgrade:
        write(old)
    while killed_at(calls, lambda: write(new)):
        calls += EVERY
        try:
            opened = open_package(new.folder)
            opened.module("nengo_network")
            assert any(opened.sources.items() <= whole.items() for whole in wholes)
        except CannotRunError as error:
            refusals.append(str(error))
        mend(new)
        write(old if is_upgrade else PackageFiles(new.folder, (), new.lock))
    assert len(refusals) > 3
    assert all("`snnc build" in told and "\n" not in told for told in refusals)


def test_a_renaming_is_killed_at_every_call(tmp_path: Path) -> None:
    old = package(tmp_path / "out" / "net", 3, FEW)
    new = package(tmp_path / "out" / "other", 3, FEW)

    def rename() -> None:
        write(new)
        for orphan, _ in find_renamed(new):
            write(orphan)

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
