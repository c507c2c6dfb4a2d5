"""``snnc plot`` and ``--picture``."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

import snnc
from tests.commands import run
from tests.support import ROOT

DRIFT = str(ROOT / "specs" / "drift.snn")


def test_a_spec_is_drawn(tmp_path: Path) -> None:
    for kind, name in (("network", "net.svg"), ("cores", "cores.png")):
        done = run("plot", DRIFT, "--kind", kind, "-o", name, cwd=tmp_path)
        assert (done.returncode, done.stderr) == (0, f"{name} written\n")
        assert (tmp_path / name).stat().st_size > 1000
    assert run("report", DRIFT, "--picture", "r.pdf", cwd=tmp_path).returncode == 0
    assert (tmp_path / "r.pdf").read_bytes().startswith(b"%PDF")


def test_without_matplotlib_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = importlib.util.find_spec

    def find(name: str, *more: Any) -> Any:
        return None if name == "matplotlib" else found(name, *more)

    monkeypatch.setattr(importlib.util, "find_spec", find)
    with pytest.raises(ModuleNotFoundError, match=r"pip install '\.\[plot\]'"):
        snnc.load(DRIFT).report().plot_cores()
    done = run("plot", DRIFT, "-o", "net.png")
    assert (done.returncode, "pip install '.[plot]'" in done.stderr) == (1, True)


def test_there_is_no_other_picture_of_a_spec() -> None:
    with pytest.raises(ValueError, match="no picture raster of a Spec"):
        snnc.plot(snnc.load(DRIFT), "raster")
