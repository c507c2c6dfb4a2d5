"""Several runs that would write the same results."""

import re
import signal
from pathlib import Path

import pytest

from snnc.output.imported import CannotRunError
from snnc.verbs.reserve import reserve
from tests.commands import run_python


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "out"


def test_an_output_in_use_is_refused(path: Path) -> None:
    told = (
        f"{path} is in use by another run: wait until it ends, or choose another name"
        " with `-o`"
    )
    with reserve(path):
        for name in (path, path.parent / "." / path.name):
            with pytest.raises(CannotRunError, match=f"^{re.escape(told)}$"):
                reserve(name).__enter__()
    with reserve(path):
        path.touch()
    assert [*path.parent.iterdir()] == [path]


RESERVED = """
import os, signal, sys
from pathlib import Path
from snnc.verbs.reserve import reserve
reserve(Path(sys.argv[1])).__enter__()
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_an_output_of_a_killed_run_is_free(path: Path) -> None:
    assert run_python("-c", RESERVED, path).returncode == -signal.SIGKILL
    with reserve(path):
        assert [*path.parent.iterdir()] != []
    assert [*path.parent.iterdir()] == []
