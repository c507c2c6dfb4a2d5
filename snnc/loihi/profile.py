"""A device as data: the limits of its cores and how it stores weights."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path
from reprlib import repr
from typing import Any, TypeVar

from snnc.source.small import read_bytes

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


HERE = Path(__file__).parent
_Table = TypeVar("_Table")


@dataclass(frozen=True, slots=True)
class Core:
    """What one core holds at most, in the counts of ``block.utilization()``."""

    source: str
    compartments: int
    in_axons: int
    out_axons: int
    synapse_bits: int


@dataclass(frozen=True, slots=True)
class Chip:
    """How many cores a chip has."""

    source: str
    cores: int


@dataclass(frozen=True, slots=True)
class SynapseMemory:
    """How weights are stored.

    ``page`` is the stretch of compartments that an axon's base address can name;
    what lies beyond is part of the stored indices.
    """

    source: str
    weight_bits: int
    index_bits: tuple[int, ...]
    chunk: int
    header_bits: int
    memory_unit: int
    page: int

    def index_width(self, top: int) -> int:
        """Bits of an index field that holds ``top``; the widest if none does."""
        need = top.bit_length()
        return next((b for b in self.index_bits if b >= need), self.index_bits[-1])

    def array_bits(self, weights: int, width: int) -> int:
        """Bits that one stored array of ``weights`` entries takes.

        Parameters
        ----------
        weights
            Entries of the array.
        width
            Bits of one entry: weight and index.
        """
        full, rest = divmod(weights, self.chunk)
        bits = full * self._chunk_bits(self.chunk, width)
        return bits + (self._chunk_bits(rest, width) if rest else 0)

    def _chunk_bits(self, weights: int, width: int) -> int:
        return -(-(weights * width + self.header_bits) // self.memory_unit) * (
            self.memory_unit
        )


@dataclass(frozen=True, slots=True)
class Axons:
    """Out-axon slots of each format, and what the short one, pop16, asks for.

    ``pop16_atoms`` is the most channels of a source, ``pop16_in_axons`` the most
    axons of the target's core (axon numbers have 10 bits), ``pop16_base`` what
    every compartment base must be a multiple of.
    """

    source: str
    pop16_slots: int
    pop32_slots: int
    discrete_slots: int
    pop16_atoms: int
    pop16_in_axons: int
    pop16_base: int

    def slots(self, pop: int | None) -> int:
        """The out-axon slots of one axon; ``pop`` is None for a dense one."""
        if pop is None:
            return self.discrete_slots
        return self.pop16_slots if pop == 16 else self.pop32_slots


@dataclass(frozen=True, slots=True)
class Energy:
    """What events on the chip cost, in picojoules.

    ``spike`` is one that stays within a tile of cores; ``active_update`` and
    ``inactive_update`` are for one neuron and one step.
    """

    source: str
    synaptic_operation: float
    spike: float
    active_update: float
    inactive_update: float


@dataclass(frozen=True, slots=True)
class Traffic:
    """``input_spikes``: what a chip takes from the host in a step, unless precomputed.

    Nengo-loihi drops the rest.
    """

    source: str
    input_spikes: int


@dataclass(frozen=True, eq=False, slots=True)
class Profile:
    """One device."""

    name: str
    core: Core
    chip: Chip
    synapse: SynapseMemory
    axon: Axons
    energy: Energy
    traffic: Traffic


class ProfileError(ValueError):
    """A device's file that is not one; says what is wrong with it."""


_TABLES = {
    "core": Core,
    "chip": Chip,
    "synapse": SynapseMemory,
    "axon": Axons,
    "energy": Energy,
    "traffic": Traffic,
}
MOST = 10**9
"""Far beyond any device, and small enough that no sum overflows."""
_MAY_BE_ZERO = frozenset(["header_bits", "index_bits", "pop16_atoms", "pop16_in_axons"])


def _read(data: dict[str, Any]) -> Profile:
    _has_keys("the file", ("name", *_TABLES), data)
    if not isinstance(data["name"], str):
        raise ProfileError(f"`name` is {data['name']!r}, not a text")
    tables: dict[str, Any] = {
        key: _table(key, kind, data[key]) for key, kind in _TABLES.items()
    }
    return Profile(name=data["name"], **tables)


