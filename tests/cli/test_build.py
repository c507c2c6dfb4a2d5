"""`snnc build` and the files it owns, as a user sees it.

``SNNC_ACCEPT=1`` writes the expected texts in `tests/cli/building/` anew.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from snnc import __version__
from snnc.cli import snnc
from snnc.emit.files import FORMAT
from snnc.output.records import MARKER
from tests.rules.checking import assert_accepted
from tests.support import ROOT, network

SPEC = network(
    """
  input image 8x8x1 in 0..1
  encode conv { filters 2 }
  conv2d a { filters 4 }
  readout y { classes 2 }
  train { epochs 3 }
    """
)
EXPECTED = Path(__file__).parent / "building"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(snnc, arguments, standalone_mode=False)


def build(*options: str, spec: str = "net.snn") -> Result:
    return run("build", spec, *options)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repo with one spec, which is built, to work in."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pyproject.toml").write_text("")
    (tmp_path / "net.snn").write_text(SPEC)
    assert build().return_value == 0
    return tmp_path


def rewrite(path: str, old: str, new: str) -> None:
    text = Path(path).read_text()
    assert old in text
    Path(path).write_text(text.replace(old, new))


def package() -> dict[str, tuple[bytes, int]]:
    """All files of all packages: what they hold and when they were written."""
    found = files("models")
    return {str(p): (p.read_bytes(), p.stat().st_mtime_ns) for p in found}


def files(folder: str) -> list[Path]:
    return [path for path in Path(folder).rglob("*") if path.is_file()]


def told(done: Result) -> str:
    """What a user reads, without times and numbers of files."""
    return re.sub(r"\d+ (ms|files)", r"N \1", done.stderr)


def stale() -> None:
    rewrite("net.snn", "epochs 3", "epochs 4")


def edited() -> None:
    rewrite("models/net/train.py", "epochs=3", "epochs=5")


def missing() -> None:
    Path("models/net/layout.py").unlink()


def never_built() -> None:
    shutil.rmtree("models/net")


def interrupted() -> None:
    before = Path("models/net/snnc.lock").read_text()
    stale()
    build()
    Path("models/net/snnc.lock").write_text(before)


def killed() -> None:
    Path("models/net", MARKER).write_text("")


def left_over() -> None:
    rewrite("models/net/snnc.lock", '"py.typed"', '"evil.txt"')
    os.rename("models/net/py.typed", "models/net/evil.txt")


def foreign() -> None:
    Path("models/net/train.py").write_text("mine = True\n")
    rewrite("models/net/snnc.lock", '"train.py"', '"other.py"')


def removed() -> None:
    """Build a second spec, and lose it."""
    Path("gone.snn").write_text(SPEC.replace("network net", "network second"))
    build(spec="gone.snn")
    Path("gone.snn").unlink()


def renamed() -> None:
    rewrite("net.snn", "network net", "network other")
    build("--output", "elsewhere")


def edited_left_over() -> None:
    edited()
    rewrite("net.snn", "network net", "network other")
    build()


def lost() -> None:
    """Lose the lock, and change the spec."""
    Path("models/net/snnc.lock").unlink()
    stale()


def damaged() -> None:
    rewrite("models/net/snnc.lock", '"format"', '"fromat"')


def newer() -> None:
    rewrite("models/net/snnc.lock", f'"format": {FORMAT}', '"format": 99')
    rewrite("models/net/snnc.lock", f'"snnc": "{__version__}"', '"snnc": "9.9"')


def older() -> None:
    rewrite("models/net/snnc.lock", f'"format": {FORMAT}', '"format": 1')
    stale()


def merging() -> None:
    rewrite("models/net/snnc.lock", "{\n", "<<<<<<< ours\n=======\n>>>>>>> theirs\n{\n")


CASES = (
    stale, edited, missing, never_built, interrupted, killed, left_over, foreign,
    removed, renamed, edited_left_over, lost, damaged, newer, older, merging,
)  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_check_tells_what_is_wrong_and_writes_nothing(
    case: Callable[[], None],
) -> None:
    case()
    before = package()
    done = build("--check")
    assert done.return_value == 1
    assert package() == before
    assert_accepted(EXPECTED / f"{case.__name__}.txt", told(done))


def test_check_is_content_with_what_was_built() -> None:
    done = build("--check")
    assert (done.return_value, done.stdout) == (0, "")
    assert_accepted(EXPECTED / "up_to_date.txt", told(done))


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_check_ignores_the_version_and_line_ends(newline: str) -> None:
    rewrite("models/net/snnc.lock", '"snnc": "', '"snnc": "9.')
    for path in files("models/net"):
        path.write_text(path.read_text(), newline=newline)
    done = build("--check")
    assert (done.return_value, done.stdout) == (0, "")


@pytest.mark.parametrize("case", [stale, edited])
def test_the_difference_is_a_patch(case: Callable[[], None], folder: Path) -> None:
    case()
    patch = build("--check").stdout
    subprocess.run(
        ["git", "apply", "-p0", "--allow-empty", "-"],
        input=patch,
        check=True,
        text=True,
        cwd=folder,
    )
    done = build("--check")
    assert (done.stdout, done.return_value) == ("", 0)


def test_whole_files_that_come_or_go_are_a_line_each() -> None:
    missing()
    removed()
    lines = build("--check").stdout.splitlines()
    assert re.fullmatch(r"add models/net/layout\.py \(\d+ lines\)", lines[0])
    assert len(lines) == 1 + len(files("models/second"))
    assert all(line.startswith("remove models/second/") for line in lines[1:])


def twin() -> None:
    """Give a second spec, which is still there, the name of the first one's network."""
    Path("twin.snn").write_text(SPEC.replace("filters 4", "filters 5"))


