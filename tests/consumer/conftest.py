"""A repo as `snnc init` and `snnc build` make it, all of it committed."""

import shutil
from pathlib import Path

import pytest

from tests.consumer.repo import Repo


@pytest.fixture(scope="session")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Repo:
    repo = Repo(tmp_path_factory.mktemp("begun"))
    repo.run("git init -q; snnc init; snnc build specs/starter.snn")
    repo.commit()
    return repo


@pytest.fixture
def repo(begun: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repo:
    """Return a copy of the repo, which is the current folder."""
    copy = Repo(tmp_path / "a repo")
    shutil.copytree(begun.folder, copy.folder, symlinks=True)
    monkeypatch.chdir(copy.folder)
    return copy
