"""Read TensorFlow.js layers models: a ``model.json`` with its weights in shards.

``modelTopology`` is a serialised Keras model, which a converter or TensorFlow.js wrote.
``weightsManifest`` lists groups of files. If the files of a group are concatenated, the
group's weights follow one after another (``io/types.ts`` in tfjs-core).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from snnc.importer.build import build
from snnc.importer.formats import not_a_model, parse, refuse_old
from snnc.importer.hdf5 import LARGEST
from snnc.importer.model import (
    ArrayFile,
    Graph,
    KerasModel,
    RefusedModelError,
    StoredWeights,
    refused,
    too_large,
)
from snnc.importer.weights import full_names, owned, owners
from snnc.rules.models import DamagedModel, UnsafeModel

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

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
    shards = Shards(file.parent, path, arrays)
    return model, graph, ShardedWeights(shards, arrays, graph)


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


class Shards(ArrayFile):
    """A model's weight files, which are read as if they were concatenated.

    All files are checked before the first one is read. The architecture can be read
    without them, and no file stays open between reads.
    """

    def __init__(self, folder: Path, path: str, arrays: Mapping[str, Stored]) -> None:
        self._folder, self._path, self._arrays = folder, path, arrays

    def array(self, path: str) -> NDArray[np.generic]:
        """See `ArrayFile.array`."""
        import numpy as np

        array = self._arrays[path]
        values = np.frombuffer(self._read(array), np.dtype(array.dtype))
        if array.packed is not None:
            scale, low = array.packed
            values = (values * np.float64(scale) + low).astype(np.float32)
        return values.reshape(array.shape)

    def shape(self, path: str) -> tuple[int, ...]:
        """See `ArrayFile.shape`."""
        return self._arrays[path].shape

    def close(self) -> None:
        """Do nothing."""

    @cached_property
    def _sizes(self) -> dict[str, int]:
        """The size of each file; files that are missing or too short are refused."""
        sizes: dict[str, int] = {}
        for array in self._arrays.values():
            for name in array.files:
                if name not in sizes:
                    sizes[name] = self._measure(name)
            held, due = sum(sizes[f] for f in array.files), array.start + array.size
            if due > held:
                names = ", ".join(array.files[:2])
                reason = (
                    f"its shards ({names}) have {held} bytes, but {due} are expected"
                )
                raise self._refuse(DamagedModel, reason)
        return sizes

    def _read(self, array: Stored) -> bytes:
        pieces, start, left = [], array.start, array.size
        for name in array.files:
            size = self._sizes[name]
            if start < size and left:
                with (self._folder / name).open("rb") as opened:
                    opened.seek(start)
                    pieces.append(opened.read(min(left, size - start)))
                left -= len(pieces[-1])
            start = max(0, start - size)
        joined = b"".join(pieces)
        if len(joined) < array.size:
            reason = "a shard became shorter while it was read"
            raise self._refuse(DamagedModel, reason)
        return joined

    def _measure(self, name: str) -> int:
        """Return the size of a file, which must be next to the model."""
        steps = name.replace("\\", "/").split("/")
        file, shard = self._folder / name, f"its shard `{name:.80}`"
        if ".." in steps or name.startswith(("/", "\\")) or ":" in name:
            raise self._refuse(UnsafeModel, f"{shard} is outside its folder")
        if not file.is_file():
            raise self._refuse(DamagedModel, f"{shard} is not next to it")
        parts = [file, *(p for p in file.parents if self._folder in p.parents)]
        if any(part.is_symlink() for part in parts):
            raise self._refuse(UnsafeModel, f"{shard} is a link to another place")
        return file.stat().st_size

    def _refuse(
        self, rule: type[DamagedModel | UnsafeModel], reason: str
    ) -> RefusedModelError:
        return refused(rule, path=self._path, reason=reason)


class ShardedWeights(StoredWeights):
    """The weights in the shards of a model."""

    def __init__(self, shards: Shards, arrays: Iterable[str], graph: Graph) -> None:
        super().__init__(shards)
        names = [name for part in graph.parts for name in full_names(part, "")]
        self._owners = owners(list(arrays), names, whole=False)

    def paths(self, layer: str) -> Mapping[str, str]:
        """See `StoredWeights.paths`."""
        return owned(layer, self._owners)
