"""Check for optional libraries, and say how to install them, as `docs/install.md`."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterable

WITH_TENSORFLOW = {"all", "dl", "keras"}


def installation(extras: str) -> str:
    """Return the command to install extras, such as ``keras,nengo``, from a clone."""
    command = f"`python -m pip install '.[{extras}]'` in a clone of snnc"
    if sys.version_info >= (3, 14) and WITH_TENSORFLOW & set(extras.split(",")):
        return f"{command}, with Python 3.10 to 3.13, as TensorFlow needs"
    return command


def missing(*names: str) -> list[str]:
    """Return the pip names of libraries that are not installed."""
    absent = [name for name in names if importlib.util.find_spec(name) is None]
    return [name.replace("_", "-") for name in absent]


def require(names: Iterable[str], extra: str, what: str) -> None:
    """Raise ModuleNotFoundError if libraries are missing, and say what to install."""
    if absent := missing(*names):
        raise needs(absent, extra, what)


def needs(libraries: Iterable[str], extra: str, what: str) -> ModuleNotFoundError:
    """Return the error that says which libraries to install for what."""
    listed = " and ".join(libraries)
    return ModuleNotFoundError(f"{what} needs {listed}: {installation(extra)}")
