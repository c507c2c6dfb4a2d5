"""Builds that fail, are interrupted, or are made at once."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from snnc.diagnostics import Report
from snnc.output import FileState, PackageFiles, compare
from snnc.output.exclusive import exclusive
from snnc.output.records import MARKER, announcement
from snnc.output.write import WrittenFiles, write_package
from snnc.runtime.files import PART
from tests.output.packages import (
    NAMES,
    build,
    edit,
    files,
    wanted,
    write,
)


def test_a_package_that_was_built_since_does_not_go(package: Path) -> None:
    before = wanted(package, "X = 2\n").lock
    assert write(PackageFiles.gone(package, before)) == (WrittenFiles(), [])
    assert {path.name for path in package.iterdir()} == set(NAMES)


def test_an_interrupted_build_is_completed_without_force(package: Path) -> None:
    (package / MARKER).write_text(announcement({"a.py": files("X = 3\n")[0].text}))
    (package / "a.py").write_text(files("X = 3\n")[0].text)
    (package / "b.py").unlink()
    written, codes = build(package, "X = 4\n")
    assert codes == []
    assert written == WrittenFiles(("a.py", "b.py", "snnc.lock"), (), ("py.typed",))
    assert not (package / MARKER).exists()


def test_what_was_edited_after_an_interrupted_build_is_kept(package: Path) -> None:
    (package / MARKER).write_text(announcement({"a.py": files("X = 3\n")[0].text}))
    (package / "a.py").write_text(files("X = 3\n")[0].text)
    edited = edit(package / "a.py")
    assert build(package, "X = 4\n") == (None, ["SNN721"])
    assert (package / "a.py").read_text() == edited
    (package / "a.py").write_text(files("X = 3\n")[0].text)
    assert build(package, "X = 4\n")[1] == []


@pytest.mark.parametrize("marker", [b"", b"\xff", b"half a li", b"../a.py\n"])
def test_a_marker_can_hold_anything(package: Path, marker: bytes) -> None:
    (package / MARKER).write_bytes(marker)
    assert compare(wanted(package)).unfinished
    assert build(package)[1] == []
    assert {path.name for path in package.iterdir()} == set(NAMES)


def test_what_a_killed_build_left_is_cleared(package: Path) -> None:
    (package / MARKER).write_text("")
    (package / f".a.py.1{PART}").write_text("# @gener")
    assert build(package) == (WrittenFiles(unchanged=NAMES), [])
    assert {path.name for path in package.iterdir()} == set(NAMES)


def test_a_failing_rename_leaves_whole_files_and_the_old_lock(
    package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {p.name: p.read_text() for p in package.iterdir()}

    def refuse(source: Path, target: Path) -> None:
        raise PermissionError(13, "Permission denied", str(target))

    monkeypatch.setattr(os, "replace", refuse)
    report = Report()
    assert write_package(wanted(package, "X = 3\n"), False, report) is None
    assert [d.code for d in report.diagnostics] == ["SNN720"]
    assert "Permission denied" in report.diagnostics[0].render_message()
    after = {p.name: p.read_text() for p in package.iterdir()}
    marker = after.pop(MARKER)
    assert after == before
    assert marker == announcement({"a.py": files("X = 3\n")[0].text})
    monkeypatch.undo()
    assert build(package, "X = 4\n")[1] == []


@pytest.mark.parametrize(
    ("body", "mixed"), [("X = 1\n", False), ("X = 3\n", True), ("X = 4\n", False)]
)
def test_files_of_a_build_that_did_not_write_the_lock_are_mixed(
    package: Path, body: str, mixed: bool
) -> None:
    (package / "a.py").write_text(files(body)[0].text)
    assert compare(wanted(package, "X = 3\n")).mixed is mixed


def test_an_edited_file_does_not_make_a_package_mixed(package: Path) -> None:
    edit(package / "a.py")
    found = compare(wanted(package))
    assert not found.mixed
    assert found.names(FileState.EDITED) == ("a.py",)


def test_a_second_build_waits_for_the_first(package: Path) -> None:
    waits, report = threading.Event(), Report()
    second = threading.Thread(
        target=write_package,
        args=(wanted(package, "X = 2\n"), False, report, lambda _: waits.set()),
    )
    with exclusive(package, lambda _: None):
        second.start()
        assert waits.wait(60)
        assert compare(wanted(package)).unfinished
    second.join()
    assert report.diagnostics == ()
    assert compare(wanted(package, "X = 2\n")).is_settled


def test_who_has_waited_holds_the_marker_that_others_find(package: Path) -> None:
    waits, found = threading.Event(), []

    def second() -> None:
        with exclusive(package, lambda _: waits.set()):
            found.append((package / MARKER).exists())

    thread = threading.Thread(target=second)
    with exclusive(package, lambda _: None):
        thread.start()
        assert waits.wait(60)
    thread.join()
    assert found == [True]


def test_builds_at_once_leave_the_package_of_one_of_them(package: Path) -> None:
    bodies = [f"X = {number}\n" for number in range(8)]
    threads = [
        threading.Thread(target=build, args=(package, body)) for body in bodies * 4
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(compare(wanted(package, body)).is_settled for body in bodies) == 1
    assert {path.name for path in package.iterdir()} == set(NAMES)
