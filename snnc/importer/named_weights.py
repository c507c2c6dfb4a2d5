"""Find weights whose names contain their layers: in Keras's `.h5` and TensorFlow.js.

The groups of an `.h5` file are named after layers (`keras/saving/legacy/hdf5_format.py`
in Keras). ``save`` writes the group ``model_weights``, and ``save_weights`` writes the
same content at the root. It has one group per layer of the model, with the attribute
``weight_names``. A submodel's group contains the weights of all its layers, with the
non-trainable ones last. Keras ignores the names and assigns the groups with weights in
order; this module does so only if the names differ.

TensorFlow.js writes weights to shards next to a ``model.json``, whose
``weightsManifest`` lists groups of files. If the files of a group are concatenated, the
group's weights follow one after another (``io/types.ts`` in tfjs-core).
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from snnc.importer.model import Graph
from snnc.importer.refusals import not_a_model, refused, too_large, unclear
from snnc.importer.weights import LARGEST, SHAPES, Store, StoredWeights, chains_of
from snnc.rules.model_files import DamagedModel, UnsafeModel

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ROOT = "model_weights"
Owners = dict[str, list[str]]
"""For each weight in a group, the layers to which it may belong."""


def h5_weights(
    store: Store, graph: Graph, root: str, is_beside: bool = False
) -> StoredWeights:
    """Return the weights from ``save('model.h5')`` or ``save_weights``.

    ``root`` is the group that contains the layers' groups. With ``is_beside``, the
    architecture is in another file, so that names may differ.
    """
    parts = {name: chain[0][0] for name, chain in chains_of(graph)}
    groups = {part.name: part.name for part in graph.parts}
    if is_beside:
        groups |= _by_order(store, graph, root)
    known: dict[str, Owners] = {}

    def paths(layer: str) -> Mapping[str, str]:
        part = parts[layer]
        group = f"{root}/{groups[part.name]}".lstrip("/")
        if part.name not in known:
            listed = store.texts(group, "weight_names") or ()
            known[part.name] = (
                {path: [layer] for path in listed}
                if part.inside is None
                else owners(listed, [n for n, p in parts.items() if p is part])
            )
        found = owned(layer, known[part.name])
        for path in found.values():
            if not store.has(f"{group}/{path}"):
                raise unclear(layer, f"`{path}` is not in the file")
        return {name: f"{group}/{path}" for name, path in found.items()}

    pairs = (f"`{a}` for `{b}`" for b, a in groups.items() if a != b)
    return StoredWeights(store, paths, next(pairs, ""))


def _by_order(store: Store, graph: Graph, root: str) -> dict[str, str]:
    """Assign groups to parts in order, if some names are missing."""
    stored = [
        name
        for name in store.texts(root, "layer_names") or ()
        if store.texts(f"{root}/{name}".lstrip("/"), "weight_names")
    ]
    weighted = {
        chain[0][0].name
        for _, chain in chains_of(graph)
        if chain[-1][0].kind in SHAPES or "layer" in chain[-1][0].options
    }  # according to their classes, if these are known
    due = [part.name for part in graph.parts if part.name in weighted]
    if set(due) <= set(stored) or len(due) != len(stored):
        return {}
    return dict(zip(due, stored, strict=True))


def sharded_weights(
    folder: Path, path: str, manifest: Any, graph: Graph
) -> StoredWeights:
    """Return the weights of a TensorFlow.js model, whose shards are in a folder.

    Raise RefusedModelError if TensorFlow.js did not write the manifest, or the arrays
    are too large.
    """
    shards = Shards(folder, path, _read_manifest(manifest, path))
    own = owners([*shards.arrays], [*dict(chains_of(graph))])
    return StoredWeights(shards, partial(owned, owners=own))


def owned(layer: str, owners: Owners) -> dict[str, str]:
    """Return the paths of a layer's weights in order, by the shortest unique names.

    Raise RefusedModelError if one of the weights could also belong to another layer.
    """
    paths = [path for path, names in owners.items() if layer in names]
    for path in paths:
        if len(owners[path]) > 1:
            raise unclear(layer, f"`{path}` may belong to any of {owners[path]}")
    plain = [path.removesuffix(":0") for path in paths]
    last = [path.split("/")[-1] for path in plain]
    names = [
        name if last.count(name) == 1 else path.split("/", 1)[-1]
        for name, path in zip(last, plain, strict=True)
    ]
    return dict(zip(names, paths, strict=True))


def owners(paths: Sequence[str], names: Sequence[str]) -> Owners:
    """Return, for each weight in a submodel, the layers to which it may belong.

    A weight's path contains the layer's name, after the names of some of the submodels
    around the layer. If several layers have the same last name, the weight belongs to
    the layer that shares the most names with the path.
    """
    by_end: defaultdict[str, list[str]] = defaultdict(list)
    for name in names:
        parts = name.split("/")
        for start in range(len(parts)):
            by_end["/".join(parts[start:])].append(name)
    return {path: _best(path.split("/")[:-1], by_end) for path in paths}


def _best(scopes: Sequence[str], by_end: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the layers that share the most last names with a weight's path."""
    for count in range(len(scopes), 0, -1):
        starts = range(len(scopes) - count + 1)
        shared = ("/".join(scopes[start : start + count]) for start in starts)
        found = {name for end in shared for name in by_end.get(end, ())}
        if found:
            return sorted(found)
    return []


