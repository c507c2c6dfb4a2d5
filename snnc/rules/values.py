"""Values of properties: their types, units and limits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from snnc.diagnostics import Diagnostic
from snnc.rules.names import did_you_mean, listed


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongType(Diagnostic):
    """A value is of another type than its property has."""

    code: ClassVar[str] = "SNN205"
    title: ClassVar[str] = "wrong type of value"
    message: ClassVar[str] = "`{key}` must be {expected}, found {found}"
    label: ClassVar[str] = "expected {expected}"
    help: ClassVar[str] = "write, for example, `{example}`"

    key: str
    expected: str
    found: str
    example: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OutOfRange(Diagnostic):
    """A value is of the right type, but beyond what its property allows."""

    code: ClassVar[str] = "SNN206"
    title: ClassVar[str] = "value out of range"
    message: ClassVar[str] = "`{key}`: {reason}"
    label: ClassVar[str] = "{limit}"
    help: ClassVar[str] = "{advice}"

    key: str
    reason: str
    limit: str
    advice: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingUnit(Diagnostic):
    """A time or a rate has no unit.

    Numbers without a unit are read as seconds by some and as milliseconds by
    others, so a unit is always written: `5 ms`, `0.06 s`, `150 Hz`.
    """

    code: ClassVar[str] = "SNN207"
    title: ClassVar[str] = "missing unit"
    message: ClassVar[str] = "`{key}` has no unit"
    label: ClassVar[str] = "expected {choices} behind it"
    help: ClassVar[str] = "did you mean `{likely}`?"

    key: str
    units: tuple[str, ...]
    likely: str

    @property
    def choices(self) -> str:
        return listed(self.units)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownUnit(Diagnostic):
    """A number is followed by a word that is no unit.

    Units are `s`, `ms`, `us` and `Hz`, written exactly so.
    """

    code: ClassVar[str] = "SNN208"
    title: ClassVar[str] = "unknown unit"
    message: ClassVar[str] = "`{unit}` is not a unit"
    label: ClassVar[str] = "expected {choices}"
    help: ClassVar[str] = "{hint}"

    unit: str
    units: tuple[str, ...]
    near: str | None

    @property
    def choices(self) -> str:
        return listed(self.units)

    @property
    def hint(self) -> str:
        return did_you_mean(self.near, self.units, "write {}")


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongUnit(Diagnostic):
    """A value has the unit of something else: a time where a rate belongs."""

    code: ClassVar[str] = "SNN209"
    title: ClassVar[str] = "wrong unit"
    message: ClassVar[str] = "`{key}` is not measured in `{unit}`"
    label: ClassVar[str] = "expected {choices}"

    key: str
    unit: str
    units: tuple[str, ...]

    @property
    def choices(self) -> str:
        return listed(self.units) or "no unit"


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownChoice(Diagnostic):
    """A property takes one of a few words, and this is none of them."""

    code: ClassVar[str] = "SNN210"
    title: ClassVar[str] = "unknown choice"
    message: ClassVar[str] = "`{key}` can't be {found}"
    label: ClassVar[str] = "expected {choices}"
    help: ClassVar[str] = "{hint}"

    key: str
    found: str
    legal: tuple[str, ...]
    near: str | None

    @property
    def choices(self) -> str:
        return listed(self.legal)

    @property
    def hint(self) -> str:
        return did_you_mean(self.near, self.legal, "write {}")


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatedClass(Diagnostic):
    """Two classes of a readout have the same name."""

    code: ClassVar[str] = "SNN221"
    title: ClassVar[str] = "class named twice"
    message: ClassVar[str] = "the class `{name}` is named twice"
    label: ClassVar[str] = "named again"
    help: ClassVar[str] = "write another name, or remove it"

    name: str
