"""Every rule keeps outputs: Nengo's rate mode gives what Keras does, within 1e-4.

Of every kind of layer, the package's Keras model does too, within 1e-5.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.importer.exact_models import (
    CASES,
    KERAS,
    Case,
    model_in_order,
    model_of,
    randomize,
)
from tests.importer.test_outputs import import_model, keras_outputs

pytestmark = pytest.mark.slow

WITHIN = 1e-4
EXAMPLES = 2


def rates(package: Any, weights: Path, x: Any) -> Any:
    """Return what the readout gives of each example in rate mode."""
    import nengo

    code = importlib.import_module(f"{package.__name__}.nengo_network")
    network = code.build_network(weights, images=x, mode="rate")
    shared = importlib.import_module(f"{package.__name__}.network")
    steps = round(shared.PRESENT / shared.DT)
    # Rates are the same in each step of an example: of the last, one is enough.
    with nengo.Simulator(network.net, progress_bar=False) as simulator:
        simulator.run_steps((len(x) - 1) * steps + 1)
    return simulator.data[network.output][::steps]


def expected_of(model: Any, x: Any) -> Any:
    """Return all outputs of Keras, flat and side by side."""
    outputs = model(x)
    outputs = outputs if isinstance(outputs, list) else [outputs]
    return np.concatenate([np.reshape(y, (len(x), -1)) for y in outputs], axis=1)


def differences(name: str, case: Case, folder: Path) -> float:
    from tensorflow import keras

    model = randomize(model_of(keras, name), seed=case.seed)
    for layer in model.layers:
        if layer.name == "turned":  # a factor below 0 makes a minimum of a maximum
            layer.gamma.assign(layer.gamma * [1, -1, 1, -1])
    drawn = np.random.default_rng(1).uniform(*case.values, (EXAMPLES, *case.shape))
    x = drawn.astype(np.float32)
    package, weights = import_model(model, folder, *case.options)
    shared = importlib.import_module(f"{package.__name__}.network")
    found = case.final(rates(package, weights, x.reshape(-1, *shared.INPUT.shape)))
    expected = expected_of(model, x)
    assert np.ptp(expected, axis=0).max() > 1e-3, name
    if name in KERAS:
        own = case.final(keras_outputs(package, weights, x))
        largest = np.abs(expected).max()
        np.testing.assert_allclose(own, expected, rtol=1e-5, atol=1e-5 * largest)
    return float(np.abs(found - expected).max() / max(1.0, np.abs(expected).max()))


def test_rate_mode_gives_what_keras_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    found = {name: differences(name, case, tmp_path) for name, case in CASES.items()}
    assert {name: error for name, error in found.items() if error > WITHIN} == {}


def test_channels_first_are_laid_out_with_channels_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some hosts can't run channels first in TensorFlow: a twin gives the outputs."""
    from tensorflow import keras

    monkeypatch.syspath_prepend(tmp_path)
    twin = randomize(model_in_order(keras, "channels_last"), seed=4)
    model = model_in_order(keras, "channels_first")
    model.set_weights(twin.get_weights())
    x = np.random.default_rng(1).uniform(0, 1, (EXAMPLES, 7, 6, 2)).astype(np.float32)
    package, weights = import_model(model, tmp_path)
    expected = expected_of(twin, x)
    assert np.ptp(expected, axis=0).max() > 1e-3
    np.testing.assert_allclose(rates(package, weights, x), expected, atol=WITHIN)
