"""``snnc calibrate``: a package's weights, scaled and checked from outside."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from snnc.cli import main
from snnc.output.imported import open_package
from snnc.runtime.keras.scaler import Measured
from snnc.runtime.layout import Layout
from snnc.runtime.network import Layer, Lif
from snnc.tools.calibrate import Calibration
from snnc.tools.scaling import ScaledWeights

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

SPEC = """
snn 1

network taps {
  timing { present 60 ms }
  input values 12 in 0..1
  encode rate
  dense d0 { units 16 }
  dense d1 { units 8 }
  readout y { classes 3 }
}
"""
X = np.random.default_rng(0).uniform(0, 1, (24, 12)).astype("f4")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.usefixtures("eagerly"),
]


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """Build a package and write data and weights next to its spec."""
    (tmp_path / "taps.snn").write_text(SPEC.lstrip())
    assert main(["build", f"{tmp_path}/taps.snn", "-o", f"{tmp_path}/models"]) == 0
    np.savez(tmp_path / "d.npz", x=X, y=np.zeros(len(X), int))
    folder = tmp_path / "models" / "taps"
    save(folder, draw_weights(layout_of(folder)))
    return folder


def layout_of(package: Path) -> Layout:
    return open_package(package).layout


def draw_weights(layout: Layout) -> dict[str, np.ndarray]:
    random = np.random.default_rng(1)
    return {
        tensor.name: random.normal(0, 0.7, tensor.shape).astype("f4")
        for tensor in layout.tensors
    }


def save(package: Path, weights: dict[str, np.ndarray]) -> None:
    layout_of(package).save(package.parents[1] / "w", weights)


def run(package: Path, *options: str) -> int:
    folder = package.parents[1]
    files = ["--data", f"{folder}/d.npz", "--weights", f"{folder}/w"]
    return main(["calibrate", str(package), *files, "-o", f"{folder}/out", *options])


def test_rates_hold_and_the_chip_is_asked(
    package: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert run(package) == 0
    shown = capsys.readouterr()
    assert shown.out.startswith("taps, 24 examples\n\nlayer ")
    assert "On the chip, for the worst core of each layer" in shown.out
    assert shown.err == ""
    layout = layout_of(package)
    before = layout.load(package.parents[1] / "w")
    after = layout.load(package.parents[1] / "out")
    assert not np.array_equal(before["d0.kernel"], after["d0.kernel"])


def test_so_many_examples_are_measured(
    package: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    run(package, "--examples", "5")
    assert capsys.readouterr().out.startswith("taps, 5 examples\n")


def test_without_the_spec_the_chip_is_left_to_another_verb(
    package: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = package.parents[1]
    (folder / "taps.snn").unlink()
    capsys.readouterr()
    assert run(package) == 0
    shown = capsys.readouterr()
    assert "On the chip" not in shown.out
    assert f"`snnc weights {folder}/out SPEC` shows" in shown.err


def test_a_layer_that_never_fires_leaves_no_file(
    package: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    weights = draw_weights(layout_of(package))
    weights["d1.bias"] -= 1000
    save(package, weights)
    assert run(package) == 1
    assert (
        "error: d1 is at 0 Hz of 20..150 Hz: it never fires" in capsys.readouterr().err
    )
    assert not (package.parents[1] / "out").exists()


def test_weights_that_the_chip_cannot_store_leave_no_file(
    package: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    weights = draw_weights(layout_of(package))
    # The neurons fire because of their bias.
    weights["d0.kernel"][:] = 1e-6
    weights["d0.bias"][:] = 0.5
    save(package, weights)
    assert run(package) == 1
    told = capsys.readouterr().err
    assert "error[SNN743]" in told
    assert "out is not written: the chip can't store these weights" in told
    assert not (package.parents[1] / "out").exists()


def test_weights_that_float32_cannot_hold_once_scaled_are_told_as_such(
    package: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    weights = draw_weights(layout_of(package))
    save(package, {name: w * np.float32(1e30) for name, w in weights.items()})
    assert run(package) == 1
    told = capsys.readouterr().err
    assert "error: weights are so large that they exceed float32 when scaled: " in told
    assert not (package.parents[1] / "out").exists()


def test_the_data_is_never_replaced(
    package: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = package.parents[1]
    before = (folder / "d.npz").read_bytes()
    again = ["-o", f"{folder}/./d.npz"]
    assert run(package, *again) == 2
    assert "would replace the data" in capsys.readouterr().err
    assert (folder / "d.npz").read_bytes() == before


def test_weights_are_replaced_only_by_force(
    package: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = package.parents[1] / "out"
    out.write_text("mine")
    assert run(package) == 1
    assert capsys.readouterr().err == f"error: {out} exists; `--force` replaces it\n"
    assert out.read_text() == "mine"
    assert run(package, "--force") == 0
    assert out.stat().st_size > 1000


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [("d.npz", b"", "it is neither an .npz"), ("w", b"none", "not a safetensors file")],
)
def test_bad_files_are_one_line(
    package: Path,
    file: str,
    content: bytes,
    message: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (package.parents[1] / file).write_bytes(content)
    capsys.readouterr()
    assert run(package) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert message in line


def test_what_was_done_as_text() -> None:
    layers = {
        "e": Layer((10, 10, 3), (0.0, 250.0), encoder="conv"),
        "a": Layer((8, 8, 4), (20.0, 150.0)),
        "b": Layer((6, 6, 4), (20.0, 150.0), lif=Lif()),
        "d": Layer((6,), (20.0, 150.0), percentile=99.0),
    }
    measured = dict.fromkeys(layers, Measured(60.0, 0.4, 1.0))
    scaled = ScaledWeights(
        tensors={},
        scales=dict.fromkeys(layers, 1.0) | {"a": 0.512345, "d": 12.0},
        before=measured | {"a": Measured(292.8, 2.0, 3.0)},
        after=measured | {"b": Measured(3.2, 0.0, 3.0)},
        change=3.2e-7,
        fixed={"b": "LIF", "e": "clips its highest values"},
        missed=["b"],
    )
    opened = SimpleNamespace(network=SimpleNamespace(layers=layers))
    package: Any = SimpleNamespace(name="mixed", opened=opened)
    written = f"{Calibration(package, 500, scaled, None, (), None)}\n"
    path = Path(__file__).parent / "calibrated" / "mixed.txt"
    if os.environ.get("SNNC_ACCEPT"):
        path.write_text(written, encoding="utf-8", newline="\n")
    assert written == path.read_text(encoding="utf-8")
