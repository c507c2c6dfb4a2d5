"""The package to evaluate, the examples, and a record of each."""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save

from snnc.output.imported import ImportedPackage, open_package
from snnc.runtime.data import DataError, Examples, open_data, select
from snnc.runtime.files import replacing, write_file
from snnc.runtime.layout import Tensors, Weights
from snnc.text.tables import csv_table
from snnc.tools.evaluate.streams import is_array, store_examples
from snnc.tools.statistics import Array

Data = Path | tuple[Any, Any]
"""A file or a folder with ``x`` and ``y``, or the pair itself; ``x`` is an array or an
iterable."""


def write_data(path: Path, x: Array, y: Array) -> None:
    """Write examples and labels in the format that training and evaluation read."""
    with replacing(path) as file:
        np.savez(file, x=x, y=y)


def identify_data(path: Path) -> str:
    """Return a text that changes if ``x`` or ``y`` in a file or folder changes."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            sums = {member.filename: member.CRC for member in archive.infolist()}
        return "-".join(f"{sums.get(name, 0):08x}" for name in ("x.npy", "y.npy"))
    files = (path / "x.npy", path / "y.npy") if path.is_dir() else (path,)
    states = map(os.stat, files)
    return "-".join(f"{state.st_size}.{state.st_mtime_ns}" for state in states)


@dataclass(frozen=True)
class Task:
    """A package, its weights (a file or tensors by name), and the examples to run.

    ``seed`` determined the examples and their order. ``identity`` changes if the
    content of the data file changes.
    """

    package: ImportedPackage
    weights: Weights
    tensors: Tensors
    examples: Examples
    seed: int
    identity: str

    @cached_property
    def weight_bytes(self) -> bytes:
        """The content of a safetensors file with the weights."""
        if not isinstance(self.weights, Mapping):
            return Path(self.weights).read_bytes()
        metadata = {"layout_id": self.package.layout.id}
        ordered = {name: np.ascontiguousarray(t) for name, t in self.tensors.items()}
        return save(ordered, metadata=metadata)

    @cached_property
    def weights_hash(self) -> str:
        """The SHA-256 of `stored`."""
        return hashlib.sha256(self.weight_bytes).hexdigest()


def open_task(
    folder: Path, weights: Weights, data: Data, limit: int | None, seed: int
) -> Task:
    """Open a package, and draw and check examples.

    Raises
    ------
    snnc.output.imported.CannotRunError
        If the package does not exist.
    snnc.runtime.layout.LayoutError
        If the weights have another layout.
    snnc.runtime.data.DataError
        If the network does not accept the examples.
    """
    package = open_package(folder)
    network, identity = package.network, ""
    if isinstance(data, tuple):
        x, y = data if is_array(data[0]) else store_examples(*data, network)
        if y is None:
            raise DataError("y is missing; only `predict` works without y")
        x, y = np.asanyarray(x), np.asarray(y)
        if not (x.ndim and y.ndim):
            raise DataError("x and y are arrays of examples: x[:1], y[:1] for one")
        examples = select(x, y, network, limit, seed)
    else:
        examples = open_data(data, network, limit, seed)
        identity = identify_data(data)
    tensors = package.layout.load(weights)
    return Task(package, weights, tensors, examples, seed, identity)


Record = dict[str, int | float]
"""An example's index in the data, its label, and predictions. For a regression, each
unit has its own entry."""


def list_records(
    examples: Examples, answers: dict[str, Array | None], classifies: bool
) -> list[Record]:
    """Return a record for each example, in the order of the data.

    ``answers`` contains the outputs of each source in the order of the run, with shape
    (examples, units).
    """
    order = np.argsort(examples.rows)
    columns: dict[str, list[Any]] = {"example": examples.rows[order].tolist()}
    for name, values in {"label": examples.y, **answers}.items():
        if values is not None:
            columns |= _columns(name, values[order], classifies)
    rows = zip(*columns.values(), strict=True)
    return [dict(zip(columns, row, strict=True)) for row in rows]


def write_records(path: Path, records: list[Record]) -> None:
    """Write a CSV file with one row per example."""
    write_file(path, csv_table(records[0], (record.values() for record in records)))


def _columns(name: str, values: Array, classifies: bool) -> dict[str, list[Any]]:
    if classifies:
        decided = values if values.ndim == 1 else values.argmax(axis=1)
        return {name: decided.tolist()}
    return {f"{name}_{i}": column.tolist() for i, column in enumerate(values.T)}
