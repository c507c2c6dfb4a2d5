"""What is read without pydantic is what pydantic reads of the same types."""

from __future__ import annotations

import copy
import pickle
from functools import cache
from typing import Any, get_args

import pytest
from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError

from snnc.language import tree
from snnc.language.base import Field, Model, noted
from snnc.language.keywords import tables
from snnc.language.model import Spec
from snnc.language.reading import UnsureError, reader
from tests.language.test_literals import syntax

# Models share most of their types.
MODELS: tuple[type[Model], ...] = (*tables(), Spec)
FIELDS = {
    (field.annotation, field.metadata): (f"{model.__name__}.{name}", field)
    for model in MODELS
    for name, field in model.model_fields.items()
}
TYPES = pytest.mark.parametrize(
    "field", [pytest.param(field, id=name) for name, field in FIELDS.values()]
)
TEXTS = (
    *("0", "1", "3", "64", "768", "769", "16", "32", "100", "2147483648", "-1"),
    *("0.0", "0.2", "1.0", "1.5", "99.9", "1e-3", "-0.5", "20000000.0"),
    *("3x3", "1x2x2", "0x1", "2x2x2x2x2", "20..150 Hz", "..250 Hz", "5..1 Hz"),
    *("0..1", "-1..1", "20..150", "5 ms", "0 ms", "0.06 s", "150 Hz", "3 kg"),
    *("on", "off", "true", "neuron", "auto", "all", "valid", "same", "causal"),
    *("relu", "lif", "lif { tau_rc 5 ms }", "relu { tau_rc 5 ms }", "lif { x 3 }"),
    *("lif { tau_ref 0 ms }", "lif { tau_rc 0 ms }", "c0", "conv1d", "_x", "dense"),
    *("adam", "adam { learning_rate 1e-4 }", "adam { lr 3 }", "sgd { momentum 1 }"),
    *("sgd { nesterov on }", "adamw", "mse", "focal { gamma 1 }", "cross_entropy"),
    *("constant", "cosine", "mean", "last", "chip", "host", "loihi", "nengo"),
    *("[a, b]", "[a, a]", "[a]", "[1, 2]", "[smooth, scale]", "[scale, smooth]"),
    *("[smooth, none]", '"text"', '"on"', "[]"),
)
VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, 1, 3, 16, 64, -1, 2**31, 0.0, 0.5, 1.0, 3.0, 99.9),
    *(float("inf"), float("nan"), "", "3", "0.5", "on", "auto", "neuron", "c0"),
    *((), (1,), (1, 2), (0.0, 1.0), (20, 150), (1.0, 2.0, 3.0), [1, 2], ["a", "b"]),
    *(("a", "b"), ("a", 1), ("smooth", "scale"), (True, True), {"kind": "adam"}),
    *({"kind": "sgd", "momentum": 0.5}, {"kind": "none"}, {"kind": "lif"}, {}),
    *({"kind": ["adam"]}, {"kind": "relu", "tau_rc": 0.01}, b"c0", object, 1j),
)


@cache
def written() -> list[Any]:
    values = [syntax(text) for text in TEXTS]
    words = tuple(value for value in values if isinstance(value, tree.Word))
    return [*values, words[:2], words[:1]]


def told(value: Any) -> tuple[type, str]:
    """Enough of a value to tell it from any other; 1 is none of True and 1.0."""
    return type(value), repr(value)


def both(field: Field, values: list[Any]) -> list[tuple[Any, Any, Any]]:
    """Each value, with what is read of it without and with pydantic."""
    read = reader(field.annotation, field.metadata)
    adapter: TypeAdapter[Any] = TypeAdapter(noted(field))
    found = []
    for value in values:
        results: list[Any] = []
        for function in (read, adapter.validate_python):
            try:
                results.append(told(function(value)))
            except (ValueError, ValidationError):
                results.append(None)
        found.append((value, *results))
    return found


@TYPES
def test_pydantic_reads_the_same_of_each_type(field: Field) -> None:
    for value, ours, theirs in both(field, list(VALUES)):
        assert ours in (None, theirs), value
    # Nothing that is written well needs pydantic.
    for value, ours, theirs in both(field, written()):
        assert ours == theirs, value


@pytest.mark.parametrize("model", MODELS[:-1], ids=lambda model: model.__name__)
def test_a_model_is_equal_to_what_pydantic_makes_of_it(model: type[Model]) -> None:
    values = {
        name: next(
            value
            for value in (*get_args(field.annotation), *VALUES[1:])
            if both(field, [value])[0][1] is not None
        )
        for name, field in model.model_fields.items()
        if field.is_required()
    }
    made = model.accept(values)
    theirs = TypeAdapter(model).validate_python(values)
    assert (made, hash(made), repr(made)) == (theirs, hash(theirs), repr(theirs))
    assert {*made.model_fields_set} == {*theirs.model_fields_set} == {*values}
    assert made.model_dump(exclude=values) == theirs.model_dump(exclude=values)
    assert model.accept(made) is made
    assert pickle.loads(pickle.dumps(made)) == copy.deepcopy(made) == made
    assert TypeAdapter(model).validate_python(made) is made
    for wrong in ({**values, "unknown": 1}, None, 1):
        with pytest.raises((UnsureError, PydanticCustomError)):
            model.accept(wrong)
        with pytest.raises(ValidationError):
            model.model_validate(wrong)
    with pytest.raises(AttributeError):
        made.unknown = 1
