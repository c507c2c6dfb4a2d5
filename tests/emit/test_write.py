"""Writing a package: whole files, and only our own."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path

import pytest

from snnc.diagnostics import Report
from snnc.emit import GeneratedFile, Module, Origin
from snnc.emit.files import FORMAT
from snnc.emit.owned import Lock, Package, State, compare
from snnc.emit.owned.exclusive import MARKER, exclusive
from snnc.emit.owned.lock import text_hash
from snnc.emit.owned.write import Written, write_package
from snnc.runtime.files import PART

ORIGIN = Origin("specs/a.snn", "models")
NAMES = ("a.py", "b.py", "py.typed", "snnc.lock")


def files(body: str = "X = 1\n", **more: str) -> list[GeneratedFile]:
    bodies = {"a.py": body, "b.py": "Y = 2\n", "py.typed": ""}
    bodies |= {f"{name}.py": text for name, text in more.items()}
    return [Module(name, text).headed(ORIGIN) for name, text in bodies.items()]


def wanted(folder: Path, body: str = "X = 1\n", **more: str) -> Package:
    return Package.of(folder, files(body, **more), "f" * 64, ORIGIN)


def write(package: Package, force: bool = False) -> tuple[Written | None, list[str]]:
    report = Report()
    written = write_package(package, force, report)
    return written, [diagnostic.code for diagnostic in report.diagnostics]


def build(
    folder: Path, body: str = "X = 1\n", force: bool = False
) -> tuple[Written | None, list[str]]:
    return write(wanted(folder, body), force)


def edit(path: Path) -> str:
    text = path.read_text() + "Z = 3\n"
    path.write_text(text)
    return text


@pytest.fixture
def package(tmp_path: Path) -> Path:
    folder = tmp_path / "models" / "net"
    build(folder)
    return folder


def test_a_first_build_writes_everything(tmp_path: Path) -> None:
    written, codes = build(tmp_path / "models" / "net")
    assert codes == []
    assert written == Written(NAMES)
    assert {p.name for p in (tmp_path / "models" / "net").iterdir()} == set(NAMES)


def test_files_have_line_feeds_alone(package: Path) -> None:
    assert b"\r" not in (package / "a.py").read_bytes()


def test_the_lock_names_the_spec_and_every_file(package: Path) -> None:
    lock = json.loads((package / "snnc.lock").read_text())
    assert set(lock) == {"files", "format", "output", "snnc", "source", "spec"}
    assert set(lock["files"]) == {"a.py", "b.py", "py.typed"}
    assert (lock["spec"], lock["format"]) == ("f" * 64, FORMAT)
    assert (lock["source"], lock["output"]) == ("specs/a.snn", "models")


def test_an_unchanged_package_is_not_touched(package: Path) -> None:
    paths = (package, *package.iterdir())
    before = {path: path.stat().st_mtime_ns for path in paths}
    written, _ = build(package)
    assert written == Written(unchanged=NAMES)
    assert {path: path.stat().st_mtime_ns for path in paths} == before


def test_only_changed_files_are_written(package: Path) -> None:
    written, _ = build(package, "X = 3\n")
    assert written == Written(("a.py", "snnc.lock"), (), ("b.py", "py.typed"))


def test_a_checkout_with_crlf_is_unchanged(package: Path) -> None:
    for path in package.iterdir():
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert build(package) == (Written(unchanged=NAMES), [])


def test_another_version_that_writes_the_same_leaves_the_lock(package: Path) -> None:
    text = (package / "snnc.lock").read_text().replace('"snnc": "', '"snnc": "9.')
    (package / "snnc.lock").write_text(text)
    assert build(package) == (Written(unchanged=NAMES), [])
    assert (package / "snnc.lock").read_text() == text


def test_the_mode_of_a_replaced_file_stays(package: Path) -> None:
    (package / "a.py").chmod(0o444)
    written, codes = build(package, "X = 3\n")
    assert written is not None, codes
    assert (package / "a.py").stat().st_mode & 0o777 == 0o444


def test_an_edited_file_stops_the_build(package: Path) -> None:
    edited = edit(package / "a.py")
    assert build(package, "X = 3\n") == (None, ["SNN721"])
    assert (package / "a.py").read_text() == edited


def test_force_replaces_an_edited_file(package: Path) -> None:
    edit(package / "a.py")
    written, codes = build(package, force=True)
    assert codes == []
    assert written is not None
    assert written.written == ("a.py",)


def test_every_edited_file_is_reported(package: Path) -> None:
    edit(package / "a.py")
    edit(package / "b.py")
    assert build(package)[1] == ["SNN721", "SNN721"]


def test_files_that_are_no_longer_generated_are_removed(tmp_path: Path) -> None:
    write(wanted(tmp_path, old="A = 1\n"))
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "old.cpython-311.pyc").write_bytes(b"")
    assert build(tmp_path) == (
        Written(("snnc.lock",), ("old.py",), ("a.py", "b.py", "py.typed")),
        [],
    )
    assert {path.name for path in tmp_path.iterdir()} == set(NAMES)


def test_an_edited_file_that_is_no_longer_generated_is_kept(tmp_path: Path) -> None:
    write(wanted(tmp_path, old="A = 1\n"))
    edited = edit(tmp_path / "old.py")
    for _ in range(2):
        written, codes = build(tmp_path, "X = 3\n")
        assert written is not None
        assert codes == ["SNN729"]
        assert (tmp_path / "old.py").read_text() == edited
    assert build(tmp_path, "X = 3\n", force=True)[1] == []
    assert {path.name for path in tmp_path.iterdir()} == set(NAMES)


def test_what_is_left_over_is_known_without_a_lock(tmp_path: Path) -> None:
    write(wanted(tmp_path, old="A = 1\n"))
    (tmp_path / "mine.py").write_text("mine = True\n")
    (tmp_path / "snnc.lock").unlink()
    written, codes = build(tmp_path)
    assert codes == []
    assert written is not None
    assert written.removed == ("old.py",)
    assert {path.name for path in tmp_path.iterdir()} == {*NAMES, "mine.py"}


@pytest.mark.parametrize("name", ["../mine.py", "/mine.py", "sub/mine.py", "..", ""])
def test_a_lock_does_not_lead_out_of_its_folder(package: Path, name: str) -> None:
    mine = package.parent / "mine.py"
    mine.write_text("mine = True\n")
    lock = Lock.parse((package / "snnc.lock").read_text())
    assert lock is not None
    listed = {**lock.files, name: text_hash("mine = True\n")}
    (package / "snnc.lock").write_text(Lock("f" * 64, ORIGIN, listed).text())
    written, codes = build(package)
    assert (written, codes) == (Written(("snnc.lock",), (), NAMES[:-1]), [])
    assert mine.exists()


@pytest.mark.parametrize("force", [False, True])
def test_a_file_of_somebody_else_is_never_replaced(tmp_path: Path, force: bool) -> None:
    (tmp_path / "a.py").write_text("mine = True\n")
    (tmp_path / "a.py").chmod(0o444)
    assert build(tmp_path, force=force) == (None, ["SNN722"])
    assert [p.name for p in tmp_path.iterdir()] == ["a.py"]
    assert (tmp_path / "a.py").read_text() == "mine = True\n"


@pytest.mark.parametrize("force", [False, True])
def test_neither_is_a_folder_a_link_or_a_binary(tmp_path: Path, force: bool) -> None:
    (tmp_path / "a.py").mkdir()
    (tmp_path / "b.py").symlink_to(tmp_path / "elsewhere.py")
    (tmp_path / "py.typed").write_bytes(b"\xff\xfe")
    (tmp_path / "snnc.lock").mkdir()
    written, codes = build(tmp_path, force=force)
    assert (written, codes) == (None, ["SNN722"] * 4)
    assert not (tmp_path / "elsewhere.py").exists()


@pytest.mark.parametrize("force", [False, True])
def test_neither_is_what_a_linked_folder_holds(tmp_path: Path, force: bool) -> None:
    (tmp_path / "theirs").mkdir()
    (tmp_path / "net").symlink_to(tmp_path / "theirs")
    assert build(tmp_path / "net", force=force) == (None, ["SNN722"])
    assert list((tmp_path / "theirs").iterdir()) == []


def test_files_of_other_names_stay(package: Path) -> None:
    (package / "notes.txt").write_text("mine\n")
    (package / "helpers.py").write_text("mine = True\n")
    (package / "link.py").symlink_to(package / "nowhere")
    write(Package.gone(package, wanted(package).lock))
    names = {path.name for path in package.iterdir()}
    assert names == {"notes.txt", "helpers.py", "link.py"}


def test_a_package_that_was_built_since_does_not_go(package: Path) -> None:
    before = wanted(package, "X = 2\n").lock
    assert write(Package.gone(package, before)) == (Written(), [])
    assert {path.name for path in package.iterdir()} == set(NAMES)


def test_an_interrupted_build_is_completed_without_force(package: Path) -> None:
    build(package, "X = 3\n")
    old = files()
    (package / "b.py").unlink()
    (package / "snnc.lock").unlink()
    (package / "a.py").write_text(old[0].text)
    written, codes = build(package, "X = 3\n")
    assert codes == []
    assert written == Written(("a.py", "b.py", "snnc.lock"), (), ("py.typed",))


def test_what_a_killed_build_left_is_cleared(package: Path) -> None:
    (package / MARKER).write_text("")
    (package / f".a.py.1{PART}").write_text("# @gener")
    assert build(package) == (Written(unchanged=NAMES), [])
    assert {path.name for path in package.iterdir()} == set(NAMES)


@pytest.mark.parametrize("lock", ["", "{", "[]", '{"files": 3}', "<<<<<<< ours"])
def test_a_broken_lock_is_written_again(package: Path, lock: str) -> None:
    (package / "snnc.lock").write_text(lock)
    written, codes = build(package)
    assert codes == []
    assert written is not None
    assert written.written == ("snnc.lock",)


def test_a_file_in_place_of_the_folder_is_a_diagnostic(tmp_path: Path) -> None:
    (tmp_path / "models").write_text("")
    assert build(tmp_path / "models" / "net") == (None, ["SNN720"])


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
    assert {p.name: p.read_text() for p in package.iterdir()} == before


@pytest.mark.parametrize(
    ("body", "mixed"), [("X = 1\n", False), ("X = 3\n", True), ("X = 1  #\n", True)]
)
def test_files_that_the_lock_does_not_vouch_for_are_mixed(
    package: Path, body: str, mixed: bool
) -> None:
    (package / "a.py").write_text(files(body)[0].text)
    assert compare(wanted(package)).mixed is mixed


def test_an_edited_file_does_not_make_a_package_mixed(package: Path) -> None:
    edit(package / "a.py")
    found = compare(wanted(package))
    assert not found.mixed
    assert found.names(State.EDITED) == ("a.py",)


def test_a_second_build_waits_for_the_first(package: Path) -> None:
    waits, report = threading.Event(), Report()
    second = threading.Thread(
        target=write_package,
        args=(wanted(package, "X = 2\n"), False, report, lambda _: waits.set()),
    )
    with exclusive(package, lambda _: None):
        second.start()
        assert waits.wait(60)
        (package / "a.py").write_text(files("X = 3\n")[0].text)
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
