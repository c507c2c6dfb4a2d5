"""`snnc build` and packages whose spec was renamed, moved or removed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from snnc.output.records import MARKER
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


def test_the_help_for_a_removed_spec_names_no_other() -> None:
    builds.removed()
    done = build("--check")
    assert "run `snnc build --allow-empty -o models`" in done.stderr
    assert build("--allow-empty", spec="net.snn").returncode == 0
    assert not Path("models/second").exists()


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


def test_a_package_stays_while_its_renamed_one_is_refused() -> None:
    rewrite("net.snn", "network net", "network other")
    Path("models/other").mkdir()
    Path("models/other/train.py").write_text("mine = True\n")
    assert build().returncode == 1
    assert Path("models/net/train.py").exists()


def test_files_of_others_in_an_old_package_stay() -> None:
    Path("models/net/notes.txt").write_text("mine\n")
    rewrite("net.snn", "network net", "network other")
    assert build().returncode == 0
    assert [path.name for path in Path("models/net").iterdir()] == ["notes.txt"]


def test_packages_that_were_built_from_elsewhere_stay() -> None:
    builds.removed()
    rewrite("models/second/snnc.lock", '"output": "models"', '"output": "lib"')
    before = package()
    assert build().returncode == 0
    assert package() == before


def test_other_folders_of_the_output_stay() -> None:
    Path("models/theirs").mkdir()
    Path("models/theirs/snnc.lock").write_text("not a lock of snnc")
    Path("models/link").symlink_to("net")
    Path("models/file").write_text("")
    before = package()
    assert build().returncode == 0
    assert package() == before


def test_a_moved_spec_keeps_its_package() -> None:
    Path("specs").mkdir()
    os.rename("net.snn", "specs/net.snn")
    done = build(spec="specs/net.snn")
    assert done.returncode == 0
    assert build("--check", spec="specs/net.snn").returncode == 0


def test_a_comment_changes_no_byte() -> None:
    before = package()
    Path("net.snn").write_text("# A remark.\n\n" + SPEC.replace("epochs", "  epochs"))
    assert build().returncode == 0
    assert package() == before


def test_a_broken_spec_does_not_take_its_package_away() -> None:
    before = package()
    rewrite("net.snn", "filters 4", "filtres 4")
    assert build().returncode == 1
    assert package() == before


def test_old_packages_are_seen_though_the_new_one_is_stale() -> None:
    rewrite("net.snn", "network net", "network other")
    done = build("--check")
    assert "`models/other` is missing" in done.stderr
    assert "`models/net` is left over" in done.stderr