SIZES = {"float32": 4, "int32": 4, "float16": 2, "uint16": 2, "uint8": 1, "bool": 1}
"""Bytes per value; for quantized weights, the stored dtype."""


@dataclass(frozen=True, slots=True)
class Stored:
    """An array: its files, and where it starts when they are joined.

    ``packed`` is the factor and the offset of quantized values.
    """

    shape: tuple[int, ...]
    dtype: str
    packed: tuple[float, float] | None
    files: tuple[str, ...]
    start: int

    @property
    def end(self) -> int:
        return self.start + math.prod(self.shape) * SIZES[self.dtype]


def _read_manifest(manifest: Any, path: str) -> dict[str, Stored]:
    """Return the arrays in a manifest by name."""
    arrays: dict[str, Stored] = {}
    for group in _objects(manifest, path):
        files, start = group.get("paths"), 0
        if not isinstance(files, list) or not all(isinstance(f, str) for f in files):
            raise not_a_model(path, "a group of its weightsManifest has no paths")
        for entry in _objects(group.get("weights"), path):
            name, array = entry.get("name"), _find_stored(entry, tuple(files), start)
            if array is None or not isinstance(name, str):
                raise not_a_model(path, f"its weight {name!r:.60} is not from Keras")
            arrays[name], start = array, array.end
    size = sum(array.end - array.start for array in arrays.values())
    if size > LARGEST:
        raise too_large(path, "weights", size, LARGEST)
    return arrays


def _objects(value: Any, path: str) -> list[Mapping[str, Any]]:
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
    """A model's weight files, which are read when an array is requested."""

    def __init__(self, folder: Path, path: str, arrays: Mapping[str, Stored]) -> None:
        self._folder, self._path, self.arrays = folder, path, arrays
        self._contents: dict[tuple[str, ...], bytes] = {}

    def array(self, name: str) -> NDArray[np.generic]:
        """Return an array."""
        import numpy as np

        array = self.arrays[name]
        if array.files not in self._contents:
            files = list(map(self._find, array.files))
            size = sum(file.stat().st_size for file in files)
            if size > LARGEST:
                raise too_large(self._path, "weights", size, LARGEST)
            self._contents[array.files] = b"".join(map(Path.read_bytes, files))
        content = self._contents[array.files]
        if array.end > len(content):
            names = ", ".join(array.files[:2])
            self._refuse(
                DamagedModel,
                f"its shards ({names}) have {len(content)} bytes, but {array.end} are "
                "expected",
            )
        kept = content[array.start : array.end]
        values = np.frombuffer(kept, np.dtype(array.dtype))
        if array.packed is not None:
            scale, low = array.packed
            values = (values * np.float64(scale) + low).astype(np.float32)
        return values.reshape(array.shape)

    def shape(self, name: str) -> tuple[int, ...]:
        """Return the shape of an array without reading it."""
        return self.arrays[name].shape

    def _find(self, name: str) -> Path:
        """Return a file, which must be next to the model."""
        steps = name.replace("\\", "/").split("/")
        file, shard = self._folder / name, f"its shard `{name:.80}`"
        if ".." in steps or name.startswith(("/", "\\")) or ":" in name:
            self._refuse(UnsafeModel, f"{shard} is outside its folder")
        if not file.is_file():
            self._refuse(DamagedModel, f"{shard} is not next to it")
        parts = [file, *(p for p in file.parents if self._folder in p.parents)]
        if any(part.is_symlink() for part in parts):
            self._refuse(UnsafeModel, f"{shard} is a link to another place")
        return file

    def _refuse(self, rule: type[DamagedModel | UnsafeModel], reason: str) -> NoReturn:
        raise refused(rule, path=self._path, reason=reason)
