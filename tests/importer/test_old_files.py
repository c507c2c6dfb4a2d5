"""Files of older Keras: what is translated, and what is not read."""

import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from snnc.diagnostics import Diagnostics
from snnc.importer.convert import convert
from snnc.importer.model import ImportRequest
from snnc.importer.read import FileNames, read, run
from snnc.importer.refusals import RefusedModelError
from tests.importer.configs import CONV, ended, functional, layer, small

KERNEL = np.arange(4, dtype="f4").reshape(2, 2)


@pytest.mark.parametrize(
    ("version", "backend", "writer"),
    [
        ("1.2.2", "tensorflow", "Keras 1.2.2"),
        ("0.3.3", None, "Keras 0.3.3"),
        ("1.0.8", "theano", "Keras 1.0.8 with Theano"),
        ("2.2.4", "theano", "Keras 2.2.4 with Theano"),
    ],
)
def test_what_an_old_keras_wrote_is_read_without_weights(
    version: str, backend: str | None, writer: str, tmp_path: Path
) -> None:
    said = {"keras_version": version, "backend": backend}
    text, file = save(tmp_path, small() | said), tmp_path / "m.h5"
    with h5py.File(file, "w") as opened:
        opened.attrs["model_config"] = json.dumps(small())
        for key, value in said.items():
            if value is not None:
                opened.attrs[key] = value.encode()
    for path in (text, file):
        model, weights = read(path)
        assert weights is None
        assert model.notes[-1].startswith(f"the file is from {writer}: ")
    with pytest.raises(
        RefusedModelError, match=f"has weights from {writer}, but"
    ) as caught:
        read(text, file)
    assert caught.value.diagnostic.code == "SNN801"
    report = Diagnostics()
    names = FileNames(str(file), "net.snn", "w")
    assert run(str(file), ImportRequest(), names, report) is None
    (problem,) = report.diagnostics
    assert problem.message == caught.value.diagnostic.message.replace("m.json", "m.h5")


KERAS_1 = [
    {"class_name": "Convolution2D", "config": {
        "name": "c", "batch_input_shape": [None, 8, 8, 1], "input_dtype": "float32",
        "nb_filter": 4, "nb_row": 3, "nb_col": 2, "border_mode": "same",
        "subsample": [1, 2], "dim_ordering": "tf", "init": "glorot_uniform",
        "activation": "relu", "bias": False, "W_constraint": None,
        "W_regularizer": {"name": "WeightRegularizer", "l1": 0.0, "l2": 0.01},
        "b_regularizer": None, "activity_regularizer": None, "b_constraint": None}},
    {"class_name": "MaxPooling2D", "config": {
        "name": "p", "pool_size": [2, 2], "strides": [2, 2], "border_mode": "valid",
        "dim_ordering": "tf"}},
    {"class_name": "Dropout", "config": {"name": "o", "p": 0.25}},
    {"class_name": "Flatten", "config": {"name": "f"}},
    {"class_name": "Dense", "config": {
        "name": "d", "output_dim": 3, "activation": "softmax", "bias": True,
        "init": "uniform", "input_dim": 32}},
]  # fmt: skip


def save(folder: Path, config: dict[str, Any]) -> Path:
    path = folder / "m.json"
    path.write_text(json.dumps(config), encoding="utf-8")
    return path


def written(path: Path) -> str:
    model, weights = read(path)
    assert weights is None
    found = convert(model, ImportRequest(), "m.json").written
    assert found is not None
    return found.text


@pytest.mark.parametrize("version", ["1.2.2", None])
def test_a_configuration_of_keras_1_is_translated(
    version: str | None, tmp_path: Path
) -> None:
    value = {"class_name": "Sequential", "config": KERAS_1, "keras_version": version}
    text = written(save(tmp_path, value))
    assert "filters 4, kernel 3x2, stride 1x2, padding same" in text
    assert "bias off" in text
    assert "l2 0.01" in text
    assert "readout d { classes 3 }" in text


def test_a_lambda_of_keras_1_is_refused_as_one_of_keras_2(tmp_path: Path) -> None:
    code = {"class_name": "Lambda", "config": {"name": "l", "function": "x"}}
    config = [KERAS_1[0], code, *KERAS_1[1:]]
    path = save(tmp_path, {"class_name": "Sequential", "config": config})
    conversion = convert(read(path)[0], ImportRequest(), "m.json")
    assert [problem.code for problem in conversion.problems] == ["SNN830"]


def test_merges_of_keras_1_are_layers(tmp_path: Path) -> None:
    dense = {"output_dim": 4, "activation": "relu"}
    config = functional(
        layer("InputLayer", "x", batch_input_shape=[None, 6]),
        layer("Dense", "a", "x", **dense),
        layer("Dense", "b", "x", **dense),
        layer("Merge", "m", "a", "b", mode="sum", concat_axis=-1),
        layer("Dense", "d", "m", **dense),
    )
    path = save(tmp_path, config | {"keras_version": "1.1.0"})
    kinds = [layer.kind for layer in read(path)[0].layers]
    assert kinds == ["InputLayer", "Dense", "Dense", "Add", "Dense"]


def test_other_versions_are_read(tmp_path: Path) -> None:
    for version in ("2.2.4", None):
        path = save(tmp_path, small() | {"keras_version": version})
        assert read(path)[0].keras == version


def test_keras_3_is_recognized_without_its_version(tmp_path: Path) -> None:
    config = small() | {"module": "keras", "registered_name": "Functional"}
    del config["keras_version"]
    assert read(save(tmp_path, config))[0].keras == "3"


def test_a_depthwise_kernel_of_keras_3_may_be_called_kernel(tmp_path: Path) -> None:
    depthwise = layer("DepthwiseConv2D", "c", "image", kernel_size=[2, 2])
    arrays: dict[str, dict[str, tuple[int, ...]]] = {
        "c": {"kernel": (2, 2, 1, 1)},
        "end": {"kernel": (49, 3)},
    }
    with h5py.File(tmp_path / "m.h5", "w") as file:
        file.attrs["model_config"] = json.dumps(ended(depthwise))
        for name, shapes in arrays.items():
            group = file.create_group(f"model_weights/{name}")
            group.attrs["weight_names"] = [f"{name}/{key}" for key in shapes]
            for key, shape in shapes.items():
                group[f"{name}/{key}"] = np.ones(shape, "f4")
    report = Diagnostics()
    names = FileNames("m.h5", "net.snn", "w")
    done = run(str(tmp_path / "m.h5"), ImportRequest(), names, report)
    assert done is not None
    assert done.tensors["end.kernel"].clip(0).sum() == 49 * 3 * 4


def test_a_learning_rate_of_old_files_is_kept(tmp_path: Path) -> None:
    adam = {"class_name": "Adam", "config": {"lr": 0.02}}
    compiled = {"loss": "categorical_crossentropy", "optimizer_config": adam}
    config = ended(layer("Conv2D", "c", "image", **CONV))
    path = save(tmp_path, config | {"compile_config": compiled})
    assert "learning_rate 0.02" in written(path)


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
                    RefusedModelError, match="may belong to any"
                ) as caught:
                    weights.of("block/y/p")
                assert caught.value.diagnostic.code == "SNN810"
