"""An import that is ended early leaves no folder."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import ROOT

CODE = """
import os, signal, time

def model():
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(60)
"""


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM to catch")
def test_the_folder_of_a_model_goes_with_its_process(tmp_path: Path) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    (tmp_path / "made.py").write_text(CODE, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "snnc", "import", "made:model"],
        cwd=tmp_path,
        env={**os.environ, "TMPDIR": str(folder), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert f"SystemExit: {128 + signal.SIGTERM}" in done.stderr
    assert list(folder.iterdir()) == []
