"""Advice that an evaluation prints, followed: the result is what it promises.

The result for the other decision is what a package with this decision gives.
"""

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import snnc
from tests.evaluate.conftest import SMALL, Case
from tests.exact.proof import random_images, write_package
from tests.support import network

pytestmark = pytest.mark.slow
OTHER = ", decide last"
PRINTED = re.compile(r"`(decide \w+)` in the readout gives ([\d.]+) %")


def printed(result: snnc.Evaluation) -> str:
    """Return what a result prints, in one line."""
    return " ".join(str(result).split())


def test_the_readout_that_is_advised_gives_what_it_says(
    full: Case, tmp_path: Path
) -> None:
    x = random_images(full.package, 200)

    def evaluate(readout: str, y: np.ndarray) -> snnc.Evaluation:
        """Evaluate the package of `full` with another readout."""
        body = SMALL.replace("classes 3", f"classes 3{readout}")
        package = write_package(network(body, "small"), tmp_path / readout)
        return snnc.evaluate(package, x, y, full.weights)

    # What another readout decides is right, so the package's own makes mistakes.
    y = evaluate(OTHER, np.zeros(200, int)).labels
    before = evaluate("", y)
    found = PRINTED.search(printed(before))
    assert found is not None, str(before)
    readout, promised = found.groups()
    after = evaluate(f", {readout}", y).score.value
    assert after == pytest.approx(float(promised) / 100, abs=5e-4)
    assert after > before.score.value + 0.01


def test_calibrate_brings_rates_within_budgets_as_is_advised(full: Case) -> None:
    folder, package = full.folder, full.package
    x, y = random_images(package, 60), np.arange(60) % 3
    weights = dict(package.layout.load(full.weights))
    for name in ("c0.kernel", "c0.bias"):
        weights[name] = weights[name] * np.float32(4)
    weights["y.kernel"] = weights["y.kernel"] / np.float32(4)
    before = snnc.evaluate(folder, x, y, weights)
    assert before.missed == ("c0",)
    assert "rate budgets not held: c0; " in printed(before)
    assert "`snnc calibrate`" in printed(before)
    calibrated = snnc.calibrate(folder, x, weights).weights
    after = snnc.evaluate(folder, x, y, calibrated)
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
Thirds = Callable[[Edits, float], snnc.Evaluation]
LONG: Edits = {"60 ms": "200 ms"}
SLOW: Edits = {**LONG, "10 ms": "50 ms"}
RISES = "accuracy still rises at the end of an example: try a longer `present`"
BELOW = "try more updates in the training phase `spikes`, a longer `synapse`, or a"
FALLS = "accuracy falls with time: try `start spread` in `e`"
ENOUGH = "a `present` of 100 steps would be enough"


@pytest.fixture(scope="module")
def thirds(tmp_path_factory: pytest.TempPathFactory) -> Thirds:
    """Return what evaluates the edited network on 300 examples of a contrast."""

    @cache
    def evaluate(body: str, contrast: float) -> snnc.Evaluation:
        y = np.random.default_rng(0).integers(0, 3, 300)
        x = 0.4 + contrast * np.repeat(np.eye(3)[y], 10, axis=1)
        if contrast == 0:
            x[:] = 0
        folder = tmp_path_factory.mktemp("thirds")
        package = write_package(network(body, "thirds"), folder)
        return snnc.evaluate(package, x.astype("f4"), y, REPEATS)

    def edit(edits: Edits, contrast: float) -> snnc.Evaluation:
        body = THIRDS
        for old, new in edits.items():
            body = body.replace(old, new)
        return evaluate(body, contrast)

    return edit


@pytest.mark.parametrize(
    ("contrast", "edits", "advised", "follow", "gain"),
    [
        (0.15, {"60 ms": "20 ms"}, RISES, {}, 0.25),
        (0.15, {}, BELOW, {"10 ms": "30 ms"}, 0.1),
        (0.15, {}, BELOW, {"100 Hz": "250 Hz"}, 0.1),
        (0.15, LONG | {"spread": "rest"}, FALLS, LONG, 0.25),
        (0.15, SLOW, ENOUGH, SLOW | {"60 ms": "100 ms"}, -0.01),
    ],
)
def test_time_synapse_rate_readout_and_start_do_what_is_advised(
    contrast: float,
    edits: Edits,
    advised: str,
    follow: Edits,
    gain: float,
    thirds: Thirds,
) -> None:
    before, after = thirds(edits, contrast), thirds(follow, contrast)
    assert re.search(advised, printed(before)), str(before)
    assert after.score.value > before.score.value + gain


def test_a_layer_that_never_fires_does_on_other_data(thirds: Thirds) -> None:
    dead = "never fires: e, d0; check the data and the layers before"
    assert dead in printed(thirds({}, 0))
    assert "never fires" not in str(thirds({}, 0.15))
