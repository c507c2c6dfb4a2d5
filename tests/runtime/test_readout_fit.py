"""A readout that is fitted to spikes: when it is, and what it is worth."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from tensorflow import keras

from snnc.exact import make_engine
from snnc.exact.package import open_package
from tests.emit.packages import importable
from tests.runtime.phased import Made, chain, examples, packages

pytestmark = pytest.mark.slow

COUNT = 240
X, Y = examples(COUNT)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    found = packages(tmp_path_factory.mktemp("fitted"), chain("chain"))["chain"]
    with importable(found.package):
        yield found


@pytest.fixture
def fitting(made: Made) -> ModuleType:
    return made.module("_runtime.readout_fit")


@pytest.fixture
def model(made: Made) -> keras.Model:
    """A model that was not trained, but for the scales of its layers."""
    model = made.model(aware=True)
    made.module("keras_model").compile_model(model)
    made.adjuster(model, X).scale(anew=True)
    return model


def on_chip(made: Made, model: keras.Model, folder: Path) -> float:
    """Return the accuracy on the chip of examples that it was not fitted to."""
    weights = folder / "w.safetensors"
    made.module("keras_model").export_weights(model, weights)
    x, y = examples(80, seed=1)
    with make_engine(open_package(made.package), weights) as engine:
        outputs = engine.run(x, "row").outputs
    return float((np.argmax(outputs, axis=1) == y).mean())


def test_it_knows_the_classes_by_their_spikes(
    made: Made, fitting: ModuleType, model: keras.Model, tmp_path: Path
) -> None:
    before = on_chip(made, model, tmp_path)
    others = [w.copy() for w in model.get_weights()[:-2]]
    told = fitting.ReadoutFit(made.network, (X, Y), COUNT).fit(model)
    assert told.startswith(f"readout fitted to spikes of {COUNT} examples: loss of")
    assert on_chip(made, model, tmp_path) > before + 0.3
    for kept, weight in zip(others, model.get_weights()[:-2], strict=True):
        np.testing.assert_array_equal(kept, weight)


def test_scales_are_of_no_account(
    made: Made, fitting: ModuleType, model: keras.Model
) -> None:
    adjuster = made.adjuster(model, X)
    seen = fitting.spikes_of(made.network, model, X[:64], Y[:64])[0]
    kernel = model.layers[-1].get_weights()[0]
    outputs = seen @ kernel
    adjuster.fold()
    seen = fitting.spikes_of(made.network, model, X[:64], Y[:64])[0]
    folded = seen @ model.layers[-1].get_weights()[0]
    np.testing.assert_allclose(folded, outputs, atol=0.05 * np.abs(outputs).max())


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"count": 199}, "so short a training is not worth a fit to spikes"),
        ({"sample": (X[:99], Y[:99])}, "99 examples are too few to fit it to spikes"),
        (
            {"sample": (X, np.where(Y == 2, 1, Y))},
            "no example of class 2 to fit it to spikes",
        ),
    ],
)
def test_it_stays_as_trained_where_a_fit_would_be_a_guess(
    made: Made, fitting: ModuleType, changes: dict[str, Any], told: str
) -> None:
    fit = replace(fitting.ReadoutFit(made.network, (X, Y), COUNT), **changes)
    model = made.model(aware=True)
    kept = model.get_weights()
    assert fit.fit(model) == f"readout as trained: {told}"
    for before, after in zip(kept, model.get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)


def test_it_stays_as_trained_where_others_lose_no_less(
    made: Made, fitting: ModuleType, model: keras.Model, monkeypatch: Any
) -> None:
    monkeypatch.setattr(fitting, "RATE", 0.0)
    kept = model.get_weights()
    told = fitting.ReadoutFit(made.network, (X, Y), COUNT).fit(model)
    assert told == "readout as trained: a fit to spikes is no better"
    np.testing.assert_array_equal(model.get_weights()[-2], kept[-2])


def test_training_ends_with_it_unless_it_is_off(
    made: Made, monkeypatch: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    readout = made.module("_runtime.readout_fit").ReadoutFit
    fits: list[Any] = []

    def fitted(self: Any, _: Any) -> str:
        fits.append(self)
        return "fitted"

    monkeypatch.setattr(readout, "fit", fitted)
    for changes in ({}, {"fit_readout": False}, {"phases": ("smooth",)}):
        made.trainer(**changes).train(X, Y, epochs=1)
    (fit,) = fits
    steps = -(-int(0.9 * COUNT) // 16)
    assert fit.count == steps * 16 // made.network.steps
    assert len(fit.sample[0]) == 0.9 * COUNT
    assert capsys.readouterr().out.count("fitted") == 1


@pytest.mark.parametrize(
    ("decide", "count", "kept"),
    [
        ("last", 100, [99, 89, 79]),
        ("last", 60, [59, 49]),
        ("last", 30, [29]),
        ("mean", 100, [74.5]),
    ],
)
def test_what_is_read_is_of_the_end_of_an_example(
    made: Made, fitting: ModuleType, decide: str, count: int, kept: list[float]
) -> None:
    network = made.network
    readout = replace(network.readout, decide=decide, synapse=10 * network.dt)
    steps = np.arange(count, dtype="f4")[:, None, None] * np.ones((1, 2, 3), "f4")
    read = fitting._readings(replace(network, readout=readout), steps)
    assert [values[1, 2] for values in read] == kept


def test_values_of_a_regression_are_fitted_too(fitting: ModuleType) -> None:
    rng = np.random.default_rng(0)
    inputs = keras.Input((12,))
    readout = keras.layers.Dense(3, use_bias=False)
    keras.Model(inputs, readout(inputs))
    shown = rng.uniform(size=(600, 12)).astype("f4")
    wanted = shown @ rng.normal(size=(12, 3)).astype("f4")
    before, after, weights = fitting._fitted(readout, "mse", shown, wanted, None)
    assert after < before / 4
    (kernel,) = weights
    assert np.mean((shown @ kernel - wanted) ** 2) < before / 4
