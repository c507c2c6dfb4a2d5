"""`snnc build` and packages whose spec was renamed, moved or removed."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from snnc.output.package import MARKER
from tests.cli import builds
from tests.cli.builds import EXPECTED, SPEC, build, package, rewrite, user_text
from tests.commands import run
from tests.rules.checking import assert_accepted

pytestmark = pytest.mark.usefixtures("repo")


def twin() -> None:
    """Give a second spec, which is still there, the name of the first one's network."""
    Path("twin.snn").write_text(SPEC.replace("filters 4", "filters 5"))


def test_a_package_of_another_spec_is_not_taken_over() -> None:
    twin()
    before = package()
    for options in ((), ("--check",), ("--dry-run",)):
        done = build(*options, spec="twin.snn")
        assert (done.returncode, done.stdout) == (1, "")
        assert package() == before
    assert_accepted(EXPECTED / "taken.txt", user_text(done))
    Path("sub").mkdir()
    Path("twin.snn").rename("sub/twin.snn")
    done = run("build", "sub/twin.snn", "-o", "models")
    assert "is the package of `net.snn`" in done.stderr
    done = run("build", "twin.snn", "-o", "../models", cwd=Path("sub"))
    assert "is the package of `../net.snn`" in done.stderr


def test_a_package_is_taken_over_by_force() -> None:
    twin()
    assert build("--force", spec="twin.snn").returncode == 0
    assert '"source": "twin.snn"' in Path("models/net/snnc.lock").read_text()


@pytest.mark.parametrize("old", ["network net2 {", ""])
def test_a_package_whose_spec_left_it_is_taken_over(old: str) -> None:
    twin()
    if old:
        rewrite("net.snn", "network net {", old)
    else:
        Path("net.snn").unlink()
    assert build(spec="twin.snn").returncode == 0


def test_of_two_specs_of_one_name_neither_is_written() -> None:
    twin()
    builds.stale()
    before = package()
    done = run("build", "net.snn", "twin.snn")
    assert done.returncode == 1
    assert package() == before
    assert done.stderr.count("error[SNN724]") == 2


def test_an_old_package_is_old_although_its_build_did_not_end() -> None:
    builds.older()
    Path("models/net", MARKER).touch()
    done = build("--check")
    assert done.returncode == 1
    assert "SNN736" in done.stderr
    assert "SNN728" not in done.stderr


def test_a_spec_of_another_name_is_one_problem() -> None:
    os.rename("net.snn", "moved.snn")
    done = build("--check", spec="moved.snn")
    assert done.returncode == 1
    assert_accepted(EXPECTED / "moved.txt", user_text(done))


def test_a_renamed_network_takes_its_old_package_away() -> None:
    Path("models/net/__pycache__").mkdir()
    Path("models/net/__pycache__/train.cpython-311.pyc").write_bytes(b"")
    rewrite("net.snn", "network net", "network other")
    done = build()
    assert done.returncode == 0
    assert [path.name for path in Path("models").iterdir()] == ["other"]
    assert_accepted(EXPECTED / "renaming.txt", user_text(done))


def test_edited_files_of_an_old_package_stay_until_they_are_forced() -> None:
    builds.edited_left_over()
    kept = {path.name for path in Path("models/net").iterdir()}
    assert kept == {"train.py", "snnc.lock"}
    assert build().returncode == 1
    assert build("--force").returncode == 0
    assert not Path("models/net").exists()


def test_a_moved_spec_keeps_its_package() -> None:
    Path("specs").mkdir()
    os.rename("net.snn", "specs/net.snn")
    done = build(spec="specs/net.snn")
    assert done.returncode == 0
    assert build("--check", spec="specs/net.snn").returncode == 0


def built_elsewhere() -> None:
    builds.removed()
    rewrite("models/second/snnc.lock", '"output": "models"', '"output": "lib"')


def other_folders() -> None:
    Path("models/theirs").mkdir()
    Path("models/theirs/snnc.lock").write_text("not a lock of snnc")
    Path("models/link").symlink_to("net")
    Path("models/file").write_text("")


def remarked() -> None:
    Path("net.snn").write_text("# A remark.\n\n" + SPEC.replace("epochs", "  epochs"))


def broken() -> None:
    rewrite("net.snn", "filters 4", "filtres 4")


@pytest.mark.parametrize("change", [built_elsewhere, other_folders, remarked, broken])
def test_a_build_touches_no_package(change: Callable[[], None]) -> None:
    change()
    before = package()
    assert build().returncode == (change is broken)
    assert package() == before
