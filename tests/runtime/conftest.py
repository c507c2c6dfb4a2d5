"""Packages of the hand-made networks, whose library is tested as they import it."""

import sys

import pytest

from tests.emit.conftest import load

__all__ = ["load"]


@pytest.fixture(autouse=True)
def no_notebook(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let training print its progress as in a script, whatever was loaded before."""
    monkeypatch.delitem(sys.modules, "ipykernel", raising=False)
