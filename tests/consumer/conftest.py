"""A repo as `snnc init` and `snnc build` make it, with everything committed."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from tests.consumer.repo import Repo


@pytest.fixture(scope="module")
def search_path(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return a search path on which `snnc` is this checkout."""
    folder = tmp_path_factory.mktemp("bin")
    script = folder / "snnc"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m snnc "$@"\n')
    script.chmod(0o755)
    return os.pathsep.join((str(folder), os.environ["PATH"]))


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory, search_path: str) -> Repo:
    repo = Repo(tmp_path_factory.mktemp("begun"), search_path)
    for command in ("git init -q", "snnc init", "snnc build specs/starter.snn"):
        repo.run(command)
    repo.commit()
    return repo


@pytest.fixture
def repo(begun: Repo, tmp_path: Path) -> Repo:
    """Return a copy of the repo."""
    copy = Repo(tmp_path / "theirs", begun.search_path)
    shutil.copytree(begun.folder, copy.folder, symlinks=True)
    return copy
