"""Inputs, calls and names of a model, as a spec has them."""

from __future__ import annotations

import pytest

from snnc.importer.model import RefusedModelError
from tests.importer.configs import (
    CONV,
    IMAGE,
    POINT,
    POOL,
    around,
    between,
    ended,
    functional,
    layer,
    model_of,
    of,
    text_of,
)
from tests.support import codes

FREE = layer("InputLayer", "image", batch_input_shape=[None, None, 8, 1])
END = layer("Dense", "end", "f", units=3, activation="softmax")


def test_sizes_that_are_left_open_can_be_asked_for() -> None:
    config = ended(layer("Conv2D", "a", "image", **CONV))
    config["config"]["layers"][0] = FREE
    assert "input image 10x8x1 in 0..1" in text_of(config, shape=(10, 8, 1))
    for shape in (None, (10, 9, 1), (10, 8), (2**30, 8, 1)):
        (problem,) = of(config, shape=shape).problems
        assert problem.code == "SNN835"
        assert "--input-shape" in problem.render_help()


def test_a_first_layer_may_have_the_shape_of_the_input() -> None:
    first = {"class_name": "Dense", "config": {"units": 4, "input_shape": [6]}}
    model = {"class_name": "Sequential", "config": [first]}
    assert "_input 6 in 0..1" in text_of(model)
    first["config"] = {"units": 4, "input_shape": 6}
    with pytest.raises(RefusedModelError, match="no input shape"):
        model_of(model)


@pytest.mark.parametrize("kind", ["MaxPooling2D", "AveragePooling2D"])
def test_a_pool_wider_than_its_input_is_over_all_of_it(kind: str) -> None:
    pool = layer(kind, "x", "a", pool_size=[9, 2], padding="same")
    assert "window 6x2" in text_of(around(pool))


def test_strides_that_keras_does_not_write_are_refused() -> None:
    with pytest.raises(RefusedModelError, match="its strides is None"):
        between("Conv2D", CONV | {"strides": None})
    pool = between("AveragePooling2D", POOL | {"strides": None})  # as its window
    assert pool.written is not None


def test_zeros_in_front_alone_are_causal() -> None:
    conv = {"filters": 4, "kernel_size": [3], "activation": "relu"}
    causal = conv | {"padding": "causal"}
    config = ended(
        layer("Conv1D", "a", "image", **causal),
        layer("Conv1D", "b", "a", **causal | {"dilation_rate": [2]}),
        layer("Conv1D", "c", "b", **causal | {"strides": [2]}),
        layer("ZeroPadding1D", "z", "c", padding=[2, 0]),
        layer("Conv1D", "d", "z", **conv),
        layer("DepthwiseConv1D", "e", "d", kernel_size=[3], activation="relu"),
    )
    wave = layer("InputLayer", "image", batch_input_shape=[None, 16, 2])
    config["config"]["layers"][0] = wave
    text = text_of(config)
    assert codes(text) == []
    for written in (
        "encode conv a { filters 4, kernel 5, padding same, rate ..250 Hz }",
        "conv1d b { filters 4, kernel 3, padding causal, dilation 2 }",
        "conv1d c { filters 4, kernel 3, stride 2, padding causal }",
        "conv1d d { filters 4, kernel 3, padding causal }",
    ):
        assert f"  {written}\n" in text


def test_an_input_within_a_sequential_hands_on_what_it_reads() -> None:
    layers = [
        layer("Conv2D", "a", batch_input_shape=[None, 8, 8, 1], **CONV),
        layer("InputLayer", "i", batch_input_shape=[None, 8, 8, 1]),
        layer("Conv2D", "b", **CONV),
        layer("Flatten", "f"),
        layer("Identity", "same"),
        layer("Dense", "end", units=3),
    ]
    config = {"class_name": "Sequential", "config": {"name": "n", "layers": layers}}
    assert [draft.layer for draft in of(config).drafts] == ["a", "b", "end"]


def test_each_call_of_a_layer_has_neurons_of_its_own() -> None:
    image = layer("InputLayer", "image", batch_input_shape=[None, 8, 8, 2])
    conv = layer("Conv2D", "conv", "image", **CONV | {"padding": "same"})
    conv["inbound_nodes"].append([["relu", 0, 0, {}]])
    relu = layer("ReLU", "relu", "conv")
    relu["inbound_nodes"].append([["conv", 1, 0, {}]])
    flat = layer("Flatten", "f", "relu")
    flat["inbound_nodes"][0][0][1] = 1
    found = of(functional(image, conv, relu, flat, END))
    assert [d.layer for d in found.drafts] == ["conv", "conv (call 2)", "end"]
    told = [d.why for d in found.decisions if d.option == "weights of its own"]
    assert told == ["shared with `conv` in Keras; retraining changes them separately"]


def test_calls_of_submodels_in_each_other_are_counted() -> None:
    inner = functional(IMAGE, layer("ReLU", "r", "image"))
    for number in range(30):
        name = f"m{number}"
        once = inner | {"name": name, "inbound_nodes": [[["image", 0, 0, {}]]]}
        once["inbound_nodes"].append([[name, 1, 0, {}]])
        inner = functional(IMAGE, once)
        inner["config"]["output_layers"] = [[name, 2, 0]]
    with pytest.raises(RefusedModelError) as caught:
        model_of(inner)
    assert caught.value.diagnostic.code == "SNN811"


def test_neurons_that_nothing_reads_are_none_of_the_spec() -> None:
    layers = layer("ReLU", "dead", "image"), layer("Flatten", "f", "image")
    text = text_of(functional(IMAGE, *layers, END))
    assert codes(text) == []
    assert "dead" not in text


def test_names_become_legal() -> None:
    found = of(
        functional(
            IMAGE,
            layer("Conv2D", "conv2d", "image", **CONV),
            layer("Conv2D", "a/b.c-d", "conv2d", **CONV),
            layer("Conv2D", "a_b_c_d", "a/b.c-d", **CONV),
            layer("Flatten", "f", "a_b_c_d"),
            layer("Dense", "for", "f", units=2, activation="softmax"),
        )
    )
    assert found.written is not None
    assert codes(found.written.text) == []
    names = found.written.names
    assert names["conv2d"] == "conv2d_0"
    assert names["a_b_c_d"] == "a_b_c_d"
    assert len(set(names.values())) == len(names) - 1  # the encoder has two keys


def test_neurons_of_one_layer_never_take_the_name_of_another() -> None:
    config = ended(
        layer("Conv2D", "c", "image", **CONV | {"activation": "linear"}),
        layer("LeakyReLU", "l", "c", alpha=0.3),
        layer("MaxPooling2D", "p", "l", **POOL),
        layer("Conv2D", "d", "p", **POINT),
        layer("MaxPooling2D", "p_1", "d", **POOL),
    )
    assert "  maxpool p_1 {" in text_of(config)