def _table(name: str, kind: type[_Table], values: Any) -> _Table:
    """One table of the file, every key checked to be there and of its type."""
    if not isinstance(values, dict):
        raise ProfileError(f"`{name}` is {repr(values)}, not a table")
    types = {field.name: str(field.type) for field in fields(kind)}  # type: ignore[arg-type]
    _has_keys(f"[{name}]", tuple(types), values)
    for key, wanted in types.items():
        _check(key, values[key], wanted)
    lists = {key: tuple(v) for key, v in values.items() if isinstance(v, list)}
    return kind(**{**values, **lists})


def _has_keys(place: str, known: tuple[str, ...], found: dict[str, Any]) -> None:
    for key in known:
        if key not in found:
            raise ProfileError(f"{place} has no {_quoted(key)}")
    for key in found:
        if key not in known:
            listed = ", ".join(known)
            raise ProfileError(
                f"{place} has {_quoted(key)}, which snnc does not know:"
                f" it knows {listed}"
            )


def _quoted(key: str) -> str:
    return f"[{key}]" if key in _TABLES else f"`{key}`"


def _check(key: str, value: Any, wanted: str) -> None:
    """Refuse what is not of its type; ``wanted`` is the type as it is written here."""
    if wanted == "str":
        if not isinstance(value, str):
            raise ProfileError(f"`{key}` is {repr(value)}, not a text")
        return
    if (wanted == "tuple[int, ...]") != isinstance(value, list) or value == []:
        form = "a list of numbers" if wanted.startswith("tuple") else "a number"
        raise ProfileError(f"`{key}` is {repr(value)}, not {form}")
    for number in value if isinstance(value, list) else [value]:
        _check_number(key, number, whole=wanted != "float")


def _check_number(key: str, value: Any, whole: bool) -> None:
    if type(value) is not int and (whole or type(value) is not float):
        kind = "a whole number" if whole else "a number"
        raise ProfileError(f"`{key}` is {repr(value)}, not {kind}")
    if not 0 <= value <= MOST:  # false for NaN
        raise ProfileError(f"`{key}` is {repr(value)}, not from 0 to {MOST:g}")
    if value == 0 and whole and key not in _MAY_BE_ZERO:
        raise ProfileError(f"`{key}` is 0, not above 0")


@lru_cache
def read_profile(name: str) -> Profile:
    """Read the profile ``name`` that ships with snnc, or the file of that path.

    Raises
    ------
    ProfileError
        If there is no such profile, or if a table or a number of it is missing,
        is unknown, or is not of its type.
    """
    path = Path(name) if is_file(name) else HERE / f"{name}.toml"
    try:
        data = tomllib.loads(read_bytes(path).decode("utf-8"))
    except OSError as error:
        reason = f"{error.strerror}; snnc has {', '.join(sorted(_shipped()))}"
        raise ProfileError(f"{name}: {reason}") from error
    except RecursionError as error:
        raise ProfileError(f"{name} is no TOML: brackets nested too deep") from error
    except ValueError as error:  # not UTF-8, not TOML, or a number of many digits
        raise ProfileError(f"{name} is no TOML: {error}") from error
    try:
        return _read(data)
    except ProfileError as error:
        raise ProfileError(f"{name}: {error}") from error


def is_file(name: str) -> bool:
    """Whether a device is named by the path of its file, not a name that snnc knows."""
    return name not in _shipped()


def _shipped() -> set[str]:
    return {path.stem for path in HERE.glob("*.toml")}


DEFAULT = "loihi1"
_chosen: ContextVar[str] = ContextVar("device", default=DEFAULT)


def load_profile() -> Profile:
    """The profile of the device that is compiled for."""
    return read_profile(_chosen.get())


def chosen_device() -> str | None:
    """The name or the file of the device, as it was given; None for Loihi 1."""
    name = _chosen.get()
    return None if name == DEFAULT else name


@contextmanager
def compiling_for(name: str) -> Iterator[Profile]:
    """Compile for another device than Loihi 1; takes what `read_profile` takes."""
    profile = read_profile(name)
    before = _chosen.set(name)
    try:
        yield profile
    finally:
        _chosen.reset(before)
