"""Hold generated code against black and ruff of the folders that are given.

Run it from the repository's root as ``python -m tests.modern.formatters BIN...``,
where each BIN is a folder with both programs.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.emit.networks import NETWORKS, long_names
from tests.emit.packages import write
from tests.support import SPECS, sound, write_modules

LENGTHS = (79, 88, 100, 120)


def commands(tools: Path) -> Iterator[list[str]]:
    """Yield what must find nothing to say of generated code."""
    black, ruff = str(tools / "black"), str(tools / "ruff")
    for length in map(str, LENGTHS):
        yield [black, "--quiet", "--diff", "--check", "-l", length, "."]
        yield [ruff, "format", "--isolated", "--diff", "--line-length", length, "."]
    # A part of a package runs on Python 3.8, whose `zip` has no `strict`.
    check = [ruff, "check", "--isolated", "--quiet", "--target-version", "py38", "."]
    check += ["--select", "I,UP,B,D"]
    yield check
    for convention in ("numpy", "google"):
        yield [*check, "--config", f'lint.pydocstyle.convention = "{convention}"']


def main(folders: list[str]) -> int:
    """Run all commands on all packages; return 1 if one objects."""
    failed = 0
    with tempfile.TemporaryDirectory() as made:
        for network in (*NETWORKS.values(), long_names()):
            write(network, Path(made))
        for spec in SPECS:
            modules = sound(spec.read_text(encoding="utf-8"), "emit")
            write_modules(modules, Path(made) / spec.stem)
        for command in (
            c for tools in folders for c in commands(Path(tools).resolve())
        ):
            failed |= subprocess.run(command, cwd=made, check=False).returncode
    return min(failed, 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
