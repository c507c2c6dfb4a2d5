"""The compiler works alone: without NumPy, which only extras install."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from snnc.emit.package import AXES
from snnc.runtime import layout
from tests.support import ROOT

PROGRAM = """
import sys
from tests.support import hide_extras
hide_extras()
from snnc.cli import main
for line in sys.argv[1:]:
    if main(line.split()):
        sys.exit(f"{line} failed")
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copy(ROOT / "specs/mnist.snn", "a.snn")
    Path("b.snn").write_text(
        Path("a.snn").read_text().replace("filters 8", "filters 9")
    )


IMPORTS = """
from tests.support import hide_extras
hide_extras()
from snnc.cli import VERBS, command_of
for verb in VERBS:
    command_of(verb)
"""


def run(*lines: str, program: str = PROGRAM) -> subprocess.CompletedProcess[str]:
    """Run commands in a process, up to one that fails."""
    return subprocess.run(
        [sys.executable, "-c", program, *lines],
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )


LINES = (
    "check a.snn", "report a.snn --why", "report a.snn --format html",
    "build a.snn", "build a.snn --dry-run",
    "diff a.snn b.snn", "fit a.snn", "fmt a.snn", "convert a.snn --to yaml",
    "schema", "limits", "explain SNN301", "init new",
)  # fmt: skip


@pytest.mark.slow
@pytest.mark.usefixtures("folder")
def test_verbs_need_none_of_the_extras() -> None:
    done = run(*LINES)
    assert done.returncode == 0, done.stderr


def test_the_help_of_every_verb_needs_none_of_the_extras() -> None:
    done = run(program=IMPORTS)
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("line", "extra"),
    [
        ("evaluate models/a --data a.npz --weights a.safetensors", "pip install '.["),
        (
            "calibrate models/a --data a.npz --weights a.safetensors -o b",
            "pip install '.[",
        ),
        ("demo", ".[all]"),
    ],
    ids=lambda value: value.split()[0],
)
def test_a_verb_names_the_extra_that_it_needs(line: str, extra: str) -> None:
    for name in ("a.safetensors", "a.npz"):
        Path(name).touch()
    assert run("build a.snn").returncode == 0
    done = run(line)
    assert done.returncode == 1
    assert extra in done.stderr, done.stderr
    assert "Traceback" not in done.stderr


def test_axes_have_the_names_of_the_library() -> None:
    assert {getattr(layout, name): name for name in AXES.values()} == AXES
