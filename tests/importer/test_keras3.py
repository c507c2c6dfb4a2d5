"""Files that Keras 3 wrote give its weights and its outputs; `data/make.py` made them.

The two models are in `.keras` and `.h5`, with Keras 3's weights and outputs in `.npz`.
"""

from __future__ import annotations

import importlib
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from snnc.cli import main
from snnc.importer.read import read

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

DATA = Path(__file__).parent / "data"
FILES = ("k3_chain.h5", "k3_chain.keras", "k3_graph.h5", "k3_graph.keras")


def load_expected(file: str) -> dict[str, Any]:
    with np.load(DATA / f"{Path(file).stem}.npz") as arrays:
        return dict(arrays)


@pytest.mark.parametrize("file", FILES)
def test_every_weight_of_keras_3_is_read(file: str) -> None:
    expected = {key: array for key, array in load_expected(file).items() if "|" in key}
    model, weights = read(DATA / file)
    assert model.keras is not None
    assert model.keras.startswith("3.")
    assert weights is not None
    found: dict[str, Any] = {}
    with weights:
        for layer in model.layers:
            arrays = weights.of(layer.name).values()
            found |= {f"{layer.name}|{i}": array for i, array in enumerate(arrays)}
    assert found.keys() == expected.keys()
    for key, array in expected.items():
        np.testing.assert_array_equal(found[key], array, err_msg=key)


def test_norms_of_keras_3_have_their_names() -> None:
    for file in ("k3_chain.h5", "k3_chain.keras"):
        _, weights = read(DATA / file)
        assert weights is not None
        with weights:
            names = list(weights.of("batch_normalization"))
        assert names == ["gamma", "beta", "moving_mean", "moving_variance"], file


@pytest.mark.slow
def test_imported_files_of_keras_3_give_its_outputs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    for file in FILES:
        name = file.replace(".", "_")
        spec, weights = tmp_path / f"{name}.snn", tmp_path / f"{name}.safetensors"
        arguments = [str(DATA / file), "-o", str(spec), "--weights-out", str(weights)]
        assert main(["import", *arguments, "--name", name]) == 0
        assert main(["build", str(spec), "-o", str(tmp_path)]) == 0
        code = importlib.import_module(f"{name}.keras_model")
        model = code.build_model()
        code.import_weights(model, weights)
        expected = load_expected(file)
        found = model.predict(expected["x"], verbose=0)
        assert np.ptp(expected["y"]) > 0.1
        np.testing.assert_allclose(found, expected["y"], atol=1e-5, rtol=1e-5)
