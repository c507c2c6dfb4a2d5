"""Builds that fail, are interrupted, or are made at once."""

import os
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from snnc.diagnostics import Diagnostics
from snnc.output.lock import NAME, Lock, text_hash
from snnc.output.package import MARKER, PackageFiles
from snnc.output.stale import problems
from snnc.output.write import compare, exclusive, write_package
from snnc.runtime.files import PART
from tests.output.packages import (
    NAMES,
    build,
    edit,
    files,
    package_files,
    write,
)


def test_a_package_that_was_built_since_does_not_go(package: Path) -> None:
    before = package_files(package, "X = 2\n").lock
    assert write(PackageFiles(package, (), before)) == (((), (), ()), [])
    assert {path.name for path in package.iterdir()} == set(NAMES)


def interrupt(package: Path) -> None:
    """Leave the lock of a build that was about to write `a.py`."""
    lock = Lock.parse((package / NAME).read_text())
    writing = {"a.py": text_hash(files("X = 3\n")[0].text)}
    (package / NAME).write_text(replace(lock, writing=writing).text())


def test_an_interrupted_build_is_completed_without_force(package: Path) -> None:
    interrupt(package)
    assert compare(package_files(package)).records.is_unfinished
    (package / "a.py").write_text(files("X = 3\n")[0].text)
    (package / "b.py").unlink()
    written, codes = build(package, "X = 4\n")
    assert codes == []
    assert written == (("a.py", "b.py", "snnc.lock"), (), ("py.typed",))
    assert not compare(package_files(package, "X = 4\n")).records.is_unfinished


def test_what_was_edited_after_an_interrupted_build_is_kept(package: Path) -> None:
    interrupt(package)
    (package / "a.py").write_text(files("X = 3\n")[0].text)
    edited = edit(package / "a.py")
    assert build(package, "X = 4\n") == (None, ["SNN721"])
    assert (package / "a.py").read_text() == edited
    (package / "a.py").write_text(files("X = 3\n")[0].text)
    assert build(package, "X = 4\n")[1] == []


def test_what_a_killed_build_left_is_cleared(package: Path) -> None:
    (package / MARKER).write_text("")
    (package / f".a.py.1{PART}").write_text("# @gener")
    assert build(package) == (((), (), NAMES), [])
    assert {path.name for path in package.iterdir()} == set(NAMES)


def test_a_build_that_fails_lists_what_it_was_writing(
    package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, genuine = (package / "a.py").read_text(), os.replace

    def refuse(source: str, target: str) -> None:
        if target.endswith("a.py"):
            raise OSError(28, "No space left on device", target)
        genuine(source, target)

    monkeypatch.setattr(os, "replace", refuse)
    assert build(package, "X = 3\n") == (None, ["SNN720"])
    monkeypatch.undo()
    assert (package / "a.py").read_text() == old
    lock = Lock.parse((package / NAME).read_text())
    assert lock.writing == {"a.py": text_hash(files("X = 3\n")[0].text)}
    assert lock.files["a.py"] == text_hash(old)
    (told,) = problems(
        compare(package_files(package)), "a.snn", lock, "snnc build a.snn"
    )
    assert told.code == "SNN728"
    for body in ("X = 4\n", "X = 5\n"):  # another build may be killed, and another
        monkeypatch.setattr(os, "replace", refuse)
        assert build(package, body) == (None, ["SNN720"])
        monkeypatch.undo()
    assert build(package, "X = 6\n")[1] == []
    assert {path.name for path in package.iterdir()} == set(NAMES)


def test_a_second_build_waits_for_the_first(package: Path) -> None:
    waits, report = threading.Event(), Diagnostics()
    second = threading.Thread(
        target=write_package,
        args=(package_files(package, "X = 2\n"), report),
        kwargs={"waiting": lambda _: waits.set()},
    )
    with exclusive(package, lambda _: None):
        second.start()
        assert waits.wait(60)
        assert compare(package_files(package)).records.is_unfinished
    second.join()
    assert report.diagnostics == ()
    assert compare(package_files(package, "X = 2\n")).is_settled


def test_who_has_waited_holds_the_file_that_others_find(package: Path) -> None:
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
    assert sum(compare(package_files(package, body)).is_settled for body in bodies) == 1
    assert {path.name for path in package.iterdir()} == set(NAMES)
