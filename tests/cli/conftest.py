"""A repo with a spec that was built."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.cli.builds import SPEC, build


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("built")
    (folder / "pyproject.toml").touch()
    (folder / "net.snn").write_text(SPEC)
    assert build(cwd=folder).returncode == 0
    return folder


@pytest.fixture
def repo(built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a copy of the repo, to work in."""
    shutil.copytree(built, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path
