"""Percentiles of what a model computes, in batches."""

from __future__ import annotations

import numpy as np
import pytest
from tensorflow import keras

from snnc.runtime.keras.probes import Currents

pytestmark = pytest.mark.slow

PERCENTILES = [0.0, 37.5, 50.0, 99.0, 99.9, 100.0]


@pytest.mark.parametrize("batches", [1, 4])
def test_percentiles_are_numpys_of_all_batches(batches: int) -> None:
    x = np.random.default_rng(batches).normal(0.5, 1, (101, 5, 4)).astype("f4")
    read = keras.Input((5, 4))
    layer = keras.layers.Rescaling(2.0)
    model = keras.Model(read, layer(read))
    percentiles = {str(percent): percent for percent in PERCENTILES}
    currents = Currents(model, dict.fromkeys(percentiles, layer.output), percentiles)
    found = currents(np.array_split(x, batches))
    values = np.maximum(2 * x, 0).astype("f8")
    for name, percent in percentiles.items():
        assert found[name].percentile == pytest.approx(np.percentile(values, percent))
        assert found[name].highest == values.max()
