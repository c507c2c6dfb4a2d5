"""A package that was written."""

from pathlib import Path

import pytest

from tests.output.packages import build


@pytest.fixture
def package(tmp_path: Path) -> Path:
    folder = tmp_path / "models" / "net"
    build(folder)
    return folder
