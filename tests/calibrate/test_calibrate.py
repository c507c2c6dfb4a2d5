"""``snnc calibrate``: a package's weights, scaled and checked from outside."""

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import snnc
from snnc.results.calibration import (
    Calibration,
    ComparedScore,
    LayerCalibration,
    SpikeComparison,
)
from snnc.runtime.layout import Layout
from tests.commands import Done, run
from tests.exact.proof import random_weights
from tests.rules.checking import assert_accepted
from tests.support import QUIET, network

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

SPEC = network(
    """
    timing { present 60 ms }
    input values 12 in 0..1
    encode rate
    dense d0 { units 16 }
    dense d1 { units 8 }
    readout y { classes 3 }
    """,
    "taps",
)
X = np.random.default_rng(0).uniform(0, 1, (24, 12)).astype("f4")
Tensors = dict[str, np.ndarray]
COMPARED = SpikeComparison(
    320,
    (
        ComparedScore("accuracy", 0.75, 0.975, is_worse=False),
        ComparedScore("agreement", 0.8, 0.95, is_worse=False),
    ),
)

pytestmark = [pytest.mark.slow, QUIET, pytest.mark.usefixtures("eagerly")]


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """Write a spec, data and weights, build the package, and return its layout."""
    (tmp_path / "taps.snn").write_text(SPEC)
    package = snnc.load(tmp_path / "taps.snn").build(tmp_path / "models").opened
    np.savez(tmp_path / "d.npz", x=X, y=np.zeros(len(X), int))
    package.layout.save(tmp_path / "w", random_weights(package))
    return package.layout


def calibrate(folder: Path, options: str = "") -> Done:
    command = f"calibrate models/taps --data d.npz --weights w -o out {options}"
    return run(*command.split(), cwd=folder)


def test_rates_hold_and_the_chip_is_asked(layout: Layout, tmp_path: Path) -> None:
    done = calibrate(tmp_path)
    assert (done.returncode, done.stderr) == (0, "wrote out\n")
    assert done.stdout.startswith("taps, 18 examples\n\nlayer ")
    assert "\nin spikes, on 6 held-out examples: accuracy " in done.stdout
    assert "On the chip, in the worst core of each layer" in done.stdout
    before, after = (layout.load(tmp_path / name) for name in ("w", "out"))
    assert not np.array_equal(before["d0.kernel"], after["d0.kernel"])


@pytest.mark.usefixtures("layout")
def test_without_the_spec_the_chip_is_left_to_another_verb(tmp_path: Path) -> None:
    (tmp_path / "taps.snn").unlink()
    done = calibrate(tmp_path, "--examples 5")
    assert done.returncode == 0
    assert done.stdout.startswith("taps, 5 examples\n")
    assert "On the chip" not in done.stdout
    assert "`snnc weights out SPEC` shows" in done.stderr


def fire_by_bias(tensors: Tensors) -> None:
    tensors["d0.kernel"][:] = 1e-6
    tensors["d0.bias"][:] = 0.5


def enlarge(tensors: Tensors) -> None:
    for values in tensors.values():
        values *= np.float32(1e30)


UNSTORED = "out is not written: the chip can't store these weights"
LARGE = "error: weights are so large that they exceed float32 when scaled: "


@pytest.mark.parametrize(
    ("change", "said"),
    [(fire_by_bias, ["error[SNN743]", UNSTORED]), (enlarge, [LARGE])],
)
def test_weights_that_can_not_be_scaled_leave_no_file(
    layout: Layout,
    tmp_path: Path,
    change: Callable[[Tensors], None],
    said: list[str],
) -> None:
    tensors = dict(layout.load(tmp_path / "w"))
    change(tensors)
    layout.save(tmp_path / "w", tensors)
    done = calibrate(tmp_path)
    assert done.returncode == 1
    assert [text for text in said if text not in done.stderr] == []
    assert not (tmp_path / "out").exists()


# The class is the third of 30 values that is larger. At 5 Hz, nothing spikes in 60 ms.
SILENCED = network(
    """
    timing { present 60 ms }
    input values 30 in 0..1
    encode rate e { rate ..100 Hz, start spread }
    dense d0 { units 30, rate 1..5 Hz }
    readout y { classes 3, decide last, synapse 10 ms }
    """,
    "silenced",
)
LOUD = {
    "d0.kernel": 20 * np.eye(30, dtype="f4"),
    "d0.bias": np.zeros(30, "f4"),
    "y.kernel": np.repeat(np.eye(3, dtype="f4"), 10, axis=0),
    "y.bias": np.zeros(3, "f4"),
}


def draw_thirds(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return examples of three classes, (count, 30), and their labels."""
    random = np.random.default_rng(0)
    y = random.integers(0, 3, count)
    x = random.uniform(0, 0.3, (count, 30))
    x += 0.6 * (np.arange(30) // 10 == y[:, np.newaxis])
    return x.astype("f4"), y


@pytest.mark.parametrize("measure", ["accuracy", "agreement with Keras"])
def test_weights_that_are_worse_in_spikes_are_not_written(
    tmp_path: Path, measure: str
) -> None:
    (tmp_path / "silenced.snn").write_text(SILENCED)
    package = snnc.load(tmp_path / "silenced.snn").build(tmp_path / "models").opened
    package.layout.save(tmp_path / "w", LOUD)
    x, y = draw_thirds(200)
    labels = {"y": y} if measure == "accuracy" else {}
    np.savez(tmp_path / "d.npz", x=x, **labels)
    command = "calibrate models/silenced --data d.npz --weights w -o out"
    done = run(*command.split(), cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("error: the scaled weights are significantly worse: ")
    scores = re.findall(rf"{measure} (\S+) % instead of (\S+) %", done.stderr)
    ((scaled, given),) = scores
    assert float(given) > 90
    assert float(scaled) < 60
    assert not (tmp_path / "out").exists()


def test_what_was_done_as_text() -> None:
    layers = (
        LayerCalibration(
            "e", 99.9, 60, 60, 0, 250, 1, True, "clips its highest values"
        ),
        LayerCalibration("a", 99.9, 292.8, 60, 20, 150, 0.512345, True, None),
        LayerCalibration("b", 99.9, 60, 3.2, 20, 150, 1, False, "LIF"),
        LayerCalibration("d", 99, 60, 60, 20, 150, 12, True, None),
    )
    layout: Any = None
    done = Calibration(
        network="mixed",
        examples=500,
        change=3.2e-7,
        comparison=COMPARED,
        layers=layers,
        weights={},
        precision=None,
        diagnostics=(),
        layout=layout,
        source=None,
    )
    written = f"{done}\n"
    assert_accepted(Path(__file__).with_name("calibrated") / "mixed.txt", written)
