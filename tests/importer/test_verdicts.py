"""The import refuses layers that the chip can't run, each with an alternative."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from benchmarks.architectures import ALL, verdict
from snnc.importer.convert import Conversion
from snnc.importer.model import REWRITES
from snnc.importer.table import READERS, REFUSED
from tests.importer.configs import (
    CONV,
    POINT,
    POOL,
    around,
    between,
    ended,
    layer,
    of,
    text_of,
    told_of,
)
from tests.rules.checking import assert_accepted

SAME = {"pool_size": [3, 3], "strides": [1, 1], "padding": "same"}
LAYERS: dict[str, tuple[str, dict[str, Any], str]] = {
    "foreign": ("QConv2D", CONV, "SNN817"),
    "foreign tool": ("Addons>GroupNormalization", {}, "SNN817"),
    "causal": ("Conv2D", CONV | {"padding": "causal"}, "SNN831"),
    "tanh": ("Conv2D", CONV | {"activation": "tanh"}, "SNN832"),
    "softmax": ("Conv2D", CONV | {"activation": "softmax"}, "SNN832"),
    "uneven pool": ("AveragePooling2D", SAME | {"pool_size": [4, 4]}, "SNN830"),
    "unknown": ("Whatever", {}, "SNN830"),
    "reshape": ("Reshape", {"target_shape": [3, 12, 2]}, "SNN831"),
    **{kind: (kind, {}, "SNN830") for kind in REFUSED},
}


def assert_every_layer_is_told(found: Conversion) -> None:
    told = {decision.layer for decision in found.decisions if not decision.option}
    assert told == {layer.name for layer in found.model.layers}


@pytest.mark.parametrize("case", LAYERS)
def test_a_layer_is_refused_with_its_code_and_a_way_out(case: str) -> None:
    kind, options, expected = LAYERS[case]
    found = between(kind, options)
    assert found.written is None
    assert_every_layer_is_told(found)
    (problem,) = found.problems
    assert problem.code == expected
    assert "`x`" in problem.render_message()
    assert problem.render_help()


def test_no_refused_layer_is_read() -> None:
    assert not REFUSED.keys() & READERS.keys()


DIVISIONS = {"TFOpLambda": {"function": "math.truediv"}, "TrueDivide": {}, "Divide": {}}


@pytest.mark.parametrize(
    ("kinds", "number", "expected"),
    [
        (["Maximum", "Minimum", "Average"], 0.5, ["SNN830"]),
        (DIVISIONS, [2.0, 4.0], []),
        (DIVISIONS, 0.0, ["SNN830"]),
        (DIVISIONS, [2.0, 0.0], ["SNN830"]),
    ],
)
def test_an_operation_with_a_number_is_exact_or_refused(
    kinds: Any, number: Any, expected: list[str]
) -> None:
    for kind in kinds:
        operation = layer(kind, "x", "a", **DIVISIONS.get(kind, {}))
        operation["inbound_nodes"] = [[["a", 0, 0, {"y": number}]]]
        assert told_of(around(operation)) == expected, kind


def test_all_problems_are_told_in_one_run() -> None:
    config = ended(
        layer("Conv2D", "a", "image", **CONV | {"activation": "tanh"}),
        layer("LSTM", "p", "a", units=3),
        layer("Conv2D", "b", "p", **CONV | {"padding": "causal"}),
    )
    assert told_of(config) == ["SNN832", "SNN830", "SNN831"]


def test_inputs_of_different_shapes_are_refused() -> None:
    config = around(layer("Add", "x", "a", "other"))
    second = layer("InputLayer", "second", batch_input_shape=[None, 9, 9, 1])
    config["config"]["layers"] += [second, layer("Conv2D", "other", "second", **CONV)]
    config["config"]["input_layers"].append(["second", 0, 0])
    found = of(config)
    assert "SNN822" in {problem.code for problem in found.problems}
    assert_every_layer_is_told(found)


def test_a_max_pool_that_can_not_be_is_offered_what_may_stand_for_it() -> None:
    config = around(
        layer("Conv2D", "s", "a", **POINT | {"activation": None}),
        layer("MaxPooling2D", "x", "s", pool_size=[5, 5], strides=[1, 1]),
    )
    (problem,) = of(config).problems
    assert problem.code == "SNN833"
    assert "avgpool takes" in problem.render_notes()[-1]


def test_a_max_pool_whose_windows_no_statement_has_is_refused_for_these() -> None:
    config = around(
        layer("ZeroPadding2D", "z", "a", padding=[[2, 2], [2, 2]]),
        layer("MaxPooling2D", "x", "z", pool_size=[5, 5], strides=[2, 2]),
    )
    (problem,) = of(config).problems
    assert "`maxpool` does not support its windows" in problem.render_message()


EXACT = ("maxpool", "globalmaxpool", "relu6", "leaky_relu", "hard_sigmoid")
"""Layers that neurons compute exactly: a rewrite only saves neurons."""
POOLS: dict[str, tuple[str, dict[str, Any]]] = {
    "maxpool": ("MaxPooling2D", POOL),
    "avgpool": ("AveragePooling2D", SAME),
    "globalmaxpool": ("GlobalMaxPooling2D", {"keepdims": True}),
}


@pytest.mark.parametrize(
    ("what", "by"), [(what, by) for what, bys in REWRITES.items() for by in bys]
)
def test_every_rewrite_makes_a_spec_of_a_refused_model(what: str, by: str) -> None:
    kind, options = POOLS.get(what, ("Conv2D", CONV | {"activation": what}))
    assert (between(kind, options).written is not None) == (what in EXACT)
    found = between(kind, options, rewrites=((what, by),))
    assert found.written is not None
    assert not found.problems
    assert any(d.verdict == "rewritten" for d in found.decisions)


def test_zeros_count_as_if_they_had_been_padded_before() -> None:
    padded = layer("ZeroPadding2D", "z", "a", padding=[[1, 1], [1, 1]])
    pool = layer("AveragePooling2D", "x", "z", **SAME | {"padding": "valid"})
    configs = around(padded, pool), around(layer("AveragePooling2D", "x", "a", **SAME))
    texts = [text_of(config, rewrites=(("avgpool", "zeros"),)) for config in configs]
    assert texts[0] == texts[1]
    assert "conv2d b { filters 2, kernel 3, padding same }" in texts[0]


def test_a_rewrite_that_nothing_needs_is_told() -> None:
    found = between("Dropout", {"rate": 0.1}, rewrites=(("relu6", "relu"),))
    assert [problem.code for problem in found.problems] == ["SNN836"]


def test_each_known_architecture_has_its_verdict() -> None:
    found = {name: verdict(make) for name, make in ALL.items()}
    lines = [
        f"{name}: {one.share}" + "".join(f"\n    {why}" for why in one.obstacles)
        for name, one in found.items()
    ]
    golden = Path(__file__).parent / "imported" / "models.txt"
    assert_accepted(golden, "\n".join(lines) + "\n")
    assert len(ALL) >= 60
