"""Types of values: from located syntax to plain Python."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import ValidationError

from snnc.language import properties as has
from snnc.language.keywords import RESERVED
from snnc.language.models import validate
from snnc.language.readers import why_no_name
from tests.syntax.test_parse import value as syntax


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        (has.Amount, "3", 3.0),
        (has.Amount, "5e-5", 5e-5),
        (has.Whole, "64", 64),
        (has.Flag, "on", True),
        (has.Flag, "off", False),
        (has.Seconds, "5 ms", 0.005),
        (has.Seconds, "0.06 s", 0.06),
        (has.Seconds, "20 us", 2e-5),
        (has.Rate, "20..150 Hz", (20.0, 150.0)),
        (has.Rate, "..250 Hz", (0.0, 250.0)),
        (has.ValueRange, "-1..1", (-1.0, 1.0)),
        (has.DimsValue, "3", (3,)),
        (has.DimsValue, "1x2x2", (1, 2, 2)),
        (has.Shape, "8x16x16x1", (8, 16, 16, 1)),
        (has.Window, "all", "all"),
        (has.Window, "2x3", (2, 3)),
        (has.Block, "auto", "auto"),
        (has.Block, "2x4x4x8", (2, 4, 4, 8)),
        (has.Identifier, "c0", "c0"),
        (has.Classes, "10", 10),
        (has.Classes, '[cat, "big dog"]', ("cat", "big dog")),
        (has.NeuronSpec, "relu", has.NeuronSpec(kind="relu")),
        (
            has.NeuronSpec,
            "lif { tau_rc 10 ms }",
            has.NeuronSpec(kind="lif", tau_rc=0.01, tau_ref=0.002),
        ),
        (has.Loss, "mse", has.MeanSquaredError()),
        (has.Loss, "focal { gamma 1 }", has.Focal(gamma=1.0)),
        (
            has.Optimizer,
            "sgd { nesterov on }",
            has.Sgd(nesterov=True),
        ),
    ],
)
def test_syntax_becomes_plain_python(kind: Any, text: str, expected: Any) -> None:
    found = validate(kind, syntax(text))
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("kind", "text", "error"),
    [
        (has.Amount, "on", "wrong_type"),
        (has.Amount, "3 ms", "wrong_type"),
        (has.Whole, "3.0", "wrong_type"),
        (has.Whole, str(2**31), "bad_value"),
        (has.Seconds, "5 Hz", "wrong_unit"),
        (has.Seconds, "5 msec", "wrong_unit"),
        (has.Rate, "150 Hz", "wrong_type"),
        (has.Rate, "20.. Hz", "wrong_type"),
        (has.Rate, "-5..20 Hz", "bad_value"),
        (has.Rate, "0..0 Hz", "bad_value"),
        (has.ValueRange, "..1", "wrong_type"),
        (has.ValueRange, "1..1", "bad_value"),
        (has.DimsValue, "0", "bad_value"),
        (has.DimsValue, "3x0", "bad_value"),
        (has.DimsValue, "2.5", "wrong_type"),
        (has.DimsValue, "all", "wrong_type"),
        (has.Shape, "1x2x3x4x5", "bad_value"),
        (has.Window, "some", "wrong_type"),
        (has.Classes, "[a]", "bad_value"),
        (has.Classes, "[a, a]", "repeated_class"),
        (has.Classes, "[a, 3]", "wrong_type"),
        (has.Classes, '[a, " "]', "wrong_type"),
        (has.NeuronSpec, "relu { tau_rc 5 ms }", "not_taken"),
        (has.NeuronSpec, "3", "wrong_type"),
        (has.Optimizer, "adam { gamma 1 }", "unexpected_keyword_argument"),
    ],
)
def test_other_values_are_refused(kind: Any, text: str, error: str) -> None:
    with pytest.raises(ValidationError) as raised:
        validate(kind, syntax(text))
    assert [found["type"] for found in raised.value.errors()] == [error]


@given(st.integers(0, 10**6))
def test_milliseconds_are_divided_not_multiplied(value: int) -> None:
    kind: Any = has.Seconds
    assert validate(kind, syntax(f"{value} ms")) == value / 1000


BAD = ["class", "None", "__init__", "é", "3d", "a-b", "_x", "match"]


@pytest.mark.parametrize("name", [*BAD, "", "a" * 41, *sorted(RESERVED)])
def test_names_that_would_break_generated_code(name: str) -> None:
    assert why_no_name(name)


@pytest.mark.parametrize("name", ["c0", "C0", "print", "a" * 40, "filters"])
def test_names_that_are_fine(name: str) -> None:
    assert why_no_name(name) == ""
