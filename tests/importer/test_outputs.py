"""An imported model computes what Keras computed, in Keras and in Nengo."""

from __future__ import annotations

import importlib
import itertools
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from snnc.cli import main
from tests.importer.exact_models import randomize

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

pytestmark = pytest.mark.slow

_IMPORTS = itertools.count()


def import_model(model: Any, folder: Path, *options: str) -> tuple[Any, Path]:
    """Return the generated package of a model, and the file of its weights."""
    # A process keeps what it imported, and models of other tests have this name too.
    plain = model.name.replace("-", "_").replace(".", "_")
    name = f"imported_{next(_IMPORTS)}_{plain}"
    saved, spec = folder / f"{name}.h5", folder / f"{name}.snn"
    weights = folder / f"{name}.safetensors"
    model.save(saved)
    arguments = [str(saved), "-o", str(spec), "--weights-out", str(weights)]
    arguments += ["--name", name]
    assert main(["import", *arguments, *options]) == 0
    assert main(["build", str(spec), "-o", str(folder)]) == 0
    return importlib.import_module(name), weights


def keras_outputs(package: Any, weights: Path, x: Any) -> Any:
    """Return what the package's Keras model computes."""
    code = importlib.import_module(f"{package.__name__}.keras_model")
    built = code.build_model()
    code.import_weights(built, weights)
    return built(x).numpy()


def test_several_inputs_are_channels_of_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two images are compared by a `Lambda` at the end, which the host computes."""
    from tensorflow import keras

    monkeypatch.syspath_prepend(tmp_path)
    la = keras.layers
    inputs = [keras.Input((7, 6, 2)) for _ in range(2)]
    twin = keras.Sequential(
        [
            keras.Input((7, 6, 2)),
            la.AveragePooling2D((1, 2)),
            la.Conv2D(3, 2, activation="relu"),
            la.Flatten(),
            la.Dense(4, activation="relu"),
            la.Dense(3),
        ]
    )
    vectors = [twin(image) for image in inputs]
    apart = la.Lambda(lambda pair: abs(pair[0] - pair[1]))(vectors)
    model = randomize(keras.Model(inputs, la.Activation("sigmoid")(apart), name="twin"))
    package, weights = import_model(model, tmp_path)
    x = [np.random.default_rng(n).random((5, 7, 6, 2), np.float32) for n in range(2)]
    found = keras_outputs(package, weights, np.concatenate(x, axis=-1))
    expected = np.concatenate([twin(image) for image in x], axis=1)
    assert np.ptp(expected, axis=0).min() > 1e-3
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)
    distance = np.abs(found[:, :3] - found[:, 3:])
    np.testing.assert_allclose(1 / (1 + np.exp(-distance)), model(x), atol=1e-5)


def test_several_inputs_are_looked_up_by_the_host(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tensorflow import keras

    monkeypatch.syspath_prepend(tmp_path)
    la = keras.layers
    inputs = [keras.Input((1,)), keras.Input((1,)), keras.Input((9,))]
    tables = la.Embedding(10, 3), la.Embedding(1_000_000, 4)
    rows = [table(given) for table, given in zip(tables, inputs, strict=False)]
    both = la.Concatenate()([la.Flatten()(row) for row in rows])
    outputs = la.Dense(1)(la.Dense(6, activation="relu")(both))
    model = keras.Model(inputs, outputs, name="ratings")  # nothing reads the third
    package, weights = import_model(model, tmp_path)
    x = [np.array([[1], [9], [4]]), np.array([[0], [77], [999_999]])]
    expected = model([*x, np.zeros((3, 9))]).numpy()
    assert np.ptp(expected) > 1e-3
    looked_up = [table(given) for table, given in zip(tables, x, strict=True)]
    found = keras_outputs(package, weights, np.concatenate(looked_up, axis=-1))
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_what_stands_for_a_max_pool_begins_as_the_mean(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tensorflow import keras

    monkeypatch.syspath_prepend(tmp_path)
    la, image = keras.layers, keras.Input((9, 9, 1))
    convs = la.Conv2D(4, 2, activation="relu"), la.Conv2D(5, 2)
    end = [la.Dropout(0.1), la.Flatten(), la.Dense(3)]
    pools = la.MaxPooling2D(2), la.MaxPooling2D(3, strides=1)
    before = [image, convs[0], pools[0], convs[1], pools[1], la.ReLU(), *end]
    model = randomize(keras.Sequential(before, name="pooled"))
    package, weights = import_model(model, tmp_path, "--rewrite", "maxpool=downsample")
    means = la.AveragePooling2D(2), la.AveragePooling2D(3, strides=1)
    after = [image, convs[0], means[0], convs[1], la.ReLU(), means[1], *end]
    mean = keras.Sequential(after)
    x = np.random.default_rng(1).random((6, 9, 9, 1), np.float32)
    expected = mean(x).numpy()
    found = keras_outputs(package, weights, x)
    np.testing.assert_allclose(found, expected, rtol=1e-4)
