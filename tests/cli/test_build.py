"""`snnc build` and the files it owns, as a user sees it."""

import re
import subprocess
from pathlib import Path

import pytest

from snnc.emit.files import FORMAT
from tests.cli import builds
from tests.cli.builds import EXPECTED, build, files, package, rewrite, user_text
from tests.commands import run, run_shell
from tests.rules.checking import assert_accepted
from tests.support import ROOT

pytestmark = pytest.mark.usefixtures("repo")
MENDED = "stale missing never_built interrupted killed left_over removed older merging"
REFUSED = "edited lost damaged newer"
OTHERS = "foreign renamed edited_left_over"


def enter(state: str) -> None:
    """Leave the repo in a state of `builds`."""
    getattr(builds, state)()


@pytest.mark.parametrize("state", f"{MENDED} {REFUSED} {OTHERS}".split())
def test_check_tells_what_is_wrong_and_writes_nothing(state: str) -> None:
    enter(state)
    before = package()
    done = build("--check")
    assert done.returncode == 1
    assert package() == before
    assert_accepted(EXPECTED / f"{state}.txt", user_text(done))


def test_check_is_content_with_what_was_built() -> None:
    done = build("--check")
    assert (done.returncode, done.stdout) == (0, "")
    assert_accepted(EXPECTED / "up_to_date.txt", user_text(done))


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_check_ignores_the_version_and_line_ends(newline: str) -> None:
    rewrite("models/net/snnc.lock", '"snnc": "', '"snnc": "9.')
    for path in files("models/net"):
        path.write_text(path.read_text(), newline=newline)
    done = build("--check")
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("state", ["stale", "edited"])
def test_the_difference_is_a_patch(state: str) -> None:
    enter(state)
    assert build("--check").stdout == ""
    patch = build("--check", "-v").stdout
    subprocess.run(
        ["git", "apply", "-p0", "--allow-empty", "-"],
        input=patch,
        check=True,
        text=True,
    )
    done = build("--check")
    assert (done.stdout, done.returncode) == ("", 0)


def test_whole_files_that_come_or_go_are_a_line_each() -> None:
    enter("missing")
    enter("removed")
    lines = build("--check", "--verbose").stdout.splitlines()
    assert re.fullmatch(r"add models/net/layout\.py \(\d+ lines\)", lines[0])
    assert len(lines) == 1 + len(files("models/second"))
    assert all(line.startswith("remove models/second/") for line in lines[1:])


def test_a_package_tells_its_device(repo: Path) -> None:
    before = package()
    text = (ROOT / "snnc/loihi/loihi1.toml").read_text()
    device = repo / "half.toml"
    device.write_text(text.replace("compartments = 1024", "compartments = 512"))
    chosen = ("--device", device, "build", "net.snn")
    done = run(*chosen, "--check")
    assert done.returncode == 1
    assert_accepted(EXPECTED / "device.txt", user_text(done).replace(f"{repo}/", ""))
    assert run(*chosen).returncode == 0
    again = "# Regenerate: snnc --device half.toml build net.snn -o models\n"
    assert again in Path("models/net/train.py").read_text()
    assert run(*chosen, "--check").returncode == 0
    assert "built for `half.toml`, not for Loihi 1" in build("--check").stderr
    assert build().returncode == 0
    assert {k: v for k, (v, _) in package().items()} == {
        k: v for k, (v, _) in before.items()
    }


@pytest.mark.slow
def test_a_reader_who_leaves_hides_no_diagnostic() -> None:
    enter("stale")
    done = run_shell("snnc build --check -v net.snn | true")
    assert done.returncode == 1
    assert "error[SNN725]" in done.stderr
    assert "Broken" not in done.stderr


@pytest.mark.parametrize("state", MENDED.split())
def test_the_next_build_mends_it_without_force(state: str) -> None:
    enter(state)
    assert build().returncode == 0
    assert build("--check").returncode == 0


@pytest.mark.parametrize("state", REFUSED.split())
def test_force_mends_what_a_build_refuses(state: str) -> None:
    enter(state)
    before = package()
    assert build().returncode == 1
    assert package() == before
    assert build("--force").returncode == 0
    assert build("--check").returncode == 0


def test_an_upgrade_is_told_once() -> None:
    enter("older")
    assert f"models/net: format 1, upgraded to {FORMAT}\n" in build().stderr
    assert "format" not in build().stderr


@pytest.mark.parametrize("state", ["stale", "removed", "left_over"])
def test_a_dry_run_lists_what_a_build_does(state: str) -> None:
    enter(state)
    before = package()
    dry = build("--dry-run")
    assert (dry.returncode, dry.stderr) == (0, "")
    assert package() == before
    words = [line.split(" ", 1) for line in dry.stdout.splitlines()]
    done = build("-v")
    assert [path for word, path in words if word == "write"] == done.stdout.split()
    assert build("--force").stdout == ""
    now = package()
    assert {path for word, path in words if word == "remove"} == before.keys() - now


def test_a_dry_run_tells_of_a_refusal() -> None:
    enter("edited")
    rewrite("net.snn", "filters 4", "filters 5")
    done = build("--dry-run")
    assert (done.returncode, done.stdout) == (1, "")
    assert "error[SNN721]" in done.stderr
