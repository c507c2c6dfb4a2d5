"""Files that somebody has edited, or that are left over, stay until they are forced."""

import json
from pathlib import Path

import pytest

from snnc.diagnostics import Diagnostics
from snnc.emit import GeneratedFile
from snnc.output.lock import text_hash
from snnc.output.package import PackageFiles
from snnc.output.write import compare, write_package
from tests.output.packages import (
    LIBRARY_TEXT,
    NAMES,
    ORIGIN,
    build,
    edit,
    files,
    package_files,
    write,
)


def test_files_that_are_no_longer_generated_are_removed(tmp_path: Path) -> None:
    write(package_files(tmp_path, old="A = 1\n"))
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "old.cpython-311.pyc").write_bytes(b"")
    assert build(tmp_path) == (
        (("snnc.lock",), ("old.py",), ("a.py", "b.py", "py.typed")),
        [],
    )
    assert {path.name for path in tmp_path.iterdir()} == set(NAMES)


def test_an_edited_file_that_is_no_longer_generated_is_kept(tmp_path: Path) -> None:
    write(package_files(tmp_path, old="A = 1\n"))
    edited = edit(tmp_path / "old.py")
    for _ in range(2):
        written, codes = build(tmp_path, "X = 3\n")
        assert written is not None
        assert codes == ["SNN729"]
        assert (tmp_path / "old.py").read_text() == edited
    assert build(tmp_path, "X = 3\n", force=True)[1] == []
    assert {path.name for path in tmp_path.iterdir()} == set(NAMES)


def test_what_is_left_over_is_kept_without_a_lock(tmp_path: Path) -> None:
    write(package_files(tmp_path, old="A = 1\n"))
    (tmp_path / "mine.py").write_text("mine = True\n")
    (tmp_path / "snnc.lock").unlink()
    for _ in range(2):
        written, codes = build(tmp_path)
        assert written is not None
        assert (written[1], codes) == ((), ["SNN729"])
    assert build(tmp_path, force=True)[1] == []
    assert {path.name for path in tmp_path.iterdir()} == {*NAMES, "mine.py"}


def test_what_somebody_put_in_place_of_a_file_left_over_stays(tmp_path: Path) -> None:
    write(package_files(tmp_path, old="A = 1\n"))
    (tmp_path / "old.py").write_text("mine = True\n")
    for force in (False, True):
        written, codes = build(tmp_path, force=force)
        assert written is not None
        assert codes == []
    assert {path.name for path in tmp_path.iterdir()} == {*NAMES, "old.py"}


def with_library(folder: Path, **texts: str) -> PackageFiles:
    library = [
        GeneratedFile(f"_runtime/{name}.py", LIBRARY_TEXT + text)
        for name, text in texts.items()
    ]
    return PackageFiles.of(folder, [*files(), *library], "f" * 64, ORIGIN)


def test_files_in_the_folder_of_the_library_are_owned_too(tmp_path: Path) -> None:
    full = with_library(tmp_path, a="")
    assert write(full)[1] == []
    assert (tmp_path / "_runtime" / "a.py").read_text() == LIBRARY_TEXT
    assert compare(full).is_settled
    (tmp_path / "_runtime" / "mine.py").write_text("mine = True\n")
    assert build(tmp_path)[1] == []
    assert [p.name for p in (tmp_path / "_runtime").iterdir()] == ["mine.py"]
    write(full)
    (tmp_path / "_runtime" / "mine.py").unlink()
    assert build(tmp_path)[1] == []
    assert {path.name for path in tmp_path.iterdir()} == set(NAMES)


def test_the_lock_has_one_hash_of_the_library(tmp_path: Path) -> None:
    first, second = with_library(tmp_path, a="", b=""), with_library(tmp_path, a="X\n")
    write(first)
    lock = json.loads((tmp_path / "snnc.lock").read_text())
    assert set(lock["files"]) == {"a.py", "b.py", "py.typed"}
    assert lock["library"] == first.lock.library != second.lock.library
    written, codes = write(second)
    assert codes == []
    assert written is not None
    assert written[0] == ("_runtime/a.py", "snnc.lock")
    assert written[1] == ("_runtime/b.py",)


def test_an_edited_library_is_not_replaced_by_another(tmp_path: Path) -> None:
    write(with_library(tmp_path, a="", b=""))
    edited = edit(tmp_path / "_runtime" / "b.py")
    other = with_library(tmp_path, a="X\n")
    assert write(other) == (None, ["SNN733", "SNN729"])
    assert (tmp_path / "_runtime" / "b.py").read_text() == edited
    assert write(other, force=True)[1] == []
    assert [path.name for path in (tmp_path / "_runtime").iterdir()] == ["a.py"]
    assert compare(other).is_settled


def test_a_build_that_ended_early_is_completed(tmp_path: Path) -> None:
    before, after = with_library(tmp_path, a="", b=""), with_library(tmp_path, a="X\n")
    write(before)
    lock = json.loads((tmp_path / "snnc.lock").read_text())
    del lock["library"]
    lock["files"] |= {f.path: text_hash(f.text) for f in before.files}
    lock["writing"] = {"_runtime/a.py": text_hash(LIBRARY_TEXT + "X\n")}
    (tmp_path / "snnc.lock").write_text(json.dumps(lock))
    (tmp_path / "_runtime" / "a.py").write_text(LIBRARY_TEXT + "X\n")
    assert write(after)[1] == []
    assert compare(after).is_settled


@pytest.mark.parametrize(
    ("folder", "code", "message", "note"),
    [
        (".", "SNN721", "a.py", "also edited: b.py"),
        ("_runtime", "SNN733", "", "files that differ from `snnc.lock`: a.py, b.py"),
    ],
)
def test_all_edited_files_are_one_problem(
    folder: str, code: str, message: str, note: str, tmp_path: Path
) -> None:
    full = with_library(tmp_path, a="", b="")
    write(full)
    for name in ("a.py", "b.py"):
        edit(tmp_path / folder / name)
    report = Diagnostics()
    assert write_package(full, report) is None
    (found,) = report.diagnostics
    assert found.code == code
    assert message in found.message
    assert found.notes[0] == note
    assert write(full, force=True)[1] == []


@pytest.mark.parametrize("link", ["net", "net/_runtime"])
@pytest.mark.parametrize("force", [False, True])
def test_what_a_linked_folder_holds_is_never_replaced(
    tmp_path: Path, force: bool, link: str
) -> None:
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "a.py").write_text(LIBRARY_TEXT + "theirs = True\n")
    (tmp_path / link).parent.mkdir(exist_ok=True)
    (tmp_path / link).symlink_to(tmp_path / "theirs")
    assert write(with_library(tmp_path / "net", a=""), force) == (None, ["SNN722"])
    assert [path.name for path in (tmp_path / "theirs").iterdir()] == ["a.py"]
    assert (tmp_path / "theirs" / "a.py").read_text().endswith("theirs = True\n")
