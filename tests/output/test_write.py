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
from snnc.output import FileState, PackageFiles, compare
from snnc.output.exclusive import exclusive
from snnc.output.records import MARKER, announcement
from snnc.output.stale import problems
from snnc.output.write import WrittenFiles, write_package
from snnc.runtime.files import PART

ORIGIN = Origin("specs/a.snn", "models")
LIBRARY_TEXT = """\
# SPDX-License-Identifier: MIT
# The run-time library of snnc; `snnc build` puts a copy into each package.
"""
NAMES = ("a.py", "b.py", "py.typed", "snnc.lock")


def files(body: str = "X = 1\n", **more: str) -> list[GeneratedFile]:
    bodies = {"a.py": body, "b.py": "Y = 2\n", "py.typed": ""}
    bodies |= {f"{name}.py": text for name, text in more.items()}
    return [Module(name, text).headed(ORIGIN) for name, text in bodies.items()]


def wanted(folder: Path, body: str = "X = 1\n", **more: str) -> PackageFiles:
    return PackageFiles.of(folder, files(body, **more), "f" * 64, ORIGIN)


def write(
    package: PackageFiles, force: bool = False
) -> tuple[WrittenFiles | None, list[str]]:
    report = Report()
    written = write_package(package, force, report)
    return written, [diagnostic.code for diagnostic in report.diagnostics]


def build(
    folder: Path, body: str = "X = 1\n", force: bool = False
) -> tuple[WrittenFiles | None, list[str]]:
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
    assert written == WrittenFiles(NAMES)
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
    assert written == WrittenFiles(unchanged=NAMES)
    assert {path: path.stat().st_mtime_ns for path in paths} == before


def test_only_changed_files_are_written(package: Path) -> None:
    written, _ = build(package, "X = 3\n")
    assert written == WrittenFiles(("a.py", "snnc.lock"), (), ("b.py", "py.typed"))


def test_a_checkout_with_crlf_is_unchanged(package: Path) -> None:
    for path in package.iterdir():
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert build(package) == (WrittenFiles(unchanged=NAMES), [])


def test_another_version_that_writes_the_same_leaves_the_lock(package: Path) -> None:
    text = (package / "snnc.lock").read_text().replace('"snnc": "', '"snnc": "9.')
    (package / "snnc.lock").write_text(text)
    assert build(package) == (WrittenFiles(unchanged=NAMES), [])
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


def test_all_edited_files_are_one_report(package: Path) -> None:
    edit(package / "a.py")
    edit(package / "b.py")
    report = Report()
    assert write_package(wanted(package), False, report) is None
    (found,) = report.diagnostics
    assert found.code == "SNN721"
    assert "a.py" in found.render_message()
    assert found.render_notes()[0] == "edited, too: b.py"


