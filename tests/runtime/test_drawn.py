"""A model's first weights keep its layers active."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.emit.networks import conv, encoder, network
from tests.emit.packages import importable, module, write

pytestmark = pytest.mark.slow

SEEDS = range(12)
SHAPE, ENCODED = (6, 6, 1), (6, 6, 1)
RANGES: dict[str, dict[str, Any]] = {
    "bright": {"low": 0.0, "high": 1.0},
    "mapped": {"low": -1.0, "high": 1.0, "scaled": (0.0, 1.0)},
    "signed": {"low": -1.0, "high": 1.0},
    "spread": {"low": 0.0, "high": 1.0, "scaled": (-1.0, 1.0)},
}


def test_no_encoder_of_values_above_zero_begins_silent(tmp_path: Path) -> None:
    silent = {}
    for name, values in RANGES.items():
        parts = (encoder("image", ENCODED), conv("c0", "encode", (4, 4, 2)))
        package = write(network(name, SHAPE, *parts, **values), tmp_path)
        with importable(package):
            program = module(package, "keras_model")
            drawn = [
                program.build_model(seed=seed).get_layer("encode").get_weights()[0]
                for seed in SEEDS
            ]
        silent[name] = sum(float(np.max(kernel)) <= 0 for kernel in drawn)
    assert silent["bright"] == silent["mapped"] == 0
    assert silent["signed"] > 0
    assert silent["spread"] > 0
