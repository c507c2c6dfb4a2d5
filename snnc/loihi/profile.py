"""Read the built-in devices, and custom devices from files."""

from __future__ import annotations

import sys
from dataclasses import fields, is_dataclass
from functools import lru_cache
from pathlib import Path
from reprlib import repr
from typing import TYPE_CHECKING, get_type_hints

from snnc.ir.device import MOST, Profile
from snnc.source import read_bytes
from snnc.text.display import Json

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

HERE = Path(__file__).parent
DEFAULT = "loihi1"
"""The default device."""
OPTIONAL = ("time", "least_time")
"""Tables that a device file may omit; they are then those of the default device."""


class ProfileError(ValueError):
    """Raised for an invalid device file; the message says why."""


_TABLES: Json = {
    key: kind for key, kind in get_type_hints(Profile).items() if is_dataclass(kind)
}
_KEYS = {key: [field.name for field in fields(kind)] for key, kind in _TABLES.items()}
"""The tables of a device file, and the keys of each table."""
_WANTED = {
    "dataclass_type": "a table",
    "string_type": "a text",
    "int_type": "a whole number",
    "bool_type": "true or false",
    "float_type": "a number",
    "tuple_type": "a list of numbers",
    "too_short": "a list of numbers",
    "greater_than": "above 0",
    "greater_than_equal": f"from 0 to {MOST:g}",
    "less_than_equal": f"from 0 to {MOST:g}",
}
"""Descriptions of pydantic's error types."""


def validate_profile(data: Json) -> Profile:
    """Validate the tables of a device file by the types of `Profile`.

    Raises
    ------
    ProfileError
        If a table or a number is missing, unknown or of the wrong type.
    """
    # Import late: only custom devices need this, and building the schema takes time.
    from pydantic import TypeAdapter, ValidationError

    try:
        return TypeAdapter(Profile).validate_python(data)
    except ValidationError as error:
        raise ProfileError(_reason(error.errors(include_url=False)[0])) from error


def build_profile(data: Json) -> Profile:
    """Return the profile of a built-in device, without a check of its values."""
    # Building pydantic's schema would slow down each start. Tests validate the files.
    kinds = ((key, kind) for key, kind in _TABLES.items() if key in data)
    tables = {key: kind(**_tuples(data[key])) for key, kind in kinds}
    return Profile(**{**data, **tables})


def _tuples(table: Json) -> Json:
    return {k: tuple(v) if isinstance(v, list) else v for k, v in table.items()}


def _reason(error: ErrorDetails) -> str:
    """Describe a pydantic error in the terms of a device file."""
    *table, key = (key for key in error["loc"] if isinstance(key, str))
    place = f"[{table[0]}]" if table else "the file"
    if error["type"] == "missing":
        return f"{place} has no {_key_text(key)}"
    if error["type"] == "unexpected_keyword_argument":
        known = ", ".join(_KEYS[table[0]] if table else ["name", "strict", *_KEYS])
        return (
            f"{place} has `{key}`, which snnc does not know; the known keys are {known}"
        )
    return f"{_key_text(key)} is {repr(error['input'])}, not {_WANTED[error['type']]}"


def _key_text(key: str) -> str:
    return f"[{key}]" if key in _KEYS else f"`{key}`"


@lru_cache
def read_profile(name: str = DEFAULT) -> Profile:
    """Read the built-in profile called ``name``, or the file at this path.

    Raises
    ------
    ProfileError
        If there is no such profile, or as in `validate_profile`.
    """
    is_foreign = is_file(name)
    path = Path(name) if is_foreign else HERE / f"{name}.toml"
    try:
        data = _tables_of(path)
        if is_foreign:
            shipped = _tables_of(HERE / f"{DEFAULT}.toml")
            data = {key: shipped[key] for key in OPTIONAL} | data
    except OSError as error:
        reason = f"{error.strerror}; snnc has {', '.join(sorted(_known_names()))}"
        from snnc.rules.misplaced import is_newer_chip  # only for errors

        if is_newer_chip("target", name):
            reason = "snnc compiles for Loihi 1; a device file can give other limits"
        raise ProfileError(f"{name}: {reason}") from error
    except (RecursionError, ValueError) as error:
        # The file is not UTF-8 or TOML, or has a number with too many digits.
        is_deep = isinstance(error, RecursionError)
        reason = "brackets nested too deep" if is_deep else str(error)
        raise ProfileError(f"{name} is not valid TOML: {reason}") from error
    try:
        return validate_profile(data) if is_foreign else build_profile(data)
    except ProfileError as error:
        raise ProfileError(f"{name}: {error}") from error


def _tables_of(path: Path) -> Json:
    return tomllib.loads(read_bytes(path).decode("utf-8"))


def is_file(name: str) -> bool:
    """Return whether a device is the path of a file, not a built-in name."""
    return name not in _known_names()


def _known_names() -> set[str]:
    return {path.stem for path in HERE.glob("*.toml")}
