"""Writing a package: whole files, and only our own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from snnc.diagnostics import Report
from snnc.emit import GeneratedFile, Module, Origin
from snnc.emit.files import FORMAT
from snnc.emit.write import Written, write_package

ORIGIN = Origin("specs/a.snn", "models")


def files(body: str = "X = 1\n") -> list[GeneratedFile]:
    modules = (Module("a.py", body), Module("b.py", "Y = 2\n"), Module("py.typed", ""))
    return [module.headed(ORIGIN) for module in modules]


def build(
    folder: Path, body: str = "X = 1\n", force: bool = False
) -> tuple[Written | None, list[str]]:
    report = Report()
    written = write_package(folder, files(body), "f" * 64, force, report)
    return written, [diagnostic.code for diagnostic in report.diagnostics]


@pytest.fixture
def package(tmp_path: Path) -> Path:
    folder = tmp_path / "models" / "net"
    build(folder)
    return folder


def test_a_first_build_writes_everything(tmp_path: Path) -> None:
    written, codes = build(tmp_path / "models" / "net")
    assert codes == []
    assert written == Written(("a.py", "b.py", "py.typed", "snnc.lock"), ())
    assert {p.name for p in (tmp_path / "models" / "net").iterdir()} == {
        "a.py",
        "b.py",
        "py.typed",
        "snnc.lock",
    }


def test_files_have_line_feeds_alone(package: Path) -> None:
    assert b"\r" not in (package / "a.py").read_bytes()


def test_the_lock_names_every_file(package: Path) -> None:
    lock = json.loads((package / "snnc.lock").read_text())
    assert set(lock) == {"files", "format", "snnc", "spec"}
    assert set(lock["files"]) == {"a.py", "b.py", "py.typed"}
    assert (lock["spec"], lock["format"]) == ("f" * 64, FORMAT)


def test_an_unchanged_package_is_not_touched(package: Path) -> None:
    before = {p: p.stat().st_mtime_ns for p in package.iterdir()}
    written, _ = build(package)
    assert written == Written((), ("a.py", "b.py", "py.typed", "snnc.lock"))
    assert {p: p.stat().st_mtime_ns for p in package.iterdir()} == before


def test_only_changed_files_are_written(package: Path) -> None:
    written, _ = build(package, "X = 3\n")
    assert written == Written(("a.py", "snnc.lock"), ("b.py", "py.typed"))


def test_a_checkout_with_crlf_is_unchanged(package: Path) -> None:
    for path in package.glob("*.py"):
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    written, codes = build(package)
    assert codes == []
    assert written == Written((), ("a.py", "b.py", "py.typed", "snnc.lock"))


def test_an_edited_file_stops_the_build(package: Path) -> None:
    edited = (package / "a.py").read_text() + "Z = 3\n"
    (package / "a.py").write_text(edited)
    assert build(package, "X = 3\n") == (None, ["SNN721"])
    assert (package / "a.py").read_text() == edited


def test_force_replaces_an_edited_file(package: Path) -> None:
    (package / "a.py").write_text((package / "a.py").read_text() + "Z = 3\n")
    written, codes = build(package, force=True)
    assert codes == []
    assert written is not None
    assert written.written == ("a.py",)


def test_every_edited_file_is_reported(package: Path) -> None:
    for name in ("a.py", "b.py"):
        (package / name).write_text((package / name).read_text() + "Z = 3\n")
    assert build(package)[1] == ["SNN721", "SNN721"]


@pytest.mark.parametrize("force", [False, True])
def test_a_file_of_somebody_else_is_never_replaced(tmp_path: Path, force: bool) -> None:
    (tmp_path / "a.py").write_text("mine = True\n")
    assert build(tmp_path, force=force) == (None, ["SNN722"])
    assert [p.name for p in tmp_path.iterdir()] == ["a.py"]
    assert (tmp_path / "a.py").read_text() == "mine = True\n"


@pytest.mark.parametrize("force", [False, True])
def test_neither_is_a_folder_a_link_or_a_binary(tmp_path: Path, force: bool) -> None:
    (tmp_path / "a.py").mkdir()
    (tmp_path / "b.py").symlink_to(tmp_path / "elsewhere.py")
    (tmp_path / "py.typed").write_bytes(b"\xff\xfe")
    written, codes = build(tmp_path, force=force)
    assert (written, codes) == (None, ["SNN722"] * 3)
    assert not (tmp_path / "elsewhere.py").exists()


def test_an_interrupted_build_is_completed_without_force(package: Path) -> None:
    build(package, "X = 3\n")
    old = files()
    (package / "b.py").unlink()
    (package / "snnc.lock").unlink()
    (package / "a.py").write_text(old[0].text)
    written, codes = build(package, "X = 3\n")
    assert codes == []
    assert written == Written(("a.py", "b.py", "snnc.lock"), ("py.typed",))


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

    def refuse(self: Path, target: Path) -> Path:
        raise PermissionError(13, "Permission denied", str(target))

    monkeypatch.setattr(Path, "replace", refuse)
    report = Report()
    assert write_package(package, files("X = 3\n"), "e" * 64, False, report) is None
    assert [d.code for d in report.diagnostics] == ["SNN720"]
    assert "Permission denied" in report.diagnostics[0].render_message()
    assert {p.name: p.read_text() for p in package.iterdir()} == before
