"""Packages built from specs, importable, with random weights."""

import os
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

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
        assert not report.errors, [d.message for d in report.diagnostics]
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
