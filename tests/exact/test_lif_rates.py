"""The rates of LIF neurons on the chip, beside those that Keras expects."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tensorflow import keras

from snnc.exact import open_engine
from snnc.exact.package import open_package
from tests.emit.packages import importable, module
from tests.runtime.phased import examples, packages

pytestmark = pytest.mark.slow


def test_rates_are_nearer_to_those_of_currents_that_spread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = packages(tmp_path)["lif"].package
    with importable(folder):
        built = module(folder, "keras_model")
        library = module(folder, "_runtime.layers")
    model = built.build_model(aware=True, seed=1)
    weights = tmp_path / "drawn.safetensors"
    built.export_weights(model, weights)
    x = examples(16)[0]
    with open_engine(folder, weights, 1000) as engine:
        spikes = engine.run(x, "rest", "last", keep=("spikes",)).spikes
    network = open_package(folder).network
    chip = {
        name: spikes[name][:, 250:].mean(1) / (network.dt * layer.high)
        for name, layer in network.layers.items()
    }

    def distances() -> dict[str, float]:
        ends = [model.get_layer(f"{name}.neurons").output for name in chip]
        found = keras.Model(model.input, ends)(x)
        pairs = zip(chip.items(), found, strict=True)
        return {n: float(np.mean((a - np.asarray(b)) ** 2)) for (n, a), b in pairs}

    spread = distances()
    monkeypatch.setattr(library, "CURRENT_NOISE_SHARE", 0.0)
    still = distances()
    assert spread["encode"] == still["encode"]
    for name in ("c1", "c2", "d0"):
        assert spread[name] < 0.7 * still[name], name
