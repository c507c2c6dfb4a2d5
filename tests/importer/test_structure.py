"""Inputs, calls and names of a model, as a spec has them."""

import pytest

from snnc.importer import graph
from snnc.importer.refusals import RefusedModelError
from tests.importer.configs import (
    CONV,
    IMAGE,
    functional,
    layer,
    model_of,
    of,
    text_of,
)

END = layer("Dense", "end", "f", units=3, activation="softmax")


def test_a_first_layer_may_have_the_shape_of_the_input() -> None:
    first = {"class_name": "Dense", "config": {"units": 4, "input_shape": [6]}}
    model = {"class_name": "Sequential", "config": [first]}
    assert "_input 6 in 0..1" in text_of(model)
    first["config"] = {"units": 4, "input_shape": 6}
    with pytest.raises(RefusedModelError, match="no input shape"):
        model_of(model)


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
    written = of(config).written
    assert written is not None
    assert list(written.drafted.drafts) == ["a", "b", "end"]


def test_a_call_may_nest_what_it_reads() -> None:
    names = ["p", "q", "r", "s"]
    inputs = [layer("InputLayer", n, batch_input_shape=[None, 4]) for n in names]
    join = layer("Concatenate", "join", *names)
    inner = functional(*inputs, join)
    inner["config"]["input_layers"] = [
        [["p", 0, 0], ["q", 0, 0]],
        [["r", 0, 0], ["s", 0, 0]],
    ]
    first = layer("InputLayer", "d", batch_input_shape=[None, 4])
    second = layer("InputLayer", "e", batch_input_shape=[None, 4])
    read, other = ["d", 0, 0, {}], ["e", 0, 0, {}]
    nested = inner | {"name": "f", "inbound_nodes": [[[read, other], [other, read]]]}
    end = layer("Dense", "end", "f", units=3)
    outer = functional(first, second, nested, end)
    outer["config"]["input_layers"] = [["d", 0, 0], ["e", 0, 0]]
    layers = {each.name: each.reads for each in model_of(outer).layers}
    assert layers["f/join"] == ("d", "e", "e", "d")


def test_each_call_of_a_layer_has_neurons_of_its_own() -> None:
    image = layer("InputLayer", "image", batch_input_shape=[None, 8, 8, 2])
    conv = layer("Conv2D", "conv", "image", **CONV | {"padding": "same"})
    conv["inbound_nodes"].append([["relu", 0, 0, {}]])
    relu = layer("ReLU", "relu", "conv")
    relu["inbound_nodes"].append([["conv", 1, 0, {}]])
    flat = layer("Flatten", "f", "relu")
    flat["inbound_nodes"][0][0][1] = 1
    found = of(functional(image, conv, relu, flat, END))
    assert found.written is not None
    drafts = found.written.drafted.drafts
    assert list(drafts) == ["conv", "conv (call 2)", "end"]
    told = [d.why for d in found.decisions if d.option == "weights of its own"]
    assert told == ["shared with `conv` in Keras; retraining changes them separately"]


def test_calls_of_submodels_in_each_other_are_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(graph, "MOST_LAYERS", 2000)
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
