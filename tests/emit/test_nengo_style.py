"""The Nengo side with long names and numbers is what formatters and checkers want."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.agreement.networks import text
from tests.support import network, sound, write_modules

LENGTHS = ("79", "88", "100", "120")
FILES = (
    "nengo_network.py",
    "evaluate.py",
    "calibrate.py",
    "_scales.py",
    "_statistics.py",
    "_tables.py",
)
WHOLE = ("joins", "hosted3d", "features", "residual3d", "pool_same_odd")

# The packages are written once, in one process.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("nengo_style")]


def long_names(kind: str, shape: str, target: str) -> str:
    names = {letter: letter * 40 for letter in "iabpdr"}
    i, a, b, p, d, r = names.values()
    return network(
        f"""
        target {target}
        input {i} {shape} in -1.2345678901..2.3456789012 as -0.1234567..0.33333333
        encode rate {"e" * 40}
        {kind} {a} {{ filters 4, padding same, neuron lif }}
        avgpool {p} {{ window 2 }}
        {kind} {b} {{ filters 4, kernel 2, place host }}
        dense {d} {{ units 6, place host }}
        readout {r} {{ units 3 }}
        """,
        "n" * 40,
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("styled")
    targets = {"chip": "loihi { chips 2 }", "plain": "nengo"}
    for name, target in targets.items():
        specs = {f"{name}_{body}": text(body, "lif", target) for body in WHOLE}
        specs[f"{name}_flat"] = long_names("conv2d", "8x8x2", target)
        specs[f"{name}_deep"] = long_names("conv3d", "4x8x8x2", target)
        for package, spec in specs.items():
            write_modules(sound(spec, "emit"), made / package)
    return made


def check(folder: Path, *command: str) -> None:
    files = sorted(str(path) for name in FILES for path in folder.glob(f"*/{name}"))
    done = subprocess.run(
        [sys.executable, "-m", *command, *files],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("length", LENGTHS)
def test_formatters_leave_it_unchanged(folder: Path, length: str) -> None:
    check(folder, "black", "--quiet", "--diff", "--check", "-l", length)
    check(folder, "ruff", "format", "--isolated", "--diff", "--line-length", length)


def test_ruff_finds_nothing(folder: Path) -> None:
    check(folder, "ruff", "check", "--isolated", "--select", "I,UP,B,D,E,F")


def test_mypy_finds_nothing(folder: Path) -> None:
    check(folder, "mypy", "--strict", "--follow-imports=silent")
