"""Read the weights of TensorFlow.js, which are in shards next to a ``model.json``.

``weightsManifest`` lists groups of files. If the files of a group are concatenated, the
group's weights follow one after another (``io/types.ts`` in tfjs-core).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from snnc.importer.formats import not_a_model
from snnc.importer.hdf5 import LARGEST
from snnc.importer.model import RefusedModelError, refused, too_large
from snnc.rules.models import DamagedModel, UnsafeModel

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SIZES = {"float32": 4, "int32": 4, "float16": 2, "uint16": 2, "uint8": 1, "bool": 1}
"""Bytes per value; for quantized weights, the stored dtype."""


@dataclass(frozen=True, slots=True)
class Stored:
    """An array: its files, and where it starts when they are concatenated.

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


def read_manifest(manifest: Any, path: str) -> dict[str, Stored]:
    """Return the arrays in a manifest by name.

    Raises
    ------
    RefusedModelError
        If TensorFlow.js did not write the manifest, or the arrays are too large.
    """
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
    """A model's weight files, which are read as if they were concatenated.

    All files are checked before the first one is read. The architecture can be read
    without them, and no file stays open between reads.
    """

    def __init__(self, folder: Path, path: str, arrays: Mapping[str, Stored]) -> None:
        self._folder, self._path, self.arrays = folder, path, arrays

    def array(self, name: str) -> NDArray[np.generic]:
        """Return an array."""
        import numpy as np

        array = self.arrays[name]
        values = np.frombuffer(b"".join(self._pieces(array)), np.dtype(array.dtype))
        if array.packed is not None:
            scale, low = array.packed
            values = (values * np.float64(scale) + low).astype(np.float32)
        return values.reshape(array.shape)

    def shape(self, name: str) -> tuple[int, ...]:
        """Return the shape of an array without reading it."""
        return self.arrays[name].shape

    def close(self) -> None:
        """Do nothing."""

    @cached_property
    def _sizes(self) -> dict[str, int]:
        """The size of each file; files that are missing or too short are refused."""
        sizes: dict[str, int] = {}
        for array in self.arrays.values():
            for name in array.files:
                if name not in sizes:
                    sizes[name] = self._measure(name)
            held = sum(sizes[name] for name in array.files)
            if array.end > held:
                names = ", ".join(array.files[:2])
                raise self._refuse(
                    DamagedModel,
                    f"its shards ({names}) have {held} bytes, but {array.end} are "
                    "expected",
                )
        return sizes

    def _pieces(self, array: Stored) -> Iterator[bytes]:
        """Yield the bytes of an array, file by file."""
        begin = 0
        for name in array.files:
            start, end = max(array.start, begin), begin + self._sizes[name]
            wanted = min(array.end, end) - start
            if wanted > 0:
                with (self._folder / name).open("rb") as opened:
                    opened.seek(start - begin)
                    piece = opened.read(wanted)
                if len(piece) < wanted:
                    reason = "a shard became shorter while it was read"
                    raise self._refuse(DamagedModel, reason)
                yield piece
            begin = end

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
