"""Files of graphs are read without a process for each."""

import pytest


@pytest.fixture(autouse=True)
def without_processes(read_here: None) -> None:
    """Read as `read_here` does."""
