"""Packages of the hand-made networks, whose library is tested as they import it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.emit.conftest import load
from tests.emit.packages import importable

if TYPE_CHECKING:
    from tests.runtime.phased import Made

__all__ = ["load"]


@pytest.fixture(autouse=True)
def no_notebook(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let training print its progress as in a script, whatever was loaded before."""
    monkeypatch.delitem(sys.modules, "ipykernel", raising=False)


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Made]]:
    """Return the networks of `phased`, which can be imported."""
    from tests.runtime.phased import packages  # imports TensorFlow

    found = packages(tmp_path_factory.mktemp("phased"))
    with importable(next(iter(found.values())).package):
        yield found


@pytest.fixture(scope="session")
def net(models: dict[str, Made]) -> Made:
    """Return the smallest of them, which is trained fast."""
    return models["chain"]
