"""`snnc build` and the files it owns, as a user sees it.

``SNNC_ACCEPT=1`` rewrites the expected texts in `tests/cli/building/`.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from snnc.cli import snnc
from snnc.emit.files import FORMAT
from tests.cli.builds import (
    EXPECTED,
    begin,
    build,
    damaged,
    edited,
    edited_left_over,
    files,
    foreign,
    interrupted,
    killed,
    left_over,
    lost,
    merging,
    missing,
    never_built,
    newer,
    older,
    package,
    removed,
    renamed,
    rewrite,
    run,
    stale,
    user_text,
)
from tests.rules.checking import assert_accepted
from tests.support import ROOT


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return begin(tmp_path, monkeypatch)


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
    assert_accepted(EXPECTED / f"{case.__name__}.txt", user_text(done))


def test_check_is_content_with_what_was_built() -> None:
    done = build("--check")
    assert (done.return_value, done.stdout) == (0, "")
    assert_accepted(EXPECTED / "up_to_date.txt", user_text(done))


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
    assert build("--check").stdout == ""
    patch = build("--check", "-v").stdout
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
    lines = build("--check", "--verbose").stdout.splitlines()
    assert re.fullmatch(r"add models/net/layout\.py \(\d+ lines\)", lines[0])
    assert len(lines) == 1 + len(files("models/second"))
    assert all(line.startswith("remove models/second/") for line in lines[1:])


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
    assert_accepted(EXPECTED / "device.txt", user_text(done).replace(f"{folder}/", ""))
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
    command = f'"{sys.executable}" -m snnc build --check -v net.snn | true'
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
    done = build("-v")
    assert [path for word, path in words if word == "write"] == done.stdout.split()
    assert build("--force").stdout == ""
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
