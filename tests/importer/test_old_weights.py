"""Weights of older files: other names, names twice, kernels that Theano mirrors."""

from __future__ import annotations

import json
from pathlib import Path

import h5py
import numpy as np
import pytest

from snnc.importer.read import read
from snnc.importer.refusal import RefusedError
from tests.importer.configs import IMAGE, functional, layer, old_model

KERNEL = np.arange(36, dtype="f4").reshape(3, 3, 2, 2)


def saved(path: Path, backend: str | None) -> Path:
    """Write weights with the names of Keras 1."""
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = json.dumps(old_model())
        file.attrs["keras_version"] = b"1.2.2"
        if backend is not None:
            file.attrs["backend"] = backend
        for name, kernel in (("a", KERNEL), ("d", KERNEL[0, 0])):
            group = file.create_group(f"model_weights/{name}")
            arrays = {f"{name}_W:0": kernel, f"{name}_b:0": np.ones(2, "f4")}
            group.attrs["weight_names"] = [key.encode() for key in arrays]
            for key, array in arrays.items():
                group[key] = array
    return path


def test_weights_have_the_names_of_keras_2(tmp_path: Path) -> None:
    _, weights = read(saved(tmp_path / "m.h5", "tensorflow"))
    assert weights is not None
    with weights:
        found = weights.of("a")
        assert list(found) == ["kernel", "bias"]
        np.testing.assert_array_equal(found["kernel"], KERNEL)


def test_statistics_have_the_names_of_keras_2(tmp_path: Path) -> None:
    config = functional(IMAGE, layer("BatchNormalization", "n", "image", mode=0))
    names = ["gamma", "beta", "running_mean", "running_std"]
    with h5py.File(tmp_path / "m.h5", "w") as file:
        file.attrs["model_config"] = json.dumps(config | {"keras_version": "1.0.8"})
        group = file.create_group("model_weights/n")
        group.attrs["weight_names"] = [f"n_{name}".encode() for name in names]
        for number, name in enumerate(names):
            group[f"n_{name}"] = np.full(1, number, "f4")
    _, weights = read(tmp_path / "m.h5")
    assert weights is not None
    with weights:
        found = {name: array.item() for name, array in weights.of("n").items()}
    assert found == {"gamma": 0, "beta": 1, "moving_mean": 2, "moving_variance": 3}


def test_kernels_of_theano_are_mirrored_back(tmp_path: Path) -> None:
    _, weights = read(saved(tmp_path / "m.h5", "theano"))
    assert weights is not None
    with weights:
        mirrored = np.flip(KERNEL, (0, 1))
        np.testing.assert_array_equal(weights.of("a")["kernel"], mirrored)
        np.testing.assert_array_equal(weights.of("d")["kernel"], KERNEL[0, 0])


def test_kernels_of_nobody_knows_whom_are_not_guessed(tmp_path: Path) -> None:
    _, weights = read(saved(tmp_path / "m.h5", None))
    assert weights is not None
    with weights:
        assert weights.of("d")["kernel"].shape == (2, 2)
        with pytest.raises(RefusedError, match="Theano") as caught:
            weights.of("a")
    assert caught.value.diagnostic.code == "SNN810"


def test_a_name_that_two_layers_share_is_not_guessed(tmp_path: Path) -> None:
    dense = layer("Dense", "p", units=2, batch_input_shape=[None, 2])
    inner = [
        {"class_name": "Sequential", "config": {"name": name, "layers": [dense]}}
        for name in "xy"
    ]
    block = {"class_name": "Sequential", "config": {"name": "block", "layers": inner}}
    config = {"class_name": "Sequential", "config": {"name": "m", "layers": [block]}}
    for scope, told in (("y/p", True), ("p", False)):
        with h5py.File(tmp_path / "m.h5", "w") as file:
            file.attrs["model_config"] = json.dumps(config)
            group = file.create_group("model_weights/block")
            group.attrs["weight_names"] = [f"{scope}/kernel:0"]
            group[f"{scope}/kernel:0"] = KERNEL[0, 0]
        _, weights = read(tmp_path / "m.h5")
        assert weights is not None
        with weights:
            if told:
                assert list(weights.of("block/y/p")) == ["kernel"]
                assert weights.of("block/x/p") == {}
            else:
                with pytest.raises(RefusedError, match="may be those of any") as caught:
                    weights.of("block/y/p")
                assert caught.value.diagnostic.code == "SNN810"