def test_a_package_of_another_spec_is_not_taken_over() -> None:
    twin()
    before = package()
    for options in ((), ("--check",), ("--dry-run",)):
        done = build(*options, spec="twin.snn")
        assert (done.return_value, done.stdout) == (1, "")
        assert package() == before
    assert_accepted(EXPECTED / "taken.txt", told(done))


def test_a_package_is_taken_over_by_force() -> None:
    twin()
    assert build("--force", spec="twin.snn").return_value == 0
    assert '"source": "twin.snn"' in Path("models/net/snnc.lock").read_text()


@pytest.mark.parametrize("old", ["network net2 {", ""])
def test_a_package_whose_spec_left_it_is_taken_over(old: str) -> None:
    twin()
    if old:
        rewrite("net.snn", "network net {", old)
    else:
        Path("net.snn").unlink()
    assert build(spec="twin.snn").return_value == 0


def test_of_two_specs_of_one_name_neither_is_written() -> None:
    twin()
    stale()
    before = package()
    done = run("build", "net.snn", "twin.snn")
    assert done.return_value == 1
    assert package() == before
    assert done.stderr.count("error[SNN724]") == 2


def test_a_spec_of_another_name_is_one_problem() -> None:
    os.rename("net.snn", "moved.snn")
    done = build("--check", spec="moved.snn")
    assert done.return_value == 1
    assert_accepted(EXPECTED / "moved.txt", told(done))


def device(folder: Path) -> str:
    text = (ROOT / "snnc/loihi/loihi1.toml").read_text()
    path = folder / "half.toml"
    path.write_text(text.replace("compartments = 1024", "compartments = 512"))
    return str(path)


def test_a_package_tells_its_device(folder: Path) -> None:
    before = package()
    chosen = ("--device", device(folder), "build", "net.snn")
    done = run(*chosen, "--check")
    assert done.return_value == 1
    assert_accepted(EXPECTED / "device.txt", told(done).replace(f"{folder}/", ""))
    assert run(*chosen).return_value == 0
    again = "# Regenerate: snnc --device half.toml build net.snn -o models\n"
    assert again in Path("models/net/train.py").read_text()
    assert run(*chosen, "--check").return_value == 0
    assert "built for `half.toml`, not for Loihi 1" in build("--check").stderr
    assert build().return_value == 0
    assert {k: v for k, (v, _) in package().items()} == {
        k: v for k, (v, _) in before.items()
    }


@pytest.mark.slow
def test_a_reader_who_leaves_hides_no_diagnostic(folder: Path) -> None:
    stale()
    command = f'"{sys.executable}" -m snnc build --check net.snn | true'
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 1
    assert "error[SNN725]" in done.stderr
    assert "Broken" not in done.stderr


@pytest.mark.parametrize(
    "case",
    [
        stale, missing, never_built, interrupted, killed, left_over, removed, older,
        merging,
    ],
)  # fmt: skip
def test_the_next_build_mends_it_without_force(case: Callable[[], None]) -> None:
    case()
    assert build().return_value == 0
    assert build("--check").return_value == 0


