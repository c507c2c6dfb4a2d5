"""``snnc plot`` and ``--picture``."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

import snnc
from snnc.cli import main
from tests.support import ROOT

DRIFT = str(ROOT / "specs" / "drift.snn")


def test_a_spec_is_drawn(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for kind, name in (("network", "net.svg"), ("cores", "cores.png")):
        file = tmp_path / name
        assert main(["plot", DRIFT, "--kind", kind, "-o", str(file)]) == 0
        assert file.stat().st_size > 1000
        assert capsys.readouterr().err == f"{file.as_posix()} written\n"
    assert main(["report", DRIFT, "--picture", str(tmp_path / "r.pdf")]) == 0
    assert (tmp_path / "r.pdf").read_bytes().startswith(b"%PDF")


RUN = "plot net -o n.png --data d.npz --weights w --kind"
RATES = f"{RUN} rates --example 2".split()


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["plot", DRIFT, "-o", "net.txt"], 1, "name a file .png, .svg, .pdf"),
        (
            ["plot", DRIFT, "-o", "no/n.png"],
            1,
            "error: no/n.png: there is no folder no",
        ),
        (["plot", DRIFT, "-o", "n.png", "--kind", "rates"], 2, "needs --data and"),
        (["plot", DRIFT, "-o", "n.png", "--data", "d.npz"], 2, "does not use --data"),
        (["plot", DRIFT, "-o", "n.png", "--example", "3"], 2, "not use --example"),
        (["plot", DRIFT, "-o", "n.png", "--simulator", "exact"], 2, "--simulator"),
        (RATES, 2, "--kind rates does not use --example"),
        (["plot", "none.snn", "-o", "n.png"], 1, "error[SNN700]"),
        (["report", DRIFT, "--picture", "r.gif"], 2, "is not a picture"),
    ],
)
def test_what_can_not_be_drawn_is_refused(
    arguments: list[str], status: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == status
    out, err = capsys.readouterr()
    assert said in err
    assert out == ""


def test_without_matplotlib_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = importlib.util.find_spec

    def find(name: str, *more: Any) -> Any:
        return None if name == "matplotlib" else found(name, *more)

    monkeypatch.setattr(importlib.util, "find_spec", find)
    with pytest.raises(ModuleNotFoundError, match=r"pip install '\.\[plot\]'"):
        snnc.load(DRIFT).report().plot_cores()
    assert main(["plot", DRIFT, "-o", "net.png"]) == 1
    assert "pip install '.[plot]'" in capsys.readouterr().err


def test_there_is_no_other_picture_of_a_spec() -> None:
    with pytest.raises(ValueError, match="no picture raster of a Spec"):
        snnc.plot(snnc.load(DRIFT), "raster")
