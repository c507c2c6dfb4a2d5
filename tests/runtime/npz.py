"""Data files that numpy did not write like that."""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path

import numpy as np

X = np.random.default_rng(0).random((50, 6, 6, 1)).astype(np.float32)
Y = np.arange(50) % 3
HEADER = "{{'descr': {}, 'fortran_order': False, 'shape': {}, }}"


def npy(array: np.ndarray) -> bytes:
    """Return the bytes of an array in NumPy's format."""
    file = io.BytesIO()
    np.lib.format.write_array(file, np.asanyarray(array))
    return file.getvalue()


def told(header: str, body: bytes = b"", version: tuple[int, int] = (1, 0)) -> bytes:
    """Return the bytes of an array with a header of one's own."""
    text = header.encode("latin1") + b"\n"
    width = "<H" if version == (1, 0) else "<I"
    magic = b"\x93NUMPY" + bytes(version)
    return magic + struct.pack(width, len(text)) + text + body


def archive(
    path: Path,
    x: bytes | None = None,
    y: bytes | None = None,
    method: int = zipfile.ZIP_STORED,
) -> Path:
    """Write an archive with members of these bytes."""
    members = {"x.npy": npy(X) if x is None else x, "y.npy": npy(Y) if y is None else y}
    with zipfile.ZipFile(path / "d.npz", "w", method) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return path / "d.npz"


def patched(path: Path, signature: bytes, offset: int, content: bytes) -> Path:
    """Overwrite something in the header of x: local (PK34) or central (PK12)."""
    data = bytearray(path.read_bytes())
    at = data.index(signature) + offset
    data[at : at + len(content)] = content
    path.write_bytes(data)
    return path


LOCAL, CENTRAL = b"PK\x03\x04", b"PK\x01\x02"
