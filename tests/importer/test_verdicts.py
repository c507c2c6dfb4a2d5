"""The import refuses layers that the chip can't run, each with an alternative."""

from __future__ import annotations

from typing import Any

import pytest

from snnc.importer.build import build
from snnc.importer.convert import convert
from snnc.importer.request import REWRITES, ImportRequest
from snnc.importer.table import REFUSED
from snnc.importer.table.readers import READERS
from tests.importer.configs import IMAGE, functional, layer
from tests.importer.conversions import CONV, END, POOL, between, of

LAYERS: dict[str, tuple[str, dict[str, Any], str]] = {
    "foreign": ("QConv2D", CONV, "SNN817"),
    "foreign tool": ("Addons>GroupNormalization", {}, "SNN817"),
    "causal": ("Conv2D", CONV | {"padding": "causal"}, "SNN831"),
    "tanh": ("Conv2D", CONV | {"activation": "tanh"}, "SNN832"),
    "softmax": ("Conv2D", CONV | {"activation": "softmax"}, "SNN832"),
    "uneven pool": ("AveragePooling2D", POOL | {"padding": "same", "pool_size": [4, 4]},
                    "SNN830"),
    "lambda": ("Lambda", {}, "SNN830"),
    "unknown": ("Whatever", {}, "SNN830"),
    "lstm": ("LSTM", {"units": 3}, "SNN830"),
    "reshape": ("Reshape", {"target_shape": [3, 12, 2]}, "SNN831"),
}  # fmt: skip


@pytest.mark.parametrize("case", LAYERS)
def test_a_layer_is_refused_with_its_code_and_a_way_out(case: str) -> None:
    kind, options, expected = LAYERS[case]
    found = between(kind, options)
    assert found.written is None
    assert {problem.code for problem in found.problems} == {expected}
    for problem in found.problems:
        assert "`x`" in problem.render_message()
        assert problem.render_help()


def called_codes(kind: str, number: Any, **options: Any) -> list[str]:
    """Return the codes for an operation that is called with a tensor and a number."""
    operation = layer(kind, "x", "a", **options)
    operation["inbound_nodes"] = [[["a", 0, 0, {"y": number}]]]
    found = of(
        IMAGE,
        layer("Conv2D", "a", "image", **CONV),
        operation,
        layer("Conv2D", "b", "x", **CONV | {"kernel_size": [1, 1]}),
        layer("Flatten", "f", "b"),
        END,
    )
    return [problem.code for problem in found.problems]


@pytest.mark.parametrize("kind", ["Maximum", "Minimum", "Average"])
def test_an_operation_of_the_name_of_a_layer_keeps_its_number(kind: str) -> None:
    assert called_codes(kind, 0.5) == ["SNN830"]


def test_a_division_is_exact_or_refused() -> None:
    for kind, options in {
        "TFOpLambda": {"function": "math.truediv"},
        "TrueDivide": {},
        "Divide": {},
    }.items():
        assert called_codes(kind, [2.0, 4.0], **options) == []
        for number in (0.0, [2.0, 0.0]):
            assert called_codes(kind, number, **options) == ["SNN830"]


def test_all_problems_are_told_in_one_run() -> None:
    found = of(
        IMAGE,
        layer("Conv2D", "a", "image", **CONV | {"activation": "tanh"}),
        layer("LSTM", "p", "a", units=3),
        layer("Conv2D", "b", "p", **CONV | {"padding": "causal"}),
        layer("Flatten", "f", "b"),
        END,
    )
    told = [problem.code for problem in found.problems]
    assert told == ["SNN832", "SNN830", "SNN831"]


def test_one_cause_in_many_layers_is_one_diagnostic() -> None:
    names = [f"c{number}" for number in range(40)]
    reads = ["image", *names[:-1]]
    tanh = CONV | {"activation": "tanh", "kernel_size": [1, 1]}
    found = of(
        IMAGE,
        *(layer("Conv2D", n, r, **tanh) for n, r in zip(names, reads, strict=True)),
        layer("Flatten", "f", names[-1]),
        END,
    )
    (problem,) = found.problems
    assert "`c0`, `c1` and 38 more (Conv2D)" in problem.render_message()
    assert all(name in problem.render_notes()[0] for name in names)


