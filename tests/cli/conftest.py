"""A repo with a spec that was built."""

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
def repo(built: Path, here: Path) -> Path:
    """Return a copy of the repo, to work in."""
    shutil.copytree(built, here, dirs_exist_ok=True)
    return here
