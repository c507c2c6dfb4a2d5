"""The import refuses layers that the chip can't run, each with an alternative."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from benchmarks.architectures import ALL, verdict
from snnc.importer.functions import FUNCTIONS, find_neurons
from snnc.importer.model import REWRITES
from snnc.importer.table import READERS, REFUSED
from tests.importer.configs import (
    CONV,
    POOL,
    around,
    between,
    layer,
    told_of,
)
from tests.rules.checking import assert_accepted
from tests.support import ROOT

SAME = {"pool_size": [3, 3], "strides": [1, 1], "padding": "same"}


@pytest.mark.parametrize("kind", REFUSED)
def test_a_layer_is_refused_with_its_code_and_a_way_out(kind: str) -> None:
    found = between(kind)
    assert found.written is None
    told = {decision.layer for decision in found.decisions if not decision.option}
    assert told == {layer.name for layer in found.model.layers}
    (problem,) = found.problems
    assert problem.code == "SNN830"
    assert "`x`" in problem.message
    assert problem.help


def test_no_refused_layer_is_read() -> None:
    assert not REFUSED.keys() & READERS.keys()


DIVISIONS = {"TFOpLambda": {"function": "math.truediv"}, "TrueDivide": {}, "Divide": {}}


@pytest.mark.parametrize(
    ("kinds", "number", "expected"),
    [
        (["Maximum", "Minimum", "Average"], 0.5, ["SNN830"]),
        (DIVISIONS, [2.0, 4.0], ["SNN830"]),
        (DIVISIONS, 0.5, ["SNN830"]),
    ],
)
def test_an_operation_with_a_number_is_refused(
    kinds: Any, number: Any, expected: list[str]
) -> None:
    for kind in kinds:
        operation = layer(kind, "x", "a", **DIVISIONS.get(kind, {}))
        operation["inbound_nodes"] = [[["a", 0, 0, {"y": number}]]]
        assert told_of(around(operation)) == expected, kind


COMPUTED = {name for name in FUNCTIONS if find_neurons(name, {}) is not None}
IMPORTED = {"maxpool", "globalmaxpool", *COMPUTED}
"""Layers that neurons compute or approximate: a rewrite only saves neurons."""
POOLS: dict[str, tuple[str, dict[str, Any]]] = {
    "maxpool": ("MaxPooling2D", POOL),
    "avgpool": ("AveragePooling2D", SAME),
    "globalmaxpool": ("GlobalMaxPooling2D", {"keepdims": True}),
}


PAGE = (ROOT / "docs/from-keras.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("what", "by"), [(what, by) for what, bys in REWRITES.items() for by in bys]
)
def test_every_rewrite_makes_a_spec(what: str, by: str) -> None:
    kind, options = POOLS.get(what, ("Conv2D", CONV | {"activation": what}))
    assert (between(kind, options).written is not None) == (what in IMPORTED)
    found = between(kind, options, rewrites=((what, by),))
    assert found.written is not None
    assert f"`{what}={by}`" in PAGE
    assert not found.problems
    assert any(d.verdict == "rewritten" for d in found.decisions)


def test_each_known_architecture_has_its_verdict() -> None:
    found = {name: verdict(make) for name, make in ALL.items()}
    lines = [
        f"{name}: {one.share}" + "".join(f"\n    {why}" for why in one.obstacles)
        for name, one in found.items()
    ]
    golden = Path(__file__).parent / "imported" / "models.txt"
    assert_accepted(golden, "\n".join(lines) + "\n")
    assert len(ALL) >= 60
