"""Files of older Keras: what is refused, and what is read all the same."""

from __future__ import annotations

import json
from pathlib import Path

import h5py
import numpy as np
import pytest

from snnc.importer.convert import convert
from snnc.importer.model import RefusedModelError
from snnc.importer.read import read
from snnc.importer.request import ImportRequest
from tests.importer.configs import IMAGE, functional, layer, small

KERNEL = np.arange(4, dtype="f4").reshape(2, 2)


@pytest.mark.parametrize(
    ("version", "backend", "writer"),
    [
        ("1.2.2", "tensorflow", "Keras 1.2.2"),
        ("0.3.3", None, "Keras 0.3.3"),
        ("1.0.8", "theano", "Keras 1.0.8 on Theano"),
        ("2.2.4", "theano", "Keras 2.2.4 on Theano"),
    ],
)
def test_what_keras_2_has_to_save_once_is_refused(
    version: str, backend: str | None, writer: str, tmp_path: Path
) -> None:
    said = {"keras_version": version, "backend": backend}
    text, file = tmp_path / "m.json", tmp_path / "m.h5"
    text.write_text(json.dumps(small() | said), encoding="utf-8")
    with h5py.File(file, "w") as opened:
        opened.attrs["model_config"] = json.dumps(small())
        for key, value in said.items():
            if value is not None:
                opened.attrs[key] = value.encode()
    for path in (text, file):
        with pytest.raises(
            RefusedModelError, match=f"by {writer}; snnc reads"
        ) as caught:
            read(path)
        assert caught.value.diagnostic.code == "SNN825"


@pytest.mark.parametrize("said", [{"keras_version": "2.2.4"}, {"keras_version": None}])
def test_other_versions_are_read(said: dict[str, str | None], tmp_path: Path) -> None:
    path = tmp_path / "m.json"
    path.write_text(json.dumps(small() | said), encoding="utf-8")
    assert read(path)[0].keras == said["keras_version"]


def test_a_learning_rate_of_old_files_is_kept(tmp_path: Path) -> None:
    adam = {"class_name": "Adam", "config": {"lr": 0.02}}
    compiled = {"loss": "categorical_crossentropy", "optimizer_config": adam}
    path = tmp_path / "m.json"
    config = functional(
        IMAGE,
        layer("Conv2D", "c", "image", filters=2, kernel_size=[3, 3], activation="relu"),
        layer("Flatten", "f", "c"),
        layer("Dense", "d", "f", units=3),
    )
    path.write_text(json.dumps(config | {"compile_config": compiled}))
    model, _ = read(path)
    written = convert(model, ImportRequest(), "m.json").written
    assert written is not None
    assert "learning_rate 0.02" in written.text


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
            group[f"{scope}/kernel:0"] = KERNEL
        _, weights = read(tmp_path / "m.h5")
        assert weights is not None
        with weights:
            if told:
                assert list(weights.of("block/y/p")) == ["kernel"]
                assert weights.of("block/x/p") == {}
            else:
                with pytest.raises(
                    RefusedModelError, match="may be those of any"
                ) as caught:
                    weights.of("block/y/p")
                assert caught.value.diagnostic.code == "SNN810"
