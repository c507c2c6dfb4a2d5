"""Types of values: from located syntax to plain Python."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import ValidationError

from snnc.diagnostics import Diagnostics
from snnc.language import property_types, tree
from snnc.language.keywords import RESERVED
from snnc.language.models import validate
from snnc.language.names import why_no_name
from snnc.passes.parse import parse
from snnc.source import SourceFile


def syntax(text: str) -> tree.Value:
    report = Diagnostics()
    body = f"snn 1\nnetwork n {{\ndense d {{ key {text} }}\n}}"
    document = parse(SourceFile("x.snn", body), report)
    assert report.diagnostics == ()
    properties = document.statements[0].properties
    assert properties is not None
    return properties[0].value


def read(kind: Any, value: Any) -> Any:
    return validate(kind, value)


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        (property_types.Amount, "3", 3.0),
        (property_types.Amount, "5e-5", 5e-5),
        (property_types.Whole, "64", 64),
        (property_types.Flag, "on", True),
        (property_types.Flag, "off", False),
        (property_types.Seconds, "5 ms", 0.005),
        (property_types.Seconds, "0.06 s", 0.06),
        (property_types.Seconds, "20 us", 2e-5),
        (property_types.RateRange, "20..150 Hz", (20.0, 150.0)),
        (property_types.RateRange, "..250 Hz", (0.0, 250.0)),
        (property_types.ValueRange, "-1..1", (-1.0, 1.0)),
        (property_types.DimsValue, "3", (3,)),
        (property_types.DimsValue, "1x2x2", (1, 2, 2)),
        (property_types.ShapeValue, "8x16x16x1", (8, 16, 16, 1)),
        (property_types.Window, "all", "all"),
        (property_types.Window, "2x3", (2, 3)),
        (property_types.Block, "auto", "auto"),
        (property_types.Block, "2x4x4x8", (2, 4, 4, 8)),
        (property_types.Identifier, "c0", "c0"),
        (property_types.ClassNames, "10", 10),
        (property_types.ClassNames, '[cat, "big dog"]', ("cat", "big dog")),
        (property_types.NeuronSpec, "relu", property_types.NeuronSpec(kind="relu")),
        (
            property_types.NeuronSpec,
            "lif { tau_rc 10 ms }",
            property_types.NeuronSpec(kind="lif", tau_rc=0.01, tau_ref=0.002),
        ),
        (property_types.Loss, "mse", property_types.MeanSquaredError()),
        (property_types.Loss, "focal { gamma 1 }", property_types.Focal(gamma=1.0)),
        (
            property_types.Optimizer,
            "sgd { nesterov on }",
            property_types.Sgd(nesterov=True),
        ),
    ],
)
def test_syntax_becomes_plain_python(kind: Any, text: str, expected: Any) -> None:
    found = read(kind, syntax(text))
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("kind", "text", "error"),
    [
        (property_types.Amount, "on", "wrong_type"),
        (property_types.Amount, "3 ms", "wrong_type"),
        (property_types.Whole, "3.0", "wrong_type"),
        (property_types.Whole, str(2**31), "bad_value"),
        (property_types.Flag, "1", "wrong_type"),
        (property_types.Seconds, "5", "missing_unit"),
        (property_types.Seconds, "5 Hz", "wrong_unit"),
        (property_types.Seconds, "5 msec", "wrong_unit"),
        (property_types.RateRange, "20..150", "missing_unit"),
        (property_types.RateRange, "20..150 ms", "wrong_unit"),
        (property_types.RateRange, "150 Hz", "wrong_type"),
        (property_types.RateRange, "20.. Hz", "wrong_type"),
        (property_types.RateRange, "150..20 Hz", "bad_value"),
        (property_types.RateRange, "-5..20 Hz", "bad_value"),
        (property_types.RateRange, "0..0 Hz", "bad_value"),
        (property_types.ValueRange, "..1", "wrong_type"),
        (property_types.ValueRange, "1..1", "bad_value"),
        (property_types.ValueRange, "0..1 Hz", "bad_value"),
        (property_types.DimsValue, "0", "bad_value"),
        (property_types.DimsValue, "3x0", "bad_value"),
        (property_types.DimsValue, "2.5", "wrong_type"),
        (property_types.DimsValue, "all", "wrong_type"),
        (property_types.ShapeValue, "1x2x3x4x5", "bad_value"),
        (property_types.Window, "some", "wrong_type"),
        (property_types.Identifier, "lambda", "bad_name"),
        (property_types.Identifier, '"c0"', "wrong_type"),
        (property_types.ClassNames, "1", "bad_value"),
        (property_types.ClassNames, "[a]", "bad_value"),
        (property_types.ClassNames, "[a, a]", "repeated_class"),
        (property_types.ClassNames, "[a, 3]", "wrong_type"),
        (property_types.ClassNames, '[a, " "]', "wrong_type"),
        (property_types.NeuronSpec, "tanh", "literal_error"),
        (property_types.NeuronSpec, "relu { tau_rc 5 ms }", "not_taken"),
        (property_types.NeuronSpec, "3", "wrong_type"),
        (property_types.Loss, "hinge", "union_tag_invalid"),
        (property_types.Optimizer, "adam { gamma 1 }", "unexpected_keyword_argument"),
    ],
)
def test_other_values_are_refused(kind: Any, text: str, error: str) -> None:
    with pytest.raises(ValidationError) as raised:
        read(kind, syntax(text))
    assert [found["type"] for found in raised.value.errors()] == [error]


@given(st.integers(0, 10**6))
def test_milliseconds_are_divided_not_multiplied(value: int) -> None:
    assert read(property_types.Seconds, syntax(f"{value} ms")) == value / 1000


@pytest.mark.parametrize(
    "name",
    [
        "class",
        "None",
        "__init__",
        "é",
        "3d",
        "a-b",
        "",
        "_x",
        "a" * 41,
        "match",
        *sorted(RESERVED),
    ],
)
def test_names_that_would_break_generated_code(name: str) -> None:
    assert why_no_name(name)


@pytest.mark.parametrize("name", ["c0", "C0", "print", "a" * 40, "filters"])
def test_names_that_are_fine(name: str) -> None:
    assert why_no_name(name) == ""
