"""What is evaluated, on which examples."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from snnc.exact.package import Package, open_package
from snnc.runtime.data import DataSpec, Examples, open_data
from snnc.runtime.layout import Tensors


@dataclass(frozen=True, slots=True)
class Task:
    """A package, its weights, which are in a file, and the examples to run.

    ``seed`` has drawn these, and their order.
    """

    package: Package
    weights: Path
    tensors: Tensors
    examples: Examples
    seed: int


def open_task(
    folder: Path, weights: Path, data: Path, limit: int | None, seed: int
) -> Task:
    """Return examples drawn from the data, all of them checked, and the rest.

    Raises
    ------
    snnc.exact.CannotRunError
        If there is no such package, or the weights are not of its layout.
    snnc.runtime.data.DataError
        If the examples are not what the package reads.
    """
    package = open_package(folder)
    examples = open_data(data, DataSpec.of(package.network), limit, seed)
    return Task(package, weights, package.read(weights), examples, seed)
