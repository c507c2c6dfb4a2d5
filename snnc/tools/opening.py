"""Open packages for tools, and check for installed libraries."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeAlias

import snnc
from snnc.text.installing import installation

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from snnc.processes import Workers
    from snnc.tools.package import Package

FileName = str | os.PathLike[str]
Tensors: TypeAlias = "Mapping[str, NDArray[np.float32]]"
"""Weights: a tensor for each name in a layout."""


def as_package(package: Package | FileName) -> Package:
    """Return a package; open it if a folder is given."""
    # Use the public name, because the class imports the tools for its methods.
    return package if isinstance(package, snnc.Package) else snnc.Package(package)


def open_workers(
    count: int, dask: str | None, log: Path | None = None, ahead: int = 1
) -> AbstractContextManager[Workers]:
    """Return processes on this computer, or the workers of a Dask cluster."""
    # Few tools need these, and importing Dask takes a second.
    from snnc.processes import LocalWorkers

    if dask is None or not count:
        return LocalWorkers(count, log)
    from snnc.tools.cluster import cluster_workers

    return cluster_workers(dask, ahead)


def missing(*names: str) -> list[str]:
    """Return the pip names of libraries that are not installed."""
    absent = [name for name in names if importlib.util.find_spec(name) is None]
    return [name.replace("_", "-") for name in absent]


def require(names: tuple[str, ...], extra: str, what: str) -> None:
    """Refuse a task whose libraries are not installed.

    Raises
    ------
    ModuleNotFoundError
        If a library is missing; the message says what to install.
    """
    if absent := missing(*names):
        listed = " and ".join(absent)
        raise ModuleNotFoundError(f"{what} needs {listed}: {installation(extra)}")
