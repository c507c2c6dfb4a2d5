# SPDX-License-Identifier: MIT
# The run-time library of snnc; `snnc build` puts a copy into each package.
"""Arrays of an ``.npz`` file or of a folder of ``.npy`` files, of any size.

What `numpy.savez` wrote is mapped; large compressed arrays are unpacked to a
file of the system's temporary folder. Members of an archive are held to their
CRC when it is opened.
"""

from __future__ import annotations

import os
import struct
import tempfile
import tokenize
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from math import prod
from os import PathLike
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

IN_MEMORY = 2**28  # bytes of a compressed array that is read as a whole
BLOCK = 2**20  # bytes that are read together to compare a CRC
ENCRYPTED = 1  # the bit among a member's flags
LISTED = 5  # members of an archive that are named at most

# NumPy's types for its own format differ between its versions.
npy: Any = np.lib.format
READERS = {
    (1, 0): npy.read_array_header_1_0,
    (2, 0): npy.read_array_header_2_0,
}

# What numpy raises for bytes that are no header of an array, and zipfile and
# zlib for those that are no archive. A RuntimeError is a version of the zip
# format that is not implemented, or a recursion.
HEADER_DAMAGE = (
    LookupError,
    MemoryError,
    OverflowError,
    RecursionError,
    SyntaxError,
    TypeError,
    ValueError,
    tokenize.TokenError,
)
DAMAGE = (
    EOFError,
    OverflowError,
    RuntimeError,
    ValueError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
)


_LABELS = ": labels are numbered by np.unique(y, return_inverse=True)[1]"
AS_NUMBERS = {"U": _LABELS, "S": _LABELS, "b": ": use astype(int)"}
"""What makes numbers of arrays of a kind; for messages."""


class DataError(ValueError):
    """Data that can't be read or used; says which file and array, and why."""


def open_arrays(
    path: str | PathLike[str],
    names: Sequence[str],
) -> tuple[dict[str, NDArray[Any]], str]:
    """Open arrays of an ``.npz`` file, or of a folder with each as ``.npy``.

    Returns the arrays by name, each of numbers and with at least one axis,
    and a text that changes when the content of the file does. Arrays of an
    archive are read once, for their CRC; those of a folder are not read.

    Raises DataError if an array is missing, encrypted, damaged, or not of
    numbers, and OSError if the file can't be opened.
    """
    place = Path(path)
    if place.is_dir():
        return _open_folder(place, names)
    return _open_archive(place, names)


def _open_folder(
    path: Path,
    names: Sequence[str],
) -> tuple[dict[str, NDArray[Any]], str]:
    arrays: dict[str, NDArray[Any]] = {}
    states = []
    for name in names:
        member = path / f"{name}.npy"
        if not member.is_file():
            advice = f"np.save(path, {name}) writes it"
            raise DataError(f"{path}: the folder has no {name}.npy; {advice}")
        with _blaming(path, f"{name}.npy"), member.open("rb") as file:
            state = os.fstat(file.fileno())
            header = _read_header(file, state.st_size)
            arrays[name] = _mapped(member, header, file.tell())
        states.append(f"{state.st_size}.{state.st_mtime_ns}")
    return arrays, "-".join(states)


def _open_archive(
    path: Path,
    names: Sequence[str],
) -> tuple[dict[str, NDArray[Any]], str]:
    if path.exists() and not path.is_file():
        raise DataError(f"{path} is no .npz file, nor a folder")
    if not zipfile.is_zipfile(path):
        raise DataError(f"{path} is no .npz file: {_kind(path)}")
    with _blaming(path, "its table of contents"):
        # It stays open for arrays that are read slice by slice.
        archive = zipfile.ZipFile(path)
    arrays = {name: _open_member(path, archive, name) for name in names}
    sums = [archive.getinfo(f"{name}.npy").CRC for name in names]
    return arrays, "-".join(f"{value:08x}" for value in sums)


def _kind(path: Path) -> str:
    """Say what a file without the end of a zip archive is."""
    with path.open("rb") as file:
        start = file.read(6)
    if not start:
        return "it is empty"
    if start == b"\x93NUMPY":
        return "it is a single array; np.savez(path, x=x, y=y) writes both"
    if start.startswith(b"PK"):
        return "it is cut short; copy or write it again"
    return "np.savez(path, x=x, y=y) writes one"


@contextmanager
def _blaming(path: Path, what: str) -> Iterator[None]:
    """Name the file and the part of it in which something is wrong."""
    try:
        yield
    except DataError as error:
        raise DataError(f"{path}: {what} {error}") from error
    except DAMAGE as error:
        reason = str(error).rstrip(".") or type(error).__name__
        advice = "copy or write the file again"
        message = f"{path}: {what} is damaged: {reason}; {advice}"
        raise DataError(message) from error


