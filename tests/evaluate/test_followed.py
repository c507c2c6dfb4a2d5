"""Advice that an evaluation prints, followed: the result is what it promises."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import snnc
from tests.evaluate.conftest import SMALL, Case
from tests.exact.proof import random_images, write_package
from tests.support import network

pytestmark = pytest.mark.slow
OTHER = "decide last, synapse 20 ms"
PRINTED = re.compile(r"`(decide .*)` in the readout, the result is ([\d.]+) %")


def test_the_readout_that_is_advised_gives_what_it_says(
    case: Callable[..., Case], tmp_path: Path
) -> None:
    made = case(count=1)
    x = random_images(made.package, 200)
    weights = made.package.layout.load(made.weights)

    def evaluated(package: Path, y: np.ndarray) -> snnc.Evaluation:
        return snnc.evaluate(package, x, y, weights)

    # What another readout decides is right, so the package's own makes mistakes.
    y = evaluated(rebuilt(OTHER, tmp_path / "right"), np.zeros(200, int)).labels
    before = evaluated(made.folder, y)
    found = PRINTED.search(" ".join(str(before).split()))
    assert found is not None, str(before)
    readout, promised = found.groups()
    after = evaluated(rebuilt(readout, tmp_path / "advised"), y)
    assert before.accuracy is not None
    assert after.accuracy is not None
    assert after.accuracy == pytest.approx(float(promised) / 100, abs=5e-4)
    assert after.accuracy > before.accuracy + 0.01


def test_calibrate_brings_rates_within_budgets_as_is_advised(
    case: Callable[..., Case],
) -> None:
    made = case(count=1)
    x, y = random_images(made.package, 60), np.arange(60) % 3
    weights = dict(made.package.layout.load(made.weights))
    for name in ("c0.kernel", "c0.bias"):
        weights[name] = weights[name] * np.float32(4)
    weights["y.kernel"] = weights["y.kernel"] / np.float32(4)
    before = snnc.evaluate(made.folder, x, y, weights)
    assert before.missed == ("c0",)
    assert "rate budgets not held: c0. " in " ".join(str(before).split())
    assert "`snnc calibrate`" in str(before)
    after = snnc.evaluate(
        made.folder, x, y, snnc.calibrate(made.folder, x, weights).weights
    )
    assert after.missed == ()
    assert "not held" not in str(after)


# Three classes: which third of 30 values is larger. Each neuron repeats one value.
THIRDS = """
    timing { present 60 ms }
    input values 30 in 0..1
    encode rate e { rate ..100 Hz, start spread }
    dense d0 { units 30, rate 10..100 Hz }
    readout y { classes 3, decide last, synapse 10 ms }
"""
REPEATS = {
    "d0.kernel": np.eye(30, dtype="f4"),
    "d0.bias": np.zeros(30, "f4"),
    "y.kernel": np.repeat(np.eye(3, dtype="f4"), 10, axis=0),
    "y.bias": np.zeros(3, "f4"),
}
Edits = dict[str, str]
MEAN: Edits = {"60 ms": "50 ms", "10 ms": "50 ms", "last": "mean"}
RISES = "accuracy still rises at the end of an example: a longer `present` may"
CARRIED = "the state carried over between examples costs 24.0 points"
BELOW = "a longer `present` does not help; a longer `synapse` or a higher `rate` may"
DEAD = "never fires: e, d0; check the data and the layers before"


def thirds(folder: Path, edits: Edits, contrast: float) -> snnc.Evaluation:
    """Evaluate the edited network on 300 examples."""
    body = THIRDS
    for old, new in edits.items():
        body = body.replace(old, new)
    y = np.random.default_rng(0).integers(0, 3, 300)
    x = 0.4 + contrast * np.repeat(np.eye(3)[y], 10, axis=1)
    if contrast == 0:
        x[:] = 0
    package = write_package(network(body, "thirds"), folder)
    return snnc.evaluate(package, x.astype("f4"), y, REPEATS)


@pytest.mark.parametrize(
    ("contrast", "edits", "advised", "follow", "gain"),
    [
        (0.15, {"60 ms": "20 ms"}, RISES, {}, 0.25),
        (0.15, {}, BELOW, {"10 ms": "30 ms"}, 0.1),
        (0.15, {}, BELOW, {"100 Hz": "250 Hz"}, 0.1),
        (0.3, MEAN, f"{CARRIED} .*`decide last`", MEAN | {"last": "last"}, 0.2),
        (0.3, MEAN, f"{CARRIED} .*a longer", MEAN | {"60 ms": "100 ms"}, 0.2),
        (0.3, MEAN, f"{CARRIED} .*a shorter", MEAN | {"10 ms": "20 ms"}, 0.2),
    ],
)
def test_time_synapse_rate_and_readout_do_what_is_advised(
    contrast: float,
    edits: Edits,
    advised: str,
    follow: Edits,
    gain: float,
    tmp_path: Path,
) -> None:
    before = thirds(tmp_path / "before", edits, contrast)
    assert re.search(advised, " ".join(str(before).split())), str(before)
    after = thirds(tmp_path / "after", follow, contrast)
    assert before.accuracy is not None
    assert after.accuracy is not None
    assert after.accuracy > before.accuracy + gain


def test_voltages_that_begin_spread_do_what_is_advised(tmp_path: Path) -> None:
    long: Edits = {"60 ms": "200 ms"}
    before = thirds(tmp_path / "before", {**long, "spread": "rest"}, 0.15)
    printed = " ".join(str(before).split())
    assert "accuracy falls with time" in printed
    assert "try `start spread` in `e` first" in printed
    assert "costs 53.0 points" in printed
    assert "decide last`, a longer" not in printed  # it does so already
    after = thirds(tmp_path / "after", long, 0.15)
    assert before.accuracy is not None
    assert after.accuracy is not None
    assert after.accuracy > before.accuracy + 0.25


def test_as_many_steps_as_are_advised_would_do(tmp_path: Path) -> None:
    long: Edits = {"60 ms": "200 ms", "10 ms": "50 ms"}
    before = thirds(tmp_path / "before", long, 0.15)
    assert "a `present` of 100 steps would be enough" in str(before)
    after = thirds(tmp_path / "after", {**long, "60 ms": "100 ms"}, 0.15)
    assert before.accuracy is not None
    assert after.accuracy is not None
    assert after.accuracy > before.accuracy - 0.01


def test_a_layer_that_never_fires_does_on_other_data(tmp_path: Path) -> None:
    before = thirds(tmp_path / "before", {}, contrast=0.0)
    assert DEAD in " ".join(str(before).split())
    assert "never fires" not in str(thirds(tmp_path / "after", {}, 0.15))


def rebuilt(readout: str, folder: Path) -> Path:
    """Build the package of `case` with another readout."""
    body = SMALL.replace("classes 3", f"classes 3, {readout}")
    return write_package(network(body, "small"), folder)