def test_files_that_are_no_longer_generated_are_removed(tmp_path: Path) -> None:
    write(wanted(tmp_path, old="A = 1\n"))
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "old.cpython-311.pyc").write_bytes(b"")
    assert build(tmp_path) == (
        WrittenFiles(("snnc.lock",), ("old.py",), ("a.py", "b.py", "py.typed")),
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


def test_what_is_left_over_is_kept_without_a_lock(tmp_path: Path) -> None:
    write(wanted(tmp_path, old="A = 1\n"))
    (tmp_path / "mine.py").write_text("mine = True\n")
    (tmp_path / "snnc.lock").unlink()
    for _ in range(2):
        written, codes = build(tmp_path)
        assert written is not None
        assert (written.removed, codes) == ((), ["SNN729"])
    assert build(tmp_path, force=True)[1] == []
    assert {path.name for path in tmp_path.iterdir()} == {*NAMES, "mine.py"}


def test_what_somebody_put_in_place_of_a_file_left_over_stays(tmp_path: Path) -> None:
    write(wanted(tmp_path, old="A = 1\n"))
    (tmp_path / "old.py").write_text("mine = True\n")
    for force in (False, True):
        written, codes = build(tmp_path, force=force)
        assert written is not None
        assert codes == []
    assert {path.name for path in tmp_path.iterdir()} == {*NAMES, "old.py"}


def test_files_in_the_folder_of_the_library_are_owned_too(tmp_path: Path) -> None:
    library = GeneratedFile("_runtime/a.py", LIBRARY_TEXT)
    full = PackageFiles.of(tmp_path, [*files(), library], "f" * 64, ORIGIN)
    assert write(full)[1] == []
    assert (tmp_path / "_runtime" / "a.py").read_text() == library.text
    assert compare(full).is_settled
    (tmp_path / "_runtime" / "mine.py").write_text("mine = True\n")
    assert build(tmp_path)[1] == []
    assert [p.name for p in (tmp_path / "_runtime").iterdir()] == ["mine.py"]
    write(full)
    (tmp_path / "_runtime" / "mine.py").unlink()
    assert build(tmp_path)[1] == []
    assert {path.name for path in tmp_path.iterdir()} == set(NAMES)


def test_an_edited_library_is_one_problem(tmp_path: Path) -> None:
    library = [GeneratedFile(f"_runtime/{n}.py", LIBRARY_TEXT) for n in "ab"]
    full = PackageFiles.of(tmp_path, [*files(), *library], "f" * 64, ORIGIN)
    write(full)
    for name in "ab":
        edit(tmp_path / "_runtime" / f"{name}.py")
    report = Report()
    assert write_package(full, False, report) is None
    (found,) = report.diagnostics
    assert found.code == "SNN733"
    assert found.render_notes()[0] == "not as `snnc.lock` says: a.py, b.py"
    assert write(full, force=True)[1] == []


@pytest.mark.parametrize("force", [False, True])
def test_what_a_linked_library_holds_is_never_replaced(
    tmp_path: Path, force: bool
) -> None:
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "a.py").write_text(LIBRARY_TEXT + "theirs = True\n")
    (tmp_path / "net").mkdir()
    (tmp_path / "net" / "_runtime").symlink_to(tmp_path / "theirs")
    library = GeneratedFile("_runtime/a.py", LIBRARY_TEXT)
    full = PackageFiles.of(tmp_path / "net", [*files(), library], "f" * 64, ORIGIN)
    assert write(full, force) == (None, ["SNN722"])
    assert (tmp_path / "theirs" / "a.py").read_text().endswith("theirs = True\n")


UNUSABLE = {
    "empty_object": "{}",
    "cut": "{",
    "list": "[]",
    "binary": "\0\1",
    "files": '{"format": 1, "spec": "", "files": 3}',
    "hash": '{"format": 1, "spec": "", "files": {"a.py": 3}}',
    "infinite": '{"format": 1e999, "spec": "", "files": {}}',
    "digits": '{"format": 1%s, "spec": "", "files": {}}' % ("0" * 5000),
    "nested": "[" * 100_000,
    "null": r'{"format": 1, "spec": "", "files": {"a\u0000.py": ""}}',
    "surrogate": r'{"format": 1, "spec": "", "files": {"\ud800.py": ""}}',
    "name": '{"format": 1, "spec": "", "files": {"%s": ""}}' % ("a" * 256),
    "source": '{"format": 1, "spec": "", "files": {}, "output": ".", "source": "%s"}'
    % ("a" * 10_000),
    "source_null": r'{"format": 1, "spec": "", "files": {}, "source": "\u0000"}',
    "parent": '{"format": 1, "spec": "", "files": {"../mine.py": ""}}',
    "root": '{"format": 1, "spec": "", "files": {"/mine.py": ""}}',
    "dots": '{"format": 1, "spec": "", "files": {"..": ""}}',
    "nameless": '{"format": 1, "spec": "", "files": {"": ""}}',
    "drive": r'{"format": 1, "spec": "", "files": {"C:\\mine.py": ""}}',
}


@pytest.mark.parametrize("lock", UNUSABLE.values(), ids=UNUSABLE)
def test_a_lock_that_is_none_is_one_problem_until_it_is_forced(
    package: Path, lock: str
) -> None:
    (package.parent / "mine.py").write_text("")
    (package / "snnc.lock").write_text(lock)
    assert build(package) == (None, ["SNN734"])
    assert build(package, "X = 3\n") == (None, ["SNN734"])
    assert build(package, force=True)[1] == []
    assert compare(wanted(package)).is_settled
    assert (package.parent / "mine.py").exists()


@pytest.mark.parametrize("name", ["a.py", "snnc.lock"])
def test_what_is_no_text_any_more_was_edited(package: Path, name: str) -> None:
    (package / name).write_bytes((package / name).read_bytes() + b"# \xe9\n")
    codes = {"a.py": "SNN721", "snnc.lock": "SNN734"}
    assert build(package) == (None, [codes[name]])
    assert build(package, force=True)[1] == []
    assert compare(wanted(package)).is_settled


