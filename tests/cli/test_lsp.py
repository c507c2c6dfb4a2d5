"""`snnc lsp` where something is missing: its libraries, or an editor."""

from __future__ import annotations

import pytest

from tests.commands import run_python

pytestmark = pytest.mark.slow
WITHOUT = "import sys; sys.modules['{0}'] = None; from snnc.cli import main; "


@pytest.mark.parametrize("library", ["lsprotocol", "pygls"])
def test_a_missing_library_is_told(library: str) -> None:
    done = run_python("-c", WITHOUT.format(library) + "sys.exit(main(['lsp']))")
    assert (done.returncode, done.stdout) == (1, "")
    assert " is not installed: `python -m pip install '.[lsp]'`" in done.stderr
    assert library in done.stderr


def test_an_editor_that_goes_ends_the_server() -> None:
    done = run_python("-m", "snnc", "lsp", "--stdio")
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "")
