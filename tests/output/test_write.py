"""Writing a package: whole files, and only our own."""

import json
from pathlib import Path

import pytest

from snnc.emit.files import FORMAT
from snnc.output.package import PackageFiles
from tests.output.packages import (
    NAMES,
    build,
    package_files,
    write,
)


def test_a_first_build_writes_everything(tmp_path: Path) -> None:
    written, codes = build(tmp_path / "models" / "net")
    assert codes == []
    assert written == (NAMES, (), ())
    assert {p.name for p in (tmp_path / "models" / "net").iterdir()} == set(NAMES)
    assert b"\r" not in (tmp_path / "models/net/a.py").read_bytes()


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
    assert written == ((), (), NAMES)
    assert {path: path.stat().st_mtime_ns for path in paths} == before


def test_only_changed_files_are_written(package: Path) -> None:
    written, _ = build(package, "X = 3\n")
    assert written == (("a.py", "snnc.lock"), (), ("b.py", "py.typed"))


def test_the_mode_of_a_replaced_file_stays(package: Path) -> None:
    (package / "a.py").chmod(0o444)
    written, codes = build(package, "X = 3\n")
    assert written is not None, codes
    assert (package / "a.py").stat().st_mode & 0o777 == 0o444


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


def test_files_of_other_names_stay(package: Path) -> None:
    (package / "notes.txt").write_text("mine\n")
    (package / "helpers.py").write_text("mine = True\n")
    (package / "link.py").symlink_to(package / "nowhere")
    write(PackageFiles(package, (), package_files(package).lock))
    names = {path.name for path in package.iterdir()}
    assert names == {"notes.txt", "helpers.py", "link.py"}


def test_a_file_in_place_of_the_folder_is_a_diagnostic(tmp_path: Path) -> None:
    (tmp_path / "models").write_text("")
    assert build(tmp_path / "models" / "net") == (None, ["SNN720"])
