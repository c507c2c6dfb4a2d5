"""What has to be installed for what is asked."""

from __future__ import annotations

import importlib.util


def missing(simulator: str, shared: bool = False) -> list[str]:
    """Return what an evaluation imports and is not installed."""
    needed = ["numpy", "scipy", "safetensors", "nengo_loihi", "numba"]
    if shared:
        needed.append("distributed")
    if simulator == "keras":
        needed.append("tensorflow")
    return [name.replace("_", "-") for name in needed if not _is_there(name)]


def require(names: tuple[str, ...], extra: str, what: str) -> None:
    """Refuse what needs something that is not installed.

    Raises
    ------
    ModuleNotFoundError
        That says what to install.
    """
    absent = [name.replace("_", "-") for name in names if not _is_there(name)]
    if absent:
        listed = " and ".join(absent)
        raise ModuleNotFoundError(f"{what} needs {listed}: pip install 'snnc[{extra}]'")


def _is_there(name: str) -> bool:
    return importlib.util.find_spec(name) is not None
