"""Check for the libraries that a run needs, before importing them."""

from __future__ import annotations

from collections.abc import Sequence

from snnc.output.imported import CannotRunError
from snnc.text.installing import installation, missing


def require_simulator(simulator: str, clustered: bool = False) -> None:
    """Raise CannotRunError if a run needs missing packages, before importing NumPy."""
    needed = ["numpy", "scipy", "safetensors", "nengo_loihi", "numba"]
    needed += ["distributed"] if clustered else []
    needed += ["tensorflow"] if simulator == "keras" else []
    if absent := missing(*needed):
        extras = "evaluate,keras" if "tensorflow" in absent else "evaluate"
        raise not_installed(absent, extras)


def not_installed(names: Sequence[str], extras: str) -> CannotRunError:
    """Return the error that says what to install."""
    verb = "is" if len(names) == 1 else "are"
    told = f"{' and '.join(names)} {verb} not installed"
    return CannotRunError(f"{told}: {installation(extras)}")
