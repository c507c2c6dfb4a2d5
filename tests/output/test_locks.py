"""Locks that are damaged, lost, of another version, or in the middle of a merge."""

from pathlib import Path

import pytest

from snnc.diagnostics import Diagnostics
from snnc.output.stale import problems
from snnc.output.write import compare, write_package
from tests.output.packages import (
    NAMES,
    build,
    edit,
    package_files,
    write,
)

LOCK = '{"format": 1, "spec": "", "files": {}, %s}'
FILE = '{"format": 1, "spec": "", "files": {"%s": ""}}'
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
    "null": FILE % r"a\u0000.py",
    "surrogate": FILE % r"\ud800.py",
    "name": FILE % ("a" * 256),
    "parent": FILE % "../mine.py",
    "root": FILE % "/mine.py",
    "dots": FILE % "..",
    "nameless": FILE % "",
    "drive": FILE % r"C:\\mine.py",
    "source": LOCK % f'"output": ".", "source": "{"a" * 10_000}"',
    "source_null": LOCK % r'"source": "\u0000"',
    "writing": LOCK % '"writing": 3',
    "writing_hash": LOCK % '"writing": {"a.py": 3}',
    "writing_parent": LOCK % '"writing": {"../mine.py": "0"}',
    "writing_root": LOCK % '"writing": {"/mine.py": "0"}',
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
    assert compare(package_files(package)).is_settled
    assert (package.parent / "mine.py").exists()


@pytest.mark.parametrize("name", ["a.py", "snnc.lock"])
def test_what_is_no_text_any_more_was_edited(package: Path, name: str) -> None:
    (package / name).write_bytes((package / name).read_bytes() + b"# \xe9\n")
    codes = {"a.py": "SNN721", "snnc.lock": "SNN734"}
    assert build(package) == (None, [codes[name]])
    assert build(package, force=True)[1] == []
    assert compare(package_files(package)).is_settled


def test_without_a_lock_all_that_differs_counts_as_edited(package: Path) -> None:
    (package / "snnc.lock").unlink()
    report = Diagnostics()
    assert write_package(package_files(package, "X = 3\n"), report) is None
    (found,) = report.diagnostics
    assert found.code == "SNN734"
    assert "is missing" in found.message
    assert found.notes == ("files that differ from the spec: a.py",)
    written, _ = build(package, "X = 3\n", force=True)
    assert written == (("a.py", "snnc.lock"), (), ("b.py", "py.typed"))


@pytest.mark.parametrize("lock", ["", None])
def test_without_a_lock_what_is_as_it_should_be_gets_one(
    package: Path, lock: str | None
) -> None:
    (package / "snnc.lock").unlink()
    if lock is not None:
        (package / "snnc.lock").write_text(lock)
    assert build(package) == ((("snnc.lock",), (), NAMES[:-1]), [])


CONFLICT = """\
<<<<<<< HEAD
{}\
=======
{}\
>>>>>>> other
"""


def test_after_a_failed_merge_every_headed_file_is_ours(tmp_path: Path) -> None:
    ours, theirs = (
        package_files(tmp_path, "X = 3\n"),
        package_files(tmp_path, "X = 4\n"),
    )
    write(package_files(tmp_path, old="A = 1\n"))
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
    assert written == (("a.py", "b.py", "snnc.lock"), ("old.py",), ("py.typed",))
    assert {path.name for path in tmp_path.iterdir()} == {*NAMES, "mine.py"}


@pytest.mark.parametrize("force", [False, True])
def test_a_failed_merge_makes_nobody_elses_file_ours(
    package: Path, force: bool
) -> None:
    text = package_files(package).lock_text({})
    (package / "snnc.lock").write_text(CONFLICT.format("{\n", text))
    (package / "a.py").write_text("mine = True\n")
    assert build(package, force=force) == (None, ["SNN722"])
