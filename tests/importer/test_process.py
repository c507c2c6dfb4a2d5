"""`snnc import` imports nothing from the current folder, and names what is missing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from snnc.importer.read import read
from snnc.importer.refusals import RefusedModelError
from tests.support import ROOT

DATA = Path(__file__).parent / "data"
NEVER = "raise SystemExit('a file of the current folder was run')"
NAMES = ("h5py", "json", "numpy", "runpy", "zipfile", "tensorflow")


@pytest.mark.slow
def test_nothing_is_imported_from_the_current_folder(tmp_path: Path) -> None:
    for name in NAMES:
        (tmp_path / f"{name}.py").write_text(NEVER, encoding="utf-8")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "snnc", "import", DATA / "k3_chain.keras"),
            *("--weights-out", "w.safetensors"),
        ],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.stdout.startswith("snn 2")
    assert done.returncode == 0


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(RefusedModelError, match="needs h5py, which") as caught:
        read(DATA / "k3_chain.h5")
    assert caught.value.diagnostic.code == "SNN807"
    assert "pip install" in str(caught.value.diagnostic.help)