def wrong(kind: str) -> dict[str, Any]:
    """Return a model with something that used to end the explanation of all."""
    second = layer("InputLayer", "second", batch_input_shape=[None, 9, 9, 1])
    other = layer("Conv2D", "other", "second", **CONV)
    first = layer("Conv2D", "first", "image", **CONV)
    mine = layer("Conv2D", "mine", "first", **CONV)
    if kind == "foreign":
        mine |= {"module": "my.layers", "registered_name": "my>Layer"}
    join = layer("Add", "join", "mine", "first")
    end = layer("Dense", "end", "join", units=3, activation="tanh")
    config = functional(IMAGE, second, other, first, mine, join, end)
    config["config"]["input_layers"].append(["second", 0, 0])
    if kind != "inputs":
        config["config"]["layers"][1:3] = []
        config["config"]["input_layers"].pop()
    return config


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("inputs", "SNN822"), ("foreign", "SNN817")],
)
def test_every_layer_has_a_verdict_whatever_else_is_wrong(
    kind: str, expected: str
) -> None:
    model = build(wrong(kind), None, None)[0]
    found = convert(model, ImportRequest(), "m.h5")
    assert expected in {problem.code for problem in found.problems}
    told = {d.layer for d in found.decisions if not d.option}
    assert told == {one.name for one in model.layers}


def test_every_refused_layer_says_what_to_do() -> None:
    assert not REFUSED.keys() & READERS.keys()
    for kind in REFUSED:
        (problem,) = between(kind).problems
        assert problem.render_help()


def test_a_max_pool_that_can_not_be_is_offered_what_may_stand_for_it() -> None:
    found = of(
        IMAGE,
        layer("Conv2D", "a", "image", **CONV),
        layer("Conv2D", "s", "a", **CONV | {"activation": None, "kernel_size": [1, 1]}),
        layer("MaxPooling2D", "x", "s", pool_size=[5, 5], strides=[1, 1]),
        layer("Conv2D", "b", "x", **CONV | {"kernel_size": [1, 1]}),
        layer("Flatten", "f", "b"),
        END,
    )
    (problem,) = found.problems
    assert problem.code == "SNN833"
    assert "avgpool takes" in problem.render_notes()[-1]


def test_a_max_pool_whose_windows_no_statement_has_is_refused_for_these() -> None:
    found = of(
        IMAGE,
        layer("Conv2D", "a", "image", **CONV),
        layer("ZeroPadding2D", "z", "a", padding=[[2, 2], [2, 2]]),
        layer("MaxPooling2D", "x", "z", pool_size=[5, 5], strides=[2, 2]),
        layer("Flatten", "f", "x"),
        END,
    )
    (problem,) = found.problems
    assert "`maxpool` does not support its windows" in problem.render_message()


def test_every_rewrite_makes_a_spec_of_a_refused_model() -> None:
    for what, bys in REWRITES.items():
        for by in bys:
            kind, options = _rewritten(what)
            is_exact = what in EXACT
            assert (between(kind, options).written is not None) == is_exact, what
            found = between(kind, options, rewrites=((what, by),))
            assert found.written is not None, what
            assert not found.problems
            assert any(d.verdict == "rewritten" for d in found.decisions)


def test_zeros_count_as_if_they_had_been_padded_before() -> None:
    sized = {"pool_size": [3, 3], "strides": [1, 1]}
    pools = (
        layer("ZeroPadding2D", "z", "a", padding=[[1, 1], [1, 1]]),
        layer("AveragePooling2D", "x", "z", padding="valid", **sized),
    )
    other = layer("AveragePooling2D", "x", "a", padding="same", **sized)
    texts = []
    for before in (pools, (other,)):
        found = of(
            IMAGE,
            layer("Conv2D", "a", "image", **CONV),
            *before,
            layer("Conv2D", "b", "x", **CONV | {"kernel_size": [1, 1]}),
            layer("Flatten", "f", "b"),
            END,
            rewrites=(("avgpool", "zeros"),),
        )
        assert found.written is not None
        texts.append(found.written.text)
    assert texts[0] == texts[1]
    assert "conv2d b { filters 2, kernel 3, padding same }" in texts[0]


def _rewritten(what: str) -> tuple[str, dict[str, Any]]:
    if what == "maxpool":
        return "MaxPooling2D", POOL
    if what == "avgpool":
        return "AveragePooling2D", {
            "pool_size": [3, 3],
            "strides": [1, 1],
            "padding": "same",
        }
    if what == "globalmaxpool":
        return "GlobalMaxPooling2D", {"keepdims": True}
    return "Conv2D", CONV | {"activation": what}


def test_a_rewrite_that_nothing_needs_is_told() -> None:
    found = between("Dropout", {"rate": 0.1}, rewrites=(("relu6", "relu"),))
    assert [problem.code for problem in found.problems] == ["SNN836"]


EXACT = ("maxpool", "globalmaxpool", "relu6", "leaky_relu", "hard_sigmoid")
"""Layers that neurons compute exactly: a rewrite only saves neurons."""
