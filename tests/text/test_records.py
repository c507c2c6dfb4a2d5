"""Frozen dataclasses compare, print and copy as those of the standard library."""

from __future__ import annotations

import dataclasses

from snnc.text.records import dataclass


@dataclass(frozen=True, slots=True)
class Own:
    name: str
    size: int = 1
    note: str = dataclasses.field(default="", repr=False, compare=False)


@dataclasses.dataclass(frozen=True, slots=True)
class Usual:
    name: str
    size: int = 1
    note: str = dataclasses.field(default="", repr=False, compare=False)


def test_a_record_behaves_as_a_usual_dataclass() -> None:
    own, usual = Own("a"), Usual("a")
    assert repr(own) == repr(usual).replace("Usual", "Own")
    assert own == Own("a", note="not compared")
    assert len({own, Own("a", note="b"), Own("a", 2), Own("b")}) == 3
    assert own not in (usual, Own("b"), dataclasses.replace(own, size=2))
    assert dataclasses.asdict(own) == dataclasses.asdict(usual)
    assert not hasattr(own, "__dict__")
