"""Build packages as a user would: each in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def build(spec: Path, folder: Path) -> Path:
    """Return the package that ``snnc build`` writes into a folder."""
    command = [sys.executable, "-m", "snnc", "build", str(spec), "-o", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, stdout=sys.stderr)
    return folder / spec.stem
