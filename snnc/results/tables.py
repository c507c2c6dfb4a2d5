"""Results that are one table: the networks of a folder, their states, and limits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from snnc.results.base import Result

if TYPE_CHECKING:
    from snnc.diagnostics import Diagnostic

PackageState = Literal["up to date", "out of date", "not built"]


@dataclass(frozen=True, slots=True)
class NetworkRow:
    """The costs of a spec's network, and the state of its package.

    ``problems`` is the number of errors in the spec; with errors, the costs and the
    state have the value None. A network that can't be built has no ``package`` either.
    """

    spec: str
    network: str | None = None
    cores: int | None = None
    chips: int | None = None
    energy_joules: float | None = None
    fits: bool = False
    package: PackageState | None = None
    problems: int = 0


@dataclass(frozen=True, eq=False)
class FolderReport(Result):
    """The networks in a folder, sorted by path, one row per spec; prints as a table."""

    _omitted = ("diagnostics",)

    networks: tuple[NetworkRow, ...]
    diagnostics: tuple[Diagnostic, ...] = ()


@dataclass(frozen=True, slots=True)
class StatusRow:
    """The state of one spec.

    An unknown value is None. ``weights`` is the newest weight file that fits the
    network, and ``accuracy`` is the accuracy of this file in its last evaluation.
    """

    spec: str
    fits: bool
    cores: int | None
    package: PackageState | None
    weights: str | None = None
    accuracy: float | None = None
    problems: int = 0


@dataclass(frozen=True, eq=False)
class Status(Result):
    """The state of each spec, sorted by path; prints as a table."""

    _omitted = ("diagnostics",)

    specs: tuple[StatusRow, ...]
    diagnostics: tuple[Diagnostic, ...] = ()


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit of a device, an energy or a time; a choice has several values."""

    limit: str
    values: tuple[float | str, ...]
    unit: str
    source: str


@dataclass(frozen=True, eq=False)
class Limits(Result):
    """The limits of a device, with the source of each number; prints as a table."""

    device: str
    limits: tuple[Limit, ...]
