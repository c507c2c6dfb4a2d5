"""Read the header of a safetensors file without NumPy, and write such a file.

Only values need NumPy, and sizes are checked before any data are read (decision 014).

A file consists of the header's length (8 bytes, little-endian), the header in JSON, and
the tensors' bytes: https://github.com/huggingface/safetensors, "Format".
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from json import JSONDecodeError
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

from snnc.diagnostics import Diagnostics
from snnc.ir.layout import layout_id
from snnc.ir.shapes import Shape
from snnc.ir.tensor import TensorSpec
from snnc.rules.files import FileMissing, FileUnreadable
from snnc.rules.weights import NotSafetensors
from snnc.source import RepeatedNameError, parse_json, whole_file

if TYPE_CHECKING:
    from snnc.runtime.examples import Array
    from snnc.runtime.layout import Source

LENGTH = 8
LARGEST = 100_000_000
"""The maximum size of a header in bytes, as in the safetensors library."""

TYPES = {
    "BOOL": "bool", "U8": "uint8", "I8": "int8", "I16": "int16", "U16": "uint16",
    "F16": "float16", "BF16": "bfloat16", "I32": "int32", "U32": "uint32",
    "F32": "float32", "I64": "int64", "U64": "uint64", "F64": "float64",
}  # fmt: skip

KINDS = {
    b"PK": "a zip archive, such as .npz, .keras or .pt",
    b"\x80": "a pickle, which snnc never opens",
    b"\x89HDF": "HDF5, such as .h5",
    b"\x93NUMPY": "a single NumPy array",
    b"snn": "a spec",
}


@dataclass(frozen=True, slots=True)
class StoredTensor:
    """One tensor of a file; its last byte is the one before ``stop``."""

    name: str
    dtype: str
    shape: Shape
    start: int
    stop: int

    @property
    def size(self) -> int:
        return prod(self.shape)


@dataclass(frozen=True, slots=True)
class WeightsHeader:
    """The metadata and tensors of a file, in the order of their bytes."""

    path: Path
    metadata: Mapping[str, str]
    tensors: Mapping[str, StoredTensor]

    @property
    def layout_id(self) -> str | None:
        return self.metadata.get("layout_id")


class _DamagedError(ValueError):
    """Raised for an invalid header; the message is the reason."""


def read_header(path: Path, report: Diagnostics) -> WeightsHeader | None:
    """Read the header of a safetensors file, or report why it can't be read.

    All sizes are checked against the file's size, so the tensors can be read later.
    """
    span = whole_file(path)
    name = path.as_posix()
    try:
        return _read(path)
    except (FileNotFoundError, NotADirectoryError):
        report.add(FileMissing(span=span, name=name))
    except OSError as error:
        reason = error.strerror or str(error)
        report.add(FileUnreadable(span=span, name=name, reason=reason))
    except _DamagedError as error:
        report.add(NotSafetensors(span=span, reason=str(error)))
    return None


def _read(path: Path) -> WeightsHeader:
    if path.is_dir():
        raise _DamagedError("it is a folder")
    if path.exists() and not path.is_file():
        raise _DamagedError("it is not a regular file")
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        start = file.read(LENGTH + 1)
        if not start:
            raise _DamagedError("it is empty")
        # In another file, these bytes are not a length, so look at the brace first.
        if start[LENGTH:] != b"{":
            kinds = (kind for magic, kind in KINDS.items() if start.startswith(magic))
            raise _DamagedError("it is " + next(kinds, "something else, or truncated"))
        length = int.from_bytes(start[:LENGTH], "little")
        if length > LARGEST:
            raise _DamagedError(
                f"its header is {length} bytes long, but snnc reads at most {LARGEST}"
            )
        if LENGTH + length > size:
            raise _DamagedError(f"it is truncated in its header, after {size} bytes")
        file.seek(LENGTH)
        header = _parse(file.read(length))
    return _check(path, header, LENGTH + length, size)


def _parse(text: bytes) -> dict[str, Any]:
    try:
        parsed = parse_json(text.decode("utf-8"))
    except RepeatedNameError as error:
        raise _DamagedError("its header has a name twice") from error
    except (UnicodeDecodeError, JSONDecodeError, RecursionError) as error:
        raise _DamagedError("its header is not JSON") from error
    if not isinstance(parsed, dict):
        raise _DamagedError("its header is not a JSON object")
    return parsed


def _check(path: Path, header: dict[str, Any], begin: int, size: int) -> WeightsHeader:
    """Return the header; refuse gaps, overlaps and left-over bytes, as safetensors."""
    metadata = header.pop("__metadata__", {})
    if not isinstance(metadata, dict):
        raise _DamagedError("its metadata is not a table of texts")
    ordered = [_tensor_of(name, entry, begin) for name, entry in header.items()]
    ordered.sort(key=lambda tensor: (tensor.start, tensor.stop))
    end = begin
    for tensor in ordered:
        if tensor.start != end:
            raise _DamagedError(
                f"the bytes of {tensor.name} do not follow the previous tensor"
            )
        end = tensor.stop
    if end > size:
        raise _DamagedError(f"it is truncated: {size} bytes of {end}")
    if end < size:
        raise _DamagedError(f"{size - end} of its bytes belong to no tensor")
    texts = {str(key): str(value) for key, value in metadata.items()}
    return WeightsHeader(path, texts, {tensor.name: tensor for tensor in ordered})


def _tensor_of(name: str, entry: Any, begin: int) -> StoredTensor:
    try:
        dtype = entry["dtype"]
        shape = entry["shape"]
        start, stop = entry["data_offsets"]
        width = int(re.sub(r"\D", "", TYPES[dtype]) or 8) // 8
    except (KeyError, TypeError, ValueError) as error:
        raise _DamagedError(f"its header does not describe {name}") from error
    numbers = (start, stop, *shape) if isinstance(shape, list) else (None,)
    # Not `isinstance`, because booleans are integers.
    if not all(type(n) is int and n >= 0 for n in numbers):
        raise _DamagedError(f"its header does not describe {name}")
    size = stop - start
    due = prod(shape) * width
    if size != due:
        raise _DamagedError(f"{name} has {size} bytes, not {due}")
    return StoredTensor(name, TYPES[dtype], tuple(shape), begin + start, begin + stop)


def serialize(
    layout: tuple[TensorSpec, ...],
    tensors: Mapping[str, Array],
    scale: str,
    source: Source | None = None,
) -> bytes:
    """Return a weight file's content, as the generated `save_weights` writes it."""
    from safetensors.numpy import save  # imports NumPy

    ordered = {t.name: tensors[t.name].copy() for t in layout}
    metadata = {"layout_id": layout_id(layout), "input_scale": scale}
    metadata |= {"source": source} if source else {}
    return bytes(save(ordered, metadata=metadata))
