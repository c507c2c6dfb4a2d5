"""Run Neovim without a screen: open a spec, fix it, rename in it, save it."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import ROOT

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not shutil.which("nvim"), reason="Neovim is not installed"),
]
GOOD = (ROOT / "specs/drift.snn").read_text(encoding="utf-8")


def test_nvim_opens_fixes_renames_and_formats_a_spec(tmp_path: Path) -> None:
    spec, seen = tmp_path / "drift.snn", tmp_path / "seen.json"
    wrong = GOOD.replace("units 64", "unit 64").replace("epochs 20", "epochs   20")
    spec.write_text(wrong, encoding="utf-8")
    run = f"local done, why = pcall(dofile, '{ROOT / 'tests/editors/nvim.lua'}')"
    end = "if not done then io.stderr:write(why) vim.cmd.cquit() end"
    plugin = f"set runtimepath^={ROOT / 'editors/nvim'}"
    done = subprocess.run(
        ["nvim", "--clean", "--headless", "--cmd", plugin, "-c", f"lua {run} {end}"],
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "SNNC_PYTHON": sys.executable,
            "SNNC_SPEC": str(spec),
            "SNNC_SEEN": str(seen),
            "XDG_STATE_HOME": str(tmp_path),
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        stdin=subprocess.DEVNULL,
    )
    assert seen.exists(), done.stderr
    found = json.loads(seen.read_text(encoding="utf-8"))
    message = "`dense` has no property `unit` (unknown)"
    assert found["diagnostics"] == [["SNN203", 13, 13, message]]
    assert found["hints"] == [
        "2,704 neurons, 5 cores",
        "-> 8x16x16x2, 4,096 neurons, host",
        "-> 6x7x7x8, 2,352 neurons, 3 cores",
        "-> 2x3x3x16, 288 neurons, 1 core",
        "-> 64, 64 neurons, 1 core",
    ]
    assert found["saved"] + "\n" == GOOD.replace("c1 {", "second {")
    assert found["kind"] == "snn"
