"""The devices that ship with snnc, and those in files of others."""

from __future__ import annotations

import sys
from dataclasses import fields
from functools import lru_cache
from pathlib import Path
from reprlib import repr
from typing import Any, TypeVar

from snnc.ir.device import (
    Axons,
    Chip,
    Core,
    Energy,
    Profile,
    SynapseMemory,
    Traffic,
)
from snnc.source.small import read_bytes

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


HERE = Path(__file__).parent
DEFAULT = "loihi1"
"""The device that is compiled for where none is named."""
_Table = TypeVar("_Table")


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
def read_profile(name: str = DEFAULT) -> Profile:
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
