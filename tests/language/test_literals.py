"""Types of values: from located syntax and from plain Python."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from snnc.diagnostics import Report
from snnc.language import choices, literals, model, tree
from snnc.language.keywords import RESERVED
from snnc.language.names import why_no_name
from snnc.passes.parse import parse
from snnc.source import SourceFile


def syntax(text: str) -> tree.Value:
    report = Report()
    body = f"snn 1\nnetwork n {{\ndense d {{ key {text} }}\n}}"
    document = parse(SourceFile("x.snn", body), report)
    assert report.diagnostics == ()
    properties = document.statements[0].properties
    assert properties is not None
    return properties[0].value


def read(kind: Any, value: Any) -> Any:
    return TypeAdapter(kind).validate_python(value)


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        (literals.Amount, "3", 3.0),
        (literals.Amount, "5e-5", 5e-5),
        (literals.Whole, "64", 64),
        (literals.Flag, "on", True),
        (literals.Flag, "off", False),
        (literals.Seconds, "5 ms", 0.005),
        (literals.Seconds, "0.06 s", 0.06),
        (literals.Seconds, "20 us", 2e-5),
        (literals.Hertz, "150 Hz", 150.0),
        (literals.RateRange, "20..150 Hz", (20.0, 150.0)),
        (literals.RateRange, "..250 Hz", (0.0, 250.0)),
        (literals.ValueRange, "-1..1", (-1.0, 1.0)),
        (literals.DimsValue, "3", (3,)),
        (literals.DimsValue, "1x2x2", (1, 2, 2)),
        (literals.ShapeValue, "8x16x16x1", (8, 16, 16, 1)),
        (literals.Window, "all", "all"),
        (literals.Window, "2x3", (2, 3)),
        (literals.Block, "auto", "auto"),
        (literals.Block, "2x4x4x8", (2, 4, 4, 8)),
        (literals.Identifier, "c0", "c0"),
        (literals.ClassNames, "10", 10),
        (literals.ClassNames, '[cat, "big dog"]', ("cat", "big dog")),
        (literals.NeuronSpec, "relu", literals.NeuronSpec(kind="relu")),
        (
            literals.NeuronSpec,
            "lif { tau_rc 10 ms }",
            literals.NeuronSpec(kind="lif", tau_rc=0.01, tau_ref=0.002),
        ),
        (choices.Loss, "mse", choices.MeanSquaredError()),
        (choices.Loss, "focal { gamma 1 }", choices.Focal(gamma=1.0)),
        (choices.Optimizer, "sgd { nesterov on }", choices.Sgd(nesterov=True)),
    ],
)
def test_syntax_becomes_plain_python(kind: Any, text: str, expected: Any) -> None:
    found = read(kind, syntax(text))
    assert found == expected
    assert type(found) is type(expected)
    assert read(kind, found) == found


@pytest.mark.parametrize(
    ("kind", "text", "error"),
    [
        (literals.Amount, "on", "wrong_type"),
        (literals.Amount, "3 ms", "wrong_type"),
        (literals.Whole, "3.0", "wrong_type"),
        (literals.Whole, str(2**31), "bad_value"),
        (literals.Flag, "1", "wrong_type"),
        (literals.Seconds, "5", "missing_unit"),
        (literals.Seconds, "5 Hz", "wrong_unit"),
        (literals.Seconds, "5 msec", "wrong_unit"),
        (literals.Hertz, "5", "missing_unit"),
        (literals.RateRange, "20..150", "missing_unit"),
        (literals.RateRange, "20..150 ms", "wrong_unit"),
        (literals.RateRange, "150 Hz", "wrong_type"),
        (literals.RateRange, "20.. Hz", "wrong_type"),
        (literals.RateRange, "150..20 Hz", "bad_value"),
        (literals.RateRange, "-5..20 Hz", "bad_value"),
        (literals.RateRange, "0..0 Hz", "bad_value"),
        (literals.ValueRange, "..1", "wrong_type"),
        (literals.ValueRange, "1..1", "bad_value"),
        (literals.ValueRange, "0..1 Hz", "bad_value"),
        (literals.DimsValue, "0", "bad_value"),
        (literals.DimsValue, "3x0", "bad_value"),
        (literals.DimsValue, "2.5", "wrong_type"),
        (literals.DimsValue, "all", "wrong_type"),
        (literals.ShapeValue, "1x2x3x4x5", "bad_value"),
        (literals.Window, "some", "wrong_type"),
        (literals.Identifier, "lambda", "bad_name"),
        (literals.Identifier, '"c0"', "wrong_type"),
        (literals.ClassNames, "1", "bad_value"),
        (literals.ClassNames, "[a]", "bad_value"),
        (literals.ClassNames, "[a, a]", "repeated_class"),
        (literals.ClassNames, "[a, 3]", "wrong_type"),
        (literals.ClassNames, '[a, " "]', "wrong_type"),
        (literals.NeuronSpec, "tanh", "literal_error"),
        (literals.NeuronSpec, "relu { tau_rc 5 ms }", "not_taken"),
        (literals.NeuronSpec, "3", "wrong_type"),
        (choices.Loss, "hinge", "union_tag_invalid"),
        (choices.Optimizer, "adam { gamma 1 }", "extra_forbidden"),
    ],
)
def test_other_values_are_refused(kind: Any, text: str, error: str) -> None:
    with pytest.raises(ValidationError) as raised:
        read(kind, syntax(text))
    assert [found["type"] for found in raised.value.errors()] == [error]


@given(st.integers(0, 10**6))
def test_milliseconds_are_divided_not_multiplied(value: int) -> None:
    assert read(literals.Seconds, syntax(f"{value} ms")) == value / 1000


@pytest.mark.parametrize("value", [True, float("nan"), float("inf"), "3", None])
def test_plain_values_that_are_no_amounts(value: object) -> None:
    with pytest.raises(ValidationError):
        read(literals.Amount, value)


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


def test_a_spec_can_be_made_in_code() -> None:
    said: dict[str, Any] = {
        "network": "n",
        "input": {"name": "x", "shape": 8, "within": (0, 1)},
        "layers": (
            {
                "kind": "dense",
                "name": "d",
                "units": 3,
                "rate": (20, 150),
                "neuron": "lif",
            },
        ),
        "readout": {"name": "r", "classes": ["a", "b"]},
    }
    spec = model.Spec(**said)
    assert spec.input.shape == (8,)
    assert spec.readout.classes == ("a", "b")
    assert model.Spec.model_validate(spec.model_dump()) == spec
