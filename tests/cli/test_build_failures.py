"""One spec of a build fails, or its surroundings do: the others have their turn."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from snnc.cli import snnc
from snnc.output.package import NAME
from tests.support import ROOT, network

SPEC = network(
    """
  input image 8x8x1 in 0..1
  encode conv { filters 2 }
  dense d { units 4 }
  readout y { classes 2 }
    """
)


def spec_named(name: str) -> str:
    return SPEC.replace("network net", f"network {name}")


def build(*arguments: str) -> Result:
    """Run the verb in this process."""
    return CliRunner().invoke(snnc, ["build", *arguments], standalone_mode=False)


def build_as(
    shell: str, *arguments: str, folder: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the verb as a process, by a line of a shell that begins it by ``"$@"``."""
    return subprocess.run(
        ["bash", "-c", shell, "-", sys.executable, "-m", "snnc", "build", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a repo with two specs, which are built, to work in."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pyproject.toml").write_text("")
    for name in ("first", "second"):
        (tmp_path / f"{name}.snn").write_text(spec_named(name))
    assert build("first.snn", "second.snn").return_value == 0
    return tmp_path


def packages() -> set[str]:
    return {path.parent.name for path in Path("models").glob(f"*/{NAME}")}


@pytest.mark.parametrize(
    "others", [("second.sn",), ("second.snn", "bad.snn"), ("second.snn", "third.snn")]
)
@pytest.mark.parametrize("options", [(), ("--check",), ("--dry-run",)])
def test_what_fails_removes_no_package(
    others: tuple[str, ...], options: tuple[str, ...]
) -> None:
    """Two specs were moved or renamed, and something is wrong with another one."""
    Path("first.snn").write_text(spec_named("renamed"))
    os.rename("second.snn", "moved.snn")
    Path("second.snn").write_text(spec_named("second"))
    Path("gone.snn").write_text(spec_named("gone"))
    assert build("gone.snn").return_value == 0
    Path("gone.snn").unlink()
    Path("bad.snn").write_text(spec_named("bad").replace("classes", "clases"))
    Path("third.snn").write_text(spec_named("third"))
    Path("models/third").mkdir()
    Path("models/third/train.py").write_text("mine = True\n")
    done = build("first.snn", *others, *options)
    assert done.return_value == 1
    assert "left over" not in done.stderr
    assert packages() >= {"first", "second", "gone"}


def test_a_build_without_errors_removes_them() -> None:
    Path("first.snn").write_text(spec_named("renamed"))
    Path("second.snn").unlink()
    Path("third.snn").write_text(spec_named("third"))
    assert build("first.snn", "third.snn").return_value == 0
    assert packages() == {"renamed", "third"}


def test_two_networks_change_their_names() -> None:
    Path("first.snn").write_text(spec_named("second"))
    Path("second.snn").write_text(spec_named("first"))
    both = ("first.snn", "second.snn")
    assert build(*both).return_value == 0
    assert packages() == {"first", "second"}
    assert build(*both, "--check").return_value == 0


@pytest.mark.slow
@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="the system has none")
@pytest.mark.parametrize("options", [("-v",), ("--check", "-v"), ("--dry-run",)])
def test_a_full_stdout_keeps_no_spec_from_its_turn(options: tuple[str, ...]) -> None:
    for name in ("first", "second"):
        Path(f"{name}.snn").write_text(
            spec_named(name).replace("classes 2", "classes 3")
        )
    both = ("first.snn", "second.snn")
    done = build_as('"$@" > /dev/full', *both, *options)
    assert done.returncode == 1
    assert "error: stdout can't be written: No space left on device" in done.stderr
    assert "Traceback" not in done.stderr
    if "--check" in options:
        assert "`models/second` is out of date" in done.stderr
    if options == ():
        assert build(*both, "--check").return_value == 0


@pytest.mark.slow
def test_the_current_folder_is_gone(folder: Path) -> None:
    gone = folder / "gone"
    gone.mkdir()
    shell, spec = f'rmdir "{gone}"; "$@"', str(folder / "first.snn")
    relative = build_as(shell, spec, folder=gone)
    assert relative.returncode == 1
    assert "error[SNN720]: `models` can't be written" in relative.stderr
    gone.mkdir()
    absolute = build_as(shell, spec, "-o", str(folder / "models"), folder=gone)
    assert (absolute.returncode, absolute.stderr.count("unchanged")) == (0, 1)


@pytest.mark.slow
def test_no_room_is_one_problem_and_the_next_build_goes_on(folder: Path) -> None:
    shutil.rmtree("models")
    shell = 'ulimit -f 0; "$@"'
    for _ in range(2):
        done = build_as(shell, "first.snn", "second.snn")
        assert done.returncode == 1
        assert done.stderr.count("error[SNN720]") == 2
        told = "help: free some disk space, and run the command again"
        assert done.stderr.count(told) == 2
    assert list(Path("models").iterdir()) == []
    assert build("first.snn", "second.snn").return_value == 0


def test_a_repo_that_comes_later_changes_no_package(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Outside a repo paths are seen from the output; they keep their meaning."""
    Path("pyproject.toml").unlink()
    shutil.rmtree("models")
    assert build("first.snn", "second.snn").return_value == 0
    header = Path("models/first/train.py").read_text().splitlines()[:2]
    assert header == [
        "# @generated by snnc from ../first.snn - do not edit.",
        "# Regenerate: snnc build ../first.snn -o .  # in the folder above",
    ]
    monkeypatch.chdir("models")
    command = header[1].removeprefix("# Regenerate: snnc build ")
    again = build(*shlex.split(command, comments=True))
    assert "0 files written" in again.stderr
    monkeypatch.chdir(folder)
    before = {path: path.read_bytes() for path in Path("models").rglob("*.py")}
    Path(".git").mkdir()
    both = ("first.snn", "second.snn")
    assert build(*both, "--check").return_value == 0
    assert build(*both).return_value == 0
    assert before == {path: path.read_bytes() for path in Path("models").rglob("*.py")}
    Path("second.snn").unlink()
    assert build("first.snn").return_value == 0
    assert packages() == {"first"}
    Path("first.snn").write_text(spec_named("renamed"))
    assert build("first.snn").return_value == 0
    assert packages() == {"renamed"}
