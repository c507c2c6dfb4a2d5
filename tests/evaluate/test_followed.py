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
    weights = made.package.layout.read(made.weights)

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
    weights = dict(made.package.layout.read(made.weights))
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


def rebuilt(readout: str, folder: Path) -> Path:
    """Build the package of `case` with another readout."""
    body = SMALL.replace("classes 3", f"classes 3, {readout}")
    return write_package(network(body, "small"), folder)
