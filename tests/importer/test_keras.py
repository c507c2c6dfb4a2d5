"""What Keras 2 and 3 write is read, with the weights that Keras has.

`data/make.py` wrote two models with Keras 3, in `.keras` and `.h5`, and their weights
and outputs in `.npz`.
"""

import importlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from snnc.cli import main
from snnc.importer.read import read
from snnc.importer.weights import StoredWeights
from tests.support import ROOT

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

# Both have kinds or arrangements of layers that the other lacks.
APPLICATIONS = "EfficientNetB0", "NASNetMobile"
DATA = Path(__file__).parent / "data"
NORM = ["gamma", "beta", "moving_mean", "moving_variance"]


def nested_model(keras: Any) -> Any:
    """Return a model with two submodels, a wrapper, batch norm and a second call."""
    layers = keras.layers
    image = keras.Input((8, 8, 1), name="image")
    inner = keras.Input((8, 8, 2))
    both = [layers.Conv2D(2, 1, name=name)(inner) for name in "pq"]
    fork = keras.Model(inner, layers.Add(name="sum")(both), name="fork")
    block = keras.Sequential(
        [keras.Input((8, 8, 2)), layers.Conv2D(2, 3, padding="same", name="p")],
        name="block",
    )
    twice = layers.Conv2D(2, 1, name="twice")
    x = layers.BatchNormalization()(layers.Conv2D(2, 3, padding="same")(image))
    x = layers.TimeDistributed(layers.Dense(3))(fork(block(twice(twice(x)))))
    return keras.Model(image, layers.Dense(2, name="out")(layers.Flatten()(x)))


def keras_weights(model: Any, prefix: str = "") -> dict[str, list[Any]]:
    found: dict[str, Any] = {}
    for layer in model.layers:
        if hasattr(layer, "layers"):
            found |= keras_weights(layer, f"{prefix}{layer.name}/")
        else:
            found[f"{prefix}{layer.name}"] = layer.get_weights()
    return found


def assert_same(weights: StoredWeights | None, expected: dict[str, list[Any]]) -> None:
    assert weights is not None
    with weights:
        for layer, arrays in expected.items():
            found = list(weights.of(layer).values())
            assert len(found) == len(arrays), layer
            for one, other in zip(found, arrays, strict=True):
                np.testing.assert_array_equal(one, other)


@pytest.mark.slow
def test_files_of_keras_2_have_the_weights_of_keras(tmp_path: Path) -> None:
    from tensorflow import keras

    model = nested_model(keras)
    rng = np.random.default_rng(0)
    model.set_weights([rng.normal(size=w.shape) for w in model.get_weights()])
    model.compile(optimizer="adam", loss="mse")
    model.save(tmp_path / "m.h5")
    model.save(tmp_path / "m.keras", save_format="keras_v3")
    (tmp_path / "m.json").write_text(model.to_json())
    expected = keras_weights(model)
    found = [read(tmp_path / f"m.{suffix}") for suffix in ("h5", "keras", "json")]
    for one, weights in found:
        names = {layer.name for layer in one.layers}
        outer = {name for name in expected if "/" not in name}
        assert outer | {"block/p", "fork/p", "fork/q", "fork/sum"} <= names
        (again,) = (layer for layer in one.layers if layer.shares)
        if weights is None:
            continue
        own = {name: arrays for name, arrays in expected.items() if name in names}
        assert_same(weights, own | {again.name: expected["twice"]})
    assert found[0][0].compiled is not None
    assert found[0][0].compiled.loss == "mse"
    assert found[2][1] is None


@pytest.mark.slow
def test_every_layer_of_the_applications_is_read(tmp_path: Path) -> None:
    from tensorflow import keras

    for name in APPLICATIONS:
        model = getattr(keras.applications, name)(weights=None)
        path = tmp_path / f"{name}.json"
        path.write_text(model.to_json())
        found, _ = read(path)
        assert [layer.name for layer in found.layers] == [
            layer.name for layer in model.layers
        ]
        assert found.outputs == (model.layers[-1].name,)


def test_reading_imports_no_library() -> None:
    script = (
        "import sys, snnc.importer.read\n"
        "print(sorted({'numpy', 'h5py', 'tensorflow'} & sys.modules.keys()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True
    )
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("suffix", ["h5", "keras"])
@pytest.mark.parametrize("stem", ["k3_chain", "k3_graph"])
def test_every_weight_of_keras_3_is_read(stem: str, suffix: str) -> None:
    with np.load(DATA / f"{stem}.npz") as arrays:
        expected = {key: array for key, array in arrays.items() if "|" in key}
    model, weights = read(DATA / f"{stem}.{suffix}")
    assert model.keras is not None
    assert model.keras.startswith("3.")
    assert weights is not None
    found: dict[str, Any] = {}
    with weights:
        for layer in model.layers:
            arrays = weights.of(layer.name)
            found |= {f"{layer.name}|{i}": a for i, a in enumerate(arrays.values())}
            assert layer.kind != "BatchNormalization" or list(arrays) == NORM
    assert found.keys() == expected.keys()
    for key, array in expected.items():
        np.testing.assert_array_equal(found[key], array, err_msg=key)


@pytest.mark.slow
@pytest.mark.parametrize("file", ["k3_chain.keras", "k3_graph.h5"])
def test_imported_files_of_keras_3_give_its_outputs(
    file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    name = file.replace(".", "_")
    spec, weights = tmp_path / f"{name}.snn", tmp_path / f"{name}.safetensors"
    arguments = [str(DATA / file), "-o", str(spec), "--weights-out", str(weights)]
    assert main(["import", *arguments, "--name", name]) == 0
    assert main(["build", str(spec), "-o", str(tmp_path)]) == 0
    code = importlib.import_module(f"{name}.keras_model")
    model = code.build_model()
    code.import_weights(model, weights)
    with np.load((DATA / file).with_suffix(".npz")) as arrays:
        found, expected = model.predict(arrays["x"], verbose=0), arrays["y"]
    assert np.ptp(expected) > 0.1
    np.testing.assert_allclose(found, expected, atol=1e-5, rtol=1e-5)
