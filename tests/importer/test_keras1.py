"""Keras 1's spelling is read as what Keras 2 writes of the same model."""

from __future__ import annotations

import contextlib
import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from snnc.importer.convert import convert
from snnc.importer.keras1 import modernized
from snnc.importer.read import read
from snnc.importer.refusal import RefusedError
from snnc.importer.wishes import Wishes
from tests.importer.configs import IMAGE, OLD_L2, functional, layer, old_model
from tests.importer.test_refused import VALUES, places

NEW_L2 = {"class_name": "L1L2", "config": {"l1": 0.0, "l2": 0.01}}

PAIRS = {
    "conv1d": (
        layer("Convolution1D", "c", nb_filter=4, filter_length=5, subsample_length=2),
        layer("Conv1D", "c", filters=4, kernel_size=5, strides=2),
    ),
    "conv2d": (
        layer("Convolution2D", "c", nb_filter=4, nb_row=3, nb_col=5, subsample=[1, 2],
              border_mode="same", dim_ordering="tf", bias=False, init="he_normal",
              W_regularizer=OLD_L2,
              b_constraint={"name": "MaxNorm", "m": 2, "axis": 0}),
        layer("Conv2D", "c", filters=4, strides=[1, 2], padding="same",
              data_format="channels_last", use_bias=False,
              kernel_initializer="he_normal", kernel_regularizer=NEW_L2,
              bias_constraint={"class_name": "MaxNorm", "config": {"m": 2, "axis": 0}},
              kernel_size=[3, 5]),
    ),
    "conv3d": (
        layer("Convolution3D", "c", nb_filter=4, kernel_dim1=1, kernel_dim2=2,
              kernel_dim3=3, dim_ordering="th"),
        layer("Conv3D", "c", filters=4, data_format="channels_first",
              kernel_size=[1, 2, 3]),
    ),
    "dilated": (
        layer("AtrousConvolution2D", "c", nb_filter=1, atrous_rate=[2, 2]),
        layer("Conv2D", "c", filters=1, dilation_rate=[2, 2]),
    ),
    "dense": (
        layer("Dense", "d", output_dim=7, b_regularizer=None, input_dtype="float32"),
        layer("Dense", "d", units=7, bias_regularizer=None, dtype="float32"),
    ),
    "embedding": 2 * (layer("Embedding", "e", output_dim=7),),
    "dropout": (layer("Dropout", "d", p=0.5), layer("Dropout", "d", rate=0.5)),
    "noise": (
        layer("GaussianNoise", "n", sigma=0.5), layer("GaussianNoise", "n", stddev=0.5)
    ),
    "pool": (
        layer("MaxPooling1D", "p", pool_length=2, stride=None, border_mode="valid"),
        layer("MaxPooling1D", "p", pool_size=2, strides=None, padding="valid"),
    ),
    "four pads": (
        layer("ZeroPadding2D", "z", padding=[1, 2, 3, 4]),
        layer("ZeroPadding2D", "z", padding=[[1, 2], [3, 4]]),
    ),
    "named pads": (
        layer("ZeroPadding2D", "z", padding={"left_pad": 3, "top_pad": 1}),
        layer("ZeroPadding2D", "z", padding=[[1, 0], [3, 0]]),
    ),
    "named pads of one axis": (
        layer("ZeroPadding1D", "z", padding={"right_pad": 3, "left_pad": 1}),
        layer("ZeroPadding1D", "z", padding=[1, 3]),
    ),
    "pads": 2 * (layer("ZeroPadding1D", "z", padding=[1, 2]),),
    "norm": (
        layer("BatchNormalization", "b", mode=2),
        layer("BatchNormalization", "b", mode=2)
        | {"class_name": "BatchNormalization(mode=2)"},
    ),
    "concat": (
        layer("Merge", "m", "a", "b", mode="concat", concat_axis=3, mode_type="raw"),
        layer("Concatenate", "m", "a", "b", axis=3),
    ),
    "sum": (layer("Merge", "m", "a", mode="sum"), layer("Add", "m", "a")),
    "code": (
        layer("Merge", "m", "a", mode="code", mode_type="lambda"),
        layer("Lambda", "m", "a"),
    ),
    "wrapper": (
        layer("TimeDistributed", "t", layer=layer("Dense", "d", output_dim=2)),
        layer("TimeDistributed", "t", layer=layer("Dense", "d", units=2)),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PAIRS)
def test_a_layer_has_the_spelling_of_keras_2(name: str) -> None:
    old, new = PAIRS[name]
    assert modernized(old) == new
    inside = {"class_name": "Sequential", "config": [old, old]}
    assert modernized(inside)["config"] == [new, new]
    assert modernized(functional(IMAGE, old)) == functional(IMAGE, new)


def of(path: Path, config: Any) -> Any:
    path.write_text(json.dumps(config), encoding="utf-8")
    return read(path)[0]


@pytest.mark.parametrize("version", ["1.2.2", None])
def test_a_model_of_keras_1_becomes_a_spec(version: str | None, tmp_path: Path) -> None:
    config = old_model() | {"keras_version": version}
    conversion = convert(of(tmp_path / "m.json", config), Wishes(), "m.json")
    assert conversion.problems == ()
    assert conversion.written is not None
    text = conversion.written.text
    for piece in ("filters 2, kernel 3", "concat m from c, a", "l2 0.01", "classes 3"):
        assert piece in text


def test_a_learning_rate_of_old_files_is_kept(tmp_path: Path) -> None:
    adam = {"class_name": "Adam", "config": {"lr": 0.02}}
    compiled = {"loss": "categorical_crossentropy", "optimizer_config": adam}
    config = old_model() | {"compile_config": compiled}
    written = convert(of(tmp_path / "m.json", config), Wishes(), "m.json").written
    assert written is not None
    assert "learning_rate 0.02" in written.text


def test_newer_files_are_not_respelled(tmp_path: Path) -> None:
    config = old_model() | {"keras_version": "2.12.0"}
    kinds = {one.kind for one in of(tmp_path / "m.json", config).layers}
    assert {"Convolution2D", "Merge"} <= kinds


def test_a_merge_of_models_is_refused_by_name(tmp_path: Path) -> None:
    dense = layer("Dense", "left", output_dim=2, batch_input_shape=[None, 3])
    named = {"class_name": "Model", "config": {"name": "right"}}
    branches = [{"class_name": "Sequential", "config": [dense]}, named]
    merge = {"name": "merge_1", "mode": "sum", "layers": branches}
    config = {
        "class_name": "Sequential",
        "config": [{"class_name": "Merge", "config": merge}],
    }
    with pytest.raises(RefusedError, match=r"`merge_1` has 2 inputs \(left, right\)"):
        of(tmp_path / "m.json", config)


@pytest.mark.parametrize("mode", [1, 2])
def test_other_norms_of_keras_1_are_refused_with_a_reason(
    mode: int, tmp_path: Path
) -> None:
    config = functional(
        IMAGE,
        layer("Flatten", "f", "image"),
        layer("Dense", "e", "f", output_dim=3),
        layer("BatchNormalization", "n", "e", mode=mode, axis=-1, epsilon=1e-3),
        layer("Activation", "r", "n", activation="relu"),
        layer("Dense", "d", "r", output_dim=3),
    ) | {"keras_version": "1.1.0"}
    found = convert(of(tmp_path / "m.json", config), Wishes(), "m.json")
    (problem,) = found.problems
    assert "statistics change" in problem.render_message()


@settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_a_mutated_configuration_is_converted_or_refused(
    data: st.DataObject, tmp_path: Path
) -> None:
    config = copy.deepcopy(old_model())
    for _ in range(data.draw(st.integers(1, 3))):
        where, key = data.draw(st.sampled_from(places(config)))
        where[key] = data.draw(VALUES)
    config["keras_version"] = "1.2.2"
    with contextlib.suppress(RefusedError):
        conversion = convert(of(tmp_path / "m.json", config), Wishes(), "m.json")
        assert conversion.problems or conversion.written is not None