@pytest.mark.parametrize("case", [edited, lost, damaged, newer])
def test_force_mends_what_a_build_refuses(case: Callable[[], None]) -> None:
    case()
    before = package()
    assert build().return_value == 1
    assert package() == before
    assert build("--force").return_value == 0
    assert build("--check").return_value == 0


def test_an_upgrade_is_told_once() -> None:
    older()
    assert f"models/net: format 1, upgraded to {FORMAT}\n" in build().stderr
    assert "format" not in build().stderr


@pytest.mark.parametrize("case", [stale, removed, left_over])
def test_a_dry_run_lists_what_a_build_does(case: Callable[[], None]) -> None:
    case()
    before = package()
    dry = build("--dry-run")
    assert (dry.return_value, dry.stderr) == (0, "")
    assert package() == before
    words = [line.split(" ", 1) for line in dry.stdout.splitlines()]
    done = build()
    assert [path for word, path in words if word == "write"] == done.stdout.split()
    now = package()
    assert {path for word, path in words if word == "remove"} == before.keys() - now


def test_a_dry_run_tells_of_a_refusal() -> None:
    edited()
    rewrite("net.snn", "filters 4", "filters 5")
    done = build("--dry-run")
    assert (done.return_value, done.stdout) == (1, "")
    assert "error[SNN721]" in done.stderr


@pytest.mark.parametrize(
    "options",
    [("--check", "--dry-run"), ("--watch", "--check"), ("--check", "--force")],
)
def test_modes_exclude_each_other(
    options: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("snnc.cli.build.watch_files", lambda *_: None)
    done = CliRunner().invoke(snnc, ["build", "net.snn", *options])
    assert done.exit_code == 2
    assert f"choose one of {' and '.join(sorted(options))}" in done.stderr


def test_a_renamed_network_takes_its_old_package_away() -> None:
    Path("models/net/__pycache__").mkdir()
    Path("models/net/__pycache__/train.cpython-311.pyc").write_bytes(b"")
    rewrite("net.snn", "network net", "network other")
    done = build()
    assert done.return_value == 0
    assert [path.name for path in Path("models").iterdir()] == ["other"]
    assert_accepted(EXPECTED / "renaming.txt", told(done))


def test_edited_files_of_an_old_package_stay_until_they_are_forced() -> None:
    edited_left_over()
    kept = {path.name for path in Path("models/net").iterdir()}
    assert kept == {"train.py", "snnc.lock"}
    assert build().return_value == 1
    assert build("--force").return_value == 0
    assert not Path("models/net").exists()


def test_a_package_stays_while_its_renamed_one_is_refused() -> None:
    rewrite("net.snn", "network net", "network other")
    Path("models/other").mkdir()
    Path("models/other/train.py").write_text("mine = True\n")
    assert build().return_value == 1
    assert Path("models/net/train.py").exists()


def test_files_of_others_in_an_old_package_stay() -> None:
    Path("models/net/notes.txt").write_text("mine\n")
    rewrite("net.snn", "network net", "network other")
    assert build().return_value == 0
    assert [path.name for path in Path("models/net").iterdir()] == ["notes.txt"]


def test_packages_that_were_built_from_elsewhere_stay() -> None:
    removed()
    rewrite("models/second/snnc.lock", '"output": "models"', '"output": "lib"')
    before = package()
    assert build().return_value == 0
    assert package() == before


def test_other_folders_of_the_output_stay() -> None:
    Path("models/theirs").mkdir()
    Path("models/theirs/snnc.lock").write_text("not a lock of snnc")
    Path("models/link").symlink_to("net")
    Path("models/file").write_text("")
    before = package()
    assert build().return_value == 0
    assert package() == before


def test_a_moved_spec_keeps_its_package() -> None:
    Path("specs").mkdir()
    os.rename("net.snn", "specs/net.snn")
    done = build(spec="specs/net.snn")
    assert done.return_value == 0
    assert build("--check", spec="specs/net.snn").return_value == 0


def test_a_comment_changes_no_byte() -> None:
    before = package()
    Path("net.snn").write_text("# A remark.\n\n" + SPEC.replace("epochs", "  epochs"))
    assert build().return_value == 0
    assert package() == before


def test_a_broken_spec_does_not_take_its_package_away() -> None:
    before = package()
    rewrite("net.snn", "filters 4", "filtres 4")
    assert build().return_value == 1
    assert package() == before


def test_old_packages_are_seen_though_the_new_one_is_stale() -> None:
    rewrite("net.snn", "network net", "network other")
    done = build("--check")
    assert "`models/other` is missing" in done.stderr
    assert "`models/net` is left over" in done.stderr
