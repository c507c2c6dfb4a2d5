"""The package to evaluate, its weights and their origin, and the examples."""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import numpy as np
from safetensors import safe_open
from safetensors.numpy import save

from snnc.output.imported import ImportedPackage, open_package
from snnc.runtime.data import DataError, Examples, open_data, select
from snnc.runtime.examples import Array
from snnc.runtime.files import replacing
from snnc.runtime.layout import (
    LayoutError,
    Source,
    Tensors,
    Weights,
    smooth_hash,
    smooth_path,
)
from snnc.runtime.network import Network

Data = Path | tuple[Any, Any]
"""A file or a folder with ``x`` and ``y``, or the pair itself; ``x`` is an array or an
iterable."""


CHUNK = 2**24  # bytes that are hashed at a time


def write_data(path: Path, x: Array, y: Array) -> None:
    """Write examples and labels in the format that training and evaluation read."""
    with replacing(path) as file:
        np.savez(file, x=x, y=y)


def identify_data(path: Path) -> str:
    """Return a text that changes if ``x`` or ``y`` in a file or folder changes."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            # The archive contains a checksum of each member, so no data are read.
            sums = {member.filename: member.CRC for member in archive.infolist()}
        return "-".join(f"{sums.get(name, 0):08x}" for name in ("x.npy", "y.npy"))
    files = (path / "x.npy", path / "y.npy") if path.is_dir() else (path,)
    return "-".join(map(_file_hash, files))


def _file_hash(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while part := file.read(CHUNK):
            digest.update(part)
    return digest.hexdigest()


@dataclass(frozen=True)
class Task:
    """A package, its weights (a file or tensors by name), and the examples to run."""

    package: ImportedPackage
    weights: Weights
    tensors: Tensors
    examples: Examples

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
        """The SHA-256 of `weight_bytes`."""
        return hashlib.sha256(self.weight_bytes).hexdigest()


def open_task(
    folder: Path, weights: Weights, data: Data, limit: int | None, seed: int
) -> Task:
    """Open a package, and draw examples; check that package, weights and data match."""
    package = open_package(folder)
    network = package.network
    if isinstance(data, tuple):
        x, y = data
        if not is_array(x):
            x, y = store_examples(x, y, network)
        if y is None:
            raise DataError("y is missing; only `predict` works without y")
        x = np.asanyarray(x)
        y = np.asarray(y)
        if not (x.ndim and y.ndim):
            raise DataError("x and y are arrays of examples: x[:1], y[:1] for one")
        examples = select(x, y, network, limit, seed)
    else:
        examples = open_data(data, network, limit, seed)
    tensors = package.layout.load(weights)
    return Task(package, weights, tensors, examples)


def source_of(weights: Weights) -> Source | None:
    """Return ``imported`` if the metadata of the weights says so, otherwise None."""
    return "imported" if _metadata(weights).get("source") == "imported" else None


def smooth_of(weights: Weights) -> Path | None:
    """Return the file with the weights from before the phase `spikes`.

    Return None if ``weights`` is a mapping, or if there was no such phase. A file that
    is missing or has another hash raises `LayoutError`.
    """
    expected = _metadata(weights).get("smooth_sha256")
    if expected is None or isinstance(weights, Mapping):
        return None
    path = smooth_path(weights)
    if not path.is_file():
        raise LayoutError(f"{path.name} is missing")
    if smooth_hash(weights) != expected:
        raise LayoutError(f"{path.name} is not from the same training")
    return path


def _metadata(weights: Weights) -> Mapping[str, str]:
    if isinstance(weights, Mapping):
        return {}
    with safe_open(os.fspath(weights), framework="numpy") as file:
        return file.metadata() or {}


ENDLESS = -1  # the cardinality of a tf.data.Dataset that never ends


def is_array(x: object) -> bool:
    """Return whether all examples are in memory or memory-mapped."""
    return isinstance(x, list | tuple) or hasattr(x, "__array__")


def store_examples(x: object, y: object, network: Network) -> tuple[Array, Any]:
    """Store the examples of an iterable, and return them with their labels.

    Each item is an example or a batch, or a tuple of either and its labels. The
    examples are in a temporary file, which is deleted after the last use. ``y``
    contains the labels, unless the iterable yields labels.
    """
    if hasattr(x, "cardinality") and int(x.cardinality()) == ENDLESS:
        raise DataError("x never ends: take a part of x, such as x.take(1000)")
    if not isinstance(x, Iterable):
        raise DataError(f"x is {type(x).__name__}, neither an array nor an iterable")
    labels: list[Array] = []
    count = 0
    shape = network.input.shape
    with TemporaryFile() as file:
        # A data set may be larger than the memory, so examples are on disk.
        for batch, *batch_labels in _batches(x, shape):
            select(batch, None, network)[:].tofile(file)
            count += len(batch)
            labels += batch_labels
        if not count:
            raise DataError("x holds no examples")
        file.flush()
        stored = np.memmap(file, np.float32, "r", shape=(count, *shape))
    return stored, np.concatenate(labels) if y is None and labels else y


def _batches(x: Iterable[Any], shape: tuple[int, ...]) -> Iterator[list[Array]]:
    """Yield batches of examples with their labels, if there are any."""
    items = x.as_numpy_iterator() if hasattr(x, "as_numpy_iterator") else x
    for item in items:
        parts = item if isinstance(item, tuple) else (item,)
        arrays = list(map(np.asarray, parts[:2]))
        if arrays[0].shape == shape:
            arrays = [array[np.newaxis] for array in arrays]
        yield arrays
