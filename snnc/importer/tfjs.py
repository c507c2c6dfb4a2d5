"""Read TensorFlow.js layers models: a ``model.json`` with its weights in shards.

``modelTopology`` is a serialised Keras model, which a converter or TensorFlow.js wrote.
``weightsManifest`` lists groups of files. If the files of a group are concatenated, the
group's weights follow one after another (``io/types.ts`` in tfjs-core).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from snnc.importer.build import build
from snnc.importer.formats import not_a_model, parse, refuse_old
from snnc.importer.h5_weights import full_names, owned, owners, short
from snnc.importer.hdf5 import LARGEST
from snnc.importer.model import (
    Graph,
    KerasModel,
    RefusedModelError,
    Shapes,
    StoredWeights,
    refused,
    too_large,
)
from snnc.rules.models import DamagedModel, UnsafeModel

if TYPE_CHECKING:
    from snnc.importer.model import Arrays

SIZES = {"float32": 4, "int32": 4, "float16": 2, "uint16": 2, "uint8": 1, "bool": 1}
"""Bytes per value; for quantized weights, the stored dtype."""


@dataclass(frozen=True, slots=True)
class Stored:
    """An array: its files, and where it starts when they are concatenated."""

    shape: tuple[int, ...]
    dtype: str
    packed: tuple[float, float] | None
    files: tuple[str, ...]
    start: int

    @property
    def size(self) -> int:
        return math.prod(self.shape) * SIZES[self.dtype]


def is_layers_model(value: Any) -> bool:
    """Whether JSON is a layers model, not a graph model."""
    topology = value.get("modelTopology") if isinstance(value, dict) else None
    return isinstance(topology, dict) and (
        "class_name" in topology or "model_config" in topology
    )


def built(path: str, value: Mapping[str, Any]) -> tuple[KerasModel, Graph]:
    """Build a model from ``model_config`` and ``training_config``."""
    config = value.get("model_config", value)
    if isinstance(config, str):
        config = parse(config, path, "its model_config")
    keras = value.get("keras_version")
    refuse_old(path, keras, value.get("backend"))
    version = keras if isinstance(keras, str) else None
    return build(config, version, value.get("training_config"))


def read_tfjs(
    file: Path, path: str, value: Mapping[str, Any]
) -> tuple[KerasModel, Graph, StoredWeights | None]:
    """Read a model, and open its shards.

    Raises
    ------
    RefusedModelError
        If the file is not a model.
    """
    model, graph = built(path, value["modelTopology"])
    manifest = value.get("weightsManifest")
    if not manifest:
        return model, graph, None
    arrays = dict(_arrays(manifest, path))
    size = sum(array.size for array in arrays.values())
    if size > LARGEST:
        raise too_large(path, "weights", size, LARGEST)
    return model, graph, ShardedWeights(Shards(file.parent, path), arrays, graph)


def _arrays(manifest: Any, path: str) -> Iterator[tuple[str, Stored]]:
    for group in _objects(manifest, path):
        files = group.get("paths")
        if not isinstance(files, list) or not all(isinstance(f, str) for f in files):
            raise not_a_model(path, "a group of its weightsManifest has no paths")
        start = 0
        for entry in _objects(group.get("weights"), path):
            name, array = entry.get("name"), _find_stored(entry, tuple(files), start)
            if array is None or not isinstance(name, str):
                raise not_a_model(path, f"its weight {name!r:.60} is not from Keras")
            yield name, array
            start += array.size


def _objects(value: Any, path: str) -> Sequence[Mapping[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(v, dict) for v in value):
        raise not_a_model(path, "its weightsManifest is not from TensorFlow.js")
    return value


def _find_stored(
    entry: Mapping[str, Any], files: tuple[str, ...], start: int
) -> Stored | None:
    shape, dtype, packed = entry.get("shape"), entry.get("dtype"), None
    quantization = entry.get("quantization")
    if isinstance(quantization, dict):
        dtype = quantization.get("dtype")
        scale, low = quantization.get("scale", 1.0), quantization.get("min", 0.0)
        if not all(isinstance(v, (int, float)) for v in (scale, low)):
            return None
        packed = (float(scale), float(low))
    sizes = isinstance(shape, list) and all(type(n) is int and n >= 0 for n in shape)
    if not sizes or dtype not in SIZES:
        return None
    return Stored(tuple(shape or ()), str(dtype), packed, files, start)


class Shards:
    """A model's weight files, which are read as if they were concatenated."""

    def __init__(self, folder: Path, path: str) -> None:
        self._folder, self._path = folder, path
        self._sizes: dict[str, int] = {}

    def check(self, array: Stored) -> None:
        """Refuse an array whose files are missing or too short."""
        held = sum(map(self._size, array.files))
        if array.start + array.size > held:
            due = array.start + array.size
            names = ", ".join(array.files[:2])
            reason = f"its shards ({names}) have {held} bytes, but {due} are expected"
            raise self._refuse_damage(reason)

    def read(self, array: Stored) -> bytes:
        """Return the bytes of an array."""
        pieces, start, left = [], array.start, array.size
        for name in array.files:
            size = self._size(name)
            if start < size and left:
                with (self._folder / name).open("rb") as opened:
                    opened.seek(start)
                    pieces.append(opened.read(min(left, size - start)))
                left -= len(pieces[-1])
            start = max(0, start - size)
        joined = b"".join(pieces)
        if len(joined) < array.size:
            raise self._refuse_damage("a shard became shorter while it was read")
        return joined

    def _size(self, name: str) -> int:
        if name not in self._sizes:
            self._sizes[name] = self._read_count(name)
        return self._sizes[name]

    def _read_count(self, name: str) -> int:
        steps = name.replace("\\", "/").split("/")
        file = self._folder / name
        if ".." in steps or name.startswith(("/", "\\")) or ":" in name:
            reason = f"its shard `{name:.80}` is outside its folder"
            raise refused(UnsafeModel, path=self._path, reason=reason)
        if not file.is_file():
            raise self._refuse_damage(f"its shard `{name:.80}` is not next to it")
        parts = [file, *(p for p in file.parents if self._folder in p.parents)]
        if any(part.is_symlink() for part in parts):
            reason = f"its shard `{name:.80}` is a link to another place"
            raise refused(UnsafeModel, path=self._path, reason=reason)
        return file.stat().st_size

    def _refuse_damage(self, reason: str) -> RefusedModelError:
        return refused(DamagedModel, path=self._path, reason=reason)


