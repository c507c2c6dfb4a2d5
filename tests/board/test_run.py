"""A board of registers fires as the exact engine does, and what it writes says so."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from snnc.exact import make_engine
from tests.api.test_builds import TWO_CHIPS
from tests.board.packages import SMALL, Case
from tests.board.running import RunningBoard
from tests.support import layered

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]

POOLED = layered(
    "timing { present 80 ms }",
    "conv3d c0 { filters 4, kernel 2x3x3, neuron lif }",
    "maxpool p { window 1x2x2 }",
    "conv3d c1 { filters 4, kernel 1x2x2 }",
    shape="3x6x6x1",
    encode="conv e { filters 2 }",
)


@pytest.mark.parametrize("text", [SMALL, POOLED], ids=["small", "pooled"])
def test_registers_fire_as_the_exact_engine_does(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    case = Case.of(text, tmp_path)
    layers = [n for n, layer in case.package.network.layers.items() if layer.on_chip]
    status, written = case.run(
        RunningBoard, *(f"--probe={name}" for name in layers[:-1])
    )
    assert status == 0
    with np.load(case.data) as data, np.load(written) as file:
        with make_engine(case.package, case.weights) as engine:
            outcome = engine.run(data["x"], "row", keep=("spikes",))
        for name in layers:
            suffix = "" if name == layers[-1] else f".{name}"
            spikes = outcome.spikes[name].reshape(*outcome.spikes[name].shape[:2], -1)
            count = int(file[f"neurons{suffix}"])
            found = np.unpackbits(file[f"spikes{suffix}"], axis=-1, count=count)
            assert spikes.sum() > 20
            assert np.array_equal(found, spikes)
        assert file["layout_id"] == case.package.layout.id
        assert file["steps"] == case.package.network.steps
    assert re.search(r"(accuracy|error) [\d.]+", capsys.readouterr().out)


def test_without_nxsdk_one_line_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    case = Case.of(SMALL, tmp_path)
    assert case.package.module("board").main(case.arguments) == 1
    said = capsys.readouterr().err
    assert "NxSDK is not installed" in said
    assert said.count("\n") == 1


def test_a_package_of_two_chips_is_refused_on_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    case = Case.of(TWO_CHIPS, tmp_path)
    status, _ = case.run(RunningBoard, "--chips", "1")
    said = capsys.readouterr().err
    assert status == 1
    assert "takes 2 chips, not 1" in said
    assert said.count("\n") == 1
