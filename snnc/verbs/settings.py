"""Read the settings of a repository: the table ``[tool.snnc]`` in pyproject.toml."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from snnc.source import read_bytes, rule_page
from snnc.text.near import nearest_spelling

FILE = "pyproject.toml"
MARK = b"tool.snnc"
SPECS = "specs"


class SettingsError(ValueError):
    """Raised if the settings are invalid; the message names the file and the key."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of a repository; paths are relative to the current folder.

    ``specs`` are files and folders, ``packages`` is the folder of the packages, and
    ``device`` a name or a file. Warnings with a code in ``allow`` are not shown.
    """

    specs: tuple[str, ...] = ()
    packages: Path = Path("models")
    device: str | None = None
    allow: frozenset[str] = frozenset()


def read_settings(folder: Path) -> Settings:
    """Return the settings for the current ``folder``.

    They are in the innermost repository around it that has any. If they name no
    specs, the folder ``specs`` is used, as `snnc init` creates it. Raises SettingsError
    if they are invalid.
    """
    settings = _find(folder)
    if not settings.specs and (folder / SPECS).is_dir():
        return replace(settings, specs=(SPECS,))
    return settings


def _find(folder: Path) -> Settings:
    for place in (folder, *folder.parents):
        file = place / FILE
        text = read_bytes(file) if file.is_file() else b""
        # Most files have no such table, and importing the parser takes time.
        if MARK in text:
            table = _parse(file, text)
            if table is not None:
                return _settings_of(table, file)
    return Settings()


def _parse(file: Path, text: bytes) -> Any:
    if sys.version_info >= (3, 11):
        import tomllib  # few runs have settings
    else:
        import tomli as tomllib
    try:
        return tomllib.loads(text.decode("utf-8")).get("tool", {}).get("snnc")
    except (ValueError, RecursionError, AttributeError) as error:
        raise SettingsError(f"{file} is not valid TOML: {error}") from error


def _settings_of(table: Any, file: Path) -> Settings:
    """Check a table, and return its settings with paths from this folder."""
    where = f"{file}: [tool.snnc]"
    if not isinstance(table, Mapping):
        raise SettingsError(f"{where} is not a table")
    for key in table:
        _check_key(key, where)
    specs = table.get("specs", [])
    if isinstance(specs, str):
        specs = [specs]
    packages = _texts([table.get("packages", "models")], f"{where} packages")
    allow = _texts(table.get("allow", []), f"{where} allow")
    for code in allow:
        try:
            rule_page(code)
        except ValueError as error:
            raise SettingsError(f"{where} allow: {error}") from error
    device = table.get("device")
    if device is not None:
        (device,) = _texts([device], f"{where} device")
        path = file.parent / device
        device = os.path.relpath(path) if path.is_file() else device
    return Settings(
        specs=tuple(_from_here(file.parent / path) for path in _texts(specs, where)),
        packages=Path(_from_here(file.parent / packages[0])),
        device=device,
        allow=frozenset(code.upper() for code in allow),
    )


def _check_key(key: str, where: str) -> None:
    known = Settings.__dataclass_fields__
    if key not in known:
        near = nearest_spelling(key, known)
        hint = f"did you mean `{near}`?" if near else f"it has {', '.join(known)}"
        raise SettingsError(f"{where} has no `{key}`; {hint}")


def _texts(values: Any, where: str) -> list[str]:
    if not isinstance(values, list) or not all(isinstance(v, str) for v in values):
        raise SettingsError(f'{where}: write texts in quotes, such as ["specs"]')
    return values


def _from_here(path: Path) -> str:
    return Path(os.path.relpath(path)).as_posix()