def _open_member(
    path: Path,
    archive: zipfile.ZipFile,
    name: str,
) -> NDArray[Any]:
    if f"{name}.npy" not in archive.namelist():
        there = sorted(archive.namelist())[:LISTED]
        message = f"{path}: there is no {name}.npy"
        among = f", but {', '.join(map(repr, there))}" if there else ""
        advice = f"np.savez(path, {name}={name}, ...) writes it"
        raise DataError(f"{message}{among}; {advice}")
    info = archive.getinfo(f"{name}.npy")
    with _blaming(path, name):
        if info.header_offset < 0:
            raise ValueError("it begins before the file")
        if info.flag_bits & ENCRYPTED:
            raise DataError("is encrypted; write it without a password")
        if info.compress_type == zipfile.ZIP_STORED:
            return _mapped(path, *_checked(path, archive, info))
        if info.compress_type == zipfile.ZIP_DEFLATED:
            return _inflated(path, archive, name)
        method = f"is compressed in a way (method {info.compress_type})"
        advice = "np.savez_compressed writes one that is read"
        raise DataError(f"{method} that NumPy does not write; {advice}")


class Header(NamedTuple):
    """What an array's bytes mean."""

    shape: tuple[int, ...]
    fortran: bool
    dtype: np.dtype[Any]

    @property
    def row(self) -> int:
        """Bytes of a row."""
        return prod(self.shape[1:]) * self.dtype.itemsize


def _read_header(file: IO[bytes], size: int) -> Header:
    """Read the header of an array that has ``size`` bytes together with it."""
    try:
        header = Header(*READERS[npy.read_magic(file)](file))
    except HEADER_DAMAGE as error:
        # What numpy says of it may have several lines.
        raise ValueError("its header is not NumPy's, 1.0 or 2.0") from error
    if header.dtype.hasobject:
        advice = "np.asarray(..., dtype=np.float32) makes these of most"
        raise DataError(f"holds Python objects in place of numbers; {advice}")
    if header.dtype.kind not in "iuf":
        hint = AS_NUMBERS.get(header.dtype.kind, "")
        raise DataError(f"has type {header.dtype}, not float or integer{hint}")
    if not header.shape:
        raise DataError("is a single number, not an array of examples")
    there, wanted = size - file.tell(), header.shape[0] * header.row
    if min(header.shape) < 0 or there != wanted:
        message = f"its header says {header.shape} {header.dtype}"
        raise ValueError(f"{message}, but there are {there} bytes")
    return header


def _checked(
    path: Path,
    archive: zipfile.ZipFile,
    info: zipfile.ZipInfo,
) -> tuple[Header, int]:
    """Return the header of a stored array, and where its numbers begin."""
    with archive.open(info) as member:
        header = _read_header(member, info.file_size)
        begin = member.tell()
        while member.read(BLOCK):  # zipfile compares the CRC at the end
            pass
    # Before a member are 30 bytes, which end with the lengths of a name and
    # of an extra field that follow (APPNOTE.TXT of PKWARE, 4.3.7).
    with path.open("rb") as file:
        file.seek(info.header_offset)
        names = sum(struct.unpack("<26x2H", file.read(30)))
    return header, info.header_offset + 30 + names + begin


def _mapped(
    file: Path | IO[bytes],
    header: Header,
    begin: int,
) -> NDArray[Any]:
    shape, fortran, dtype = header
    if 0 in shape:
        return np.empty(shape, dtype)
    mapped: Any = np.memmap
    order = "F" if fortran else "C"
    array: NDArray[Any] = mapped(file, dtype, "r", begin, shape, order)
    return array


def _inflated(
    path: Path,
    archive: zipfile.ZipFile,
    name: str,
) -> NDArray[Any]:
    info = archive.getinfo(f"{name}.npy")
    with archive.open(info) as member:
        header = _read_header(member, info.file_size)
        if info.file_size > IN_MEMORY:
            with tempfile.TemporaryFile() as copy:
                _copy(member, copy, f"{name} of {path}")
                return _mapped(copy, header, 0)
    with archive.open(info) as member:
        array: NDArray[Any] = npy.read_array(member, allow_pickle=False)
    return array


def _copy(file: IO[bytes], copy: IO[bytes], what: str) -> None:
    """Copy what follows in a file to the temporary one; errors name ``what``."""
    try:
        while data := file.read(BLOCK):
            copy.write(data)
        copy.flush()
    except OSError as error:
        reason = f"{error.strerror} to unpack {what}"
        raise OSError(error.errno, reason, tempfile.gettempdir()) from error
