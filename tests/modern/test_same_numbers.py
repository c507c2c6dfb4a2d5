"""One package gives the same numbers on TensorFlow 2.12 and on TensorFlow 2.21.

``expected/`` was computed on the primary stack (Python 3.11, NumPy 1, Keras 2), by
``SNNC_ACCEPT=1 python -m pytest tests/modern``. These tests run there, and by
``make test-modern`` on the modern one (NumPy 2, Keras 3), and compare with it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import nengo
import numpy as np
import pytest

from tests.modern.packages import TEXTS, Package, importable

pytestmark = pytest.mark.slow

EXPECTED = Path(__file__).parent / "expected"


@pytest.fixture(scope="module", params=TEXTS)
def package(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Package]:
    with importable(request.param, tmp_path_factory.mktemp("packages")) as made:
        yield made


def load_expected(package: Package, key: str, computed: Any) -> Any:
    """Return the primary stack's numbers, having accepted new ones if asked to."""
    path = EXPECTED / f"{package.name}.{key}.npy"
    if os.environ.get("SNNC_ACCEPT"):
        assert np.__version__ < "2", "accept on the primary stack"
        np.save(path, computed)
    return np.load(path)


def test_keras_computes_the_same(package: Package) -> None:
    keras_model = package.module("keras_model")
    model = keras_model.build_model()
    keras_model.import_weights(model, package.weights)
    outputs = model.predict(package.x, verbose=0)
    wanted = load_expected(package, "smooth", outputs)
    assert np.abs(wanted).max() > 0.1
    assert np.abs(outputs - wanted).max() <= 1e-5 * np.abs(wanted).max()


def evaluate(
    package: Package, simulator: str, capsys: pytest.CaptureFixture[str]
) -> dict[str, Any]:
    files = ["--data", f"{package.folder}/{package.name}.npz"]
    files += ["--weights", str(package.weights)]
    main = package.module("evaluate").main
    assert main([*files, "--simulator", simulator, "--format", "json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


@pytest.mark.parametrize("simulator", ["nengo", "loihi"])
def test_evaluate_reports_the_same(
    package: Package, simulator: str, capsys: pytest.CaptureFixture[str]
) -> None:
    report = evaluate(package, simulator, capsys)
    rates = np.array([*report["rates"].values()])
    np.testing.assert_array_equal(
        rates, load_expected(package, f"{simulator}.rates", rates)
    )
    assert (rates > 0).all()


def simulator_of(package: Package, simulator: str) -> Any:
    # A decoder cache written under NumPy 2 can't be read under NumPy 1.
    nengo.rc["decoder_cache"]["enabled"] = "False"
    if simulator == "nengo":
        return nengo.Simulator
    return partial(
        package.module("_runtime.nengo").import_nengo_loihi().Simulator,
        target="sim",
    )


def spike_counts(package: Package, simulator: str) -> np.ndarray:
    """Return the spikes of each neuron in each example, layer after layer."""
    network = package.module("network").NETWORK
    names = tuple(network.layers)
    program = package.module("nengo_network")
    built = program.build_network(package.weights, package.x, probe=names)
    with simulator_of(package, simulator)(built.net, progress_bar=False) as sim:
        sim.run_steps(len(package.x) * network.steps)
        values = [built.neuron_values(sim, name) for name in names]
    counts = []
    for name, value in zip(names, values, strict=True):
        steps = value.reshape(len(package.x), network.steps, -1).sum(axis=1)
        counts.append(np.rint(steps * network.dt * network.layers[name].high))
    return np.concatenate(counts, axis=1).astype(np.uint8)


@pytest.mark.parametrize("simulator", ["nengo", "loihi"])
def test_every_neuron_spikes_as_often(package: Package, simulator: str) -> None:
    counts = spike_counts(package, simulator)
    assert counts.max() > 3
    wanted = load_expected(package, f"{simulator}.spikes", counts)
    np.testing.assert_array_equal(counts, wanted)


@pytest.mark.parametrize("package", ["both_waves"], indirect=True)
def test_it_trains_and_resumes(
    package: Package, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # To trace a graph of more steps takes longer than to run it.
    monkeypatch.setattr(package.module("_runtime.keras.spiking"), "CHUNK", 2)
    train = package.module("train").train
    weights = tmp_path / "w"
    how: Any = {"epochs": 1, "spike_updates": 10}
    model = train(package.x, package.y, weights, **how)
    again = train(package.x, package.y, weights, **how, resume=True)
    for first, second in zip(model.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_allclose(first, second, rtol=1e-4, atol=1e-6)
    written = {path.name for path in tmp_path.iterdir()}
    assert written == {"w", "w.smooth.safetensors"}
