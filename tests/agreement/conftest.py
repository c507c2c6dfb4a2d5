"""Packages built from specs, importable, with random weights."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tests.agreement.networks import text
from tests.support import compile_text, write_modules

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    import nengo

    nengo.rc["decoder_cache"]["enabled"] = "False"
    made = tmp_path_factory.mktemp("built")
    sys.path.insert(0, str(made))
    yield made
    sys.path.remove(str(made))


@pytest.fixture(scope="session")
def package(folder: Path) -> Callable[[str], SimpleNamespace]:
    """Return a function from a spec's text to the modules of its package."""

    def make(spec: str) -> SimpleNamespace:
        compiled, report = compile_text(spec)
        assert not report.errors, [d.render_message() for d in report.diagnostics]
        name = compiled.mapped.lowered.network.name
        write_modules(compiled.modules, folder / name)
        weights = folder / f"{name}.safetensors"
        keras_model = import_module(f"{name}.keras_model")
        made = SimpleNamespace(
            mapped=compiled.mapped,
            network=import_module(f"{name}.network").NETWORK,
            keras=keras_model,
            nengo=import_module(f"{name}.nengo_network"),
            evaluate=import_module(f"{name}.evaluate"),
            predict=import_module(f"{name}.predict"),
            layout=import_module(f"{name}.layout"),
            weights=weights,
            model=_random_model(keras_model),
            library=lambda part, name=name: import_module(f"{name}._runtime.{part}"),
        )
        keras_model.export_weights(made.model, weights)
        return made

    return make


@pytest.fixture(scope="session")
def net(package: Callable[[str], SimpleNamespace]) -> SimpleNamespace:
    """Return a package that no test changes."""
    return package(text("conv3d", "relu").replace("conv3d_relu", "evaluated"))


@pytest.fixture(scope="session")
def data(net: SimpleNamespace) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(3)
    x = random.uniform(-2, 2, (6, *net.network.input.shape)).astype(np.float32)
    return x, np.arange(6) % 4


def one_run(net: SimpleNamespace, x: np.ndarray, simulator: Any) -> Any:
    """Return rows and rates in Hz of one long run."""
    described = net.network
    steps, layers = described.steps, described.layers
    built = net.nengo.build_network(net.weights, x, probe=tuple(layers))
    with simulator(built.net, dt=described.dt, progress_bar=False) as sim:
        sim.run_steps(len(x) * steps)
    rows = np.asarray(sim.data[built.output]).reshape(len(x), steps, -1)
    rates = {}
    for name, layer in layers.items():
        values = built.layer_values(sim, name).reshape(len(x), steps, -1)
        rates[name] = values.mean(axis=1) * layer.high
    return rows, rates


def _random_model(keras_model: object) -> object:
    """Return the model with every weight random, batch norms and biases too."""
    model = keras_model.build_model()  # type: ignore[attr-defined]
    random = np.random.default_rng(0)
    for layer in model.layers:
        is_bias = layer.name.endswith(".bias")
        weights = [
            random.normal(0, 0.2, w.shape) if w.ndim == 1 or is_bias else w
            for w in layer.get_weights()
        ]
        if layer.name.endswith(".norm"):  # the scale and the variance
            for i in (0, 3):
                weights[i] = random.uniform(0.5, 1.5, weights[i].shape)
        layer.set_weights(weights)
    return model