class ShardedWeights(StoredWeights):
    """The weights in the shards of a model.

    All shards are checked before the first one is read. The architecture can be read
    without them.
    """

    def __init__(
        self, shards: Shards, arrays: Mapping[str, Stored], graph: Graph
    ) -> None:
        self._shards, self._arrays = shards, arrays
        names = [name for part in graph.parts for name in full_names(part, "")]
        self._owners = owners(list(arrays), names, whole=False)
        self._are_checked = False

    def of(self, layer: str) -> Arrays:
        """See `Weights.of`."""
        import numpy as np

        if not self._are_checked:
            for array in self._arrays.values():
                self._shards.check(array)
            self._are_checked = True
        arrays: Arrays = {}
        for name, array in self._find_tensors(layer):
            values = np.frombuffer(self._shards.read(array), np.dtype(array.dtype))
            if array.packed is not None:
                scale, low = array.packed
                values = (values * np.float64(scale) + low).astype(np.float32)
            arrays[name] = values.reshape(array.shape)
        return arrays

    def shapes(self, layer: str) -> Shapes:
        """See `StoredWeights.shapes`."""
        return {name: array.shape for name, array in self._find_tensors(layer)}

    def close(self) -> None:
        """Do nothing, because no file stays open between reads."""

    def _find_tensors(self, layer: str) -> Iterator[tuple[str, Stored]]:
        paths = owned(layer, self._owners)
        for name, path in zip(short(paths), paths, strict=True):
            yield name, self._arrays[path]
