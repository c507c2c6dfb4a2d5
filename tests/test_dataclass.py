"""Dataclasses whose methods come late are those of the standard library."""

from __future__ import annotations

import dataclasses
import pickle
import re
from collections.abc import Callable
from typing import Any, ClassVar

import pytest

from snnc.dataclass import dataclass


class Plain:
    KINDS: ClassVar[int] = 3
    first: int
    second: tuple[int, ...] = (1, 2)
    third: dict[str, int] = dataclasses.field(default_factory=dict, compare=False)
    hidden: int = dataclasses.field(default=7, repr=False)


class Checked:
    first: int
    second: int
    span: int = dataclasses.field(init=False, compare=False)

    def __post_init__(self) -> None:
        if self.first > self.second:
            raise ValueError("backwards")
        object.__setattr__(self, "span", self.second - self.first)

    def __repr__(self) -> str:
        return f"{self.first}..{self.second}"


class Empty:
    pass


OPTIONS: tuple[dict[str, bool], ...] = (
    {},
    {"slots": True},
    {"frozen": True},
    {"frozen": True, "slots": True},
    {"frozen": True, "order": True},
    {"frozen": True, "eq": False, "repr": False},
)
STEPS: tuple[Callable[[Any], object], ...] = (
    lambda kind: kind(1).first,
    lambda kind: kind(1, (2,)).second,
    lambda kind: kind(first=1, second=3).span,
    lambda kind: dataclasses.astuple(kind(3, 1)),
    lambda kind: dataclasses.astuple(kind()),
    lambda kind: dataclasses.astuple(kind(1, 2, 3, 4, 5)),
    lambda kind: dataclasses.astuple(kind(other=1)),
    lambda kind: kind(1, 2) == kind(1, 2),
    lambda kind: kind(1, 2) == kind(1, 3),
    lambda kind: kind(1, 2) == (1, 2),
    lambda kind: kind(1, 2) < kind(1, 3),
    lambda kind: kind(1, 2) >= kind(1, 3),
    lambda kind: len({kind(1, 2), kind(1, 2)}),
    lambda kind: hash(kind(1, 2)) == hash((1, 2, 7)),
    lambda kind: hash(kind()) == hash(()),
    lambda kind: repr(kind(1, 2)),
    lambda kind: repr(kind()),
    lambda kind: dataclasses.asdict(kind(1, 2)),
    lambda kind: dataclasses.replace(kind(1, 2), first=5).first,
    lambda kind: dataclasses.replace(kind(1, 2), second=5).span,
    lambda kind: kind(1).third is kind(1).third,
    lambda kind: setattr(kind(1, 2), "first", 3),
    lambda kind: delattr(kind(1, 2), "first"),
    lambda kind: hasattr(kind(1, 2), "__dict__"),
    lambda kind: [f.name for f in dataclasses.fields(kind)],
    lambda kind: kind.__match_args__,
    lambda kind: (kind.__name__, kind.__qualname__, kind.__init__.__name__),
)


def outcome(step: Callable[[Any], object], kind: Any) -> object:
    """What a step gives, or the kind of error that it ends with."""
    try:
        found = step(kind)
        return re.sub(" at 0x.*", "", found) if isinstance(found, str) else found
    except (TypeError, ValueError, AttributeError) as error:
        return type(error)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("body", [Plain, Checked, Empty])
def test_every_step_ends_as_with_the_standard_library(
    body: type, options: dict[str, bool]
) -> None:
    decorators: tuple[Any, Any] = (dataclass, dataclasses.dataclass)
    for step in STEPS:
        # A class of its own for each step: the first use makes the methods.
        ours, theirs = (outcome(step, d(**options)(again(body))) for d in decorators)
        assert ours == theirs


def again(body: type) -> type:
    """The class body again, before any decorator has seen it."""
    own = {k: v for k, v in vars(body).items() if k not in ("__dict__", "__weakref__")}
    return type(body.__name__, (), own)


@dataclass(frozen=True, slots=True)
class Stored:
    name: str
    values: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Longer(Stored):
    unit: str = "Hz"


@pytest.mark.parametrize("value", [Stored("a", (1,)), Longer("b", (2, 3))])
def test_slotted_values_go_through_pickle(value: Stored) -> None:
    assert pickle.loads(pickle.dumps(value)) == value


def test_a_subclass_takes_the_fields_of_its_base_first() -> None:
    assert Longer("a", (1,), "ms") == Longer(unit="ms", values=(1,), name="a")
    assert repr(Longer("a", ())) == "Longer(name='a', values=(), unit='Hz')"
    assert Longer("a", ()) != Stored("a", ())
