"""Open packages for tools, check for libraries, and raise a spec's problems."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

import snnc
from snnc.diagnostics import Diagnostic
from snnc.diagnostics.diagnostic_text import render
from snnc.text.display import to_pre
from snnc.text.installing import installation

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from snnc.tools.package import Package

FileName = str | os.PathLike[str]
Tensors: TypeAlias = "Mapping[str, NDArray[np.float32]]"
"""Weights: a tensor for each name in a layout."""


def as_package(package: Package | FileName) -> Package:
    """Return a package; open it if a folder is given."""
    # Use the public name, because the class imports the tools for its methods.
    return package if isinstance(package, snnc.Package) else snnc.Package(package)


def missing(*names: str) -> list[str]:
    """Return the pip names of libraries that are not installed."""
    absent = [name for name in names if importlib.util.find_spec(name) is None]
    return [name.replace("_", "-") for name in absent]


def require(names: tuple[str, ...], extra: str, what: str) -> None:
    """Raise ModuleNotFoundError if libraries are missing, and say what to install."""
    if absent := missing(*names):
        listed = " and ".join(absent)
        raise ModuleNotFoundError(f"{what} needs {listed}: {installation(extra)}")


class RefusedRunError(ValueError):
    """Raised if a package, its data or its weights can't be used as requested."""


def require_simulator(simulator: str, clustered: bool = False) -> None:
    """Raise RefusedRunError if a run needs missing packages, before importing NumPy."""
    needed = ["numpy", "scipy", "safetensors", "nengo_loihi", "numba"]
    needed += ["distributed"] if clustered else []
    needed += ["tensorflow"] if simulator == "keras" else []
    if absent := missing(*needed):
        extras = "evaluate,keras" if "tensorflow" in absent else "evaluate"
        raise not_installed(absent, extras)


def not_installed(names: Sequence[str], extras: str) -> RefusedRunError:
    """Return the error that says what to install."""
    verb = "is" if len(names) == 1 else "are"
    told = f"{' and '.join(names)} {verb} not installed"
    return RefusedRunError(f"{told}: {installation(extras)}")


class SpecError(ValueError):
    """Raised for a spec or a package that has problems.

    The message equals the output of the command line: each problem with its position,
    the relevant lines of the spec, and a remedy. Notebooks show this instead of a
    traceback.

    Attributes
    ----------
    diagnostics : tuple of Diagnostic
        All problems, including warnings, sorted by position.
    """

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        super().__init__(render(diagnostics).rstrip("\n"))
        self._coloured = render(diagnostics, colour=True).rstrip("\n")
        self.diagnostics = tuple(diagnostics)

    def __reduce__(self) -> tuple[type[SpecError], tuple[tuple[Diagnostic, ...]]]:
        return SpecError, (self.diagnostics,)

    def _repr_html_(self) -> str:
        return to_pre(self._coloured)

    def _render_traceback_(self) -> list[str]:
        """Return the text for IPython, without lines of snnc's own code."""
        return self._coloured.split("\n")
