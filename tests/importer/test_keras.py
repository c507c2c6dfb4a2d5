"""What Keras itself writes is read, with the weights that Keras has."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from snnc.importer.model import ModelWeights
from snnc.importer.read import read
from tests.support import ROOT

# Each has kinds or arrangements of layers that the others lack.
APPLICATIONS = "MobileNetV2 ResNet50 EfficientNetB0 InceptionV3 Xception NASNetMobile"


def nested_model(keras: Any) -> Any:
    """Return a model with two submodels, a wrapper and batch norm."""
    layers = keras.layers
    image = keras.Input((8, 8, 1), name="image")
    inner = keras.Input((8, 8, 2))
    both = [layers.Conv2D(2, 1, name=name)(inner) for name in "pq"]
    fork = keras.Model(inner, layers.Add(name="sum")(both), name="fork")
    block = keras.Sequential(
        [keras.Input((8, 8, 2)), layers.Conv2D(2, 3, padding="same", name="p")],
        name="block",
    )
    x = layers.BatchNormalization()(layers.Conv2D(2, 3, padding="same")(image))
    x = layers.TimeDistributed(layers.Dense(3))(fork(block(x)))
    return keras.Model(image, layers.Dense(2, name="out")(layers.Flatten()(x)))


def keras_weights(model: Any, prefix: str = "") -> dict[str, list[Any]]:
    found: dict[str, Any] = {}
    for layer in model.layers:
        if hasattr(layer, "layers"):
            found |= keras_weights(layer, f"{prefix}{layer.name}/")
        else:
            found[f"{prefix}{layer.name}"] = layer.get_weights()
    return found


def assert_same(weights: ModelWeights | None, expected: dict[str, list[Any]]) -> None:
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
    inner = {"fork", "block"}
    for one, _ in found:
        names = {layer.name for layer in one.layers}
        assert {name for name in expected if name.split("/")[0] not in inner} <= names
        assert {"block/p", "fork/p", "fork/q", "fork/sum"} <= names
    assert found[0][0].compiled is not None
    assert found[0][0].compiled.loss == "mse"
    assert_same(found[0][1], expected_of(found[0][0], expected))
    assert_same(found[1][1], expected_of(found[1][0], expected))
    assert found[2][1] is None


def expected_of(model: Any, expected: dict[str, list[Any]]) -> dict[str, list[Any]]:
    names = {layer.name for layer in model.layers}
    return {name: arrays for name, arrays in expected.items() if name in names}


@pytest.mark.slow
def test_a_layer_that_is_called_again_has_its_weights(tmp_path: Path) -> None:
    from tensorflow import keras

    twice, image = keras.layers.Dense(2, name="twice"), keras.Input((2,))
    keras.Model(image, twice(twice(image))).save(tmp_path / "m.h5")
    model, weights = read(tmp_path / "m.h5")
    (again,) = (layer for layer in model.layers if layer.shares)
    assert weights is not None
    with weights:
        found = weights.of(again.name)["kernel"]
    np.testing.assert_array_equal(found, twice.get_weights()[0])


@pytest.mark.slow
def test_every_layer_of_the_applications_is_read(tmp_path: Path) -> None:
    from tensorflow import keras

    for name in APPLICATIONS.split():
        model = getattr(keras.applications, name)(weights=None)
        path = tmp_path / f"{name}.json"
        path.write_text(model.to_json())
        found, _ = read(path)
        assert [layer.name for layer in found.layers] == [
            layer.name for layer in model.layers
        ]
        assert found.outputs == (model.layers[-1].name,)


@pytest.mark.slow
def test_a_function_gives_a_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "nets.py").write_text(
        "from tensorflow import keras\n"
        "def build():\n"
        "    print('built')\n"
        "    return keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(sys.modules, "nets", raising=False)
    told: list[str] = []
    model, weights = read("nets:build", told.append)
    assert [layer.kind for layer in model.layers] == ["InputLayer", "Dense"]
    assert "nets:build" in told[0]
    assert weights is not None
    with weights:
        assert weights.of(model.layers[1].name)["kernel"].shape == (3, 2)


def test_reading_imports_no_library() -> None:
    script = (
        "import sys, snnc.importer.read\n"
        "print(sorted({'numpy', 'h5py', 'tensorflow'} & sys.modules.keys()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True
    )
    assert done.stdout == "[]\n"
