"""`snnc lsp` where something is missing: its libraries, or an editor."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.support import ROOT

pytestmark = pytest.mark.slow
WITHOUT = "import sys; sys.modules['{0}'] = None; from snnc.cli import main; "


@pytest.mark.parametrize("library", ["lsprotocol", "pygls"])
def test_a_missing_library_is_told(library: str) -> None:
    code = WITHOUT.format(library) + "sys.exit(main(['lsp']))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert " is not installed: `python -m pip install '.[lsp]'`" in done.stderr
    assert library in done.stderr


@pytest.mark.parametrize("options", [[], ["--stdio"]])
def test_an_editor_that_goes_ends_the_server(options: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "snnc", "lsp", *options],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
        timeout=60,
    )
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "")
