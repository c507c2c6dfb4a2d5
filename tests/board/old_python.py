"""Run ``board.py`` of a package on the Python of a board, where registers run.

Run it from the repository's root as ``python -m tests.board.old_python PYTHON``, where
PYTHON is an interpreter that has nengo, nengo-loihi, NumPy and safetensors.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from snnc.verbs.board import compare
from tests.board.packages import SMALL, Case
from tests.deployment.compare import run
from tests.support import ROOT

RUN = f"""
import importlib, sys
sys.path.append({str(ROOT)!r})
from tests.board.running import RunningBoard, board_installed
with board_installed(RunningBoard):
    sys.exit(importlib.import_module(sys.argv[1]).main(sys.argv[2:]))
"""


def main(python: str) -> int:
    """Run a package there, compare what fired here; return 1 if it differs."""
    with tempfile.TemporaryDirectory() as made:
        case = Case.of(SMALL, Path(made))
        written = case.folder.parent / "board.npz"
        given = [*case.arguments, "-o", str(written)]
        run(python, Path(made), "-c", RUN, f"{case.folder.name}.board", *given)
        found = compare(case.folder, case.data, case.weights, written)
    print(found)
    return 0 if found.agrees else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