def test_without_a_lock_all_that_differs_counts_as_edited(package: Path) -> None:
    (package / "snnc.lock").unlink()
    report = Report()
    assert write_package(wanted(package, "X = 3\n"), False, report) is None
    (found,) = report.diagnostics
    assert found.code == "SNN734"
    assert "is missing" in found.render_message()
    assert found.render_notes() == ("not as the spec gives it: a.py",)
    written, _ = build(package, "X = 3\n", force=True)
    assert written == WrittenFiles(("a.py", "snnc.lock"), (), ("b.py", "py.typed"))


@pytest.mark.parametrize("lock", ["", None])
def test_without_a_lock_what_is_as_it_should_be_gets_one(
    package: Path, lock: str | None
) -> None:
    (package / "snnc.lock").unlink()
    if lock is not None:
        (package / "snnc.lock").write_text(lock)
    assert build(package) == (WrittenFiles(("snnc.lock",), (), NAMES[:-1]), [])


def reformat(package: Path, number: int, **more: object) -> None:
    """Change the format that a lock tells, and more of it."""
    path = package / "snnc.lock"
    data = {**json.loads(path.read_text()), "format": number, "snnc": "9.9", **more}
    path.write_text(json.dumps(data))


@pytest.mark.parametrize("more", [{}, {"files": ["a.py"], "source": 3}])
def test_a_package_of_a_newer_snnc_is_not_replaced(
    package: Path, more: dict[str, object]
) -> None:
    reformat(package, FORMAT + 1, **more)
    before = {p.name: p.read_text() for p in package.iterdir()}
    report = Report()
    assert write_package(wanted(package, "X = 3\n"), False, report) is None
    (found,) = report.diagnostics
    assert found.code == "SNN735"
    assert f"snnc 9.9, a newer one: format {FORMAT + 1}" in found.render_message()
    assert {p.name: p.read_text() for p in package.iterdir()} == before
    assert build(package, "X = 3\n", force=True)[1] == []
    assert compare(wanted(package, "X = 3\n")).is_settled


def test_a_package_of_an_older_snnc_is_upgraded(tmp_path: Path) -> None:
    write(wanted(tmp_path, old="A = 1\n"))
    reformat(tmp_path, FORMAT - 1)
    written, codes = build(tmp_path, "X = 3\n")
    assert codes == []
    assert written == WrittenFiles(
        ("a.py", "snnc.lock"), ("old.py",), ("b.py", "py.typed"), FORMAT - 1
    )


CONFLICT = """\
<<<<<<< HEAD
{}\
=======
{}\
>>>>>>> other
"""


def test_after_a_failed_merge_every_headed_file_is_ours(tmp_path: Path) -> None:
    ours, theirs = wanted(tmp_path, "X = 3\n"), wanted(tmp_path, "X = 4\n")
    write(wanted(tmp_path, old="A = 1\n"))
    locks = ours.lock_text({}), theirs.lock_text({})
    (tmp_path / "snnc.lock").write_text(CONFLICT.format(*locks))
    modules = ours.files[0].text, theirs.files[0].text
    (tmp_path / "a.py").write_text(CONFLICT.format(*modules))
    (tmp_path / "mine.py").write_text("mine = True\n")
    edit(tmp_path / "b.py")
    told = problems(compare(ours), "a.snn", ours.lock, "snnc build a.snn")
    assert [problem.code for problem in told] == ["SNN737"]
    written, codes = build(tmp_path, "X = 5\n")
    assert codes == []
    assert written == WrittenFiles(
        ("a.py", "b.py", "snnc.lock"), ("old.py",), ("py.typed",)
    )
    assert {path.name for path in tmp_path.iterdir()} == {*NAMES, "mine.py"}


@pytest.mark.parametrize("force", [False, True])
def test_a_failed_merge_makes_nobody_elses_file_ours(
    package: Path, force: bool
) -> None:
    text = wanted(package).lock_text({})
    (package / "snnc.lock").write_text(CONFLICT.format("{\n", text))
    (package / "a.py").write_text("mine = True\n")
    assert build(package, force=force) == (None, ["SNN722"])


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
    write(PackageFiles.gone(package, wanted(package).lock))
    names = {path.name for path in package.iterdir()}
    assert names == {"notes.txt", "helpers.py", "link.py"}


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
