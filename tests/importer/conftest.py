"""Files of models are read without a process for each, but where that is tested."""

import pytest


@pytest.fixture(autouse=True)
def without_processes(read_here: None) -> None:
    """Read as `read_here` does; tests of processes have their own of this name."""
