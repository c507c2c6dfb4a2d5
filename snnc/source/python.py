"""Python programs of snnc's own, each in a process of its own."""

from __future__ import annotations

import sys
from pathlib import Path

_START = (
    "import sys; sys.path[:] = [p for p in sys.path if p] + [sys.argv.pop(1)];"
    " import runpy; runpy.run_module(sys.argv.pop(1), None, '__main__', True)"
)
"""Runs a module as ``python -P -m`` does, which Python 3.10 does not know."""


def command(module: str, *arguments: str) -> list[str]:
    """Return the command that runs a module of snnc's in a new process.

    Neither the module nor what it imports is taken from the current folder, which may
    be a stranger's: a `tensorflow.py` in it is not TensorFlow.
    """
    root = str(Path(__file__).resolve().parents[2])
    return [sys.executable, "-c", _START, root, module, *arguments]
